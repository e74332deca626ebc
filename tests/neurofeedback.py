"""Recorded sessions of simulated people under neurofeedback, for tests."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from bci.profiles.profile import Profile, load_profile
from bci.signals import Marker, Recording, StreamInfo
from devices.simulated.montages import eeg
from devices.simulated.neurofeedback import neurofeedback
from devices.simulated.sources import Pink, Rhythms

SFREQ = 100.0
CHANNELS = tuple(channel for channel in eeg(16) if channel.name in ("Cz", "Pz", "O1", "O2"))
_ALPHA = {"Cz": 0.2, "Pz": 0.6, "O1": 1.0, "O2": 0.95}
_PAUSE_S = 1.0

Plan = tuple[tuple[str, float], ...]


def protocol(**changes: Mapping[str, Any] | Any) -> Profile:
    """The shipped profile of alpha, with parts of its protocol changed."""
    profile = load_profile("neurofeedback-alpha")
    content = profile.model_dump(exclude_none=True)
    for key, value in changes.items():
        before = content["neurofeedback"].get(key)
        content["neurofeedback"][key] = {**before, **value} if isinstance(before, dict) else value
    return load_profile(content)


@cache
def session(seed: int, plan: Plan, gain: float = 1.3) -> Recording:
    """A session of runs, each with its length in seconds; alpha is set by the simulated person.

    Few channels, made at once, so that long sessions are made quickly.
    """
    source = neurofeedback(gain=gain).sources[0]
    markers, time = [], 2.0
    for kind, length_s in plan:
        markers += [Marker(time, kind), Marker(time + length_s, "rest")]
        time += length_s + _PAUSE_S
    n = round((time + 1.0) * SFREQ)
    times = np.arange(n) / SFREQ
    level = np.full(n, source.idle)
    for (kind, length_s), marker in zip(plan, markers[::2], strict=True):
        on = (times >= marker.time) & (times < marker.time + length_s)
        level[on] = source.gain(kind, times[on] - marker.time, 1.0)
    rngs = [np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(2)]
    assert source.rhythm is not None
    alpha = level * Rhythms([source.rhythm], SFREQ, rngs[0]).next(n)[0]
    data = 9.0 * Pink(len(CHANNELS), SFREQ, rngs[1]).next(n)
    data += source.amplitude_uv * np.outer(alpha, [_ALPHA[each.name] for each in CHANNELS])
    info = StreamInfo("simulated", "EEG", SFREQ, CHANNELS, "simulated", simulated=True)
    return Recording(
        info, data.astype(np.float32), times, np.arange(n), tuple(markers), f"session-{seed}"
    )
