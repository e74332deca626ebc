"""How a channel's quality looks: a shape beside the colour, so that no one needs the colour."""

from datetime import datetime

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from bci.messages.quality_reasons import Reason
from bci.quality.channel_quality import ChannelQuality, State
from gui.theme import Theme
from gui.widgets.units import counted


def paint_mark(
    painter: QPainter, theme: Theme, state: State, centre: QPointF, radius: float
) -> None:
    """A disc for good, a triangle for doubtful, a cross for bad, a ring for not judged."""
    colour = theme.quality_colour(state)
    if state == State.BAD:
        painter.setPen(QPen(colour, max(2.0, radius * 0.6), c=Qt.PenCapStyle.RoundCap))
        arm = radius * 0.9
        for way in (-1, 1):
            tip = QPointF(arm, way * arm)
            painter.drawLine(centre - tip, centre + tip)
        return
    if state == State.NOT_JUDGED:
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, radius, radius)
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if state == State.GOOD:
        painter.drawEllipse(centre, radius, radius)
        return
    side = radius * 1.2
    corners = [QPointF(0, -side), QPointF(side, side * 0.8), QPointF(-side, side * 0.8)]
    painter.drawPolygon(QPolygonF([centre + corner for corner in corners]))


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
    Reason.JUMPS: "hold still; does something pull at its cable?",
    Reason.MUSCLE: "relax jaw, forehead and neck",
    Reason.VERY_LARGE: "hold still; press it on",
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
    """The channels that are not good."""
    return sorted((c for c in channels if c.state > State.GOOD), key=lambda c: -c.state)
