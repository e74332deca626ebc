"""Items of the cue screen, with their markers.

They are arrows, words, moods, pictures and texts. `ProfileError` is raised if there are too few or
too many words, moods or files, if a file cannot be read, or if the paradigm does not use such
items.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bci.errors import ProfileError
from bci.profiles.paradigm import Paradigm
from bci.profiles.profile import Profile

CueKind = Literal["arrow", "word", "picture", "text"]
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
TEXTS = (".txt",)
# Task of profiles whose decoders retrieve images from an image gallery.
IMAGES = "images"
_MAX_CUES = 1000
_MAX_TEXT_BYTES = 20_000
# Direction of the arrow for each word in the names of classes.
_ARROWS = {
    "left": "left", "right": "right", "feet": "down", "foot": "down", "tongue": "up",
    "up": "up", "down": "down",
}  # fmt: skip
# Fewest clips or moods: calibration has five folds with two or more whole ones.
_MIN_RATED = 10


@dataclass(frozen=True, slots=True)
class CueScreenItem:
    """One item on the cue screen, which cues a class."""

    label: str  # The class
    marker: str  # Sent when the item is painted
    kind: CueKind  # ``arrow``, ``word``, ``picture`` or ``text``
    # Direction of the arrow (``left``, ``right``, ``up``, ``down``), word, path of the picture, or
    # text
    shown: str
    item: str = ""  # Start of the marker of the later rating; empty without a rating


def class_cues(paradigm: Paradigm) -> tuple[CueScreenItem, ...]:
    """Create an arrow for each class named after a direction or body part.

    Other classes are shown as words.

    Raises `ProfileError` if the paradigm shows items (films, images) instead of classes.
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
    """Create a cue for each word of a text, with the marker ``word-...``.

    Words are separated by commas or line breaks, or by spaces if there are neither.

    Raises `ProfileError` if there are fewer than two different words, or too many.
    """
    words = _words_of(text)
    _check_number(len(words), "words")
    return tuple(CueScreenItem(word, f"word-{word}", "word", word) for word in words)


def mood_cues(text: str, paradigm: Paradigm) -> tuple[CueScreenItem, ...]:
    """Create a cue for each mood of a text, separated as in `word_cues`.

    Moods name the items.

    Raises `ProfileError` if there are too few moods for cross-validation, or too many, or if the
    paradigm has no items.
    """
    moods = _words_of(text)
    _check_number(len(moods), "moods", _MIN_RATED)
    return tuple(_rated(mood, "word", mood, paradigm) for mood in moods)


def clip_cues(folder: Path, paradigm: Paradigm) -> tuple[CueScreenItem, ...]:
    """Create a cue for each picture or text file of a folder; files name the items.

    Raises `ProfileError` if there are too few files for cross-validation, too many, or two with one
    name. It is also raised if a text cannot be read, or if the paradigm has no items.
    """
    files = _files_of(folder, (*PICTURES, *TEXTS), "pictures and texts", _MIN_RATED)
    return tuple(
        _rated(file.stem, "text", _text_of(file), paradigm)
        if file.suffix.lower() in TEXTS
        else _rated(file.stem, "picture", str(file), paradigm)
        for file in files
    )


def _rated(name: str, kind: CueKind, shown: str, paradigm: Paradigm) -> CueScreenItem:
    if paradigm.items is None:
        raise ProfileError("this profile has classes, not items with levels: choose emotion")
    # The text after a slash would be read as a level.
    named = name.replace("/", " ")
    return CueScreenItem(name, f"clip-{named}", kind, shown, f"{paradigm.items}{named}")


def _words_of(text: str) -> list[str]:
    lines = text.replace("\n", ",").strip(", ")
    parts = lines.split(",") if "," in lines else lines.split()
    return list(dict.fromkeys(part.strip()[:60] for part in parts if part.strip()))


def _text_of(file: Path) -> str:
    try:
        text = file.read_bytes()[:_MAX_TEXT_BYTES].decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise ProfileError(f"{file}: cannot be read as a text")
    return text


def picture_cues(folder: Path, profile: Profile) -> tuple[CueScreenItem, ...]:
    """Create a cue for each picture of a folder; class and marker are the file's stem.

    For a profile with an image gallery, they are the image's name in the gallery.

    Raises `ProfileError` if the folder has fewer than two pictures, too many, or two with one name.
    """
    files = _files_of(folder, PICTURES, "pictures")
    begins = profile.paradigm.items or "" if profile.task == IMAGES else ""
    names = [begins + file.stem.removeprefix(begins) for file in files]
    return tuple(
        CueScreenItem(name, name, "picture", str(file))
        for name, file in zip(names, files, strict=True)
    )


def _files_of(folder: Path, endings: tuple[str, ...], what: str, fewest: int = 2) -> list[Path]:
    """List the files of a folder with these endings, sorted.

    Raise ProfileError for equal stems.
    """
    if not folder.is_dir():
        raise ProfileError(f"{folder}: no such folder of {what}")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in endings)
    _check_number(len(files), f"{what} ({' '.join(endings)}) in {folder}", fewest)
    twice = [stem for stem, count in Counter(file.stem for file in files).items() if count > 1]
    if twice:
        raise ProfileError(f"{folder}: two {what} have the name {twice[0]}; rename one")
    return files


def _check_number(n: int, what: str, fewest: int = 2) -> None:
    if not fewest <= n <= _MAX_CUES:
        raise ProfileError(f"{n} {what}: give {fewest} to {_MAX_CUES}")
