from dataclasses import fields, replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from bci.messages.quality_reasons import Reason, describe
from bci.quality.channel_quality import ChannelQuality, State
from bci.types import Channel, StreamInfo
from gui.electrodes.quality_marks import advise, explain, summarise
from gui.electrodes.quality_view import QualityView
from gui.plots.head import flatten
from gui.scope.channel_labels import ChannelNames

# Head coordinates of a template head, in metres.
PLACES = {
    "Fpz": (0.0001, 0.0882, -0.0017),
    "Cz": (0.0004, -0.0092, 0.1002),
    "T7": (-0.0842, -0.0160, -0.0093),
    "Oz": (0.0001, -0.1149, 0.0147),
}


def channel(name: str, state: State = State.GOOD, reason: str = "") -> ChannelQuality:
    return ChannelQuality(name, state, reason, *[0.0] * (len(fields(ChannelQuality)) - 4))


def test_every_reason_has_words_and_what_can_be_mended_has_advice() -> None:
    for reason in Reason:
        found = replace(channel("C3", State.BAD, describe(reason, 0.5)), reason=reason)
        assert explain(found) == f"C3 is bad: {describe(reason, 0.5)}"
    assert describe(Reason.LINE_NOISE, 0.63) == "line noise 63%"
    assert "gain lower" in advise(replace(found, reason=Reason.CLIPPED))
    assert advise(replace(found, reason=Reason.NO_KIND)) == advise(channel("Cz")) == ""


@pytest.fixture
def info() -> StreamInfo:
    channels = tuple(Channel(name, "eeg", "uV", place) for name, place in PLACES.items())
    return StreamInfo("cap", "EEG", 250.0, channels)


def test_the_head_is_seen_from_above_with_the_nose_up(info: StreamInfo) -> None:
    fpz, cz, t7, oz = (flatten(info.channels)[k] for k in range(4))
    assert fpz[1] > 0.7
    assert oz[1] < -0.7
    assert t7[0] < -0.7
    assert abs(cz[0]) + abs(cz[1]) < 0.1


def test_the_picture_is_the_same_wherever_the_origin_lies(info: StreamInfo) -> None:
    # Moved as from the commissure to the middle between the ears.
    moved = tuple(
        replace(c, position=(c.position[0], c.position[1] + 0.035, c.position[2] + 0.04))
        for c in info.channels
        if c.position
    )
    for here, there in zip(flatten(info.channels).values(), flatten(moved).values(), strict=True):
        assert there == pytest.approx(here, abs=0.15)


def test_sensors_of_a_helmet_stay_in_the_picture() -> None:
    low = Channel("MEG1", "mag", "T", (0.1, 0.0, -0.2))
    x, y = flatten((low,))[0]
    assert 1.0 < x < 1.2
    assert abs(y) < 0.2


def test_an_electrode_tells_why_it_is_bad(qtbot: QtBot, info: StreamInfo) -> None:
    view = QualityView()
    qtbot.addWidget(view)
    view.resize(340, 176)
    assert view.headline == "No signal yet"
    view.set_stream(info)
    assert view.headline == "Measuring ..."
    before = view.grab().toImage()
    view.set_quality(
        [channel("Fpz", State.BAD, "<b>railed"), channel("Cz"), channel("T7", State.DOUBTFUL, "x"),
         channel("Oz")]
    )  # fmt: skip
    assert view.headline == "1 bad, 1 doubtful, 2 good"
    assert view.grab().toImage() != before
    place = view._place(0)
    assert place is not None
    assert view.reason_at(place + QPointF(3, 3)) == "Fpz is bad: <b>railed"
    assert view.reason_at(QPointF(300, 170)) == ""
    view.set_live(False)
    assert view.headline == "No signal now"


def test_a_long_reason_is_written_whole_on_lines_of_its_own(qtbot: QtBot, info: StreamInfo) -> None:
    view = QualityView()
    qtbot.addWidget(view)
    view.resize(338, 176)
    view.set_stream(info)
    long = "muscle or noise above 35 Hz"
    view.set_quality(
        [channel("Fpz", State.DOUBTFUL, long), channel("Cz", State.DOUBTFUL, "jumps"),
         channel("T7"), channel("Oz")]
    )  # fmt: skip
    view.grab()
    first, second = view._lines["Fpz"], view._lines["Cz"]
    assert first.height() >= 2 * second.height() - 2
    assert second.top() >= first.bottom()
    for box, said in ((first, f"Fpz is doubtful: {long}"), (second, "Cz is doubtful: jumps")):
        assert view.reason_at(box.bottomLeft() - QPointF(0, 4)) == said


def test_of_many_bad_channels_as_many_are_told_as_there_is_room_for(qtbot: QtBot) -> None:
    view = QualityView()
    qtbot.addWidget(view)
    view.resize(338, 176)
    names = [f"E{k}" for k in range(30)]
    view.set_stream(StreamInfo("x", "EEG", 250.0, tuple(map(Channel, names))))
    view.set_quality([channel(name, State.BAD, "flat") for name in names])
    view.grab()
    assert list(view._lines) == names[: len(view._lines)]
    assert 5 <= len(view._lines) < 8
    assert max(box.bottom() for box in view._lines.values()) < 176 - 16


def test_channels_without_positions_are_drawn_in_rows(qtbot: QtBot) -> None:
    view = QualityView()
    qtbot.addWidget(view)
    view.resize(340, 176)
    view.set_stream(StreamInfo("x", "EEG", 250.0, (Channel("A"), Channel("B"), Channel("C"))))
    view.set_quality([channel("A"), channel("B"), channel("C", State.BAD, "flat")])
    place = view._place(2)
    assert place is not None
    assert view.reason_at(place) == "C is bad: flat"
    assert not view.grab().isNull()


def test_the_worst_of_rows_too_low_for_names_is_named(qtbot: QtBot) -> None:
    names = ChannelNames()
    qtbot.addWidget(names)
    names.resize(64, 128)
    names.set_names(tuple(f"E{k}" for k in range(64)))
    before = names.grab().toImage()
    names.set_quality([channel("E3", State.BAD, "flat")])
    assert names.grab().toImage() != before
    assert names.reason_at(7.0) == "E3 is bad: flat"
    assert names.reason_at(500.0) == "E63"


def test_one_channel_is_told_in_the_singular() -> None:
    assert summarise([channel("Cz")]) == "1 channel, good"
    assert summarise([channel("Cz", State.BAD, "flat")]) == "1 channel, bad"
    assert summarise([channel("Cz"), channel("Pz")]) == "all 2 channels good"


@pytest.mark.parametrize("of", ["names", "head"])
def test_tooltips_of_channels_look_like_all_others_and_hold_no_markup(
    qtbot: QtBot, info: StreamInfo, of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[object, ...]] = []
    monkeypatch.setattr(QToolTip, "showText", lambda *given: shown.append(given))
    judged = [channel("Fpz", State.BAD, "<b>railed")]
    view = ChannelNames() if of == "names" else QualityView()
    qtbot.addWidget(view)
    view.resize(340, 176)
    if isinstance(view, ChannelNames):
        view.set_names(("Fpz",))
        at = QPoint(20, 20)
    else:
        view.set_stream(info)
        at = view._place(0).toPoint()
    view.set_quality(judged)
    QApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, at, at))
    ((_, text, owner),) = shown
    # Without a widget Qt draws it in a look of its own.
    assert owner is view
    assert "&lt;b&gt;railed" in text
