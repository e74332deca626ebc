"""The conditions of a spelling run before its first selection, and after a pause."""

from dataclasses import dataclass

CONFIRMING, ENDING = "Y confirms   Esc ends", "Esc ends"


@dataclass
class Waiting:
    """Conditions that a run waits for; each changes while it is open.

    ``warnings`` are the risks that a person has to confirm by a key.
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
        """Sentence about the condition that is not met yet, and the keys; empty where all are."""
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
        """Sentence and keys for the screen, also where the run can begin."""
        if not self.can_begin:
            return self.for_what
        if begins_itself:
            return instruction, "It begins by itself"
        resumes = "resumes" if self.paused else "begins"
        return self.paused or instruction, f"Space {resumes}   Esc ends"
