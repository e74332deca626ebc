"""A simulated subject: runs of a task with its cues, written to files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bci.files.writable import appearing
from bci.recording.write_fif import write_fif
from bci.signals import Channel, Recording, StreamInfo, Task
from bci.tasks.image_gallery import Gallery, save_gallery
from devices.simulated import erp, flicker, montages, neurofeedback, scenarios
from devices.simulated.scenarios import Scenario
from devices.simulated.signal import Amplitudes, SimulatedSignal

CH_NAMES = montages.FIRST_SIXTEEN
_END_S = 4.5
_TYPES = {"eeg": "EEG", "meg": "MEG", "ieeg": "iEEG"}
Channels = tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class TaskRun:
    """Settings of a run of a task.

    ``datatype`` is the BIDS name of the modality. ``scenario`` is a function of the channels and
    the run's number. Each run has different films and images, so that test runs have new ones.
    """

    datatype: str
    channels: Callable[[], Channels]
    sfreq: float
    trials_per_label: int
    scenario: Callable[[Channels, int], Scenario]


TASKS: dict[Task, TaskRun] = {
    "motor-imagery": TaskRun(
        "eeg", lambda: montages.eeg(len(CH_NAMES)), 250.0, 15,
        lambda _channels, _run: scenarios.motor_imagery(),
    ),
    "emotion": TaskRun(
        "eeg", montages.epoc, 128.0, 1,
        lambda _channels, run: scenarios.emotion(first_film=25 * (run - 1) + 1),
    ),
    "speech": TaskRun(
        "ieeg", lambda: montages.seeg(48), 1000.0, 6,
        lambda channels, _run: scenarios.speech(montages.positions(channels)),
    ),
    "images": TaskRun(
        "meg", montages.meg, 250.0, 1,
        lambda _channels, run: scenarios.images(first_image=scenarios.N_IMAGES * (run - 1) + 1),
    ),
    "neurofeedback": TaskRun(
        "eeg", lambda: montages.eeg(len(CH_NAMES)), 250.0, 1,
        lambda _channels, _run: neurofeedback.neurofeedback(),
    ),
    "p300": TaskRun(
        "eeg", lambda: montages.eeg(len(CH_NAMES)), 250.0, 1,
        lambda _channels, run: erp.spelling(run),
    ),
    "ssvep": TaskRun(
        "eeg", lambda: montages.occipital(8), 250.0, 3,
        lambda _channels, _run: flicker.watching("ssvep"),
    ),
    "cvep": TaskRun(
        "eeg", lambda: montages.occipital(8), 250.0, 8,
        lambda _channels, _run: flicker.watching("cvep"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class SubjectSettings:
    """Settings of one simulated subject; ``trials_per_class`` None means the task's number."""

    seed: int = 1
    task: Task = "motor-imagery"
    trials_per_class: int | None = None
    levels: Amplitudes = field(default_factory=Amplitudes)


def simulate_run(
    settings: SubjectSettings, run: int, scenario: Scenario | None = None
) -> Recording:
    """Simulate one run of cued trials; the same settings and run give the same recording.

    Each run has its own noise, order of cues and pauses. ``scenario`` replaces the task's.
    """
    task = TASKS[settings.task]
    per_label = settings.trials_per_class or task.trials_per_label
    channels = task.channels()
    scenario = scenario or task.scenario(channels, run)
    signal = SimulatedSignal(
        channels, task.sfreq, scenario, settings.seed, run, settings.levels, per_label
    )
    n_cues = len(scenario.labels) * per_label
    labels = frozenset(scenario.labels)
    parts, markers, n_samples, end = [], [], 0, float("inf")
    for block, events in signal.blocks():
        parts.append(block)
        n_samples += len(block)
        markers += events
        n_cues -= sum(marker.label in labels for marker in events)
        if n_cues == 0 and end == float("inf"):
            end = markers[-1].time + scenario.trial_s + _END_S
        if n_samples >= end * task.sfreq:
            break
    data = np.concatenate(parts)
    name = f"simulated-{settings.seed}-run-{run:02d}"
    return Recording(
        info=StreamInfo(
            name, _TYPES[task.datatype], task.sfreq, channels, f"simulator-{name}", simulated=True
        ),
        data=data,
        timestamps=np.arange(len(data)) / task.sfreq,
        indices=np.arange(len(data)),
        markers=tuple(m for m in markers if m.time <= end - _END_S),
        source=name,
    )


def write_run(recording: Recording, path: Path) -> None:
    """Write a simulated run as FIF, with positions and annotations, marked as simulated."""
    with appearing(path) as new:
        write_fif(recording, new, "simulated signal: no human subject")


def simulated_gallery(runs: list[int]) -> Gallery:
    """Make the gallery of the images that a simulated subject sees in ``runs``."""
    channels = TASKS["images"].channels()
    names = tuple(name for run in runs for name in TASKS["images"].scenario(channels, run).labels)
    vectors = np.array([scenarios.image_vector(name) for name in names], dtype=np.float32)
    return Gallery(names, vectors, "simulated image vectors")


def write_subject(
    folder: Path, seed: int, n_runs: int = 3, task: Task = "motor-imagery"
) -> list[Path]:
    """Write a subject's runs, named as in BIDS; return their paths. Existing files are kept.

    For the task ``images``, the gallery is written beside the runs.
    """
    settings = SubjectSettings(seed, task)
    bids_task, datatype = task.replace("-", ""), TASKS[task].datatype
    paths = []
    for run in range(1, n_runs + 1):
        path = folder / f"sub-simulated{seed}_task-{bids_task}_run-{run:02d}_{datatype}.fif"
        if not path.exists():
            write_run(simulate_run(settings, run), path)
        paths.append(path)
    if task == "images":
        runs = list(range(1, n_runs + 1))
        save_gallery(simulated_gallery(runs), gallery_file(folder, seed))
    return paths


def gallery_file(folder: Path, seed: int) -> Path:
    """Return the path of the gallery of a simulated subject's images."""
    return folder / f"sub-simulated{seed}_task-images_gallery.safetensors"
