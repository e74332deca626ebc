"""Presses by decisions: taps and holds, with their limits."""

from collections import deque
from dataclasses import dataclass

from bci.bridges.keys.actions import Press, parse_map
from bci.bridges.keys.settings import KeysSettings
from bci.decisions import DecisionEvent

_MINUTE_S = 60.0


@dataclass
class Counts:
    """Numbers of presses, and of decisions without a press by reason."""

    pressed: int = 0
    hold_off: int = 0
    rate_limit: int = 0
    not_confident: int = 0


class Gate:
    """The present press, by decisions and limits; times are in seconds on one monotonic clock."""

    def __init__(self, settings: KeysSettings) -> None:
        self._settings = settings
        self._actions = parse_map(settings.map)
        self._times: deque[float] = deque(maxlen=settings.per_minute)
        self._press: Press | None = None
        self._ends = 0.0
        self.counts = Counts()

    def decide(self, event: DecisionEvent, now: float) -> None:
        """Process a decision at the time ``now``; an onset or repeat makes one press at most."""
        holds = self._settings.mode == "hold"
        action = self._actions.get(event.label) if event.label is not None else None
        if holds and event.event != "repeat":
            self.release()
        if action is None or event.event == "offset":
            return
        if holds and event.event == "repeat" and self.pressed(now) is not None:
            return
        if self._is_free(event, now):
            length_s = self._settings.max_hold_s if holds else self._settings.tap_ms / 1000
            self.counts.pressed += 1
            self._times.append(now)
            self._press, self._ends = Press(self.counts.pressed, action), now + length_s

    def pressed(self, now: float) -> Press | None:
        """Return the press that holds at ``now``; None if nothing is pressed."""
        if self._press is not None and now >= self._ends:
            self._press = None
        return self._press

    def remaining_s(self, now: float) -> float:
        """Return the time to the end of the present press; infinite if nothing is pressed."""
        return float("inf") if self.pressed(now) is None else self._ends - now

    def release(self) -> bool:
        """End the present press; return whether there was one."""
        was, self._press = self._press, None
        return was is not None

    def _is_free(self, event: DecisionEvent, now: float) -> bool:
        counts, settings = self.counts, self._settings
        if event.confidence is not None and event.confidence < settings.min_confidence:
            counts.not_confident += 1
        elif self._times and now - self._times[-1] < settings.hold_off_s:
            counts.hold_off += 1
        elif len(self._times) == settings.per_minute and now - self._times[0] < _MINUTE_S:
            counts.rate_limit += 1
        else:
            return True
        return False
