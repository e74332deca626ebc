"""The choice of a spelling run: whose it is, the plan, and the screen."""

from dataclasses import dataclass

from bci.recording.bids.names import Session
from gui.paradigms.plan import SpellingPlan


@dataclass(frozen=True)
class SpellingChoice:
    """A plan, and where it is shown; ``session`` is None where nothing is recorded.

    ``screen`` is the name of the screen; empty for the main one.
    """

    plan: SpellingPlan
    instruction: str
    session: Session | None = None
    full_screen: bool = True
    screen: str = ""
    starts_itself: bool = False
