from dataclasses import fields, replace

import pytest
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from bci.messages.quality_reasons import Reason, describe
from bci.quality.channel_quality import ChannelQuality, State
from bci.quality.words import advise, explain, summarise
from bci.signals import Channel, StreamInfo
from gui.electrodes.quality_view import QualityView

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


@pytest.fixture
def view(qtbot: QtBot) -> QualityView:
    view = QualityView()
    qtbot.addWidget(view)
    view.resize(340, 176)
    return view


def reason_at(view: QualityView, index: int) -> str:
    found = view.head.electrode_at(QPointF(*view.head.places[index]))
    return found.tip if found else ""


def test_an_electrode_explains_its_mark(view: QualityView, info: StreamInfo) -> None:
    assert view.headline == "No signal yet"
    view.set_stream(info)
    assert view.headline == "Measuring ..."
    assert {e.state for e in view.head.electrodes} == {State.NOT_JUDGED}
    view.set_quality(
        [channel("Fpz", State.BAD, "<b>railed"), channel("Cz"), channel("T7", State.DOUBTFUL, "x"),
         channel("Oz")]
    )  # fmt: skip
    assert view.headline == "1 bad, 1 doubtful, 2 good"
    # The worst electrode is drawn last, so that nothing covers it.
    assert [e.state for e in view.head.electrodes][-2:] == [State.DOUBTFUL, State.BAD]
    assert reason_at(view, 0) == "Fpz is bad: <b>railed"
    assert view.head.electrode_at(QPointF(0.9, -0.9)) is None
    assert view.head.csv().splitlines()[-1] == "Fpz,bad,<b>railed"
    view.set_live(False)
    assert view.headline == "No signal now"


def test_every_problem_is_listed_with_its_whole_reason_the_worst_first(
    view: QualityView, info: StreamInfo
) -> None:
    view.set_stream(info)
    long = "muscle or noise above 35 Hz"
    view.set_quality(
        [channel("Fpz", State.DOUBTFUL, long), channel("Cz", State.BAD, "jumps"), channel("T7"),
         channel("Oz")]
    )  # fmt: skip
    view.grab()
    items = [view.list.item(row) for row in range(view.list.count())]
    assert [item.text() for item in items] == ["Cz jumps", f"Fpz {long}"]
    assert "Fpz is doubtful" in items[1].toolTip()
    first, second = (view.list.visualItemRect(item) for item in items)
    assert second.height() > 1.5 * first.height()
    assert second.right() <= view.list.viewport().width()


def test_channels_without_positions_are_drawn_in_rows(view: QualityView) -> None:
    view.set_stream(StreamInfo("x", "EEG", 250.0, (Channel("A"), Channel("B"), Channel("C"))))
    view.set_quality([channel("A"), channel("B"), channel("C", State.BAD, "flat")])
    assert not view.head.has_head
    assert reason_at(view, 2) == "C is bad: flat"


def test_one_channel_is_reported_in_the_singular() -> None:
    assert summarise([channel("Cz")]) == "1 channel, good"
    assert summarise([channel("Cz", State.BAD, "flat")]) == "1 channel, bad"
    assert summarise([channel("Cz"), channel("Pz")]) == "all 2 channels good"


def test_tooltips_of_channels_look_like_all_others_and_hold_no_markup(
    qtbot: QtBot, info: StreamInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[object, ...]] = []
    monkeypatch.setattr(QToolTip, "showText", lambda *given: shown.append(given))
    judged = [channel("Fpz", State.BAD, "<b>railed")]
    view = QualityView()
    qtbot.addWidget(view)
    view.resize(340, 176)
    view.set_stream(info)
    view.show()
    view.grab()
    at = view.head.place_px(0).toPoint()
    view.set_quality(judged)
    QApplication.sendEvent(view.head.viewport(), QHelpEvent(QEvent.Type.ToolTip, at, at))
    ((_, text, owner),) = shown
    # Without a widget, Qt would draw the tooltip without the style sheet.
    assert owner is view.head
    assert "&lt;b&gt;railed" in text
