"""The connect panel alone."""

from pytestqt.qtbot import QtBot

from bci.lsl.live_streams import LiveStream
from gui.connect.panel import ConnectPanel
from gui.connect.stream_list import ROW


def test_many_streams_take_the_room_that_there_is_and_are_found_by_name(qtbot: QtBot) -> None:
    panel = ConnectPanel()
    qtbot.addWidget(panel)
    panel.resize(264, 900)
    panel.show()
    streams = tuple(LiveStream(str(k), f"amp {k}", "EEG", 8, 250.0, "", "lab") for k in range(100))
    panel.set_streams(streams[:3])
    assert not panel.sought.isVisible()
    assert panel.streams.height() <= 3 * ROW + 4
    panel.set_streams(streams)
    qtbot.waitUntil(lambda: panel.streams.height() > 8 * ROW)
    panel.sought.setText("AMP 42")
    panel.set_streams(streams[:60])
    rows = [panel.streams.item(row) for row in range(60)]
    assert [row.isHidden() for row in rows] == [k != 42 for k in range(60)]
    # With few streams there is no search field, and the searched text no longer hides any.
    panel.set_streams(streams[:2])
    assert not panel.streams.item(0).isHidden()
