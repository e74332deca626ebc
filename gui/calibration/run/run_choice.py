"""The choice of a calibration run."""

from dataclasses import dataclass
from pathlib import Path

from bci.files import plain_yaml
from bci.profiles.profile import Profile
from bci.recording.bids.names import Session
from bci.tasks.paradigms import RunPlan


@dataclass(frozen=True)
class RunChoice:
    """The subject, the profile and the run.

    ``profile`` has the classes of the run. ``profile_name`` is the file or the shipped name that
    it was made from; ``profile_differs`` is True where it was changed.
    """

    session: Session
    profile_name: str
    profile: Profile
    profile_differs: bool
    plan: RunPlan
    full_screen: bool = True

    def profile_for(self, recording: Path) -> str:
        """Return the profile to train and serve with.

        Where it differs it is written beside the recording, or beside the model, whose folder
        stands in place of a recording then.
        """
        if not self.profile_differs:
            return self.profile_name
        file = recording.with_name(f"{recording.stem}_profile.yaml")
        content = self.profile.model_dump(mode="json", exclude_none=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(plain_yaml.dump(content), encoding="utf-8")
        return str(file)

    @property
    def pictures(self) -> Path:
        """Folder of the pictures that are shown, if any are."""
        return Path(self.plan.cues[0].shown).parent
