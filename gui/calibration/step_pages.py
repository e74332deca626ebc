"""The steps of a calibration: the row of their names, and one page per step."""

from PySide6.QtWidgets import QFrame, QLabel, QStackedWidget, QWidget

from bci.signals import StreamInfo
from gui.calibration.keyed_buttons import keyed
from gui.calibration.pages.result import ResultPage
from gui.calibration.pages.setup import SetupPage
from gui.calibration.pages.signals import SignalsPage
from gui.calibration.pages.training import TrainingPage
from gui.widgets.labels import Sentence
from gui.widgets.layouts import column_of, named, restyle, row_of

NAMES = ("Set up", "Check signals", "Cues", "Train", "Result")
SETUP, SIGNALS, CUES, TRAIN, RESULT = range(5)


class StepPages(QWidget):
    """All pages, one of them shown, and a notice about a replayed recording."""

    def __init__(self, setup: SetupPage) -> None:
        super().__init__()
        self.setup = setup
        self.signals = SignalsPage()
        self.training = TrainingPage()
        self.result = ResultPage()
        self.notice = ReplayNotice()
        self._info: StreamInfo | None = None
        self._labels = [named(QLabel(f"{k + 1}  {s}"), "step") for k, s in enumerate(NAMES)]
        names = row_of(*self._labels, None, spacing=22)
        waiting = named(QLabel("The cues are shown in a window of their own."), "dim")
        self.stack = QStackedWidget()
        for page in (self.setup, self.signals, waiting, self.training, self.result):
            self.stack.addWidget(page)
        self.setLayout(column_of(names, self.notice, (self.stack, 1), spacing=12))

    @property
    def step(self) -> int:
        return self.stack.currentIndex()

    def go(self, step: int) -> None:
        """Show the page of ``step``, with the focus on its main button or first field."""
        self.stack.setCurrentIndex(step)
        for k, label in enumerate(self._labels):
            label.setProperty("now", k == step)
            restyle(label)
        self._show_notice()
        # Space and Enter press the button with the focus; Qt would choose the button Back.
        leads: dict[int, QWidget] = {
            SETUP: self.setup.subject,
            SIGNALS: self.signals.start,
            TRAIN: self.training.train,
            RESULT: self.result.main,
        }
        lead = leads.get(step)
        (lead if lead is not None and lead.isEnabled() else self.stack).setFocus()

    def set_stream(self, info: StreamInfo | None) -> None:
        """Set the stream to be recorded; ``info`` is None without a stream."""
        self._info = info
        self.setup.set_stream(info)
        if info is None:
            self.signals.set_live(False)
        else:
            self.signals.set_stream(info)
        self._show_notice()

    def _show_notice(self) -> None:
        """Warn on the first two pages if the stream is a replay: it cannot follow cues."""
        replayed = self._info is not None and self._info.replayed
        warned = self._info if replayed and self.step in (SETUP, SIGNALS) else None
        self.notice.show_stream(warned.name if warned else "")


class ReplayNotice(QFrame):
    """A warning that a replay cannot follow cues, with buttons for sources that can."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.text = named(Sentence(), "noticetext")
        self.simulator = keyed(
            "Use the simulator", "Stream a person who follows cues", "calibrate-simulator"
        )
        self.headset = keyed(
            "Connect a headset", "Choose a device in the dashboard", "calibrate-headset"
        )
        content = (self.text, 1), self.simulator, self.headset
        self.setLayout(row_of(*content, margins=(10, 4, 4, 4)))
        self.hide()

    def show_stream(self, name: str) -> None:
        """Warn about the stream ``name``; an empty name hides the notice."""
        self.setVisible(bool(name))
        self.text.setText(
            f"{name} is a replayed recording: it cannot follow your cues. A run of it would teach "
            "a model nothing."
        )
