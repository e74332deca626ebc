"""Rating after a clip: a level of valence, then a level of arousal."""

from dataclasses import dataclass, field

from bci.tasks.emotion_levels import N_LEVELS


@dataclass(frozen=True, slots=True)
class RatingAxis:
    """One question: name in markers, text, and meaning of the end levels.

    ``low`` and ``high`` are the meanings of the lowest and highest level.
    """

    name: str
    question: str
    low: str
    high: str


AXES = (
    RatingAxis("valence", "Valence: how pleasant did it feel?", "very unpleasant", "very pleasant"),
    RatingAxis("arousal", "Arousal: how stirred up were you?", "very calm", "very excited"),
)
KEYS = f"1 to {N_LEVELS} answers   Backspace takes back   Space continues   Esc ends"


@dataclass
class Rating:
    """The answers so far, as levels in the order of `AXES`."""

    levels: list[int] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return len(self.levels) == len(AXES)

    @property
    def label(self) -> str:
        """The rated class, such as ``valence-2/arousal-4``.

        All questions must be answered.
        """
        return "/".join(f"{a.name}-{n}" for a, n in zip(AXES, self.levels, strict=True))

    def answer(self, level: int) -> None:
        """Answer the next question; an invalid level or a further answer is ignored."""
        if 1 <= level <= N_LEVELS and not self.is_complete:
            self.levels.append(level)

    def take_back(self) -> None:
        """Remove the last answer, if there is one."""
        if self.levels:
            self.levels.pop()
