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
"""Name by which the user chooses a file's annotations as its markers."""

# More codes per second than any paradigm sends.
_NOISE_PER_S = 10.0
_FEWEST_NOISE = 200
_TIMES_NAMED = 3


class TriggerChoice(NamedTuple):
    """Choice of a file's markers: a trigger channel by name, or `ANNOTATIONS`.

    ``named`` is the user's choice for this file. ``usual`` is the profile's choice. It applies if
    the user made none and the file has such a channel.
    """

    named: str | None = None
    usual: str | None = None

    def among(self, names: Sequence[str]) -> str | None:
        """Choose from the trigger channels ``names`` of a file; None chooses all markers."""
        if self.named is not None or self.usual is None:
            return self.named
        has_usual = self.usual in names or self.usual.lower() == ANNOTATIONS
        return self.usual if has_usual else None


ALL = TriggerChoice()


def chosen(names: Sequence[str], wanted: str | None, source: str, annotated: bool) -> list[str]:
    """List the trigger channels from which events are read.

    ``wanted`` is one of the channels ``names``, None for all of them, or `ANNOTATIONS` for none.
    ``annotated`` is whether the file has annotations, which an error message then offers.

    Raises `RecordingError` if the file has no trigger channel called ``wanted``.
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
    """List the samples at which the code changes to a new code other than 0, with that code.

    ``codes`` (n_samples,) are those of the whole recording. A code may last until the next one. The
    code of the first sample is no event.
    """
    found = TriggerEvents(None, 1.0).push(codes, np.zeros(len(codes)), 0)
    return [(event.sample, event.code) for event in found]


def markers_of(
    name: str, codes: NDArray[np.int64], line: TimeLine, findings: list[str]
) -> list[Marker]:
    """List the markers of the trigger channel ``name``, whose ``codes`` are (n_samples,).

    If the channel looks like noise, a sentence is added to ``findings``.
    """
    events = events_of(codes)
    if finding := noise(name, events, line.n_samples / line.sfreq):
        findings.append(finding)
    times = line.place([row / line.sfreq for row, _ in events])
    return [Marker(float(time), str(code)) for time, (_, code) in zip(times, events, strict=True)]


def noise(name: str, events: Sequence[tuple[int, int]], seconds: float) -> str | None:
    """Describe a trigger channel with too many events; None if their number is plausible."""
    if len(events) < max(_FEWEST_NOISE, _NOISE_PER_S * seconds):
        return None
    common = Counter(code for _, code in events).most_common(_TIMES_NAMED)
    listed = ", ".join(f"{code} x{n}" for code, n in common)
    return (
        f"trigger channel {name} has {len(events)} events in {seconds:.0f} s ({listed} ...) and "
        f"looks like noise; name what holds the cues: another channel, or {ANNOTATIONS!r}"
    )
