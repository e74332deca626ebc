from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from bci.pipeline.ring import RingBuffer
from bci.signals import Marker
from gui.main_window import MainWindow
from gui.scope.axes import TIME_HEIGHT as TIME_AXIS
from gui.scope.overlay import STRIP
from gui.scope.scope_panel import ScopePanel
from gui.scope.trace_layout import TraceLayout
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info, noise

SFREQ = 250.0


@pytest.fixture
def panel(qtbot: QtBot) -> ScopePanel:
    panel = ScopePanel()
    qtbot.addWidget(panel)
    panel.resize(700, 300)
    panel.show()
    return panel


def feed(panel: ScopePanel, n_samples: int) -> RingBuffer:
    ring = RingBuffer(20_000, 2)
    panel.scope.set_stream(eeg_info(2, SFREQ), ring)
    panel.scope.set_gain(100.0)
    add(panel, ring, n_samples)
    return ring


def add(panel: ScopePanel, ring: RingBuffer, n_samples: int) -> None:
    first = ring.end
    times = np.arange(first, first + n_samples) / SFREQ
    ring.write(noise(n_samples, 2, seed=first), times, first)
    panel.scope.advance()


def plot(panel: ScopePanel) -> QImage:
    scope = panel.scope
    left, width = round(scope.names.width()), scope.plot.size_px[0]
    return scope.grab().toImage().copy(left, 0, width, scope.height() - TIME_AXIS)


@pytest.mark.parametrize("edge", [3, 5000, 5237])
def test_a_sample_is_found_again_where_it_is_drawn(edge: int) -> None:
    layout = TraceLayout(500, 300, 5.0, edge, range(2), np.full(2, 100.0), np.zeros(2), sweep=True)
    for index in range(max(0, edge - 2490), edge, 7):
        assert 0 <= layout.x(index) < 500
        assert layout.sample_at(layout.x(index)) == index
    assert layout.shows(edge - 1)
    assert not layout.shows(edge)
    assert not layout.shows(edge - 2502)


def test_in_a_sweep_what_was_drawn_stands_where_it_is(panel: ScopePanel) -> None:
    ring = feed(panel, 4000)
    panel.sweep.click()
    assert panel.scope.view.sweep
    assert panel.scope.plot.time_axis.height() == TIME_AXIS
    before, seam = plot(panel), round(panel.scope.shown.layout.x(ring.end - 1))
    add(panel, ring, 100)
    after = plot(panel)
    assert after != before
    height = before.height()
    assert before.copy(0, 0, seam - 3, height) == after.copy(0, 0, seam - 3, height)
    # Scrolling moves the whole picture.
    panel.sweep.click()
    before = plot(panel)
    add(panel, ring, 100)
    assert before.copy(0, 0, seam - 3, height) != plot(panel).copy(0, 0, seam - 3, height)


def test_a_marker_stays_at_its_sample_and_goes_with_it(panel: ScopePanel) -> None:
    ring = feed(panel, 4000)
    panel.scope.choose(sweep=True)
    bare = plot(panel)
    panel.scope.add_markers([Marker(3500 / SFREQ, "left")])
    assert plot(panel) != bare
    # After a sweep, another sample is in its place.
    add(panel, ring, 2500)
    marked = plot(panel)
    panel.scope.markers.clear()
    panel.scope.redraw()
    assert plot(panel) == marked


def test_what_a_marker_says_covers_no_trace(panel: ScopePanel) -> None:
    feed(panel, 4000)
    scope = panel.scope
    bare = plot(panel)
    scope.add_markers([Marker(3500 / SFREQ, "left"), Marker(3520 / SFREQ, "a long label")])
    marked = plot(panel)
    strip = int(STRIP)
    lines = {round(scope.shown.layout.x(index)) + k for index in (3500, 3520) for k in (-1, 0, 1)}
    for x in set(range(0, bare.width(), 3)) - lines:
        column = (x, strip, 1, bare.height() - strip)
        assert bare.copy(*column) == marked.copy(*column)
    top = (0, 0, bare.width(), strip)
    assert bare.copy(*top) != marked.copy(*top)


def test_the_cursor_reads_what_is_under_it(panel: ScopePanel) -> None:
    feed(panel, 4000)
    panel.scope.choose(sweep=True)
    traces = panel.scope.shown
    assert traces.layout.sample_at(traces.layout.x(3600)) == pytest.approx(3600, abs=1)
    assert traces.reading(3600, 0).value == traces.signal.ring.view(3600, 3601)[0][0, 0]
    assert traces.reading(1000, 0) is None


def test_sweep_is_chosen_by_a_key_and_remembered(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES)
    assert not window.scope_panel.sweep.isChecked()
    qtbot.keyClick(window.scope, Qt.Key.Key_W)
    assert window.scope_panel.sweep.isChecked()
    window.close()
    assert open_window(bci=NO_DEVICES).scope.view.sweep
