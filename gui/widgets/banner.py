"""A banner that reports a problem and stops nothing."""

from PySide6.QtWidgets import QFrame

from gui.actions import tip_of
from gui.widgets.buttons import button
from gui.widgets.labels import Sentence
from gui.widgets.layouts import row_of

_MAX_LETTERS = 400


class Banner(QFrame):
    """One sentence about one subject, until it is dismissed or the subject is well again."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.text = Sentence(max_letters=_MAX_LETTERS)
        self._subject = ""
        dismiss = button("Dismiss", tip_of("dismiss"), self.hide)
        self.setLayout(row_of((self.text, 1), dismiss, margins=(9, 11, 9, 11)))
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
