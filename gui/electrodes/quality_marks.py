"""The marks of channel quality: a shape beside the colour, and words for what is wrong."""

from datetime import datetime

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPainterPath, QPen, QPixmap, QTransform

from bci.messages.quality_reasons import Reason
from bci.quality.channel_quality import ChannelQuality, State
from gui.theme import Theme
from gui.widgets.units import counted


def _disc() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(0, 0), 0.5, 0.5)
    return path


def _triangle() -> QPainterPath:
    path = QPainterPath(QPointF(0, -0.6))
    path.lineTo(0.6, 0.48)
    path.lineTo(-0.6, 0.48)
    path.closeSubpath()
    return path


def _cross() -> QPainterPath:
    path = QPainterPath(QPointF(-0.45, -0.45))
    path.lineTo(0.45, 0.45)
    path.moveTo(-0.45, 0.45)
    path.lineTo(0.45, -0.45)
    return path


SHAPES = {
    State.GOOD: _disc(),
    State.DOUBTFUL: _triangle(),
    State.BAD: _cross(),
    State.NOT_JUDGED: _disc(),
}
"""The shape of each state, of diameter 1; readable without its colour."""


def mark_pen(theme: Theme, state: State, radius: float) -> QPen:
    """Make the pen of a mark; discs and triangles are filled and have none."""
    colour = theme.quality_colour(state)
    if state == State.BAD:
        return QPen(colour, max(2.0, radius * 0.6), c=Qt.PenCapStyle.RoundCap)
    return QPen(colour, 1.5) if state == State.NOT_JUDGED else QPen(Qt.PenStyle.NoPen)


def is_filled(state: State) -> bool:
    return state in (State.GOOD, State.DOUBTFUL)


def paint_mark(
    painter: QPainter, theme: Theme, state: State, centre: QPointF, radius: float
) -> None:
    """Paint a disc for good, a triangle for doubtful, a cross for bad, a ring for not judged."""
    painter.setPen(mark_pen(theme, state, radius))
    colour = theme.quality_colour(state)
    painter.setBrush(colour if is_filled(state) else Qt.BrushStyle.NoBrush)
    scale = QTransform.fromTranslate(centre.x(), centre.y()).scale(2 * radius, 2 * radius)
    painter.drawPath(scale.map(SHAPES[state]))


def mark_icon(theme: Theme, state: State, size: int = 14) -> QIcon:
    """Paint a mark as the icon of a line in a list."""
    pixmap = QPixmap(QSize(size, size) * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_mark(painter, theme, state, QPointF(size / 2, size / 2), size / 2 - 2.5)
    painter.end()
    return QIcon(pixmap)


def explain(channel: ChannelQuality) -> str:
    """``C3 is bad: railed``."""
    why = f": {channel.text}" if channel.text else ""
    return f"{channel.name} is {channel.state.word}{why}"


_ADVICE = {
    Reason.NO_VALUES: "is its contact on, and the amplifier's channel switched on?",
    Reason.RAILED: "press it on, or add gel; is its cable in?",
    Reason.FLAT: "is its cable in, and the amplifier's channel switched on?",
    Reason.CLIPPED: "set the amplifier's gain lower",
    Reason.LINE_NOISE: "away from mains cables; is the ground electrode on?",
    Reason.DRIFTING: "wait until it settles; add gel",
    Reason.JUMPS: "keep still; does something pull at its cable?",
    Reason.MUSCLE: "relax jaw, forehead and neck",
    Reason.VERY_LARGE: "keep still; press it on",
    Reason.IMPEDANCE: "part the hair, add gel",
    Reason.UNLIKE_NEIGHBOURS: "is it in its place, and joined to no other by gel?",
}


def advise(channel: ChannelQuality) -> str:
    """Advice against the problem of a channel; empty where there is none."""
    return _ADVICE.get(channel.reason, "") if channel.reason is not None else ""


def summarise(channels: list[ChannelQuality]) -> str:
    """``2 bad, 1 doubtful, 13 good``; ``all 16 channels good``."""
    counts = [(state, sum(c.state == state for c in channels)) for state in reversed(State)]
    if len(channels) == 1:
        return f"1 channel, {channels[0].state.word}"
    if counts[-1][1] == len(channels):
        return f"{'all ' if len(channels) > 1 else ''}{counted(len(channels), 'channel')} good"
    return ", ".join(f"{count} {state.word}" for state, count in counts if count)


def no_samples_since(since: float) -> str:
    """``no samples since 14:03:12``; ``since`` in seconds after 1970."""
    return f"no samples since {datetime.fromtimestamp(since):%H:%M:%S}"


def worst_first(channels: list[ChannelQuality]) -> list[ChannelQuality]:
    """Sort the channels that are not good."""
    return sorted((c for c in channels if c.state > State.GOOD), key=lambda c: -c.state)
