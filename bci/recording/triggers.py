"""Events of trigger channels: channels whose samples carry a code."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError
from bci.recording.breaks import TimeLine
from bci.recording.trigger_events import TriggerEvents
from bci.signals import Marker

ANNOTATIONS = "annotations"
"""Name of a file's annotations, where markers are chosen."""

# More codes a second than any paradigm sends.
_NOISE_PER_S = 10.0
_FEWEST_NOISE = 200
_TIMES_NAMED = 3


class TriggerChoice(NamedTuple):
    """Choice of a file's markers: a trigger channel by name, or `ANNOTATIONS`.

    ``named`` is what the user gave for this file; ``usual`` is what the profile names, which
    counts where the file has it.
    """

    named: str | None = None
    usual: str | None = None

    def among(self, names: Sequence[str]) -> str | None:
        """The choice for a file with these trigger channels; None for all that it has."""
        if self.named is not None or self.usual is None:
            return self.named
        has_usual = self.usual in names or self.usual.lower() == ANNOTATIONS
        return self.usual if has_usual else None


ALL = TriggerChoice()


def chosen(names: Sequence[str], wanted: str | None, source: str, annotated: bool) -> list[str]:
    """The trigger channels to take events from.

    Raises `RecordingError` if the file has nothing of that name.
    """
    if wanted is None:
        return list(names)
    if wanted.lower() == ANNOTATIONS:
        return []
    found = [name for name in names if name == wanted]
    if not found:
        there = [*names, *([ANNOTATIONS] if annotated else [])]
        raise RecordingError(
            f"{source}: no markers called {wanted!r}; there are: {', '.join(there) or 'none'}"
        )
    return found


def events_of(codes: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Samples at which the code changes to another than 0, and that code.

    A code may be held until the next one. The one that the recording begins with is no event.
    """
    found = TriggerEvents(None, 1.0).push(codes, np.zeros(len(codes)), 0)
    return [(event.sample, event.code) for event in found]


def markers_of(
    name: str, codes: NDArray[np.int64], line: TimeLine, findings: list[str]
) -> list[Marker]:
    """Markers of a trigger channel; where it looks like noise, a finding is added."""
    events = events_of(codes)
    if finding := noise(name, events, line.n_samples / line.sfreq):
        findings.append(finding)
    times = line.place([row / line.sfreq for row, _ in events])
    return [Marker(float(time), str(code)) for time, (_, code) in zip(times, events, strict=True)]


def noise(name: str, events: Sequence[tuple[int, int]], seconds: float) -> str | None:
    """A sentence about a trigger channel with too many events; None where there are few."""
    if len(events) < max(_FEWEST_NOISE, _NOISE_PER_S * seconds):
        return None
    common = Counter(code for _, code in events).most_common(_TIMES_NAMED)
    listed = ", ".join(f"{code} x{n}" for code, n in common)
    return (
        f"trigger channel {name} has {len(events)} events in {seconds:.0f} s ({listed} ...) and "
        f"looks like noise; name what holds the cues: another channel, or {ANNOTATIONS!r}"
    )
