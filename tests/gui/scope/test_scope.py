import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality, State
from bci.signals import Channel, Marker, StreamInfo
from gui.scope.min_max import extremes
from gui.scope.scope import Scope
from gui.scope.trace_image import TraceImage
from gui.scope.trace_layout import TraceLayout
from gui.theme import DARK, LIGHT
from tests.signals import eeg_info, noise


@pytest.fixture
def scope(qtbot: QtBot) -> Scope:
    view = Scope()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    return view


def fill(scope: Scope, data: np.ndarray, size: int, sfreq: float = 250.0) -> RingBuffer:
    ring = RingBuffer(20_000, data.shape[1])
    scope.set_stream(eeg_info(data.shape[1], sfreq), ring)
    scope.set_gain(100.0)
    for row in range(0, len(data), size):
        part = data[row : row + size]
        ring.write(part, np.arange(row, row + len(part)) / sfreq, row)
        scope.advance()
    return ring


def plot(scope: Scope) -> QImage:
    """Return the picture of the traces, without items over them."""
    image = QImage(*scope.plot.size_px, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    scope.plot.image.paint(painter)
    painter.end()
    return image


@pytest.mark.parametrize("time_base", [2.0, 10.0, 30.0])
@pytest.mark.parametrize("size", [3, 50, 777])
def test_drawing_as_samples_come_equals_drawing_all_at_once(
    scope: Scope, size: int, time_base: float
) -> None:
    # At 2 s there are fewer samples than columns of pixels.
    data = noise(5000, 8)
    scope.choose(time_base_s=time_base)
    fill(scope, data, size)
    piecewise = plot(scope)
    scope.redraw()
    assert piecewise == plot(scope)


def test_the_image_is_on_the_screen_pixel_by_pixel(scope: Scope) -> None:
    fill(scope, noise(3000, 8), 500)
    corner = scope.plot.plotItem.vb.scenePos().toPoint()
    seen = scope.plot.grab().toImage().copy(QRect(corner, QSize(*scope.plot.size_px)))
    assert seen.convertToFormat(QImage.Format.Format_RGB32) == plot(scope)


def test_a_frame_is_painted_as_the_whole_plot_is(scope: Scope) -> None:
    ring = fill(scope, noise(3000, 8), 500)
    scope.add_markers([Marker(8.0, "left"), Marker(10.0, "right")])
    strip_and_traces = scope.plot.markers.sceneBoundingRect().toRect()

    def painted(part: QRect) -> QImage:
        image = QImage(scope.plot.viewport().size(), QImage.Format.Format_RGB32)
        scope.plot.viewport().render(image, part.topLeft(), part)
        return image.copy(strip_and_traces)

    before = painted(strip_and_traces)
    ring.write(noise(100, 8, seed=1), np.arange(3000, 3100) / 250.0, 3000)
    scope.advance()
    assert painted(strip_and_traces) == painted(scope.plot.viewport().rect()) != before


def test_samples_that_were_lost_are_marked_and_do_not_spoil_what_follows(scope: Scope) -> None:
    ring = fill(scope, noise(1000, 4), 100)
    ring.write(noise(1000, 4, seed=1), np.arange(1500, 2500) / 250.0, 1500)
    scope.advance()
    image = plot(scope)
    x = scope.plot.size_px[0] - (scope.signal.ring.end - 1250) / scope.shown.layout.per_column
    assert image.pixelColor(int(x), 5) == DARK.colour("lost")
    data, _ = scope.signal.ring.view(1600, 2500)
    assert np.isfinite(data).all()


def test_a_theme_changes_the_picture(scope: Scope) -> None:
    fill(scope, noise(2000, 4), 500)
    dark = scope.grab().toImage()
    scope.theme = LIGHT
    assert scope.grab().toImage() != dark


def test_a_scope_that_was_too_small_shows_all_when_there_is_room(scope: Scope) -> None:
    data = noise(2000, 64)
    fill(scope, data, 100)
    roomy = plot(scope)
    scope.resize(1, 1)
    fill(scope, data, 100)
    scope.resize(600, 400)
    assert plot(scope) == roomy


def test_meg_in_tesla_finds_its_gain_too(qtbot: QtBot, scope: Scope) -> None:
    ring = RingBuffer(20_000, 8)
    scope.set_stream(eeg_info(8, 250.0), ring)
    data = (noise(1000, 8) * 1e-13 / 20).astype(np.float32)
    ring.write(data, np.arange(1000) / 250.0, 0)
    scope.advance()
    assert 1e-13 < scope.gain < 1e-12
    gain = scope.gain
    qtbot.keyClick(scope, Qt.Key.Key_Up)
    assert scope.gain / 1e-13 == pytest.approx(2.0)
    qtbot.keyClick(scope, Qt.Key.Key_Down)
    assert scope.gain / gain == pytest.approx(1.0)


def test_a_paused_picture_stands_still_and_continues_with_what_came(
    qtbot: QtBot, scope: Scope
) -> None:
    ring = fill(scope, noise(5000, 4), 500)
    qtbot.keyClick(scope, Qt.Key.Key_Space)
    assert scope.pause_text == "paused"
    before = plot(scope)
    ring.write(noise(500, 4, seed=1), np.arange(5000, 5500) / 250.0, 5000)
    scope.advance()
    assert plot(scope) == before
    # Samples are still counted, since a paused stream is not silent.
    assert scope.signal.n_samples == 5500
    qtbot.keyClick(scope, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert scope.pause_text == "paused, 2.5 s back"
    assert plot(scope) != before
    qtbot.keyClick(scope, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert plot(scope) == before
    qtbot.keyClick(scope, Qt.Key.Key_Space)
    assert not scope.is_paused
    assert scope.signal.ring.end == 5500
    paused_once = plot(scope)
    fill(scope, np.vstack([noise(5000, 4), noise(500, 4, seed=1)]), 500)
    assert plot(scope) == paused_once


def test_looking_back_ends_where_nothing_is_held(scope: Scope) -> None:
    fill(scope, noise(5000, 4), 500)
    for _ in range(20):
        scope.look(-1)
    assert scope.pause_text == "paused, 10.0 s back, no more is kept"


def test_a_pause_longer_than_the_ring_begins_again(scope: Scope) -> None:
    ring = fill(scope, noise(5000, 4), 500)
    scope.toggle_pause()
    for first in range(5000, 30_000, 5000):
        ring.write(noise(5000, 4), np.arange(first, first + 5000) / 250.0, first)
    assert plot(scope) is not None
    scope.toggle_pause()
    assert (scope.signal.ring.oldest, scope.signal.ring.end) == (10_000, 30_000)
    assert scope.signal.n_samples <= 30_000


def click_name(qtbot: QtBot, scope: Scope, y: int, button: Qt.MouseButton) -> None:
    """Click on a channel's name, ``y`` pixels under the top of the traces."""
    at = scope.names.scenePos().toPoint() + QPoint(20, y)
    qtbot.mouseClick(scope.plot.viewport(), button, pos=at)


def test_a_click_on_a_name_marks_the_channel_bad(qtbot: QtBot, scope: Scope) -> None:
    fill(scope, noise(2000, 4), 500)
    before, whole = plot(scope), scope.grab().toImage()
    with qtbot.waitSignal(scope.view_changed):
        click_name(qtbot, scope, 150, Qt.MouseButton.LeftButton)
    assert scope.view.bad == {"E2"}
    assert plot(scope) != before
    names = scope.names.geometry().toRect()
    assert scope.grab().toImage().copy(names) != whole.copy(names)
    assert "marked bad by you" in scope.names.reason_at(150)
    click_name(qtbot, scope, 150, Qt.MouseButton.LeftButton)
    assert not scope.view.bad
    assert plot(scope) == before


def test_a_name_explains_its_channel_under_the_mouse(qtbot: QtBot, scope: Scope) -> None:
    fill(scope, noise(2000, 4), 500)
    scope.set_quality([ChannelQuality("E2", State.BAD, "<b>railed", 10, 0, 0, 0, 0, 0, 0)])
    at = scope.names.scenePos().toPoint() + QPoint(20, 150)
    qtbot.mouseMove(scope.plot.viewport(), at)
    qtbot.waitUntil(lambda: "E2 is bad: &lt;b&gt;railed" in scope.names.toolTip())


def test_the_worst_of_rows_too_low_for_names_is_named(scope: Scope) -> None:
    fill(scope, noise(500, 64), 500)
    names = scope.names.geometry().toRect()
    before = scope.grab().toImage().copy(names)
    scope.set_quality([ChannelQuality("E3", State.BAD, "flat", 10, 0, 0, 0, 0, 0, 0)])
    assert scope.grab().toImage().copy(names) != before
    assert scope.names.reason_at(2.5 * scope.shown.layout.row) == "E3 is bad: flat"
    assert scope.names.reason_at(5000.0) == "E64"


def test_the_mouse_reads_the_trace_and_measures_when_dragged(qtbot: QtBot, scope: Scope) -> None:
    wave = np.repeat(50 * np.sin(2 * np.pi * 2 * np.arange(5000) / 250)[:, None], 4, axis=1)
    ring = fill(scope, wave.astype(np.float32), 500)
    trace_plot, area = scope.plot, scope.plot.viewport()
    assert trace_plot.readout == ""
    width = trace_plot.size_px[0]
    left = trace_plot.plotItem.vb.scenePos().toPoint()
    at = left + QPoint(round(0.8 * width), 30)
    qtbot.mouseMove(area, at)
    qtbot.waitUntil(lambda: trace_plot.readout.startswith("E1"))
    assert "uV" not in trace_plot.readout
    assert ", 1.9" in trace_plot.readout or ", 2.0" in trace_plot.readout
    assert trace_plot.cursor.is_shown
    # The reading follows the trace as it scrolls under the mouse.
    before = trace_plot.readout
    ring.write(-wave[:60].astype(np.float32), np.arange(5000, 5060) / 250.0, 5000)
    scope.advance()
    assert trace_plot.readout != before
    qtbot.mousePress(area, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(area, at + QPoint(round(0.05 * width), 0))
    qtbot.waitUntil(lambda: "V, 5" in trace_plot.readout or "V, 4" in trace_plot.readout)
    assert "Hz" in trace_plot.readout
    assert trace_plot.cursor.span is not None
    qtbot.mouseRelease(area, Qt.MouseButton.LeftButton, pos=at)
    assert "Hz" not in trace_plot.readout
    assert trace_plot.cursor.span is None
    qtbot.mouseMove(area, QPoint(5, 5))
    qtbot.waitUntil(lambda: trace_plot.readout == "")
    assert not trace_plot.cursor.is_shown


def test_the_numbers_are_the_samples_that_are_shown(scope: Scope) -> None:
    ring = fill(scope, noise(2000, 3), 500)
    ring.write(noise(500, 3), np.arange(2100, 2600) / 250.0, 2100)
    scope.choose(time_base_s=2.0)
    scope.advance()
    scope.choose(hidden=frozenset({"E2"}))
    lines = scope.plot.csv().splitlines()
    assert lines[0] == "LSL time (s),E1 (uV),E3 (uV)"
    values = np.array([line.split(",") for line in lines[1:]], dtype=float)
    assert values.shape == (500, 3)
    data, times = scope.signal.ring.view(2100, 2600)
    np.testing.assert_allclose(values, np.column_stack([times, data[:, [0, 2]]]), rtol=1e-6)
    # Lost samples have no line.
    scope.choose(time_base_s=5.0)
    values = np.array([line.split(",") for line in scope.plot.csv().splitlines()[1:]], dtype=float)
    assert len(values) == 1150
    assert np.isfinite(values).all()


def test_the_axis_counts_back_from_the_newest_sample(scope: Scope) -> None:
    fill(scope, noise(5000, 2), 500)
    axis = scope.plot.time_axis
    assert axis.range == [-10.0, 0.0]
    scope.look(-1)
    assert axis.range == [-12.5, -2.5]
    scope.toggle_pause()
    scope.choose(sweep=True)
    scope.choose(time_base_s=5.0)
    assert axis.range == [0.0, 5.0]
    assert axis.tickStrings([-2.5, 0.0], 1.0, 1.0) == ["\u22122.5 s", "0 s"]


@pytest.mark.parametrize(("n", "text"), [(2, "5 µV"), (40, "100 µV"), (150, "500 µV")])
def test_the_scale_bar_is_as_high_as_its_amount_is_drawn(scope: Scope, n: int, text: str) -> None:
    fill(scope, noise(1000, n), 500)
    scope.choose(all_shown=True)
    bar, row = scope.plot.scale_bar, scope.shown.layout.row
    assert bar.text == text
    assert bar.height == pytest.approx(float(text.split()[0]) / 100.0 * row)
    assert bar.height <= 14


def test_a_reset_shows_the_newest_ten_seconds_with_fitting_gains(scope: Scope) -> None:
    fill(scope, noise(5000, 2), 500)
    scope.choose(time_base_s=2.0)
    scope.set_gain(1e5)
    scope.look(-1)
    scope.plot.reset()
    assert not scope.is_paused
    assert (scope.view.time_base_s, scope.gain) == (10.0, 100.0)


def test_the_wheel_looks_back_over_the_traces(qtbot: QtBot, scope: Scope) -> None:
    fill(scope, noise(5000, 2), 500)
    at = QPointF(200, 100)
    for turn, back in ((120, "paused, 2.5 s back"), (-120, "")):
        event = QWheelEvent(
            at, scope.plot.viewport().mapToGlobal(at), QPoint(), QPoint(0, turn),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(scope.plot.viewport(), event)
        assert scope.pause_text == back


def test_the_traces_have_the_menu_of_every_plot_and_the_names_have_none(scope: Scope) -> None:
    fill(scope, noise(1000, 2), 500)
    area, menus = scope.plot.viewport(), []

    def close_menu() -> None:
        menu = QApplication.activePopupWidget()
        if menu is not None:
            menus.append([action.text() for action in menu.actions()])
            menu.close()

    for x in (20, 300):
        QTimer.singleShot(0, close_menu)
        at = QPoint(x, 100)
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(area, QContextMenuEvent(reason, at, area.mapToGlobal(at)))
        QApplication.processEvents()
    assert menus == [["Reset view", "Copy numbers (CSV)", "Save picture ..."]]


def test_a_click_in_the_traces_gives_the_scope_the_keys(qtbot: QtBot, scope: Scope) -> None:
    fill(scope, noise(1000, 2), 500)
    scope.activateWindow()
    qtbot.mouseClick(scope.plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    assert scope.plot.focusProxy() is scope
    qtbot.keyClick(scope.plot.viewport(), Qt.Key.Key_Space)
    assert scope.is_paused


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sizes=st.lists(st.integers(1, 900), min_size=1, max_size=12),
    jumps=st.lists(st.sampled_from([0, 0, 0, 1, 40, 700]), min_size=1, max_size=12),
    sfreq=st.sampled_from([100.0, 250.0, 999.7]),
    time_base=st.sampled_from([2.0, 10.0]),
)
def test_any_chunks_with_any_gaps_draw_what_a_full_redraw_draws(
    scope: Scope, sizes: list[int], jumps: list[int], sfreq: float, time_base: float
) -> None:
    ring = RingBuffer(20_000, 5)
    scope.choose(time_base_s=time_base)
    scope.set_stream(eeg_info(5, sfreq), ring)
    scope.set_gain(100.0)
    for turn, (size, jump) in enumerate(zip(sizes, itertools.cycle(jumps), strict=False)):
        first = ring.end + (jump if turn else 0)
        ring.write(noise(size, 5, seed=turn), np.arange(first, first + size) / sfreq, first)
        scope.advance()
    piecewise = plot(scope)
    scope.redraw()
    assert piecewise == plot(scope)


def test_a_column_spans_the_line_between_its_edges() -> None:
    ring = RingBuffer(100, 1)
    ring.write(np.array([[0], [4], [8], [-4]], dtype=np.float32), np.arange(4.0), 0)
    # Two columns per sample: halves of the straight lines between samples.
    low, high, first = extremes(ring, 0, 10, 0.5, range(1))
    assert first == 0
    assert low.ravel().tolist() == [0, 2, 4, 6, 2, -4]
    assert high.ravel().tolist() == [2, 4, 6, 8, 8, 2]
    # 1.5 samples per column: samples inside a column and its edges count.
    low, high, _ = extremes(ring, 0, 10, 1.5, range(1))
    assert low.ravel().tolist() == [0, -4]
    assert high.ravel().tolist() == [6, 8]


def test_a_column_that_touches_a_lost_sample_is_lost() -> None:
    ring = RingBuffer(100, 2)
    data = np.ones((6, 2), dtype=np.float32)
    data[3] = np.nan
    ring.write(data, np.arange(6.0), 0)
    low, high, _ = extremes(ring, 0, 10, 1.0, range(2))
    assert np.isnan(low).all(axis=1).tolist() == [False, False, True, True, False]
    assert (np.isnan(low) == np.isnan(high)).all()


def test_all_channels_are_shown_at_once_and_a_page_again(qtbot: QtBot, scope: Scope) -> None:
    fill(scope, noise(2000, 150), 500)
    assert scope.page_text == "1-64 of 150"
    page = plot(scope)
    qtbot.keyClick(scope, Qt.Key.Key_A)
    assert scope.page_text == "all 150"
    assert plot(scope) != page
    assert scope.shown.layout.channel_at(scope.height()) == 149
    qtbot.keyClick(scope, Qt.Key.Key_PageDown)
    assert scope.page_text == "1-64 of 150"
    assert plot(scope) == page


def test_the_same_channels_again_keep_their_page(scope: Scope) -> None:
    fill(scope, noise(1000, 150), 500)
    scope.step_page(1)
    fill(scope, noise(1000, 150), 500)
    assert scope.page_text == "65-128 of 150"
    fill(scope, noise(1000, 100), 500)
    assert scope.page_text == "1-64 of 100"


def test_a_hidden_scope_takes_samples_in_and_draws_them_when_it_is_seen(scope: Scope) -> None:
    ring = fill(scope, noise(3000, 4), 500)
    before = plot(scope)
    scope.hide()
    ring.write(noise(400, 4, seed=1), np.arange(3000, 3400) / 250.0, 3000)
    scope.advance()
    assert scope.signal.n_samples == 3400
    assert plot(scope) == before
    scope.show()
    scope.advance()
    caught_up = plot(scope)
    scope.redraw()
    assert plot(scope) == caught_up != before


def test_a_picture_in_finer_pixels_holds_more_columns() -> None:
    ring = RingBuffer(5000, 2)
    ring.write(noise(5000, 2), np.arange(5000.0), 0)
    gains, centres = np.full(2, 100.0), np.zeros(2)
    picture, layout = TraceImage(), TraceLayout(300, 100, 10.0, 5000, range(2), gains, centres)
    picture.inks = np.ones(2, dtype=np.uint8)
    for ratio, width in ((1.0, 300), (1.5, 450), (2.0, 600)):
        picture.clear(300, 100, ratio)
        picture.draw_new(ring, layout)
        assert picture.pixels.shape == (round(100 * ratio), width)
        # 3000 samples fill the picture at any pixel ratio.
        assert (picture.pixels != DARK.colour("panel").rgb()).any(axis=0).all()


def test_names_have_the_room_that_the_longest_needs(scope: Scope) -> None:
    short = scope.names.width()
    assert scope.plot.size_px[0] + short == scope.width()
    channels = tuple(Channel(f"MEG 0{k}13", "mag", "T") for k in range(1, 5))
    scope.set_stream(StreamInfo("meg", "MEG", 1000.0, channels, "meg", True), RingBuffer(100, 4))
    assert scope.width() - scope.plot.size_px[0] == scope.names.width() > short
    very_long = tuple(Channel(f"{k}" * 200, "mag", "T") for k in range(4))
    scope.set_stream(StreamInfo("meg", "MEG", 1000.0, very_long, "meg", True), RingBuffer(100, 4))
    assert scope.names.width() < scope.width() / 4
