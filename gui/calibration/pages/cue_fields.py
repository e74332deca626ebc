"""Fields for the cues: nothing for arrows, else words, moods or a folder."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QImageReader
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from bci.errors import ProfileError
from bci.profiles.profile import Profile
from bci.tasks.cue_items import (
    CueScreenItem,
    class_cues,
    clip_cues,
    mood_cues,
    picture_cues,
    word_cues,
)
from bci.tasks.paradigms import CLIPS, MOODS, PICTURE_VIEWING, WORDS, ParadigmKind
from gui.actions import with_key
from gui.widgets.buttons import button
from gui.widgets.labels import ElidedLine

_MAX_BYTES = 100_000
_FIRST = {
    WORDS: "yes, no",
    MOODS: "joyful, excited, content, calm, bored, sad, angry, afraid, tired, surprised",
    PICTURE_VIEWING: "",
    CLIPS: "",
}
# Name of the line, and its placeholder.
_LINES = {
    WORDS: ("Words", "yes, no, water"),
    MOODS: ("Moods", "joyful, calm, sad"),
    PICTURE_VIEWING: ("Pictures", "folder of pictures"),
    CLIPS: ("Clips", "folder of pictures and texts"),
}
_WRITTEN = (WORDS, MOODS)


class CueFields(QWidget):
    """A line for words or for a folder, with a button to choose a file or the folder."""

    changed = Signal()
    problem = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = ElidedLine()
        self.line.setMaxLength(_MAX_BYTES)
        self.line.textChanged.connect(self.changed)
        self.browse: QPushButton = button(
            "From file ...", with_key("Read what is shown", "calibrate-files")
        )
        self.browse.clicked.connect(self._browse)
        self._kind: ParadigmKind | None = None
        self._texts = dict(_FIRST)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)

    @property
    def name(self) -> str:
        """Name of the line; empty where it is not needed."""
        return _LINES[self._kind][0] if self._kind in _LINES else ""

    def set_kind(self, kind: ParadigmKind) -> None:
        if self._kind in self._texts:
            self._texts[self._kind] = self.line.text()
        self._kind = kind
        self.line.setText(self._texts.get(kind, ""))
        self.line.setCursorPosition(0)
        self.browse.setText("From file ..." if kind in _WRITTEN else "Choose ...")
        self.line.setPlaceholderText(_LINES[kind][1] if kind in _LINES else "")
        self.setVisible(kind in _LINES)

    def cues(self, profile: Profile) -> tuple[CueScreenItem, ...]:
        """Make the cues.

        Raises
        ------
        ProfileError
            If words, moods or files are missing.
        """
        text = self.line.text().strip()
        if self._kind is WORDS:
            return word_cues(text)
        if self._kind is MOODS:
            return mood_cues(text, profile.paradigm)
        if self._kind is None or self._kind not in _LINES:
            return class_cues(profile.paradigm)
        if not text:
            raise ProfileError(f"choose a {_LINES[self._kind][1]}")
        if self._kind is CLIPS:
            return clip_cues(Path(text), profile.paradigm)
        return picture_cues(Path(text), profile)

    def read_words(self, file: Path) -> None:
        """Take the words of a text file."""
        try:
            text = file.read_bytes()[:_MAX_BYTES].decode("utf-8")
        except (OSError, UnicodeDecodeError):
            self.problem.emit(f"{file}: cannot be read as text")
            return
        parts = [part.strip() for part in text.splitlines() if part.strip()]
        self.line.setText(", ".join(parts))

    def _browse(self) -> None:
        if self._kind in _WRITTEN:
            chosen, _ = QFileDialog.getOpenFileName(self, self.name, "", "Text (*.txt);;All (*)")
            if chosen:
                self.read_words(Path(chosen))
        else:
            chosen = QFileDialog.getExistingDirectory(self, self.name)
            if chosen:
                self.line.setText(chosen)


def check_readable(cues: tuple[CueScreenItem, ...]) -> None:
    """Check that every picture can be shown.

    Raises
    ------
    ProfileError
        Naming the file that cannot.
    """
    for cue in cues:
        if cue.kind == "picture" and not QImageReader(cue.shown).canRead():
            raise ProfileError(f"{cue.shown}: cannot be read as a picture")
