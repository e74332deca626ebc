"""Agreement of kinds of run and profiles, so that one follows the other."""

from collections.abc import Collection

from bci.profiles.profile import Profile
from gui.calibration.run.paradigms import (
    CLIPS,
    IMAGES,
    MOTOR_IMAGERY,
    PICTURE_VIEWING,
    SPEECH,
    WORDS,
    ParadigmKind,
)

EMOTION = "emotion"
_HANDS = "motor-imagery"


def agree(kind: ParadigmKind, profile: Profile) -> bool:
    """Tell whether a run of this kind gives cues that the profile has classes or items for."""
    if kind.rated or profile.task == EMOTION:
        return kind.rated and profile.task == EMOTION
    return kind is PICTURE_VIEWING or profile.paradigm.items is None


def kind_for(profile: Profile, kind: ParadigmKind) -> ParadigmKind:
    """The kind of run for a profile: the one that is chosen, where they agree."""
    if agree(kind, profile):
        return kind
    return {EMOTION: CLIPS, IMAGES: PICTURE_VIEWING, SPEECH: WORDS}.get(profile.task, MOTOR_IMAGERY)


def profile_for(kind: ParadigmKind, profile: Profile, sensors: Collection[str], usual: str) -> str:
    """Name of the profile for a kind of run; empty where the one that is chosen is kept.

    Parameters
    ----------
    kind : Kind
    profile : Profile
        The one that is chosen.
    sensors : collection of str
        Kinds of the stream's channels, as ``eeg`` or ``seeg``.
    usual : str
        The profile of classes that was chosen last, if one was.
    """
    task, name = "", ""
    if kind.rated:
        task, name = EMOTION, "emotion"
    elif kind is WORDS and "seeg" in sensors:
        task, name = SPEECH, "speech"
    elif kind is PICTURE_VIEWING and {"mag", "grad"} & set(sensors):
        task, name = IMAGES, "images"
    if task:
        return "" if profile.task == task else name
    if kind is MOTOR_IMAGERY and usual:
        return usual
    return "" if agree(kind, profile) else usual or _HANDS
