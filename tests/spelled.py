"""Short runs of copy spelling by a simulated person, for tests."""

from dataclasses import replace

import numpy as np

from bci.profiles.profile import Profile, load_profile
from bci.signals import Marker, Recording, StreamInfo
from devices.simulated.erp import ErpTraits, spelling
from devices.simulated.montages import eeg
from devices.simulated.signal import SimulatedSignal

SFREQ = 125.0
_CHANNELS = ("Cz", "Pz", "P3", "P4", "O1", "O2")


def spelled_run(
    text: str, seed: int, repetitions: int = 5, traits: ErpTraits | None = None
) -> Recording:
    """A run of six electrodes at 125 Hz that copies a text."""
    channels = tuple(channel for channel in eeg(16) if channel.name in _CHANNELS)
    scenario = spelling(text=text, repetitions=repetitions, traits=traits or ErpTraits(1.5))
    signal = SimulatedSignal(channels, SFREQ, scenario, seed)
    seconds = 3.0 + len(text) * (scenario.trial_s + 0.5)
    parts: list[np.ndarray] = []
    markers: list[Marker] = []
    for block, events in signal.blocks():
        parts.append(block)
        markers += events
        if sum(map(len, parts)) >= seconds * SFREQ:
            break
    data = np.concatenate(parts)
    index = np.arange(len(data))
    name = f"spelled-{text}-{seed}"
    info = StreamInfo(name, "EEG", SFREQ, channels, name, simulated=True)
    kept = tuple(m for m in markers if m.time < seconds - 0.4)
    return Recording(info, data, index / SFREQ, index, kept, name)


def unlabelled(recording: Recording) -> Recording:
    """The run as free spelling has it: nobody knows the attended symbol."""

    def without(label: str) -> str:
        kind, _, rest = label.partition("/")
        return f"selection/{rest.split('/')[0]}" if kind == "selection" else f"flash/{rest}"

    markers = tuple(Marker(m.time, without(m.label)) for m in recording.markers)
    return replace(recording, markers=markers)


def spelling_profile(**speller: object) -> Profile:
    """The profile p300, with other settings of the speller."""
    profile = load_profile("p300")
    assert profile.speller is not None
    changed = profile.speller.model_copy(update=speller)
    return profile.model_copy(update={"speller": changed})
