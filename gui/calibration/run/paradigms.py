"""What a calibration run shows: its cues and their markers, how long each step is, the order."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bci.errors import ProfileError
from bci.profiles.profile import Paradigm, Profile

CueKind = Literal["arrow", "word", "picture", "text"]
# Tasks of profiles whose decoders are others than those of classes.
IMAGES, SPEECH = "images", "speech"
_MOST_CUES = 1000
_MOST_TEXT = 20_000
# What is imagined, by the words that classes are named with, and where its arrow points.
_ARROWS = {
    "left": "left", "right": "right", "feet": "down", "foot": "down", "tongue": "up",
    "up": "up", "down": "down",
}  # fmt: skip
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
TEXTS = (".txt",)
# Calibration holds out whole clips or moods, in five folds of two or more.
_FEWEST_RATED = 10
# What two answers take, about.
_RATING_S = 5.0


@dataclass(frozen=True, slots=True)
class CueScreenItem:
    """What the person is shown for one class.

    Parameters
    ----------
    label : str
        The class.
    marker : str
        What is sent when it is painted.
    kind : str
        ``arrow``, ``word``, ``picture`` or ``text``.
    shown : str
        Where the arrow points (``left``, ``right``, ``up``, ``down``), the word, the file, or the
        text.
    item : str
        What is rated afterwards, as the marker of the rating begins; empty where nothing is.
    """

    label: str
    marker: str
    kind: CueKind
    shown: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class CueTiming:
    """How long each step of a trial is, in seconds; the pause is drawn between its limits.

    The fixation cross alone, then the cue, then the cross again while the task is done.
    """

    baseline_s: float = 2.0
    cue_s: float = 1.25
    task_s: float = 3.0
    pause_min_s: float = 1.5
    pause_max_s: float = 2.5

    @property
    def trial_s(self) -> float:
        """From one cue to the next, on average."""
        pause_s = (self.pause_min_s + self.pause_max_s) / 2
        return self.baseline_s + self.cue_s + self.task_s + pause_s


@dataclass(frozen=True, slots=True)
class RunPlan:
    """One run: what is shown, how often, how fast, and the seed of order and pauses."""

    task: str
    instruction: str
    cues: tuple[CueScreenItem, ...]
    timing: CueTiming
    trials_per_class: int
    seed: int

    @property
    def rated(self) -> bool:
        """Whether each trial ends with a rating of what was felt."""
        return bool(self.cues[0].item)

    @property
    def n_trials(self) -> int:
        return len(self.cues) * self.trials_per_class

    @property
    def duration_s(self) -> float:
        return self.n_trials * (self.timing.trial_s + _RATING_S * self.rated)


@dataclass(frozen=True, slots=True)
class ParadigmKind:
    """A kind of run: its name for people, its task label in file names, what to say and wait.

    ``rated``: after each trial the person rates valence and arousal.
    """

    name: str
    task: str
    instruction: str
    timing: CueTiming
    trials_per_class: int
    rated: bool = False


MOTOR_IMAGERY = ParadigmKind(
    "Motor imagery (Graz)",
    "motorimagery",
    "Look at the cross. When an arrow appears, imagine the movement of that side, as it would "
    "feel, until the screen is blank. Do not move.",
    CueTiming(),
    20,
)
WORDS = ParadigmKind(
    "Word reading",
    "wordreading",
    "Look at the cross. Read each word silently, once, then go on thinking of it until the "
    "screen is blank.",
    CueTiming(1.0, 1.5, 1.5, 1.0, 1.5),
    12,
)
PICTURE_VIEWING = ParadigmKind(
    "Picture viewing",
    "pictureviewing",
    "Look at the cross, then at each picture. Try not to blink while it is there.",
    CueTiming(0.8, 1.0, 0.5, 0.8, 1.2),
    12,
)
CLIPS = ParadigmKind(
    "Emotion: pictures and texts",
    "emotion",
    "Look at the cross, then let each picture or text work on you, and go on feeling it while the "
    "cross is back. Then say how it was, by the keys 1 to 5.",
    CueTiming(3.0, 10.0, 2.0, 2.0, 3.0),
    1,
    rated=True,
)
MOODS = ParadigmKind(
    "Emotion: recalled moods",
    "emotion",
    "A mood will be named. Remember a moment in which you felt so, and feel it again until the "
    "cross goes. Then say how it was, by the keys 1 to 5.",
    CueTiming(3.0, 3.0, 17.0, 2.0, 3.0),
    1,
    rated=True,
)
KINDS = (MOTOR_IMAGERY, WORDS, PICTURE_VIEWING, CLIPS, MOODS)


def class_cues(paradigm: Paradigm) -> tuple[CueScreenItem, ...]:
    """An arrow for each class that is a direction or a part of the body; for others their name.

    Raises
    ------
    ProfileError
        If the paradigm shows items (films, images) instead of classes.
    """
    if not paradigm.classes:
        raise ProfileError("this profile names no classes: choose another, or words or pictures")
    cues = []
    for label, marker in paradigm.classes.items():
        points = [_ARROWS[word] for word in label.lower().split() if word in _ARROWS]
        cues.append(
            CueScreenItem(label, marker, "arrow", points[0])
            if len(points) == 1
            else CueScreenItem(label, marker, "word", label)
        )
    return tuple(cues)


def word_cues(text: str) -> tuple[CueScreenItem, ...]:
    """A cue for each word of a text, with the marker ``word-...``.

    What stands between commas or on a line of its own is one; without either, each word.

    Raises
    ------
    ProfileError
        If there are fewer than two different words, or too many.
    """
    words = _words_of(text)
    _check_number(len(words), "words")
    return tuple(CueScreenItem(word, f"word-{word}", "word", word) for word in words)


def mood_cues(text: str, paradigm: Paradigm) -> tuple[CueScreenItem, ...]:
    """A cue for each mood of a text, separated as words are; its item is named after it.

    Raises
    ------
    ProfileError
        If there are too few to hold any out, or too many, or the paradigm shows no items.
    """
    moods = _words_of(text)
    _check_number(len(moods), "moods", _FEWEST_RATED)
    return tuple(_rated(mood, "word", mood, paradigm) for mood in moods)


def clip_cues(folder: Path, paradigm: Paradigm) -> tuple[CueScreenItem, ...]:
    """A cue for each picture or text file of a folder; its item is named after the file.

    Raises
    ------
    ProfileError
        If there are too few to hold any out, too many, or two of one name, a text cannot be read,
        or the paradigm shows no items.
    """
    files = _files_of(folder, (*PICTURES, *TEXTS), "pictures and texts", _FEWEST_RATED)
    return tuple(
        _rated(file.stem, "text", _text_of(file), paradigm)
        if file.suffix.lower() in TEXTS
        else _rated(file.stem, "picture", str(file), paradigm)
        for file in files
    )


def _rated(name: str, kind: CueKind, shown: str, paradigm: Paradigm) -> CueScreenItem:
    if paradigm.items is None:
        raise ProfileError("this profile has classes, not items with levels: choose emotion")
    # What follows a slash would be taken for a level.
    named = name.replace("/", " ")
    return CueScreenItem(name, f"clip-{named}", kind, shown, f"{paradigm.items}{named}")


def _words_of(text: str) -> list[str]:
    lines = text.replace("\n", ",").strip(", ")
    parts = lines.split(",") if "," in lines else lines.split()
    return list(dict.fromkeys(part.strip()[:60] for part in parts if part.strip()))


def _text_of(file: Path) -> str:
    try:
        text = file.read_bytes()[:_MOST_TEXT].decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise ProfileError(f"{file}: cannot be read as a text")
    return text


def picture_cues(folder: Path, profile: Profile) -> tuple[CueScreenItem, ...]:
    """A cue for each picture of a folder; class and marker are the file's name without ending.

    Where the profile looks images up in a gallery, they are the image's name there.

    Raises
    ------
    ProfileError
        If the folder holds fewer than two pictures, too many, or two of one name.
    """
    files = _files_of(folder, PICTURES, "pictures")
    begins = profile.paradigm.items or "" if profile.task == IMAGES else ""
    names = [begins + file.stem.removeprefix(begins) for file in files]
    return tuple(
        CueScreenItem(name, name, "picture", str(file))
        for name, file in zip(names, files, strict=True)
    )


def _files_of(folder: Path, endings: tuple[str, ...], what: str, fewest: int = 2) -> list[Path]:
    """The files of a folder with these endings, by name; each has a stem of its own."""
    if not folder.is_dir():
        raise ProfileError(f"{folder}: no such folder of {what}")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in endings)
    _check_number(len(files), f"{what} ({' '.join(endings)}) in {folder}", fewest)
    twice = [stem for stem, count in Counter(file.stem for file in files).items() if count > 1]
    if twice:
        raise ProfileError(f"{folder}: two {what} are called {twice[0]}; rename one")
    return files


def _check_number(n: int, what: str, fewest: int = 2) -> None:
    if not fewest <= n <= _MOST_CUES:
        raise ProfileError(f"{n} {what}: give {fewest} to {_MOST_CUES}")


def profile_of(profile: Profile, cues: tuple[CueScreenItem, ...], engine_name: str) -> Profile:
    """The profile with the cues as its classes, and with the engine's streams so named.

    What is rated has no classes before it is, and what is looked up in a gallery none at all:
    their items are the profile's.

    Itself, where it says so already.
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
