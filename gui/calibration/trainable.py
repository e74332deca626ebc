"""What a training may learn from and how, once a run is over."""

from dataclasses import dataclass
from pathlib import Path

from bci.types import StreamInfo
from gui.calibration.run.paradigms import IMAGES, SPEECH
from gui.calibration.run.run_choice import RunChoice, earlier_runs
from gui.calibration.training import (
    Level,
    levels,
    levels_of_feelings,
    levels_of_images,
    levels_of_words,
)
from gui.record.run_file import Run


@dataclass(frozen=True, slots=True)
class Trainable:
    """This subject's runs, and the decoders that they may train."""

    runs: list[Run]
    same_visit: set[Path]
    levels: tuple[Level, ...]


def find_trainable(
    choice: RunChoice, run: Path | None, recordings: Path, models: Path, info: StreamInfo | None
) -> Trainable:
    """Look for it on the disk.

    Parameters
    ----------
    choice : RunChoice
    run : Path, optional
        The run that was recorded just now: those of the same visit are proposed.
    recordings, models : Path
        Folders.
    info : StreamInfo, optional
        The stream that the runs are recordings of, where it is known.
    """
    runs = earlier_runs(recordings, choice.session)
    same_visit = {other for other in runs if run is not None and other.parent == run.parent}
    return Trainable([Run.of(other) for other in runs], same_visit, offered(choice, models, info))


def offered(choice: RunChoice, models: Path, info: StreamInfo | None) -> tuple[Level, ...]:
    """The decoders for a choice; which base models fit depends on the stream."""
    if choice.plan.rated:
        return levels_of_feelings()
    if choice.profile.task == IMAGES and choice.profile.paradigm.items is not None:
        return levels_of_images(Path(choice.plan.cues[0].shown).parent)
    if choice.profile.task == SPEECH:
        return levels_of_words()
    return levels(models, choice.profile, info)
