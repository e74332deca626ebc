"""Channels of several kinds in one scope, some of which send no numbers."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from bci.pipeline.display.filter import filter_named
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality, State
from bci.signals import Channel, StreamInfo
from gui.main_window import MainWindow
from gui.scope.gains import GainKind
from gui.scope.scope import Scope
from gui.scope.scope_panel import ScopePanel
from gui.theme import DARK
from gui.workers.stream_readers import SignalFound
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info, noise

SFREQ = 250.0
EEG, EOG, MAG, GRAD = (
    GainKind("eeg", "uV"), GainKind("eog", "uV"), GainKind("mag", "T"), GainKind("grad", "T/m"),
)  # fmt: skip
RAW = filter_named("raw, no filter")


@pytest.fixture
def panel(qtbot: QtBot) -> ScopePanel:
    panel = ScopePanel()
    qtbot.addWidget(panel)
    panel.resize(900, 400)
    panel.show()
    return panel


@pytest.fixture
def scope(panel: ScopePanel) -> Iterator[Scope]:
    return panel.scope


def info_of(*kinds: GainKind) -> StreamInfo:
    channels = tuple(Channel(f"{kind.name}{k}", *kind) for k, kind in enumerate(kinds))
    return StreamInfo("mixed", "EEG", SFREQ, channels, "mixed", True)


def show(scope: Scope, info: StreamInfo, data: np.ndarray, size: int = 100) -> RingBuffer:
    ring = RingBuffer(20_000, data.shape[1])
    scope.set_stream(info, ring)
    add(scope, ring, data, size)
    return ring


def add(scope: Scope, ring: RingBuffer, data: np.ndarray, size: int = 100, skip: int = 0) -> None:
    begin = ring.end + skip
    for row in range(0, len(data), size):
        part, first = data[row : row + size], begin + row
        ring.write(part, np.arange(first, first + len(part)) / SFREQ, first)
        scope.advance()


def plot(scope: Scope) -> QImage:
    """Return the picture of the traces, without items over them."""
    image = QImage(*scope.plot.size_px, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    scope.plot.image.paint(painter)
    painter.end()
    return image


def colours(scope: Scope, channel: int, beyond: float = 0.0) -> set[QColor]:
    """Return the colours in a channel's row, or only those above its middle."""
    image, layout = plot(scope), scope.shown.layout
    middle = layout.row * (list(layout.channels).index(channel) + 0.5)
    top = round(middle - (beyond + 0.4) * layout.row)
    rows = range(max(0, top), round(middle - beyond * layout.row))
    return {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in rows}


@pytest.mark.filterwarnings("error")
def test_a_channel_without_values_is_blank_and_the_others_are_drawn(scope: Scope) -> None:
    data = noise(3000, 8, offset=30_000.0)
    data[:, 3] = np.nan
    show(scope, eeg_info(8, SFREQ), data)
    assert scope.gain == 100.0
    scope.set_gain(400.0)
    assert colours(scope, 3) == {DARK.colour("panel").name()}
    for channel in (0, 2, 4, 7):
        seen = colours(scope, channel)
        assert DARK.colour("trace").name() in seen
        assert DARK.colour("lost").name() not in seen


def test_only_a_jump_of_the_index_is_a_lost_sample(scope: Scope) -> None:
    data = noise(2000, 4)
    data[500:900] = np.nan
    ring = show(scope, eeg_info(4, SFREQ), data)
    assert DARK.colour("lost").name() not in colours(scope, 1)
    add(scope, ring, noise(100, 4), skip=200)
    assert DARK.colour("lost").name() in colours(scope, 1)


@pytest.mark.parametrize("name", ["high-pass 0.5 Hz", "1-40 Hz", "raw, no filter"])
def test_drawing_channels_with_gaps_as_they_come_equals_drawing_all_at_once(
    scope: Scope, name: str
) -> None:
    data = noise(4000, 5, offset=900.0)
    data[:, 1] = np.nan
    data[700:1900, 2] = np.nan
    data[::7, 3] = np.inf
    scope.choose(filter=filter_named(name))
    ring = show(scope, eeg_info(5, SFREQ), data, size=37)
    add(scope, ring, data[:300], skip=50)
    piecewise = plot(scope)
    scope.redraw()
    assert plot(scope) == piecewise


def test_a_channel_that_sends_values_again_is_drawn_in_its_row_at_once(scope: Scope) -> None:
    data = noise(3000, 2, offset=40_000.0)
    data[:2000, 1] = np.nan
    show(scope, eeg_info(2, SFREQ), data)
    got = scope.signal.ring.latest(900).data[:, 1]
    assert np.isfinite(got).all()
    assert np.abs(got).max() < 150


def test_each_kind_has_a_gain_of_its_own_in_its_unit(panel: ScopePanel, scope: Scope) -> None:
    data = noise(1000, 4)
    data[:, :2] *= 1e-14
    data[:, 2:] *= 1e-12
    show(scope, info_of(MAG, MAG, GRAD, GRAD), data)
    assert scope.gains.of(MAG) == pytest.approx(1e-12, rel=1e-3)
    assert scope.gains.of(GRAD) == pytest.approx(1e-10, rel=1e-3)
    assert (panel.controls.kind.text(), panel.controls.gain.text()) == ("MAG", "1 pT")
    panel.controls.kind.click()
    assert (panel.controls.kind.text(), panel.controls.gain.text()) == ("GRAD", "100 pT/m")
    assert "MAG: 1 pT" in panel.controls.gain.toolTip()


def test_a_step_changes_the_gain_of_the_chosen_kind_alone(qtbot: QtBot, scope: Scope) -> None:
    show(scope, info_of(EEG, EEG, EOG), noise(1000, 3))
    with qtbot.waitSignal(scope.gain_chosen):
        qtbot.keyClick(scope, Qt.Key.Key_Up)
    assert (scope.gains.of(EEG), scope.gains.of(EOG)) == (50.0, 100.0)
    qtbot.keyClick(scope, Qt.Key.Key_G)
    qtbot.keyClick(scope, Qt.Key.Key_Down)
    assert (scope.gains.of(EEG), scope.gains.of(EOG)) == (50.0, 200.0)


def test_a_kind_that_sends_no_values_at_first_finds_its_gain_later(scope: Scope) -> None:
    data = noise(1500, 2)
    data[:, 1] = np.nan
    ring = show(scope, info_of(EEG, EOG), data)
    assert scope.gains.of(EOG) == 0.0
    add(scope, ring, noise(1500, 2))
    assert scope.gains.of(EOG) == 100.0


def test_a_trace_that_runs_away_does_not_cover_its_neighbours(scope: Scope) -> None:
    data = np.zeros((3000, 3), dtype=np.float32)
    data[:, 1] = 1e6 * np.sign(np.sin(np.arange(3000) / 5))
    ring = RingBuffer(20_000, 3)
    scope.set_stream(eeg_info(3, SFREQ), ring)
    scope.set_gain(100.0)
    add(scope, ring, data)
    # In the row above, the middle and the part above it are free.
    assert colours(scope, 0, beyond=0.05) == {DARK.colour("panel").name()}


def test_a_hidden_channel_gives_its_room_to_the_others(panel: ScopePanel, scope: Scope) -> None:
    show(scope, info_of(EEG, EEG, EOG, EOG), noise(1000, 4))
    items = {panel.channels.list.item(k).text(): panel.channels.list.item(k) for k in range(6)}
    items["all EOG (2)"].setCheckState(Qt.CheckState.Unchecked)
    assert scope.names.names == ("eeg0", "eeg1")
    assert panel.channels.text() == "2 of 4"
    assert scope.shown.layout.row == scope.plot.size_px[1] / 2
    assert items["eog2"].checkState() == Qt.CheckState.Unchecked
    items["eog2"].setCheckState(Qt.CheckState.Checked)
    assert scope.names.names == ("eeg0", "eeg1", "eog2")
    assert items["all EOG (2)"].checkState() == Qt.CheckState.PartiallyChecked


def test_the_mouse_reads_the_channel_that_is_drawn_there(scope: Scope) -> None:
    data = noise(2000, 4) + 1000 * np.arange(4, dtype=np.float32)
    scope.choose(filter=RAW)
    show(scope, eeg_info(4, SFREQ), data)
    scope.choose(hidden=frozenset({"E1", "E3"}))
    layout = scope.shown.layout
    reading = scope.shown.reading_at(300.0, 0.75 * layout.height)
    assert reading is not None
    assert reading.name == "E4"
    assert 2800 < reading.value < 3200


def test_a_right_click_hides_a_channel_and_all_can_be_hidden(qtbot: QtBot, scope: Scope) -> None:
    show(scope, eeg_info(2, SFREQ), noise(1000, 2))
    with qtbot.waitSignal(scope.view_changed):
        at = scope.names.scenePos().toPoint() + QPoint(20, 20)
        qtbot.mouseClick(scope.plot.viewport(), Qt.MouseButton.RightButton, pos=at)
    assert scope.names.names == ("E2",)
    scope.choose(hidden=frozenset({"E1", "E2"}))
    scope.advance()
    assert scope.plot.readout == ""
    assert scope.plot.is_blank
    assert scope.plot.hint == "all channels are hidden"
    scope.choose(hidden=frozenset())
    assert scope.names.names == ("E1", "E2")


def test_pages_are_of_the_channels_that_are_not_hidden(scope: Scope) -> None:
    show(scope, eeg_info(150, SFREQ), noise(600, 150))
    scope.step_page(1)
    assert scope.page_text == "65-128 of 150"
    scope.choose(hidden=frozenset(f"E{k}" for k in range(1, 101)))
    assert scope.page_text == ""
    assert scope.names.names[0] == "E101"


def test_a_raw_signal_is_shown_with_its_offset_and_stays_in_its_row(scope: Scope) -> None:
    data = noise(2500, 2, offset=41_000.0)
    scope.choose(filter=RAW)
    ring = show(scope, eeg_info(2, SFREQ), data)
    shown = scope.signal.ring.latest(2500).data
    np.testing.assert_array_equal(shown, data)
    assert scope.signal.chosen.filter.name == "raw, no filter"
    assert scope.shown.layout.centres == pytest.approx(41_000.0, abs=20)
    add(scope, ring, noise(2500, 2, seed=1, offset=-300.0))
    assert scope.shown.layout.centres == pytest.approx(-300.0, abs=50)


def test_a_unit_is_shown_as_it_is_and_never_as_markup(panel: ScopePanel, scope: Scope) -> None:
    show(
        scope,
        info_of(GainKind("eeg", "<b>uV</b>"), GainKind("<i>x</i>", "<u>g</u>")),
        noise(1000, 2),
    )
    assert panel.controls.gain.textFormat() == Qt.TextFormat.PlainText
    assert "<b>" in panel.controls.gain.text()
    assert "<u>" not in panel.controls.gain.toolTip()
    assert "&lt;u&gt;" in panel.controls.gain.toolTip()


def test_hidden_channels_and_gains_are_remembered_for_the_stream(
    open_window: Callable[..., MainWindow],
) -> None:
    def feed(window: MainWindow) -> None:
        ring = RingBuffer(1000, 2)
        ring.write(noise(500, 2), np.arange(500) / SFREQ, 0)
        window.tabs.set_signal(SignalFound(info_of(EEG, EOG), ring))
        window.tabs.advance()

    window = open_window(bci=NO_DEVICES)
    feed(window)
    window.scope.choose(hidden=frozenset({"eeg0"}))
    window.scope.choose(kind=EOG)
    window.scope.step_gain(1)
    window.close()
    again = open_window(bci=NO_DEVICES)
    feed(again)
    assert again.scope.names.names == ("eog1",)
    assert (again.scope.gains.of(EEG), again.scope.gains.of(EOG)) == (100.0, 50.0)


def test_looking_back_by_accident_is_undone_by_looking_forward(scope: Scope) -> None:
    show(scope, eeg_info(2, SFREQ), noise(4000, 2))
    scope.look(-1)
    assert scope.is_paused
    scope.look(1)
    assert not scope.is_paused
    # A pause by the user stays.
    scope.toggle_pause()
    scope.look(-1)
    scope.look(1)
    assert scope.pause_text == "paused"


def test_all_gains_are_fitted_again_when_it_is_wanted(qtbot: QtBot, scope: Scope) -> None:
    ring = show(scope, info_of(EEG, EOG), noise(1000, 2))
    add(scope, ring, noise(1000, 2) * 10)
    with qtbot.waitSignal(scope.gain_chosen):
        qtbot.keyClick(scope, Qt.Key.Key_0)
    assert (scope.gains.of(EEG), scope.gains.of(EOG)) == (1000.0, 1000.0)


def test_a_key_opens_the_list_and_what_is_typed_is_found(
    qtbot: QtBot, panel: ScopePanel, scope: Scope
) -> None:
    show(scope, eeg_info(12, SFREQ), noise(600, 12))
    qtbot.keyClick(scope, Qt.Key.Key_C)
    chooser = panel.channels
    assert chooser.popup.isVisible()
    qtbot.keyClicks(chooser.sought, "e12")
    shown = [row for row in range(12) if not chooser.list.item(row).isHidden()]
    assert shown == [11]
    hide = chooser.popup.findChildren(QPushButton)[1]
    qtbot.mouseClick(hide, Qt.MouseButton.LeftButton)
    assert scope.view.hidden == {"E12"}
    chooser.popup.close()


def test_where_most_channels_are_doubtful_only_a_bad_one_has_a_colour(scope: Scope) -> None:
    show(scope, eeg_info(4), noise(500, 4))
    one = [State.DOUBTFUL, State.BAD, State.GOOD, State.GOOD]
    for states, inks in ((one, [2, 3, 1, 1]), ([*one[:2], *2 * [State.DOUBTFUL]], [1, 3, 1, 1])):
        scope.set_quality(
            [
                ChannelQuality(f"E{k + 1}", state, "", 10, 0, 0, 0, 0, 0, 0)
                for k, state in enumerate(states)
            ]
        )
        assert scope.inks.tolist() == inks
