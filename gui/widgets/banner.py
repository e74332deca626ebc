"""A banner that reports a problem without blocking the window."""

from PySide6.QtWidgets import QFrame

from gui.actions import tip_of
from gui.widgets.buttons import button
from gui.widgets.labels import Sentence
from gui.widgets.layouts import row_of

_MAX_LETTERS = 400


class Banner(QFrame):
    """A sentence on a problem, shown until it is dismissed or the problem is over."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.text = Sentence(max_letters=_MAX_LETTERS)
        self._subject = ""
        dismiss = button("Dismiss", tip_of("dismiss"), self.hide)
        self.setLayout(row_of((self.text, 1), dismiss, margins=(9, 11, 9, 11)))
        self.hide()

    def report(self, sentence: str, subject: str) -> None:
        """Show a problem of the part named ``subject``, in place of the last problem."""
        self._subject = subject
        self.text.setText(sentence)
        self.show()

    def settle(self, subject: str) -> None:
        """Hide the banner if it shows a problem of ``subject``, since that is over."""
        if subject == self._subject:
            self.hide()
