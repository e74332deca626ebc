"""Bridge to a serial line: one byte per decision, as a TTL code, or one line of text."""

import contextlib
import re
import threading
import time
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field
from pylsl import local_clock

from bci.bridges.engine_client import STALE_S, EngineClient, EngineName, Lost
from bci.bridges.label_map import read_by, split_labels
from bci.decisions import DecisionEvent
from bci.errors import BridgeError, first_line
from bci.profiles.pipeline_settings import Settings
from bci.serial_ports import serial_ports

_FAULTS: tuple[type[Exception], ...] = (OSError,)
# Windows has no module termios.
with contextlib.suppress(ImportError):
    import termios

    _FAULTS = (OSError, termios.error)

_POLL_S = 0.05
_WRITE_S = 0.5
# At the end, the byte of rest is tried for this time, in seconds.
_LAST_S = 0.5
# Time between attempts to reopen a lost port, in seconds.
_AGAIN_S = 1.0


def parse_codes(pairs: tuple[str, ...]) -> dict[str, bytes]:
    """Read the bytes to send for each label; raise `BridgeError` if a pair is wrong."""
    return {label: _code(text) for label, text in split_labels(pairs, "left=1").items()}


def _code(text: str) -> bytes:
    if text.startswith("text:"):
        line = text.removeprefix("text:")
        if 0 < len(line) <= 100 and line.isascii() and line.isprintable():
            return f"{line}\n".encode()
    elif re.fullmatch("0x[0-9a-fA-F]{1,2}|[0-9]{1,3}", text) and int(text, 0) <= 255:
        return bytes([int(text, 0)])
    raise BridgeError(f"{text!r:.60} is no code; give 0 to 255, 0x00 to 0xff or text:WORD")


class SerialSettings(Settings):
    """Parameters, as ``bci bridge serial`` takes them."""

    port: str = Field(min_length=1, max_length=200, description="As /dev/ttyUSB0 or COM3")
    map: Annotated[tuple[str, ...], read_by(parse_codes)] = Field(
        description="Pairs of a label and a byte or a text: left=1,right=0x02,go=text:GO"
    )
    baudrate: int = Field(115200, ge=50, le=4_000_000, description="Bits a second")
    pulse_ms: float = Field(
        10.0, ge=0, le=5000, description="Time to the byte of rest, in ms; 0: at the offset"
    )
    rest: int = Field(0, ge=0, le=255, description="Byte between codes")
    engine: EngineName = Field("bci", description="Name of the engine")


class SerialBridge:
    """Decisions as bytes or lines of text for a serial or TTL device."""

    settings = SerialSettings

    def __init__(self, settings: SerialSettings) -> None:
        self._settings = settings
        self._codes = parse_codes(settings.map)
        self._rest = bytes([settings.rest])
        self._port: Any = None
        self._again_at = 0.0
        # Time at which the byte of rest is due; infinite if it is due at the offset, None while
        # the line rests.
        self._rest_at: float | None = None
        self._is_stuck = False
        self._sent = self._lost = 0
        self.report: Callable[[str], None] = lambda _: None

    def run(self, stop: threading.Event) -> None:
        """Write decisions until ``stop`` is set; then write the byte of rest."""
        self._port = self._open()
        try:
            with EngineClient(self._settings.engine, self.report) as client:
                while not stop.is_set():
                    self._return()
                    now = time.monotonic()
                    due = now + _POLL_S if self._rest_at is None else self._rest_at
                    for event in client.poll(max(0.0, min(_POLL_S, due - now))):
                        if isinstance(event, DecisionEvent):
                            self._decide(event)
                        elif isinstance(event, Lost):
                            self._go_to_rest()
                    if self._rest_at is not None and time.monotonic() >= self._rest_at:
                        self._go_to_rest()
                self._rest_at_last()
        finally:
            self._close()
        self.report(f"{self._sent} decisions written, {self._lost} lost")

    def _decide(self, event: DecisionEvent) -> None:
        pulses = self._settings.pulse_ms > 0
        if not pulses and event.event != "repeat":
            self._go_to_rest()
        code = self._codes.get(event.label) if event.label is not None else None
        if code is None:
            return
        # Two codes in succession need the byte of rest between them, as an edge.
        self._go_to_rest()
        is_stale = local_clock() - event.time > STALE_S
        if is_stale or self._rest_at is not None or not self._write(code):
            self._lost += 1
            return
        self._sent += 1
        # A line of text needs no byte of rest after it.
        if len(code) == 1:
            length_s = self._settings.pulse_ms / 1000 if pulses else float("inf")
            self._rest_at = time.monotonic() + length_s

    def _go_to_rest(self) -> None:
        """Write the byte of rest; if the line is busy, it is due again soon."""
        if self._rest_at is None:
            return
        self._rest_at = None if self._write(self._rest) else time.monotonic() + _POLL_S

    def _rest_at_last(self) -> None:
        deadline = time.monotonic() + _LAST_S
        self._go_to_rest()
        while self._rest_at is not None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            self._go_to_rest()

    def _write(self, code: bytes) -> bool:
        """Write ``code`` at once or not at all; return whether it was written."""
        import serial

        if self._port is None:
            return False
        try:
            self._port.write(code)
        except serial.SerialTimeoutException:
            # A byte that waits for a slow device would arrive too late, so it is discarded.
            with contextlib.suppress(*_FAULTS):
                self._port.reset_output_buffer()
            if not self._is_stuck:
                self.report(f"{self._settings.port} takes no bytes now; codes are left out")
            self._is_stuck = True
            return False
        except OSError as error:
            self._close()
            self.report(f"{self._settings.port} is lost ({first_line(error)}); it is waited for")
            return False
        self._is_stuck = False
        return True

    def _return(self) -> None:
        """Try to reopen a lost port, once per second."""
        now = time.monotonic()
        if self._port is not None or now < self._again_at:
            return
        self._again_at = now + _AGAIN_S
        try:
            self._port = self._open()
        except BridgeError:
            return
        self.report(f"{self._settings.port} is back")

    def _open(self) -> Any:
        try:
            import serial
        except ImportError as error:
            raise BridgeError(
                "a serial line needs pyserial; install it by: pip install 'bci[bridges]'"
            ) from error
        try:
            return serial.Serial(
                self._settings.port, self._settings.baudrate, write_timeout=_WRITE_S, exclusive=True
            )
        # Windows accepts no value but True.
        except (OSError, ValueError) as error:
            there = ", ".join(serial_ports()) or "none"
            raise BridgeError(
                f"{self._settings.port} cannot be opened ({first_line(error)}); ports there are: "
                f"{there}"
            ) from error

    def _close(self) -> None:
        if self._port is not None:
            port, self._port = self._port, None
            try:
                port.close()
            except _FAULTS as error:
                self.report(f"{self._settings.port}: {first_line(error)}")
