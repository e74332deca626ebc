"""The fields that say what is shown: nothing for arrows, words, or a folder of pictures."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QImageReader
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from bci.errors import ProfileError
from bci.profile import Profile
from gui.calibration.paradigms import (
    PICTURE_VIEWING,
    WORDS,
    Cue,
    Kind,
    class_cues,
    picture_cues,
    word_cues,
)
from gui.pieces import button

_MOST_BYTES = 100_000
_FIRST_WORDS = "yes, no"


class CueFields(QWidget):
    """A line for words or for a folder, with a button to choose a file or the folder."""

    changed = Signal()
    problem = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = QLineEdit()
        self.line.setMaxLength(_MOST_BYTES)
        self.line.textChanged.connect(self.changed)
        self.browse: QPushButton = button("From file ...", "")
        self.browse.clicked.connect(self._browse)
        self._kind: Kind | None = None
        self._texts = {WORDS: _FIRST_WORDS, PICTURE_VIEWING: ""}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)

    @property
    def name(self) -> str:
        """What the line holds; empty where it is not needed."""
        if self._kind is WORDS:
            return "Words"
        return "Pictures" if self._kind is PICTURE_VIEWING else ""

    def set_kind(self, kind: Kind) -> None:
        if self._kind in self._texts:
            self._texts[self._kind] = self.line.text()
        self._kind = kind
        self.line.setText(self._texts.get(kind, ""))
        words = kind is WORDS
        self.browse.setText("From file ..." if words else "Choose ...")
        self.line.setPlaceholderText("yes, no, water" if words else "folder of pictures")
        self.setVisible(kind in self._texts)

    def cues(self, profile: Profile) -> tuple[Cue, ...]:
        """What is shown.

        Raises
        ------
        ProfileError
            If words or pictures are missing.
        """
        if self._kind is WORDS:
            return word_cues(self.line.text())
        if self._kind is not PICTURE_VIEWING:
            return class_cues(profile.paradigm)
        if not self.line.text().strip():
            raise ProfileError("choose a folder of pictures")
        return picture_cues(Path(self.line.text().strip()))

    def read_words(self, file: Path) -> None:
        """Take the words of a text file."""
        try:
            text = file.read_bytes()[:_MOST_BYTES].decode("utf-8")
        except (OSError, UnicodeDecodeError):
            self.problem.emit(f"{file}: cannot be read as text")
            return
        parts = [part.strip() for part in text.splitlines() if part.strip()]
        self.line.setText(", ".join(parts))

    def _browse(self) -> None:
        if self._kind is WORDS:
            chosen, _ = QFileDialog.getOpenFileName(self, "Words", "", "Text (*.txt);;All (*)")
            if chosen:
                self.read_words(Path(chosen))
        else:
            chosen = QFileDialog.getExistingDirectory(self, "Pictures")
            if chosen:
                self.line.setText(chosen)


def check_readable(cues: tuple[Cue, ...]) -> None:
    """Prove that every picture can be shown.

    Raises
    ------
    ProfileError
        Naming the file that cannot.
    """
    for cue in cues:
        if cue.kind == "picture" and not QImageReader(cue.shown).canRead():
            raise ProfileError(f"{cue.shown}: cannot be read as a picture")
