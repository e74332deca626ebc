"""The parts of the replay window and their places."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QLabel, QLayout, QWidget

from gui.actions import with_key
from gui.replay.decision_at_cursor import DecisionAtCursor
from gui.replay.model_choice import ModelChoice
from gui.replay.opened_recording import OpenedRecording
from gui.replay.playhead import Playhead
from gui.replay.summary import Summary
from gui.replay.timeline import Timeline
from gui.replay.traces import ReplayTraces
from gui.replay.transport_bar import TransportBar
from gui.replay.trial_list import TrialList
from gui.widgets.banner import Banner
from gui.widgets.buttons import button
from gui.widgets.labels import ElidedLabel, tip
from gui.widgets.layouts import column_of, named, panel, row_of
from gui.widgets.scroll_areas import FitHeightScrollArea, scrolled
from gui.widgets.themed import Themed
from gui.widgets.window_size import resize_within_screen

_RIGHT_WIDTH = 330


class ReplayLayout(Themed, QWidget):
    """Header, traces beside decisions, and timeline above the transport bar."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Replay - bci")
        resize_within_screen(self, QSize(1280, 800))
        self.playhead = Playhead(self)
        self.traces, self.timeline = ReplayTraces(), Timeline()
        self.transport, self.models = TransportBar(self.playhead), ModelChoice()
        self.decided, self.summary, self.trial_list = DecisionAtCursor(), Summary(), TrialList()
        self.decision = self.decided.bars
        self.banner = Banner()
        self._build()

    def _build(self) -> None:
        parts = self.decided, FitHeightScrollArea(self.summary), self.trial_list
        decided, summary, trials = map(panel, parts)
        side = QWidget()
        side.setFixedWidth(_RIGHT_WIDTH)
        side.setLayout(column_of(decided, summary, (trials, 1)))
        middle = row_of((panel(self.traces), 1), scrolled(side))
        foot = panel(self.timeline), panel(self.transport)
        whole = self._build_header(), self.banner, (middle, 1), *foot
        self.setLayout(column_of(*whole, margins=(9, 7, 9, 9)))

    def _build_header(self) -> QLayout:
        self.open_button = button("Open ...", with_key("Open a recording", "replay-open"))
        self.title, self.about = named(ElidedLabel(), "title"), named(ElidedLabel(), "dim")
        self.show_title(None)
        self.badge = named(QLabel("SIMULATED SIGNAL"), "badge")
        self.badge.hide()
        return row_of(self.open_button, self.title, self.badge, self.about, None, (self.models, 1))

    def apply_theme(self) -> None:
        self.setStyleSheet(self.theme.style_sheet())

    def show_decision(self, shown: bool) -> None:
        """Show or hide the decision at the playhead."""
        frame = self.decided.parentWidget()
        assert frame is not None
        frame.setVisible(shown)

    def show_title(self, opened: OpenedRecording | None) -> None:
        """Show the name of the open recording; None if none is open."""
        self.title.setText(opened.file.name if opened is not None else "no recording is open")

    def show_opened(self, opened: OpenedRecording) -> None:
        """Show name and size of a recording, and whether its signal is simulated."""
        simulated = opened.recording.info.simulated
        self.show_title(opened)
        self.title.setToolTip(tip(str(opened.file)))
        self.badge.setVisible(simulated)
        self.about.setText(opened.size)
        suffix = " (simulated signal)" if simulated else ""
        self.setWindowTitle(f"{opened.file.name} - bci{suffix}")
