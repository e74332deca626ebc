"""The operator's view of a session: figures of the run above the feature's trace.

It is also the dashboard's view of the task ``neurofeedback``, as a plug-in of ``bci.views``.
"""

from pylsl import local_clock
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from bci.lsl.engine_streams import ReceivedPrediction
from bci.neurofeedback.session import RunKind
from bci.signals import StreamInfo
from gui.decisions.decision_rule import DecisionRule
from gui.decisions.task_views import ViewContext
from gui.feedback.feature_reader import FeedbackRow
from gui.feedback.tally import RunTally
from gui.feedback.trace import FeatureTrace
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import as_widget, column_of, named
from gui.widgets.themed import Themed

_NO_SESSION = "no session"
_KINDS: dict[RunKind | None, str] = {
    "baseline": "baseline", "feedback": "feedback", "transfer": "transfer", None: "pause",
}  # fmt: skip
_HEADLINE_PX = 26


def neurofeedback(context: ViewContext) -> "OperatorView":
    """The figures of a neurofeedback run, and the trace of the feature."""
    return OperatorView(context.threshold)


class OperatorView(Themed, QWidget):
    """Run, success rate, rewards and held windows, above the trace of the feature."""

    def __init__(self, threshold: float = 0.5) -> None:
        super().__init__()
        self.rule = DecisionRule(threshold)
        self.hint = ""
        self.tally = RunTally()
        self._newest: FeedbackRow | None = None
        self._simulated = False
        self.trace = FeatureTrace()
        self.headline, self.state = ElidedLabel(_NO_SESSION), ElidedLabel()
        self.figures = {
            name: named(QLabel("\u2013"), "plain") for name in ("success", "rewards", "paused")
        }
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        for column, (name, figure) in enumerate(self.figures.items()):
            grid.addWidget(named(QLabel(name), "dim"), 0, column)
            grid.addWidget(figure, 1, column)
        above = column_of(self.headline, self.state, as_widget(grid), margins=(14, 8, 14, 0))
        self.setLayout(column_of(above, (self.trace, 1), margins=(0, 0, 0, 4)))
        self.setAccessibleName("Neurofeedback")

    def set_session(self, info: StreamInfo | None) -> None:
        """Clear the view, and show the session of stream ``info``; None ends the session."""
        self.tally, self._newest = RunTally(), None
        if info is not None:
            self._simulated = info.simulated
            self.trace.clear_rows()
            self.trace.unit = next((c.unit for c in info.channels if c.name == "feature"), "")
        self._write()

    def add_rows(self, rows: list[FeedbackRow]) -> None:
        """Add the newest windows; ``rows`` must not be empty."""
        for row in rows:
            self.tally.add(row)
        self._newest = rows[-1]
        self.trace.add(rows)
        self.trace.advance(local_clock())
        self._write()

    def _write(self) -> None:
        row, tally = self._newest, self.tally
        if row is None:
            self.headline.setText(_NO_SESSION)
            self.state.setText("")
            return
        number = f", run {row.run}" if row.run else ""
        self.headline.setText(f"{_KINDS[row.kind]}{number}")
        seconds = f"{row.taken - tally.began:.0f} s" if row.run else ""
        parts = [
            "paused: artifact" if row.held else "",
            seconds,
            "simulated signal" if self._simulated else "",
        ]
        self.state.setText(", ".join(part for part in parts if part))
        success = tally.success if row.kind in ("feedback", "transfer") else None
        self.figures["success"].setText("\u2013" if success is None else f"{100 * success:.0f} %")
        self.figures["rewards"].setText(f"{tally.rewards}")
        self.figures["paused"].setText(f"{100 * tally.held:.0f} %")
        colour = self.theme.warning if row.held else self.theme.dim
        self.state.setStyleSheet(f"color: {colour};")

    def apply_theme(self) -> None:
        size = f"font-size: {_HEADLINE_PX}px; color: {self.theme.text};"
        self.headline.setStyleSheet(size)
        for figure in self.figures.values():
            figure.setStyleSheet(f"font-size: 20px; color: {self.theme.text};")
        self._write()

    def refresh(self) -> None:
        """Draw again after a change of theme."""
        self._write()
        self.trace.refresh()

    # The methods below are part of `DecisionView`; a session has no classes and no predictions.

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Do nothing: a session has no classes."""

    def set_engine(self, alive: bool) -> None:
        """Do nothing: a session needs no engine."""

    def show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        """Do nothing: a session has no predictions."""

    def show_rejected(self, why: str) -> None:
        """Do nothing: a session has no predictions."""

    def show_cue(self, cue: str | None) -> None:
        """Do nothing: a session has no cues."""
