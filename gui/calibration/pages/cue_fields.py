"""Fields for the cues: words, moods, a text or a folder; nothing for arrows."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QImageReader
from PySide6.QtWidgets import QFileDialog, QWidget

from bci.errors import ProfileError
from bci.profiles.profile import Profile
from bci.tasks.cue_items import CueScreenItem
from bci.tasks.paradigms import (
    CLIPS,
    MOODS,
    MOTOR_IMAGERY,
    PICTURE_VIEWING,
    WORDS,
    ParadigmKind,
    cues_for,
)
from bci.tasks.spelling_paradigms import SPELLING_KINDS
from gui.calibration.keyed_buttons import keyed
from gui.widgets.labels import ElidedLine
from gui.widgets.layouts import row_of

_MAX_BYTES = 100_000
_FIRST = {
    WORDS: "yes, no",
    MOODS: "joyful, excited, content, calm, bored, sad, angry, afraid, tired, surprised",
}
_NAMES = {WORDS: "Words", MOODS: "Moods", PICTURE_VIEWING: "Pictures", CLIPS: "Clips"}
_NAMES |= dict.fromkeys(SPELLING_KINDS, "Text")
_WRITTEN = (WORDS, MOODS)


class CueFields(QWidget):
    """A text line for words or a folder, with a button to choose a file or a folder."""

    changed = Signal()
    problem = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.line = ElidedLine()
        self.line.setMaxLength(_MAX_BYTES)
        self.line.textChanged.connect(self.changed)
        self.browse = keyed("From file ...", "Read what is shown", "calibrate-files")
        self.browse.clicked.connect(self._browse)
        self._kind = MOTOR_IMAGERY
        self._texts = {MOTOR_IMAGERY: "", **_FIRST}
        self.setLayout(row_of((self.line, 1), self.browse))

    @property
    def name(self) -> str:
        """The label of the line; empty for paradigms that need no line."""
        return _NAMES.get(self._kind, "")

    def set_kind(self, kind: ParadigmKind) -> None:
        self._texts[self._kind] = self.line.text()
        self._kind = kind
        self.line.setText(self._texts.get(kind, ""))
        self.line.setCursorPosition(0)
        self.browse.setText("From file ..." if kind in _WRITTEN else "Choose ...")
        self.line.setPlaceholderText(kind.source)
        self.browse.setVisible(kind not in SPELLING_KINDS)
        self.setVisible(bool(kind.source))

    def cues(self, profile: Profile) -> tuple[CueScreenItem, ...]:
        """Return the cues for the filled-in text; raises ProfileError as `cues_for` does."""
        return cues_for(self._kind, self.line.text().strip(), profile)

    def read_words(self, file: Path) -> None:
        """Fill the line with the lines of a text file, separated by commas."""
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
        If one cannot be read; the message names the file.
    """
    for cue in cues:
        if cue.kind == "picture" and not QImageReader(cue.shown).canRead():
            raise ProfileError(f"{cue.shown}: cannot be read as a picture")
