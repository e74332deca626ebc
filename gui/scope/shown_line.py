"""The line above the traces, with the choices of reference and cleaning."""

from functools import partial

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from bci.pipeline.display.cleaning import Cleaning, words_of
from bci.pipeline.display.reference import DisplayReference
from gui.actions import ACTIONS, tip_of
from gui.scope.scope import Scope
from gui.widgets.buttons import tool
from gui.widgets.labels import ElidedLabel, tip
from gui.widgets.layouts import named, row_of

_ABOUT = "Recording and decoding take the samples as they come."


class DisplayActions(QWidget):
    """The commands for reference and cleaning of a scope; checked while in use."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.hide()
        self._scope = scope
        group = QActionGroup(self)
        self.references = [QAction(group) for _ in DisplayReference]
        self.cleanings = [QAction(self) for _ in Cleaning]
        actions = self.references + self.cleanings
        self._all = dict(zip((*DisplayReference, *Cleaning), actions, strict=True))
        self.callbacks = {_id_of(choice): action for choice, action in self._all.items()}
        self.reasons = {_id_of(choice): partial(self._sentence, choice) for choice in self._all}
        for choice, action in self._all.items():
            action.setCheckable(True)
            action.triggered.connect(partial(self._choose, choice))
        scope.view_changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Check the chosen commands; disable impossible ones, with the reason as text."""
        view, signal = self._scope.view, self._scope.signal
        reference = view.reference if signal is None else signal.chosen.reference
        for choice, action in self._all.items():
            reason, text = self._reason(choice), ACTIONS[_id_of(choice)].text
            action.setText(f"{text} ({reason})" if reason else text)
            action.setEnabled(not reason)
            action.setChecked(choice == reference or choice in view.cleanings)

    def _choose(self, choice: DisplayReference | Cleaning) -> None:
        if self._reason(choice):
            self.follow()
        elif isinstance(choice, DisplayReference):
            self._scope.choose(reference=choice)
        else:
            self._scope.choose(cleanings=self._scope.view.cleanings ^ {choice})

    def _reason(self, choice: DisplayReference | Cleaning) -> str:
        if isinstance(choice, DisplayReference):
            return self._scope.why_not(choice)
        return self._scope.why_not_cleaned(choice)

    def _sentence(self, choice: DisplayReference | Cleaning) -> str:
        reason = self._reason(choice)
        return f"Not for this signal: {reason}." if reason else ""


class ShownLine(QWidget):
    """A line that names the picture's reference and cleaning, with their buttons."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.setObjectName("plain")
        self._scope = scope
        self.commands = DisplayActions(scope)
        self.title = named(ElidedLabel(), "dim")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.reference = self._button("Reference", tip_of("reference"))
        self.reference.menu().addActions(self.commands.references)
        self.cleaning = self._button("Cleaning", "Artifacts taken out of the picture")
        self.cleaning.menu().addActions(self.commands.cleanings)
        buttons = self.reference, self.cleaning
        self.setLayout(row_of((self.title, 1), *buttons, margins=(8, 2, 8, 0), spacing=4))
        scope.view_changed.connect(self._show_view)
        self._show_view()

    def _button(self, text: str, about: str) -> QToolButton:
        made = tool(f"{text} \u25be", about, name="menu")
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setMenu(QMenu(made))
        return made

    def _show_view(self) -> None:
        title = title_of(self._scope)
        self.title.setText(title)
        self.title.setToolTip(tip(f"{title}.\n{_ABOUT}"))


def title_of(scope: Scope) -> str:
    """Return reference, cleaning and filter of a scope in words; empty without stream."""
    signal = scope.signal
    if signal is None:
        return ""
    chosen, wanted, stream = signal.chosen, scope.view.reference, signal.stream
    lacking = f" (no {wanted.value} here)" if chosen.reference != wanted else ""
    words = [chosen.reference.value + lacking, *chosen.cleaning_words(stream)]
    pending, state = scope.preparation.pending, scope.preparation.state
    if pending:
        names = [words_of(each, stream.channels) for each in Cleaning if each in pending]
        words.append(f"{' and '.join(names)} ({state})")
    # The filter is last, since its own list also names it if the line is too short.
    words.append(chosen.filter.name)
    return f"Display only: {', '.join(words)}"


def _id_of(choice: DisplayReference | Cleaning) -> str:
    group = "reference" if isinstance(choice, DisplayReference) else "clean"
    return f"{group}-{choice.name.lower()}"
