"""Stimuli that a decoder was made with, or a sentence on what the profile lacks."""

from bci.errors import ProfileError
from bci.profiles.flicker import Codes, Stimuli

MOST_BANDS = 20
"""Sub-bands at most; they end at 90 Hz in any case."""


def require_frequencies(stimuli: Stimuli | None) -> Stimuli:
    """Frequencies of the classes.

    Raises
    ------
    ProfileError
        If the profile has none.
    """
    if stimuli is None or not len(stimuli.frequencies):
        raise ProfileError("each class needs a frequency: give paradigm.flicker in the profile")
    return stimuli


def require_unlike(stimuli: Stimuli) -> None:
    """Refuse targets that differ by phase alone, for decoders that see frequencies alone.

    Raises
    ------
    ProfileError
        Naming two of them.
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
    """Codes of the classes.

    Raises
    ------
    ProfileError
        If the profile has none.
    """
    if stimuli is None or stimuli.codes is None:
        raise ProfileError("each class needs a code: give paradigm.codes in the profile")
    return stimuli.codes
