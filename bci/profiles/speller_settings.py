"""Settings of a speller: its grid, flashes and stopping."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from bci.profiles.pipeline_settings import Settings


def _as_symbols(given: object) -> object:
    """A text as its characters; anything else as it is."""
    return tuple(given) if isinstance(given, str) else given


class SpellerSettings(Settings):
    """Grid of symbols, code of the flashes, and when a selection ends.

    ``symbols`` are a text, whose characters they are, or a list; without them those of the 6 x 6
    matrix, or 28 of RSVP. ``_`` types a space and ``<`` takes a symbol back. ``code`` is
    ``row-column``, ``checkerboard`` or ``rsvp``. A group is bright for ``flash_s`` and dark for
    ``gap_s``. A selection ends when a symbol is as probable as ``confidence``, after
    ``min_repetitions`` to ``max_repetitions`` of all flashes. ``text`` is a file in the person's
    language from which the order of letters is learnt. ``undo_at`` is the probability of an error,
    by its potential, from which a selection is taken back.
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
