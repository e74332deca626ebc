"""Paradigms of calibration runs: kinds of runs, their timing, and their profiles.

`ProfileError` is raised if something is missing or does not fit the profile.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from bci.errors import ProfileError
from bci.profiles.profile import Profile
from bci.recording.bids.names import EXECUTED_TASK, IMAGINED_TASK
from bci.tasks.cue_items import (
    IMAGES,
    CueScreenItem,
    class_cues,
    clip_cues,
    mood_cues,
    picture_cues,
    word_cues,
)

EMOTION, SPEECH = "emotion", "speech"
_HANDS = "motor-imagery"
# Typical duration of a rating with two answers, in seconds.
_RATING_S = 5.0
# With the rest between the cues of a run, this proves a limit of 2 false decisions per minute.
_REST_S = 60.0


@dataclass(frozen=True, slots=True)
class CueTiming:
    """Durations of the phases of a trial, in seconds.

    A trial has the fixation cross alone, the cue, the cross again during the task, and a pause of
    random length between its limits. Before the first trial there are ``rest_s`` seconds of rest,
    on which the decision threshold is chosen.
    """

    baseline_s: float = 2.0
    cue_s: float = 1.25
    task_s: float = 3.0
    pause_min_s: float = 1.5
    pause_max_s: float = 2.5
    rest_s: float = 0.0

    @property
    def trial_s(self) -> float:
        """Mean time from one cue to the next."""
        pause_s = (self.pause_min_s + self.pause_max_s) / 2
        return self.baseline_s + self.cue_s + self.task_s + pause_s


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Plan of one run: cues, timing, trials per class, and random seed.

    The seed sets the order of cues and the lengths of pauses.
    """

    task: str
    instruction: str
    cues: tuple[CueScreenItem, ...]
    timing: CueTiming
    trials_per_class: int
    seed: int

    @property
    def rated(self) -> bool:
        """True if each trial ends with a rating."""
        return bool(self.cues[0].item)

    @property
    def n_trials(self) -> int:
        return len(self.cues) * self.trials_per_class

    @property
    def duration_s(self) -> float:
        each_s = self.timing.trial_s + _RATING_S * self.rated
        return self.timing.rest_s + self.n_trials * each_s


@dataclass(frozen=True, slots=True)
class ParadigmKind:
    """A kind of calibration run, with default timing.

    ``name`` is the displayed name, ``task`` the label in file names. ``source`` describes the words
    or the folder from which cues are made; empty if the profile's classes are the cues. ``rated``
    is True if the person rates valence and arousal after each trial. ``moved_first`` is True if a
    run with executed movements comes before this run.
    """

    name: str
    task: str
    instruction: str
    timing: CueTiming
    trials_per_class: int
    source: str = ""
    rated: bool = False
    moved_first: bool = False


MOTOR_IMAGERY = ParadigmKind(
    "Motor imagery (Graz)",
    IMAGINED_TASK,
    "Look at the cross. When an arrow appears, imagine the movement of that side, as it would "
    "feel, until the screen is blank. Do not move.",
    CueTiming(),
    20,
)
MOVED_FIRST = replace(
    MOTOR_IMAGERY,
    name="Move first, then imagine",
    instruction="Two runs, one after the other. In the first, make the movements; in the second, "
    "imagine them. Both teach the decoder; its score is of the second.",
    moved_first=True,
)
_MOVE = (
    "First, make the movements. When an arrow appears, make the movement of that side, again and "
    "again, until the screen is blank. Keep the rest of you still."
)
WORDS = ParadigmKind(
    "Word reading",
    "wordreading",
    "Look at the cross. Read each word silently, once, then keep thinking of it until the "
    "screen is blank.",
    CueTiming(1.0, 1.5, 1.5, 1.0, 1.5),
    12,
    "yes, no, water",
)
PICTURE_VIEWING = ParadigmKind(
    "Picture viewing",
    "pictureviewing",
    "Look at the cross, then at each picture. Try not to blink while it is there.",
    CueTiming(0.8, 1.0, 0.5, 0.8, 1.2),
    12,
    "folder of pictures",
)
CLIPS = ParadigmKind(
    "Emotion: pictures and texts",
    "emotion",
    "Look at the cross, then let each picture or text work on you, and keep feeling it while the "
    "cross is back. Then rate it by the keys 1 to 5.",
    CueTiming(3.0, 10.0, 2.0, 2.0, 3.0),
    1,
    "folder of pictures and texts",
    rated=True,
)
MOODS = ParadigmKind(
    "Emotion: recalled moods",
    "emotion",
    "A mood will be named. Remember a moment in which you felt so, and feel it again until the "
    "cross goes. Then rate it by the keys 1 to 5.",
    CueTiming(3.0, 3.0, 17.0, 2.0, 3.0),
    1,
    "joyful, calm, sad",
    rated=True,
)
KINDS = (MOTOR_IMAGERY, MOVED_FIRST, WORDS, PICTURE_VIEWING, CLIPS, MOODS)


def cues_for(kind: ParadigmKind, text: str, profile: Profile) -> tuple[CueScreenItem, ...]:
    """Create the cues of a kind of run.

    ``text`` has the words, the moods, or the folder of pictures or clips. It is not used if the
    profile's classes are the cues.

    Raises `ProfileError` if words, moods or files are missing.
    """
    if kind is WORDS:
        return word_cues(text)
    if kind is MOODS:
        return mood_cues(text, profile.paradigm)
    if kind.task == MOTOR_IMAGERY.task:
        return class_cues(profile.paradigm)
    if not text:
        raise ProfileError(f"choose a {kind.source}")
    if kind is CLIPS:
        return clip_cues(Path(text), profile.paradigm)
    return picture_cues(Path(text), profile)


def executed_plan(plan: RunPlan) -> RunPlan:
    """Plan the run of executed movements that comes before ``plan``, of imagined ones.

    It has no rest phase: calibration chooses the decision threshold on imagined movements.
    """
    timing = replace(plan.timing, rest_s=0.0)
    return replace(plan, task=EXECUTED_TASK, instruction=_MOVE, timing=timing)


def timing_for(kind: ParadigmKind, profile: Profile) -> CueTiming:
    """Return the timing of a kind of run for a profile.

    The task is long enough for the profile's windows. A minute of rest comes first if the
    profile's threshold is chosen on rest.
    """
    if kind.rated:
        # Rated items may have any duration; the profile's ``stop_s`` is only the latest end.
        return kind.timing
    paradigm = profile.paradigm
    least_s = round(paradigm.stop_s - kind.timing.cue_s, 2)
    held_to_rest = paradigm.rest is not None and not profile.pipeline.at_cues
    return replace(
        kind.timing,
        task_s=max(kind.timing.task_s, least_s),
        rest_s=_REST_S if held_to_rest and paradigm.items is None else 0.0,
    )


def check_timing(timing: CueTiming, profile: Profile) -> None:
    """Check that a trial is long enough for the profile's decoder.

    Raises `ProfileError` if it is too short, or if the shortest pause exceeds the longest.
    """
    if timing.pause_min_s > timing.pause_max_s:
        raise ProfileError("the pause at least is longer than the pause at most")
    pipeline = profile.pipeline
    # Windows end at multiples of the hop, wherever the cue is.
    hop_s = 0.0 if pipeline.at_cues else pipeline.hop_s
    least_s = profile.paradigm.start_s + pipeline.window_s + hop_s
    trial_s = timing.cue_s + timing.task_s
    if trial_s < least_s:
        raise ProfileError(
            f"cue and task last {trial_s:g} s, but the decoder needs {least_s:g} s of signal after "
            "each cue; lengthen the task"
        )


def with_false_decisions(profile: Profile, per_minute: float) -> Profile:
    """Set a profile's limit of false decisions at rest, and remove its own threshold."""
    limit = {"false_positives_per_min": per_minute, "decision_threshold": None}
    output = profile.output.model_copy(update=limit)
    return profile.model_copy(update={"output": output})


def agree(kind: ParadigmKind, profile: Profile) -> bool:
    """Return True if the profile can use the cues of this kind of run."""
    if kind.rated or profile.task == EMOTION:
        return kind.rated and profile.task == EMOTION
    return kind is PICTURE_VIEWING or profile.paradigm.items is None


def kind_for(profile: Profile, kind: ParadigmKind) -> ParadigmKind:
    """Return the kind of run for a profile: ``kind``, or a fitting one."""
    if agree(kind, profile):
        return kind
    return {EMOTION: CLIPS, IMAGES: PICTURE_VIEWING, SPEECH: WORDS}.get(profile.task, MOTOR_IMAGERY)


def profile_for(kind: ParadigmKind, profile: Profile, sensors: Collection[str], usual: str) -> str:
    """Return the name of the shipped profile for a kind of run.

    The result is empty to keep ``profile``. ``sensors`` are the kinds of the stream's channels.
    ``usual`` is the name of the profile with classes that was chosen last, or empty.
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
    if kind.task == MOTOR_IMAGERY.task and usual:
        return usual
    return "" if agree(kind, profile) else usual or _HANDS


def profile_of(profile: Profile, cues: tuple[CueScreenItem, ...], engine_name: str) -> Profile:
    """Return the profile with the cues as its classes, and with the engine's name.

    Rated items have no classes before the rating, and items of an image gallery never have any: for
    these, the profile's items stay. Returns the same object if nothing changes.
    """
    items = profile.paradigm.items
    looked_up = items is not None and all(cue.marker.startswith(items) for cue in cues)
    classes = {cue.label: cue.marker for cue in cues if not (cue.item or looked_up)}
    if classes == profile.paradigm.classes and engine_name == profile.output.name:
        return profile
    paradigm = profile.paradigm.model_copy(
        update={"classes": classes, "items": None if classes else items}
    )
    output = profile.output.model_copy(update={"name": engine_name})
    return profile.model_copy(update={"paradigm": paradigm, "output": output})
