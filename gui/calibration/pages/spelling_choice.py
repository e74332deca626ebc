"""The `RunChoice` of a run that copies a text, from the fields of the speller."""

from bci.profiles.profile import Profile
from bci.recording.bids.names import Session
from bci.tasks.cue_items import class_cues
from bci.tasks.paradigms import ParadigmKind, RunPlan
from gui.calibration.run.run_choice import RunChoice
from gui.paradigms.fields import SpellerFields
from gui.paradigms.plan import SpellingPlan
from gui.presenter.screens import screen_named

_FLICKER_S, _MARGIN_S, _CYCLES = 2.5, 0.3, 3


def calibration_flicker_s(profile: Profile) -> float:
    """Return the seconds that each symbol flickers, enough to train a model."""
    paradigm = profile.paradigm
    if paradigm.codes is not None:
        return round(_CYCLES * paradigm.codes.cycle_s + 0.05, 1)
    if profile.pipeline.at_cues:
        return round(paradigm.stop_s + _MARGIN_S, 1)
    return max(_FLICKER_S, paradigm.stop_s)


def spelling_choice(
    kind: ParadigmKind,
    session: Session,
    name: str,
    profile: Profile,
    text: str,
    fields: SpellerFields,
    engine_name: str,
    screen: str,
) -> RunChoice:
    """Return the choice of a calibration run that copies ``text``.

    Raises
    ------
    ProfileError
        If the text has a character without a symbol, or the monitor cannot show the flicker.
    """
    filled = fields.fill_in(profile)
    output = filled.output.model_copy(update={"name": engine_name})
    made = filled.model_copy(update={"output": output})
    spelling = SpellingPlan(made, text, decides=False, flicker_s=fields.flicker_s.value())
    spelling.check(screen_named(screen).refreshRate())
    plan = RunPlan(session.task, kind.instruction, class_cues(made.paradigm), kind.timing, 1, 0)
    return RunChoice(session, name, made, True, plan, screen=screen, spelling=spelling)
