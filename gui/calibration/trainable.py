"""What a training may learn from and how, once a run is over."""

from dataclasses import dataclass
from pathlib import Path

from bci.types import StreamInfo
from gui.calibration.run_choice import RunChoice, earlier_runs
from gui.calibration.training import Level, levels, levels_of_feelings
from gui.calibration.training_page import Run


@dataclass(frozen=True, slots=True)
class Trainable:
    """This subject's runs, and the decoders that they may train.

    ``profile`` is the one to train with; empty where the last run was not kept.
    """

    profile: str
    runs: list[Run]
    same_visit: set[Path]
    levels: tuple[Level, ...]


def find_trainable(
    choice: RunChoice, run: Path, recordings: Path, models: Path, info: StreamInfo
) -> Trainable:
    """Look for it on the disk; ``info`` is the stream that ``run`` is a recording of."""
    profile = choice.profile_for(run) if run.is_file() else ""
    runs = earlier_runs(recordings, choice.session)
    same_visit = {other for other in runs if other.parent == run.parent}
    offered = levels_of_feelings() if choice.plan.rated else levels(models, choice.profile, info)
    return Trainable(profile, [Run.of(other) for other in runs], same_visit, offered)
