"""Paradigms of spellers, in which a person selects symbols by flashes or flicker."""

from collections.abc import Collection

from bci.profiles.profile import Profile
from bci.tasks.paradigms import KINDS, MOTOR_IMAGERY, CueTiming, ParadigmKind, kind_for, profile_for

_COUNT = (
    "Look at the framed symbol and count silently how often it flashes. Keep still; blink between "
    "two symbols."
)
_WATCH = (
    "Look at the middle of the screen. Count silently how often the framed symbol comes. Keep "
    "still; blink between two symbols."
)
_GAZE = (
    "Look at the framed field, and keep looking at it until the flicker stops. Blink between two "
    "symbols."
)
_TIMING = CueTiming(rest_s=0.0)
P300 = ParadigmKind("P300 speller", "p300", _COUNT, _TIMING, 1, "text to copy")
RSVP = ParadigmKind("RSVP speller", "rsvp", _WATCH, _TIMING, 1, "text to copy")
SSVEP = ParadigmKind("SSVEP flicker", "ssvep", _GAZE, _TIMING, 1, "text to copy")
CVEP = ParadigmKind("c-VEP flicker", "cvep", _GAZE, _TIMING, 1, "text to copy")
SPELLING_KINDS = (P300, RSVP, SSVEP, CVEP)
ALL_KINDS = (*KINDS, *SPELLING_KINDS)

_FREELY = {
    P300: "Choose a symbol, look at it, and count silently how often it flashes. Keep still.",
    RSVP: "Choose a symbol, and count silently how often it comes. Keep still.",
    SSVEP: "Look at the field that you choose until the flicker stops.",
    CVEP: "Look at the field that you choose until the flicker stops.",
}


# Text that takes less than three minutes to copy, with ten repetitions of twelve flashes.
_FLASHED = "BRAIN"
_HANDS = "motor-imagery"


def spelling_kind(profile: Profile) -> ParadigmKind | None:
    """Return the kind of speller of a profile; None if it has no speller."""
    if profile.paradigm.flicker is not None:
        return SSVEP
    if profile.paradigm.codes is not None:
        return CVEP
    if profile.speller is None:
        return None
    return RSVP if profile.speller.code == "rsvp" else P300


def instruction_of(profile: Profile, copies: bool) -> str:
    """Return the instruction of a copied (``copies``) or free run.

    The result is empty without a speller.
    """
    kind = spelling_kind(profile)
    if kind is None:
        return ""
    return kind.instruction if copies else _FREELY[kind]


def calibration_text(profile: Profile) -> str:
    """Return the default text to copy in a calibration."""
    shown = profile.paradigm.flicker or profile.paradigm.codes
    if shown is None:
        return _FLASHED
    targets = [name for name in shown.targets if len(name) == 1]
    # All targets, repeated in one to five rounds: more rounds with fewer targets.
    rounds = max(1, min(5, 24 // max(1, len(targets))))
    return "".join(targets) * rounds


def first_text(profile: Profile) -> str:
    """Return a short first text in the symbols of a profile."""
    shown = profile.paradigm.flicker or profile.paradigm.codes
    if shown is None:
        return _FLASHED
    return "".join([name for name in shown.targets if len(name) == 1][:5])


def fitting_kind(profile: Profile, kind: ParadigmKind) -> ParadigmKind:
    """Return the kind of run for a profile: ``kind``, or a fitting one."""
    own = spelling_kind(profile)
    if own is not None:
        return own
    return kind_for(profile, MOTOR_IMAGERY if kind in SPELLING_KINDS else kind)


def fitting_profile(
    kind: ParadigmKind, profile: Profile, sensors: Collection[str], usual: str
) -> str:
    """Return the name of the shipped profile for a kind of run.

    The result is empty to keep ``profile``.
    """
    own = spelling_kind(profile)
    if kind in SPELLING_KINDS:
        return "" if own is kind else kind.task
    if own is not None:
        return profile_for(kind, profile, sensors, usual) or usual or _HANDS
    return profile_for(kind, profile, sensors, usual)
