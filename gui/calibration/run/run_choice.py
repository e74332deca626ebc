"""The user's choices for a calibration run."""

from dataclasses import dataclass, replace
from pathlib import Path

from bci.files import plain_yaml
from bci.profiles.profile import Profile
from bci.recording.bids.names import Session
from bci.tasks.paradigms import RunPlan, executed_plan
from gui.paradigms.plan import SpellingPlan


@dataclass(frozen=True)
class RunChoice:
    """The subject, the profile and the run.

    ``profile`` has the classes of the run. It was made from ``profile_name``, a file or the name
    of a shipped profile; ``profile_differs`` is True if it was changed. ``screen`` is the name of
    the screen for the cues, empty for the main one. With ``moved_first``, a run of executed
    movements comes before this run. With ``spelling``, the run copies a text instead of showing
    cues.
    """

    session: Session
    profile_name: str
    profile: Profile
    profile_differs: bool
    plan: RunPlan
    full_screen: bool = True
    screen: str = ""
    moved_first: bool = False
    spelling: SpellingPlan | None = None

    def executed(self) -> "RunChoice":
        """Return the run of executed movements that comes before this one."""
        plan = executed_plan(self.plan)
        session = replace(self.session, task=plan.task)
        return replace(self, session=session, plan=plan, moved_first=False)

    def profile_for(self, recording: Path) -> str:
        """Return the name or file of the profile to train and decode with.

        A changed profile is written into a file beside ``recording``. Without a recording, give
        the model's folder as ``recording``.
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
        """The folder of the shown pictures; meaningless if the cues are not pictures."""
        return Path(self.plan.cues[0].shown).parent
