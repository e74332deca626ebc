import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from bci.ring import RingBuffer
from gui.scope import Scope
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
    """The traces alone, without what is painted over them."""
    image = QImage(scope._plot_width(), scope._plot_height(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    scope._picture.paint(painter, QPointF(0, 0))
    painter.end()
    return image


@pytest.mark.parametrize("time_base", [2.0, 10.0, 30.0])
@pytest.mark.parametrize("size", [3, 50, 777])
def test_drawing_as_samples_come_equals_drawing_all_at_once(
    scope: Scope, size: int, time_base: float
) -> None:
    # At 2 s there are fewer samples than columns of pixels.
    data = noise(5000, 8)
    scope.time_base_s = time_base
    fill(scope, data, size)
    piecewise = plot(scope)
    scope._redraw()
    assert piecewise == plot(scope)


def test_samples_that_were_lost_are_marked_and_do_not_spoil_what_follows(scope: Scope) -> None:
    ring = fill(scope, noise(1000, 4), 100)
    ring.write(noise(1000, 4, seed=1), np.arange(1500, 2500) / 250.0, 1500)
    scope.advance()
    image = plot(scope)
    x = scope._plot_width() - (scope._shown.end - 1250) / scope._layout.per_column
    assert image.pixelColor(int(x), 5) == DARK.colour("lost")
    data, _ = scope._shown.view(1600, 2500)
    assert np.isfinite(data).all()


def test_a_theme_changes_the_picture(scope: Scope) -> None:
    fill(scope, noise(2000, 4), 500)
    dark = scope.grab().toImage()
    scope.set_theme(LIGHT)
    assert scope.grab().toImage() != dark


def test_a_scope_too_small_or_without_a_stream_does_no_harm(scope: Scope) -> None:
    assert not scope.grab().isNull()
    scope.resize(1, 1)
    fill(scope, noise(2000, 64), 100)
    assert not scope.grab().isNull()


def test_meg_in_tesla_finds_its_gain_too(qtbot: QtBot, scope: Scope) -> None:
    ring = RingBuffer(20_000, 8)
    scope.set_stream(eeg_info(8, 250.0), ring)
    data = (noise(1000, 8) * 1e-13 / 20).astype(np.float32)
    ring.write(data, np.arange(1000) / 250.0, 0)
    scope.advance()
    assert 1e-13 < scope.gain < 1e-12
    gain = scope.gain
    qtbot.keyClick(scope, Qt.Key.Key_Up)
    assert scope.gain == pytest.approx(gain / 1.5)


def test_a_paused_picture_stands_still_and_goes_on_with_what_came(
    qtbot: QtBot, scope: Scope
) -> None:
    ring = fill(scope, noise(5000, 4), 500)
    qtbot.keyClick(scope, Qt.Key.Key_Space)
    assert scope.pause_text == "paused"
    before = plot(scope)
    ring.write(noise(500, 4, seed=1), np.arange(5000, 5500) / 250.0, 5000)
    scope.advance()
    assert plot(scope) == before
    # It still counts: a paused stream is no silent one.
    assert scope.n_samples == 5500
    qtbot.keyClick(scope, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert scope.pause_text == "paused, 2.5 s back"
    assert plot(scope) != before
    qtbot.keyClick(scope, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert plot(scope) == before
    qtbot.keyClick(scope, Qt.Key.Key_Space)
    assert not scope.is_paused
    assert scope._shown.end == 5500
    paused_once = plot(scope)
    fill(scope, np.vstack([noise(5000, 4), noise(500, 4, seed=1)]), 500)
    assert plot(scope) == paused_once


def test_looking_back_ends_where_nothing_is_held(scope: Scope) -> None:
    fill(scope, noise(5000, 4), 500)
    for _ in range(20):
        scope.look(-1)
    assert scope.pause_text == "paused, 10.0 s back"


def test_a_pause_longer_than_the_ring_begins_anew(scope: Scope) -> None:
    ring = fill(scope, noise(5000, 4), 500)
    scope.toggle_pause()
    for first in range(5000, 30_000, 5000):
        ring.write(noise(5000, 4), np.arange(first, first + 5000) / 250.0, first)
    assert plot(scope) is not None
    scope.toggle_pause()
    assert (scope._shown.oldest, scope._shown.end) == (10_000, 30_000)
    assert scope.n_samples <= 30_000


def test_a_click_on_a_name_marks_the_channel_bad(qtbot: QtBot, scope: Scope) -> None:
    fill(scope, noise(2000, 4), 500)
    before, names = plot(scope), scope.names.grab().toImage()
    with qtbot.waitSignal(scope.bad_changed):
        qtbot.mouseClick(scope.names, Qt.MouseButton.LeftButton, pos=QPoint(20, 150))
    assert scope.bad == {"E2"}
    assert plot(scope) != before
    assert scope.names.grab().toImage() != names
    assert "marked bad by you" in scope.names.reason_at(150)
    qtbot.mouseClick(scope.names, Qt.MouseButton.LeftButton, pos=QPoint(20, 150))
    assert not scope.bad
    assert plot(scope) == before


def test_the_mouse_reads_the_trace_and_measures_when_dragged(qtbot: QtBot, scope: Scope) -> None:
    wave = np.repeat(50 * np.sin(2 * np.pi * 2 * np.arange(5000) / 250)[:, None], 4, axis=1)
    fill(scope, wave.astype(np.float32), 500)
    measure = scope.measure
    assert measure.text == ""
    second = measure.width() / 10
    at = QPoint(round(measure.width() - 2 * second), 30)
    qtbot.mouseMove(measure, at)
    qtbot.waitUntil(lambda: measure.text.startswith("E1"))
    assert "uV" not in measure.text
    assert ", 1.9" in measure.text or ", 2.0" in measure.text
    qtbot.mousePress(measure, Qt.MouseButton.LeftButton, pos=at)
    measure._mouse = QPointF(at + QPoint(round(second / 2), 0))
    assert "in 5" in measure.text or "in 4" in measure.text
    assert "Hz" in measure.text
    assert not scope.grab().isNull()
    qtbot.mouseRelease(measure, Qt.MouseButton.LeftButton, pos=at)
    assert "Hz" not in measure.text
