"""The parts of a speller, made from a profile."""

from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError
from bci.profiles.paradigm import Paradigm
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.speller_settings import SpellerSettings
from bci.spelling.codes import FlashCode, make_code
from bci.spelling.errors import ErrorRule
from bci.spelling.flash_evidence import FlashEvidence, FlashWindows
from bci.spelling.language import LanguageModel, prior_after, read_letters
from bci.spelling.posterior import Stopping
from bci.spelling.run import RunTiming
from bci.spelling.stimulation import FlashStimulation, FlashTiming
from bci.spelling.symbols import MATRIX, RSVP_SYMBOLS, SymbolGrid


class Spelling(Protocol):
    """Settings of a speller: a profile, or the card of a model that was calibrated with one."""

    @property
    def speller(self) -> SpellerSettings | None: ...
    @property
    def paradigm(self) -> Paradigm: ...
    @property
    def pipeline(self) -> PipelineSettings: ...


class Speller:
    """Grid, code, timing, stopping rule and prior by a profile or a model's card.

    Raises
    ------
    ProfileError
        If the profile has no speller, its symbols or code cannot be used, or its text cannot be
        read.
    """

    def __init__(self, profile: Spelling) -> None:
        if profile.speller is None:
            raise ProfileError(
                "the profile has no speller; add the key speller, or take the profile p300"
            )
        self.settings: SpellerSettings = profile.speller
        self._profile = profile
        given = self.settings
        own = RSVP_SYMBOLS if given.code == "rsvp" else MATRIX
        self.grid = SymbolGrid(given.symbols or own, given.columns)
        self.code: FlashCode = make_code(given.code, self.grid)
        self.flashes = FlashTiming(given.flash_s, given.gap_s)
        self.stopping = Stopping(given.confidence, given.min_repetitions, given.max_repetitions)
        self.timing = RunTiming(given.target_s, feedback_s=given.feedback_s)
        self.errors = ErrorRule(given.undo_at)
        self.language: LanguageModel | None = None
        if given.text is not None:
            self.language = read_letters(Path(given.text), self.grid)

    def stimulation(self, rng: np.random.Generator) -> FlashStimulation:
        """Make the flashes of a run."""
        return FlashStimulation(self.code, self.flashes, self.settings.max_repetitions, rng)

    def windows(self, classes: tuple[str, ...], sfreq: float) -> FlashWindows:
        """Make the timing of windows for a model with ``classes``; ``sfreq`` is the windows' rate.

        Raises `ProfileError` if the model has other classes than ``target`` and ``nontarget``.
        """
        paradigm, pipeline = self._profile.paradigm, self._profile.pipeline
        n_samples = max(1, round(pipeline.window_s * sfreq))
        span_s = (n_samples - 1) / sfreq
        # A window's start counts from the light, but a flash's time is that of its marker.
        start_s = paradigm.offset_s + paradigm.start_s
        return FlashWindows.of(classes, start_s, span_s, self.flashes.soa_s)

    def evidence(self, windows: FlashWindows, prior: NDArray[np.float64]) -> FlashEvidence:
        """Make the evidence of one selection, with the ``prior`` (n_symbols,)."""
        return FlashEvidence(self.code, prior, self.stopping, windows)

    def prior(self, text: str) -> NDArray[np.float64]:
        """Prior of the symbol that follows ``text``, (n_symbols,)."""
        # A symbol may type several characters, which need not be symbols themselves.
        before = self.grid.known_numbers(text) if self.language is not None else ()
        return prior_after(self.language, before, self.grid.n_symbols)

    def evidence_for(self, windows: FlashWindows) -> "partial[FlashEvidence]":
        """Return a function that makes a selection's evidence from a prior (n_symbols,)."""
        return partial(self.evidence, windows)
