"""What the decoder says now: a bar for each class, and the decision."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from bci.decisions import Decision
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.ball import BallCourse, paint_ball
from gui.decisions.decision_rule import DecisionRule, in_words
from gui.decisions.headline import NO_PREDICTION, is_decided, paint_headline
from gui.plots.threshold_line import paint_threshold, words_of
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.empty_state import HINT_HEIGHT, NO_ENGINE, paint_hint
from gui.widgets.pieces import tip

# The bars of up to seven classes share the room of four: what is below them needs the rest.
# Of more classes the likeliest five are shown, in one colour: colours repeat after seven.
_MOST_BARS, _LIKELIEST, _BAR, _ROOM = 7, 5, 34.0, 140.0


class DecisionView(QWidget):
    """One bar a class with its probability; the decision, its confidence and the true cue.

    Of more than seven classes the five likeliest have a bar, the likeliest on top.
    With two classes a ball between them can take the place of the bars.
    """

    ball_toggled = Signal(bool)

    def __init__(self, threshold: float = 0.7, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.hint = NO_ENGINE
        self.rule = DecisionRule(threshold)
        self.classes: tuple[str, ...] = ()
        self.probabilities: tuple[float, ...] = ()
        self._decided: Decision | None = None
        self.cue: str | None = None
        self.live = False
        self.ball = BallCourse()
        self.has_ball = False
        self.why = ""
        self.source = self.doubt = ""
        self._toggle = QToolButton(self)
        self._toggle.setCheckable(True)
        self._toggle.setText("Ball")
        self._toggle.setToolTip("A ball that the probabilities move (Ctrl+B)")
        self._toggle.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._toggle.clicked.connect(self.toggle_ball)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Decision")
        self._explain()
        self.set_engine(False)

    def set_engine(self, alive: bool) -> None:
        """Whether an engine runs; without one a line says so, and takes no more room."""
        self.has_engine = alive
        bars = max(2, self._n_bars)
        self.setFixedHeight(100 + round(self._bar * bars) if alive else HINT_HEIGHT)
        self._toggle.setVisible(alive and len(self.classes) == 2)
        self.update()

    def set_ball(self, shown: bool) -> None:
        """Whether the ball takes the place of the bars, where there are two classes."""
        self.has_ball = shown
        self._toggle.setChecked(shown)
        self.update()

    def toggle_ball(self) -> None:
        self.set_ball(not self.has_ball)
        self.ball_toggled.emit(self.has_ball)

    @property
    def _is_many(self) -> bool:
        return len(self.classes) > _MOST_BARS

    @property
    def _n_bars(self) -> int:
        return _LIKELIEST if self._is_many else len(self.classes)

    @property
    def _bar(self) -> float:
        """Height of a bar with the room around it."""
        return min(_BAR, _ROOM / max(1, self._n_bars))

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """What an engine that was found decides between."""
        self.classes, self.probabilities, self.why = classes, (), ""
        self._decided = None
        self.ball.reset()
        self.set_engine(True)

    def show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        """The newest prediction; None when there is none any more."""
        self.live = prediction is not None
        if prediction is not None:
            self.probabilities = tuple(float(p) for p in prediction.probabilities)
            self._decided, self.why = prediction.decision, ""
            if len(self.probabilities) == 2:
                self.ball.add(prediction.taken, *self.probabilities)
        else:
            self.ball.reset()
        self.update()

    def show_rejected(self, why: str) -> None:
        """Windows give no prediction now, for this reason."""
        self.why = why
        self.update()

    def show_source(self, stream: str) -> None:
        """Of which stream the bars are where it is not the one shown; else empty."""
        if stream != self.source:
            self.source = stream
            self.update()

    def show_doubt(self, why: str) -> None:
        """Why not to rely on the model; empty where nothing is said against it."""
        if why != self.doubt:
            self.doubt = why
            self._explain()
            self.update()

    def _explain(self) -> None:
        warning = f"The model is {self.doubt}. " if self.doubt else ""
        self.setToolTip(
            tip(
                f"{warning}How likely each class is. A class beyond the dotted line is decided. "
                "Without a line, several windows are decided together: the last decision stands "
                "above the bars."
            )
        )

    def show_cue(self, cue: str | None) -> None:
        self.cue = cue
        self.update()

    @property
    def shown(self) -> list[int]:
        """Numbers of the classes that have a bar, from top to bottom."""
        places = range(len(self.classes))
        if not self._is_many or not self.probabilities:
            return list(places[: self._n_bars])
        return sorted(places, key=lambda k: -self.probabilities[k])[: self._n_bars]

    def _colour(self, place: int) -> QColor:
        return self.theme.colour("accent") if self._is_many else self.theme.class_colour(place)

    @property
    def decision(self) -> str:
        """The engine's decision now, in words."""
        return in_words(self._decided) if self.live and self.probabilities else NO_PREDICTION

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if not self.has_engine:
            paint_hint(painter, self.theme, QRectF(self.rect()), self.hint)
            return
        width = self.width()
        painter.setFont(self.font())
        decision = self.decision
        known = decision in self.classes
        colour = self._colour(self.classes.index(decision) if known else 0)
        beside = self.rule.beside(self._decided)
        paint_headline(
            painter, self.theme, QRectF(14, 6, width - 28, 40), decision, colour, beside,
            self.why, calm=bool(self.rule.evidence_s),
        )  # fmt: skip
        if self.has_ball and len(self.classes) == 2:
            track = QRectF(14, 56, width - 28, 62)
            first, second = self.classes
            paint_ball(
                painter, self.theme, track, self.ball.place, (first, second),
                is_decided(decision), self.live, words_of(self.rule),
            )  # fmt: skip
        else:
            self._paint_bars(painter)
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        foot = QRectF(14, self.height() - 30, width - 28, 22)
        self._paint_foot(painter, foot.adjusted(0, 0, -66, 0))
        if self._is_many:
            painter.setPen(self.theme.colour("dim"))
            among = f"of {len(self.classes)}"
            painter.drawText(foot, Qt.AlignmentFlag.AlignRight, among)

    def _paint_foot(self, painter: QPainter, room: QRectF) -> None:
        said, colour = "true cue: none now", "dim"
        if self.source:
            said, colour = f"of {self.source}, not shown", "warning"
        elif self.cue:
            said, colour = f"true cue: {self.cue}", "text"
        if self.doubt and not self.source:
            said = f"at chance; {said}" if self.cue else "the model is at chance"
            colour = "warning"
        painter.setPen(self.theme.colour(colour))
        elide = Qt.TextElideMode.ElideMiddle
        painter.drawText(room, 0, painter.fontMetrics().elidedText(said, elide, int(room.width())))

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802
        size = self._toggle.sizeHint()
        self._toggle.setGeometry(
            self.width() - size.width() - 12, self.height() - size.height() - 8, size.width(),
            size.height(),
        )  # fmt: skip

    def _paint_bars(self, painter: QPainter) -> None:
        font = QFont(self.font())
        high = self._bar - min(12.0, self._bar / 4)
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        left, width = 100.0, self.width() - 100.0 - 70.0
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, k in enumerate(self.shown):
            name = self.classes[k]
            top = 54.0 + self._bar * row
            painter.setPen(self.theme.colour("text"))
            name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, 82)
            painter.drawText(QRectF(14, top - 2, 84, high + 4), middle, name)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.colour("line"))
            painter.drawRoundedRect(QRectF(left, top, width, high), 4, 4)
            if not self.probabilities:
                continue
            colour = self._colour(k)
            colour.setAlpha(255 if self.live else 90)
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(left, top, width * self.probabilities[k], high), 4, 4)
            painter.setPen(self.theme.colour("text" if self.live else "dim"))
            box = QRectF(left + width + 4, top - 2, 52, high + 4)
            share = f"{100 * self.probabilities[k]:.0f} %"
            painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, share)
        if not self.classes:
            return
        bars = QRectF(left, 50, width, self._bar * self._n_bars - 4)
        paint_threshold(painter, self.theme, bars, self.rule)
