"""Sentences about the risks of a flicker, for the person who will look at it."""

from bci.profiles.flicker import Codes, Flicker

# Most people with photosensitive epilepsy react in this range: Harding and Jeavons,
# Photosensitive Epilepsy (1994); Fisher et al., Epilepsia 46 (2005) 1426-1441.
_SENSITIVE_HZ = (15.0, 25.0)
_SLOW_HZ = 6.0

PHOTOSENSITIVE = (
    "The screen is about to flicker. Flicker can trigger seizures in people with photosensitive "
    "epilepsy. Do not continue if you, or a relative, ever had a seizure. Look away and stop at "
    "once if you feel unwell."
)


def flicker_warnings(flicker: Flicker | None, codes: Codes | None) -> tuple[str, ...]:
    """List the warnings that a person confirms before a flicker is shown."""
    found = [PHOTOSENSITIVE]
    if flicker is not None:
        low, high = _SENSITIVE_HZ
        frequencies = {name: t.frequency_hz for name, t in flicker.targets.items()}
        risky = [name for name, hz in frequencies.items() if low <= hz <= high]
        slow = [name for name, hz in frequencies.items() if hz < _SLOW_HZ]
        if risky:
            found.append(
                f"{len(risky)} of {len(frequencies)} targets flicker at {low:g} to {high:g} Hz, "
                "where most photosensitive people react."
            )
        if slow:
            found.append(
                f"{len(slow)} of {len(frequencies)} targets flicker below {_SLOW_HZ:g} Hz, which "
                "tires the eyes."
            )
    if codes is not None:
        found.append(f"Codes change up to {codes.rate_hz:g} times a second, at all frequencies.")
    return tuple(found)
