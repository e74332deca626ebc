"""The conditions for the start of a spelling run, and for the end of a pause."""

from dataclasses import dataclass

CONFIRMING, ENDING = "Y confirms   Esc ends", "Esc ends"


@dataclass
class Waiting:
    """The conditions that a run waits for; each may change while the run is open.

    ``warnings`` are risks that the person must confirm by a key.
    """

    warnings: tuple[str, ...]
    is_recorded: bool
    has_engine: bool
    is_confirmed: bool = False
    trouble: str = ""
    paused: str = ""  # Reason of a pause, in a sentence

    def __post_init__(self) -> None:
        self.is_confirmed = not self.warnings

    @property
    def can_begin(self) -> bool:
        return not self.for_what[0]

    @property
    def for_what(self) -> tuple[str, str]:
        """A sentence on an unmet condition, and the usable keys; empty if all are met."""
        if not self.is_confirmed:
            return "\n\n".join(self.warnings), CONFIRMING
        if self.trouble:
            return self.trouble, ENDING
        if not self.is_recorded:
            return "The recording is being started ...", ENDING
        if not self.has_engine:
            return "No engine decodes. Waiting for one ...", ENDING
        return "", ""

    def words(self, instruction: str, begins_itself: bool) -> tuple[str, str]:
        """Return the sentence and the keys for the screen, also if the run can begin."""
        if not self.can_begin:
            return self.for_what
        if begins_itself:
            return instruction, "It begins by itself"
        resumes = "resumes" if self.paused else "begins"
        return self.paused or instruction, f"Space {resumes}   Esc ends"
