"""The plan of a spelling run, and the run and view made from it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError
from bci.profiles.profile import Profile
from bci.profiles.speller_settings import SpellerSettings
from bci.spelling.errors import ErrorRule
from bci.spelling.flicker_evidence import FlickerEvidence, FlickerWindows
from bci.spelling.from_settings import Speller
from bci.spelling.posterior import Probabilities, Stopping
from bci.spelling.run import RunTiming, Selected, SelectionEvidence, SelectionRun, SpellingState
from bci.spelling.symbols import SymbolGrid
from bci.spelling.text import SpelledText
from bci.stimulus.flicker import Flickering, flickering
from bci.stimulus.flicker_onsets import FlickerStimulation
from bci.stimulus.flicker_warnings import flicker_warnings
from bci.tasks.spelling_paradigms import calibration_text
from gui.paradigms.views import FlickerView, MatrixView, RsvpView, SymbolsView

# Width of a grid of flickering targets relative to its height, as on a monitor.
_WIDTH = 1.6
_CALIBRATION_S = 180.0


@dataclass(frozen=True)
class SpellingPlan:
    """One run of a speller.

    Parameters
    ----------
    profile : Profile
        The profile of the model that decodes or is to be calibrated. If its paradigm has
        flickering targets, they are the symbols; else the symbols of its speller flash.
    text : str
        Text to copy; empty for free spelling.
    decides : bool
        False in a calibration: nothing is selected, and all repetitions are shown.
    flicker_s : float
        Longest flicker of one selection, in seconds.
    seed : int
        Seed of the order of the flashes.
    """

    profile: Profile
    text: str = ""
    decides: bool = True
    flicker_s: float = 4.0
    seed: int = 0

    @property
    def flickers(self) -> bool:
        """True if the symbols flicker, False if they flash."""
        return self.profile.paradigm.flicker is not None or self.profile.paradigm.codes is not None

    @property
    def settings(self) -> SpellerSettings:
        """The speller's settings in the profile; default settings if it has none."""
        return self.profile.speller or SpellerSettings.model_validate({})

    @cached_property
    def speller(self) -> Speller:
        """Grid, code and prior of flashing symbols.

        Raises `ProfileError` if the profile has no speller, or an unusable one.
        """
        return Speller(self.profile)

    @property
    def grid(self) -> SymbolGrid:
        """The symbols, row by row.

        Raises `ProfileError` if the profile's symbols are unusable.
        """
        paradigm = self.profile.paradigm
        shown = paradigm.flicker or paradigm.codes
        if shown is None:
            return self.speller.grid
        symbols = tuple(shown.targets)
        return SymbolGrid(symbols, ceil(sqrt(_WIDTH * len(symbols))))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings that the person must confirm before the run; empty for flashes."""
        paradigm = self.profile.paradigm
        return flicker_warnings(paradigm.flicker, paradigm.codes) if self.flickers else ()

    @property
    def timing(self) -> RunTiming:
        """The durations of the states of a selection."""
        return RunTiming(self.settings.target_s, feedback_s=self.settings.feedback_s)

    @property
    def duration_s(self) -> float:
        """The longest duration of a run that copies a text, in s; 0 for free spelling."""
        timing = self.timing
        if self.flickers:
            shown_s = self.flicker_s
        else:
            speller = self.speller
            n_flashes = speller.code.n_groups * speller.settings.max_repetitions
            shown_s = n_flashes * speller.flashes.soa_s
        each_s = timing.target_s + shown_s + (timing.feedback_s if self.decides else 0.0)
        return len(self.text) * each_s

    def check(self, refresh_hz: float) -> None:
        """Check that the plan can be carried out at a refresh rate of ``refresh_hz``.

        Raises
        ------
        ProfileError
            If the text has a character without a symbol, or a calibration has no text. Also if
            the monitor cannot show the flicker, or the flicker ends before the first window.
        """
        if not self.decides and not self.text.strip():
            raise ProfileError("give a text to copy: a calibration needs known symbols")
        SpelledText(self.grid, self.text)
        if self.flickers:
            self.flickering(refresh_hz)
            least_s = self.profile.paradigm.start_s + self.profile.pipeline.window_s
            if self.flicker_s < least_s - 0.5 / refresh_hz:
                raise ProfileError(
                    f"a flicker of {self.flicker_s:g} s ends before the first window does, "
                    f"{least_s:g} s after its onset; make it longer, or shorten window_s"
                )

    def flickering(self, refresh_hz: float) -> Flickering:
        """Return the flickering stimulus for a refresh rate of ``refresh_hz``, in hertz.

        Raises `ProfileError` if a monitor with this rate cannot show it.
        """
        paradigm = self.profile.paradigm
        return flickering(paradigm.flicker, paradigm.codes, refresh_hz)


def calibration_repetitions(profile: Profile) -> int:
    """Return how often all flashes are repeated in a calibration of three minutes.

    The calibration copies the profile's usual text. The number stays within the profile's limits.
    Raises `ProfileError` if the profile's speller is unusable.
    """
    speller = Speller(profile)
    each_s = _CALIBRATION_S / len(calibration_text(profile)) - speller.timing.target_s
    fitting = int(each_s / (speller.code.n_groups * speller.flashes.soa_s))
    settings = speller.settings
    return max(settings.min_repetitions, min(settings.max_repetitions, fitting))


def can_spell(text: str, grid: SymbolGrid) -> bool:
    """Return whether ``grid`` has a symbol for each character of ``text``."""
    try:
        grid.spelling(text)
    except ProfileError:
        return False
    return True


@dataclass(frozen=True)
class ShownRun:
    """A run, and the view that paints its symbols."""

    run: SelectionRun
    view: SymbolsView


def make_run(
    plan: SpellingPlan,
    refresh_hz: float,
    classes: tuple[str, ...],
    sfreq: float,
    on_selected: Callable[[Selected], None],
) -> ShownRun:
    """Make the run of a plan and its view.

    Parameters
    ----------
    plan : SpellingPlan
    refresh_hz : float
        Refresh rate of the monitor, in hertz.
    classes : tuple of str
        Classes of the decoding model, in its order; empty in a calibration.
    sfreq : float
        Sampling rate of the model's windows, in hertz.
    on_selected : callable
        Called with each finished selection.

    Raises
    ------
    ProfileError
        If the model, the monitor or the text does not fit the plan.
    """
    if plan.flickers:
        return _make_flickering(plan, refresh_hz, classes, sfreq, on_selected)
    return _make_flashing(plan, classes, sfreq, on_selected)


def _make_flashing(
    plan: SpellingPlan,
    classes: tuple[str, ...],
    sfreq: float,
    on_selected: Callable[[Selected], None],
) -> ShownRun:
    speller = plan.speller
    flashes = speller.stimulation(np.random.default_rng(plan.seed))
    evidence: Callable[[Probabilities], SelectionEvidence] | None = None
    if plan.decides:
        evidence = speller.evidence_for(speller.windows(classes, sfreq))
    text = SpelledText(speller.grid, plan.text)
    run = SelectionRun(
        text, flashes, evidence, speller.prior, speller.timing, speller.errors, on_selected
    )
    nothing = np.zeros(speller.grid.n_symbols, dtype=np.bool_)

    def lit() -> NDArray[np.bool_]:
        return flashes.lit_symbols if run.state is SpellingState.STIMULATION else nothing

    return ShownRun(run, RsvpView(lit) if plan.settings.code == "rsvp" else MatrixView(lit))


def _make_flickering(
    plan: SpellingPlan,
    refresh_hz: float,
    classes: tuple[str, ...],
    sfreq: float,
    on_selected: Callable[[Selected], None],
) -> ShownRun:
    flicker = FlickerStimulation(plan.flickering(refresh_hz), refresh_hz, plan.flicker_s)
    grid = plan.grid
    evidence: Callable[[Probabilities], SelectionEvidence] | None = None
    if plan.decides:
        paradigm, pipeline = plan.profile.paradigm, plan.profile.pipeline
        windows = FlickerWindows.of(
            classes, grid.symbols, paradigm.start_s, pipeline.window_s, sfreq, paradigm.offset_s
        )
        confidence = plan.settings.confidence
        if not pipeline.at_cues:
            stopping = windows.stopping(plan.flicker_s, pipeline.hop_s, confidence)
        elif paradigm.codes is not None:
            stopping = windows.stopping(plan.flicker_s, paradigm.codes.cycle_s, confidence)
        else:
            # The profile has a single window per selection, at the onset of the flicker.
            stopping = Stopping(confidence, 1, 1)

        def evidence(prior: Probabilities) -> SelectionEvidence:
            return FlickerEvidence(prior, stopping, windows)

    text = SpelledText(grid, plan.text)
    errors = ErrorRule(plan.settings.undo_at)
    run = SelectionRun(text, flicker, evidence, None, plan.timing, errors, on_selected)

    def luminances() -> NDArray[np.float64] | None:
        return flicker.luminances if run.state is SpellingState.STIMULATION else None

    return ShownRun(run, FlickerView(luminances))
