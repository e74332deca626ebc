"""The choice of a calibration run, and the recordings and decoders that it can train."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bci.files import plain_yaml
from bci.profiles.profile import Profile
from bci.recording.bids.names import Session
from bci.tasks.paradigms import RunPlan
from bci.training.decoder_choices import DecoderOffer, decoder_choices
from bci.types import StreamInfo


@dataclass(frozen=True)
class RunChoice:
    """The subject, the profile and the run.

    ``profile`` has the classes of the run. ``profile_name`` is the file or the shipped name that
    it was made from; ``profile_differs`` says that it is not as it is there.
    """

    session: Session
    profile_name: str
    profile: Profile
    profile_differs: bool
    plan: RunPlan
    full_screen: bool = True

    def profile_for(self, recording: Path) -> str:
        """The profile to train and serve with; where it differs, a file beside the recording.

        Without a recording it lies beside the model, whose folder stands in its place.
        """
        if not self.profile_differs:
            return self.profile_name
        file = recording.with_name(f"{recording.stem}_profile.yaml")
        content = self.profile.model_dump(mode="json", exclude_none=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(plain_yaml.dump(content), encoding="utf-8")
        return str(file)


class RecordedRun(NamedTuple):
    """A recorded run: when it was recorded, and its size in MB."""

    file: Path
    recorded: datetime
    megabytes: float

    @classmethod
    def of(cls, file: Path) -> "RecordedRun":
        """Read time and size of a file."""
        status = file.stat()
        return cls(file, datetime.fromtimestamp(status.st_mtime), status.st_size / 1e6)


@dataclass(frozen=True, slots=True)
class Trainable:
    """This subject's runs, and the decoders that they may train."""

    runs: list[RecordedRun]
    same_visit: set[Path]
    decoders: tuple[DecoderOffer, ...]


def find_trainable(
    choice: RunChoice, run: Path | None, recordings: Path, models: Path, info: StreamInfo | None
) -> Trainable:
    """Find on the disk what can be trained.

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
    decoders = decoders_for(choice, models, info)
    return Trainable([RecordedRun.of(other) for other in runs], same_visit, decoders)


def decoders_for(
    choice: RunChoice, models: Path, info: StreamInfo | None
) -> tuple[DecoderOffer, ...]:
    """List the decoders for a choice; which base models fit depends on the stream."""
    pictures = Path(choice.plan.cues[0].shown).parent
    return decoder_choices(choice.profile, models, info, pictures)


def earlier_runs(folder: Path, session: Session) -> list[Path]:
    """List the recordings of this subject with this task, of all sessions, oldest first."""
    pattern = f"sub-{session.subject}_*task-{session.task}_run-*_{session.suffix}.xdf"
    found = (folder / f"sub-{session.subject}").rglob(pattern)
    return sorted(found, key=lambda file: (file.stat().st_mtime, file.name))
