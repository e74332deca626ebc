"""The steps of a calibration: their names above, and one page at a time."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from bci.signals import StreamInfo
from gui.actions import with_key
from gui.calibration.pages.result import ResultPage
from gui.calibration.pages.setup import SetupPage
from gui.calibration.pages.signals import SignalsPage
from gui.calibration.pages.training import TrainingPage
from gui.theme import Theme
from gui.widgets.buttons import button
from gui.widgets.labels import Sentence
from gui.widgets.layouts import named

NAMES = ("Set up", "Check signals", "Cues", "Train", "Result")
SETUP, SIGNALS, CUES, TRAIN, RESULT = range(5)


class StepPages(QWidget):
    """All pages, of which one is shown, and the notice about a replayed recording.

    Parameters
    ----------
    setup : SetupPage
    """

    def __init__(self, setup: SetupPage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setup = setup
        self.signals = SignalsPage()
        self.training = TrainingPage()
        self.result = ResultPage()
        self.notice = ReplayNotice()
        self._info: StreamInfo | None = None
        names = QHBoxLayout()
        names.setSpacing(22)
        self._labels = [named(QLabel(f"{k + 1}  {s}"), "step") for k, s in enumerate(NAMES)]
        for label in self._labels:
            names.addWidget(label)
        names.addStretch()
        waiting = named(QLabel("The cues are shown in a window of their own."), "dim")
        self.stack = QStackedWidget()
        for page in (self.setup, self.signals, waiting, self.training, self.result):
            self.stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(names)
        column.addWidget(self.notice)
        column.addWidget(self.stack, 1)

    @property
    def step(self) -> int:
        return self.stack.currentIndex()

    def go(self, step: int) -> None:
        """Show the page of a step, with the focus on what leads on."""
        self.stack.setCurrentIndex(step)
        for k, label in enumerate(self._labels):
            label.setProperty("now", k == step)
            label.style().unpolish(label)
            label.style().polish(label)
            label.updateGeometry()
        self._show_notice()
        # Space and Enter press this one; Qt would choose the button that goes back.
        leads: dict[int, QWidget] = {
            SETUP: self.setup.subject,
            SIGNALS: self.signals.start,
            TRAIN: self.training.train,
            RESULT: self.result.main,
        }
        lead = leads.get(step)
        (lead if lead is not None and lead.isEnabled() else self.stack).setFocus()

    def set_stream(self, info: StreamInfo | None) -> None:
        """Show the stream that would be recorded; None while there is none."""
        self._info = info
        self.setup.set_stream(info)
        if info is None:
            self.signals.set_live(False)
        else:
            self.signals.set_stream(info)
        self._show_notice()

    def set_theme(self, theme: Theme) -> None:
        for page in (self.signals, self.training, self.result):
            page.set_theme(theme)

    def press(self, buttons: dict[int, QPushButton]) -> None:
        """Press the button of the page that is shown, if it has one that can be pressed."""
        button = buttons.get(self.step)
        if button is not None and button.isVisible():
            button.click()

    def _show_notice(self) -> None:
        """Warn before any cue: a run of a replayed recording teaches nothing."""
        replayed = self._info is not None and self._info.replayed
        warned = self._info if replayed and self.step in (SETUP, SIGNALS) else None
        self.notice.show_stream(warned.name if warned else "")


class ReplayNotice(QFrame):
    """A strip: a replayed recording cannot follow cues, and these sources can."""

    simulator_wanted = Signal()
    headset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.text = named(Sentence(), "noticetext")
        self.simulator = button(
            "Use the simulator", with_key("Stream a person who follows cues", "calibrate-simulator")
        )
        self.simulator.clicked.connect(self.simulator_wanted)
        self.headset = button(
            "Connect a headset", with_key("Choose a device in the dashboard", "calibrate-headset")
        )
        self.headset.clicked.connect(self.headset_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 4, 4)
        row.addWidget(self.text, 1)
        row.addWidget(self.simulator)
        row.addWidget(self.headset)
        self.hide()

    def show_stream(self, name: str) -> None:
        """Warn of this stream; hide where there is none."""
        self.setVisible(bool(name))
        self.text.setText(
            f"{name} is a replayed recording: it cannot follow your cues. A run of it would teach "
            "a model nothing."
        )
