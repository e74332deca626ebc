"""The rating after a clip: a level of valence, then one of arousal."""

from dataclasses import dataclass, field

from bci.tasks.emotion_levels import N_LEVELS


@dataclass(frozen=True, slots=True)
class Axis:
    """One question: its name in markers, and the meaning of its lowest and highest level."""

    name: str
    question: str
    low: str
    high: str


AXES = (
    Axis("valence", "Valence: how pleasant did it feel?", "very unpleasant", "very pleasant"),
    Axis("arousal", "Arousal: how stirred up were you?", "very calm", "very excited"),
)
KEYS = f"1 to {N_LEVELS} answers   Backspace takes back   Space goes on   Esc ends"


@dataclass
class Rating:
    """The answers so far, in the order of `AXES`."""

    levels: list[int] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return len(self.levels) == len(AXES)

    @property
    def label(self) -> str:
        """The class that was felt, as ``valence-2/arousal-4``."""
        return "/".join(f"{a.name}-{n}" for a, n in zip(AXES, self.levels, strict=True))

    def answer(self, level: int) -> None:
        """Answer the next question; what is no level, and more than there are questions, is not."""
        if 1 <= level <= N_LEVELS and not self.is_complete:
            self.levels.append(level)

    def take_back(self) -> None:
        """Take back the last answer."""
        if self.levels:
            self.levels.pop()
