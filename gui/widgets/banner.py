"""A banner that reports a problem and stops nothing."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from gui.actions import tip_of
from gui.widgets.buttons import button
from gui.widgets.labels import Sentence

_MAX_LETTERS = 400


class Banner(QFrame):
    """One sentence about one subject, until it is dismissed or the subject is well again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.text = Sentence(max_letters=_MAX_LETTERS)
        self._subject = ""
        dismiss = button("Dismiss", tip_of("dismiss"))
        dismiss.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.addWidget(self.text, 1)
        row.addWidget(dismiss)
        self.hide()

    def report(self, sentence: str, subject: str) -> None:
        """Show a problem of ``subject``; the newest problem takes the place of the one before."""
        self._subject = subject
        self.text.setText(sentence)
        self.show()

    def settle(self, subject: str) -> None:
        """The subject is well: hide its problem."""
        if subject == self._subject:
            self.hide()
