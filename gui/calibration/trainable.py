"""What a training may learn from and how, once a run is over."""

from dataclasses import dataclass
from pathlib import Path

from bci.types import StreamInfo
from gui.calibration.paradigms import IMAGES, SPEECH
from gui.calibration.run_choice import RunChoice, earlier_runs
from gui.calibration.training import (
    Level,
    levels,
    levels_of_feelings,
    levels_of_images,
    levels_of_words,
)
from gui.calibration.training_page import Run


@dataclass(frozen=True, slots=True)
class Trainable:
    """This subject's runs, and the decoders that they may train."""

    runs: list[Run]
    same_visit: set[Path]
    levels: tuple[Level, ...]


def find_trainable(
    choice: RunChoice, run: Path, recordings: Path, models: Path, info: StreamInfo
) -> Trainable:
    """Look for it on the disk; ``info`` is the stream that ``run`` is a recording of."""
    runs = earlier_runs(recordings, choice.session)
    same_visit = {other for other in runs if other.parent == run.parent}
    return Trainable([Run.of(other) for other in runs], same_visit, _offered(choice, models, info))


def _offered(choice: RunChoice, models: Path, info: StreamInfo) -> tuple[Level, ...]:
    if choice.plan.rated:
        return levels_of_feelings()
    if choice.profile.task == IMAGES and choice.profile.paradigm.items is not None:
        return levels_of_images(Path(choice.plan.cues[0].shown).parent)
    if choice.profile.task == SPEECH:
        return levels_of_words()
    return levels(models, choice.profile, info)
