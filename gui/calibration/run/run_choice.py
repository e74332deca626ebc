"""What a user has chosen to calibrate."""

from dataclasses import dataclass
from pathlib import Path

from bci.files import plain_yaml
from bci.profiles.profile import Profile
from bci.recording.bids.names import Session
from gui.calibration.run.paradigms import RunPlan


@dataclass(frozen=True)
class RunChoice:
    """Whom, with which profile, and the run.

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


def earlier_runs(folder: Path, session: Session) -> list[Path]:
    """Recordings of this subject with this task, of all sessions, oldest first."""
    pattern = f"sub-{session.subject}_*task-{session.task}_run-*_{session.suffix}.xdf"
    found = (folder / f"sub-{session.subject}").rglob(pattern)
    return sorted(found, key=lambda file: (file.stat().st_mtime, file.name))
