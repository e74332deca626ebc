"""Settings of a speller: grid, flashes and dynamic stopping."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from bci.profiles.pipeline_settings import Settings


def _as_symbols(given: object) -> object:
    """Convert a text to a tuple of its characters; return anything else unchanged."""
    return tuple(given) if isinstance(given, str) else given


class SpellerSettings(Settings):
    """Settings of the grid of symbols, of the flashes, and of the end of a selection.

    ``symbols`` is a list, or a text of single characters. The default is the 6 x 6 matrix, or 28
    symbols for RSVP. ``_`` types a space and ``<`` deletes the last symbol. ``code`` is
    ``row-column``, ``checkerboard`` or ``rsvp``. A group of symbols is bright for ``flash_s``
    seconds and dark for ``gap_s`` seconds. A selection ends when the probability of a symbol
    reaches ``confidence``, after at least ``min_repetitions`` and at most ``max_repetitions`` of
    all flashes. ``target_s`` and ``feedback_s`` are the seconds before and after the flashes.
    ``text`` is a file in the person's language, from which the probabilities of letters are
    computed. A selection is undone if the error potential gives an error the probability
    ``undo_at`` or more.
    """

    symbols: Annotated[tuple[str, ...] | None, BeforeValidator(_as_symbols)] = Field(
        None, min_length=2, max_length=1000
    )
    columns: int = Field(6, ge=1, le=100)
    code: Literal["row-column", "checkerboard", "rsvp"] = "row-column"
    flash_s: float = Field(0.1, gt=0, le=2)
    gap_s: float = Field(0.06, ge=0, le=2)
    confidence: float = Field(0.95, gt=0, le=1)
    min_repetitions: int = Field(1, ge=1, le=100)
    max_repetitions: int = Field(10, ge=1, le=100)
    target_s: float = Field(2.0, ge=0.5, le=60)
    feedback_s: float = Field(1.5, ge=0.2, le=60)
    text: str | None = None
    undo_at: float = Field(0.5, gt=0, lt=1)

    @model_validator(mode="after")
    def _fits(self) -> "SpellerSettings":
        if self.min_repetitions > self.max_repetitions:
            raise ValueError(
                f"min_repetitions ({self.min_repetitions}) must be at most max_repetitions "
                f"({self.max_repetitions})"
            )
        return self
