"""Bridge to keys, mouse and gamepad: decisions are pressed, and released when anything is wrong."""

import threading
import time
from collections.abc import Callable

from pylsl import local_clock

from bci.bridges.engine_client import STALE_S, EngineClient, EngineEvent, Lost
from bci.bridges.keys.actions import parse_map
from bci.bridges.keys.gate import Gate
from bci.bridges.keys.presser import BEAT_S
from bci.bridges.keys.pressing import Pressing
from bci.bridges.keys.settings import KeysSettings
from bci.decisions import DecisionEvent
from bci.errors import BridgeError
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus


class KeysBridge:
    """Decisions as keys, mouse or gamepad, released when the engine dies or its quality falls."""

    settings = KeysSettings

    def __init__(self, settings: KeysSettings) -> None:
        self._settings = settings
        self._gate = Gate(settings)
        self._paused = threading.Event()
        self._is_sound = True
        self._sign = 0.0
        self.report: Callable[[str], None] = lambda _: None

    def command(self, text: str) -> str:
        """Execute ``stop``, which releases all keys and pauses, or ``go``, which resumes."""
        if text == "stop":
            self._paused.set()
            return "stopped: nothing is pressed; type go to resume"
        if text == "go":
            self._paused.clear()
            return "pressing again"
        raise BridgeError(f"{text!r:.40} is no command of this bridge; type stop or go")

    def run(self, stop: threading.Event) -> None:
        """Press keys by decisions until ``stop`` is set; then release all."""
        settings, gate = self._settings, self._gate
        actions = tuple(map(str, parse_map(settings.map).values()))
        with (
            Pressing(actions, settings.speed, self.report) as pressing,
            EngineClient(settings.engine, self.report) as client,
        ):
            while not stop.is_set():
                wait_s = min(BEAT_S, gate.remaining_s(time.monotonic()))
                events = client.poll(wait_s)
                # The clock is read once; otherwise a tap could end before it is pressed.
                now = time.monotonic()
                for event in events:
                    self._take(event, now)
                if (why := self._why_release(now)) and gate.release():
                    self.report(f"released: {why}")
                pressing.show(gate.pressed(now))
        self._report_counts()

    def _take(self, event: EngineEvent, now: float) -> None:
        match event:
            case DecisionEvent():
                self._sign = now
                if event.event != "offset" and local_clock() - event.time > STALE_S:
                    self.report(f"left out: {event.label!r:.60}, decided too long ago")
                elif not self._paused.is_set():
                    self._gate.decide(event, now)
            case ReceivedPrediction():
                self._sign = now
            case EngineStatus():
                self._is_sound = event.state == "running" and not event.held_back
            case Lost():
                self._is_sound = True
                if self._gate.release():
                    self.report("released: the engine is lost")

    def _why_release(self, now: float) -> str:
        if self._paused.is_set():
            return "stopped by hand"
        if not self._is_sound:
            return "the engine's signal is lost, or its decisions are suppressed"
        if now - self._sign > self._settings.silence_s:
            return f"no prediction for {self._settings.silence_s:g} s"
        return ""

    def _report_counts(self) -> None:
        counts = self._gate.counts
        self.report(
            f"{counts.pressed} presses; left out: {counts.hold_off} by the hold-off, "
            f"{counts.rate_limit} by the rate limit, {counts.not_confident} below the confidence"
        )
