import numpy as np
import pytest
from PySide6.QtCore import Qt
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


def plot(scope: Scope):
    return scope._pixmap.toImage()


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
    x = scope._plot_width() - (scope._shown.end - 1250) / scope._per_column
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
