"""The user's choices for a spelling run: subject, plan and screen."""

from dataclasses import dataclass

from bci.recording.bids.names import Session
from gui.paradigms.plan import SpellingPlan


@dataclass(frozen=True)
class SpellingChoice:
    """The plan of a run, its recording, and its screen.

    ``session`` names the file of the recording; None to record nothing. ``screen`` is the name of
    the screen, empty for the main one. With ``starts_itself`` the run starts without a key.
    """

    plan: SpellingPlan
    instruction: str
    session: Session | None = None
    full_screen: bool = True
    screen: str = ""
    starts_itself: bool = False
