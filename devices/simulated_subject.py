"""A simulated motor-imagery subject: runs of EEG with cues, written to files, seeded."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bci.types import Recording, StreamInfo
from devices.simulation import montages
from devices.simulation.scenarios import motor_imagery
from devices.simulation.signal import Levels, SimulatedSignal

CH_NAMES = montages.FIRST_SIXTEEN
_END_S = 4.5


@dataclass(frozen=True)
class SubjectSettings:
    """What one simulated subject is like, and how a run is made."""

    seed: int = 1
    sfreq: float = 250.0
    trials_per_class: int = 15
    levels: Levels = field(default_factory=Levels)


def simulate_run(settings: SubjectSettings, run: int) -> Recording:
    """One run of cued trials; the same settings and run give the same bits.

    Parameters
    ----------
    settings : SubjectSettings
    run : int
        Number of the run; every run has its own noise, order of cues and pauses.
    """
    scenario = motor_imagery()
    channels = montages.eeg(len(CH_NAMES))
    signal = SimulatedSignal(
        channels, settings.sfreq, scenario, settings.seed, run, settings.levels,
        settings.trials_per_class,
    )  # fmt: skip
    n_cues = len(scenario.labels) * settings.trials_per_class
    parts, markers, end = [], [], float("inf")
    for block, events in signal.blocks():
        parts.append(block)
        markers += events
        cues = [marker for marker in markers if marker.label in scenario.labels]
        if len(cues) == n_cues:
            end = cues[-1].time + scenario.trial_s + _END_S
        if sum(len(part) for part in parts) >= end * settings.sfreq:
            break
    data = np.concatenate(parts)
    name = f"simulated-{settings.seed}-run-{run:02d}"
    return Recording(
        info=StreamInfo(name, "EEG", settings.sfreq, channels, f"simulator-{name}", simulated=True),
        data=data,
        timestamps=np.arange(len(data)) / settings.sfreq,
        indices=np.arange(len(data)),
        markers=tuple(m for m in markers if m.time <= end - _END_S),
        source=name,
    )


def write_run(recording: Recording, path: Path) -> None:
    """Write a simulated run as FIF, with montage and annotations; says that it is simulated."""
    import mne

    info = mne.create_info(list(recording.info.ch_names), recording.info.sfreq, "eeg")
    raw = mne.io.RawArray(recording.data.T * 1e-6, info, verbose="error")
    raw.set_montage("colin27_1005", verbose="error")
    raw.info["description"] = "simulated motor-imagery EEG: no human subject"
    onsets = [marker.time for marker in recording.markers]
    labels = [marker.label for marker in recording.markers]
    raw.set_annotations(mne.Annotations(onsets, [0.0] * len(onsets), labels), verbose="error")
    path.parent.mkdir(parents=True, exist_ok=True)
    raw.save(path, fmt="single", verbose="error")


def write_subject(folder: Path, seed: int, n_runs: int = 3) -> list[Path]:
    """Write a subject's runs, named as in BIDS; files that are there are left as they are."""
    settings = SubjectSettings(seed=seed)
    paths = []
    for run in range(1, n_runs + 1):
        path = folder / f"sub-simulated{seed}_task-motorimagery_run-{run:02d}_eeg.fif"
        if not path.exists():
            write_run(simulate_run(settings, run), path)
        paths.append(path)
    return paths
