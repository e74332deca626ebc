"""Checks that a profile has the stimuli that a decoder needs."""

from bci.errors import ProfileError
from bci.profiles.flicker import Codes, Stimuli

MOST_BANDS = 20
"""Largest number of sub-bands; they end at 90 Hz in any case."""


def require_frequencies(stimuli: Stimuli | None) -> Stimuli:
    """Return the stimuli, after a check that the classes have frequencies.

    Raises
    ------
    ProfileError
        If the profile has none.
    """
    if stimuli is None or not len(stimuli.frequencies):
        raise ProfileError("each class needs a frequency: give paradigm.flicker in the profile")
    return stimuli


def require_unlike(stimuli: Stimuli) -> None:
    """Check that all targets have different frequencies, for decoders that ignore the phase.

    Raises
    ------
    ProfileError
        If two targets have the same frequency; the message names them.
    """
    seen: dict[float, str] = {}
    for name, hz in zip(stimuli.classes, stimuli.frequencies.tolist(), strict=True):
        if hz in seen:
            raise ProfileError(
                f"paradigm.flicker: targets {seen[hz]} and {name} both have {hz:g} Hz, and CCA "
                "has no phases; give one of them another frequency, or use the decoder trca"
            )
        seen[hz] = name


def require_codes(stimuli: Stimuli | None) -> Codes:
    """Return the codes of the classes.

    Raises
    ------
    ProfileError
        If the profile has none.
    """
    if stimuli is None or stimuli.codes is None:
        raise ProfileError("each class needs a code: give paradigm.codes in the profile")
    return stimuli.codes
