"""Bridge to MIDI: notes and controllers for decisions, controllers for probabilities."""

import os
import re
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Protocol

from pydantic import Field
from pylsl import local_clock

from bci.bridges.engine_client import STALE_S, Classes, EngineClient, EngineName, Lost
from bci.bridges.label_map import read_by, split_labels
from bci.decisions import DecisionEvent
from bci.errors import BridgeError, first_line
from bci.lsl.engine_streams import ReceivedPrediction
from bci.profiles.pipeline_settings import Settings

_POLL_S = 0.05
# Longest time, in seconds, of attempts to end the last note on a busy device.
_LAST_S = 0.5
_FULL = 127
_SEQUENCER = Path("/dev/snd/seq")
_INSTALL = "MIDI needs mido and python-rtmidi; install them by: pip install 'bci[bridges]'"


class Control(NamedTuple):
    """A MIDI note or controller; ``kind`` is ``note`` or ``cc``, ``number`` is 0 to 127."""

    kind: str
    number: int


def parse_controls(pairs: tuple[str, ...]) -> dict[str, Control]:
    """Read ``LABEL=note:60`` and ``LABEL=cc:20``; raise `BridgeError` if a pair is wrong."""
    controls = {}
    for label, text in split_labels(pairs, "left=note:60").items():
        kind, _, number = text.partition(":")
        is_number = re.fullmatch("[0-9]{1,3}", number) and int(number) <= _FULL
        if kind not in ("note", "cc") or not is_number:
            raise BridgeError(f"{text!r:.60} is neither note:0 to note:127 nor cc:0 to cc:127")
        controls[label] = Control(kind, int(number))
    return controls


def parse_levels(pairs: tuple[str, ...]) -> dict[str, Control]:
    """Read ``LABEL=cc:20``; raise `BridgeError` if a pair is wrong or a note."""
    controls = parse_controls(pairs)
    if any(control.kind != "cc" for control in controls.values()):
        raise BridgeError("a probability needs a controller, as in left=cc:20")
    return controls


class MidiSettings(Settings):
    """Parameters, as ``bci bridge midi`` takes them."""

    map: Annotated[tuple[str, ...], read_by(parse_controls)] = Field(
        (), description="Of decisions: left=note:60,right=cc:21"
    )
    levels: Annotated[tuple[str, ...], read_by(parse_levels)] = Field(
        (), description="Of probabilities: left=cc:20,right=cc:21"
    )
    port: str = Field(
        "", max_length=200, description="Name of an output, or a raw device as /dev/midi1"
    )
    virtual: bool = Field(False, description="Make the port instead (Linux and macOS)")
    channel: int = Field(1, ge=1, le=16, description="MIDI channel")
    note_ms: float = Field(
        200.0, ge=0, le=60_000, description="Length of a note, in ms; 0: until the offset"
    )
    per_second: float = Field(20.0, ge=0.1, le=200, description="Most messages of a level a second")
    engine: EngineName = Field("bci", description="Name of the engine")


class MidiOutput(Protocol):
    """A port for messages of mido; `send` raises `BlockingIOError` while it is busy."""

    def send(self, message: Any) -> None: ...
    def close(self) -> None: ...


class MidiBridge:
    """Decisions and probabilities as notes and controllers of MIDI."""

    settings = MidiSettings

    def __init__(self, settings: MidiSettings) -> None:
        if not settings.map and not settings.levels:
            raise BridgeError("midi: give map=LABEL=note:60 or levels=LABEL=cc:20")
        self._settings = settings
        self._map = parse_controls(settings.map) if settings.map else {}
        self._levels = parse_levels(settings.levels) if settings.levels else {}
        self._on: Control | None = None
        self._off_at = 0.0
        self._sent_levels: dict[Control, tuple[int, float]] = {}
        self._classes: tuple[str, ...] = ()
        self.report: Callable[[str], None] = lambda _: None

    def run(self, stop: threading.Event) -> None:
        """Send messages until ``stop`` is set; then end the note that sounds."""
        port = open_output(self._settings.port, self._settings.virtual)
        try:
            with EngineClient(self._settings.engine, self.report) as client:
                while not stop.is_set():
                    wait_s = _POLL_S if self._on is None else self._off_at - time.monotonic()
                    for event in client.poll(max(0.0, min(_POLL_S, wait_s))):
                        self._take(event, port)
                    if self._on is not None and time.monotonic() >= self._off_at:
                        self._end(port)
            self._end_at_last(port)
        except OSError as error:
            raise BridgeError(f"the MIDI port is lost ({first_line(error)})") from error
        finally:
            port.close()

    def _take(self, event: object, port: MidiOutput) -> None:
        match event:
            case DecisionEvent():
                self._decide(event, port)
            case Classes():
                self._classes = event.labels
            case ReceivedPrediction():
                self._follow(event, port)
            case Lost():
                self._end(port)

    def _decide(self, event: DecisionEvent, port: MidiOutput) -> None:
        lasts = self._settings.note_ms == 0
        if lasts and event.event != "repeat":
            self._end(port)
        control = self._map.get(event.label) if event.label is not None else None
        if control is None or local_clock() - event.time > STALE_S:
            return
        self._end(port)
        if self._on is not None:
            return
        share = 0.8 if event.confidence is None else event.confidence
        # A note of velocity 0 ends the note.
        if not self._send(port, control, max(1, round(share * _FULL))):
            return
        self._on = control
        self._off_at = float("inf") if lasts else time.monotonic() + self._settings.note_ms / 1000

    def _follow(self, prediction: ReceivedPrediction, port: MidiOutput) -> None:
        now = time.monotonic()
        for label, share in zip(self._classes, prediction.probabilities, strict=False):
            control = self._levels.get(label)
            # Another program may publish under the engine's name.
            if control is None or not 0 <= share <= 1:
                continue
            level = round(float(share) * _FULL)
            before, at = self._sent_levels.get(control, (-1, float("-inf")))
            if level != before and now - at >= 1 / self._settings.per_second:
                self._sent_levels[control] = level, now
                self._send(port, control, level)

    def _end(self, port: MidiOutput) -> None:
        """End the note; if the device is busy, try again later."""
        if self._on is None:
            return
        if self._send(port, self._on, 0):
            self._on = None
        else:
            self._off_at = time.monotonic() + _POLL_S

    def _end_at_last(self, port: MidiOutput) -> None:
        deadline = time.monotonic() + _LAST_S
        self._end(port)
        while self._on is not None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            self._end(port)

    def _send(self, port: MidiOutput, control: Control, value: int) -> bool:
        """Send a message; return False if the device is busy, since a late one would be wrong."""
        import mido

        channel = self._settings.channel - 1
        if control.kind == "cc":
            message = mido.Message(
                "control_change", channel=channel, control=control.number, value=value
            )
        else:
            kind = "note_on" if value else "note_off"
            message = mido.Message(kind, channel=channel, note=control.number, velocity=value)
        try:
            port.send(message)
        except BlockingIOError:
            return False
        return True


class RawDevice:
    """A device that accepts raw MIDI bytes, such as ``/dev/midi1``."""

    def __init__(self, path: str) -> None:
        try:
            # A device that accepts no data must not block this process.
            flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
            self._file = os.open(path, flags)
        except OSError as error:
            raise BridgeError(f"{path} cannot be opened ({error.strerror})") from error
        if stat.S_ISREG(os.fstat(self._file).st_mode):
            self.close()
            raise BridgeError(f"{path} is a file; give a device, as in port=/dev/midi1")

    def send(self, message: Any) -> None:
        os.write(self._file, message.bin())

    def close(self) -> None:
        os.close(self._file)


def open_output(name: str, virtual: bool) -> MidiOutput:
    """Open the MIDI port ``name``, or a raw device if ``name`` is its path.

    An empty name means the first port. With ``virtual``, a new port is created.

    Raises `BridgeError` if there is no such port.
    """
    try:
        import mido
    except ImportError as error:
        raise BridgeError(_INSTALL) from error
    if "/" in name:
        return RawDevice(name)
    if sys.platform == "linux" and not _SEQUENCER.exists():
        raise BridgeError(
            f"this computer has no MIDI ports ({_SEQUENCER} is missing: sudo modprobe snd-seq); "
            "give a raw device, as in port=/dev/midi1"
        )
    try:
        if virtual:
            return _typed(mido.open_output(name or "bci", virtual=True))
        names = mido.get_output_names()
        if fitting := [each for each in names if name in each]:
            return _typed(mido.open_output(fitting[0]))
    except ImportError as error:
        raise BridgeError(_INSTALL) from error
    except (OSError, RuntimeError, NotImplementedError) as error:
        raise BridgeError(f"the MIDI port cannot be opened ({first_line(error)})") from error
    there = ", ".join(names) or "none"
    raise BridgeError(f"there is no MIDI output {name!r}; ports there are: {there}")


def _typed(port: MidiOutput) -> MidiOutput:
    """Return mido's port, which has no type annotations, as a `MidiOutput`."""
    return port
