from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci.pipeline.display.choice import DisplayChoice
from bci.pipeline.display.filter import DISPLAY_FILTERS, DisplayFilter, filter_named
from bci.pipeline.display.signal import DisplaySignal
from bci.pipeline.ring import RingBuffer, RingRead
from gui.main_window import MainWindow
from gui.scope.scope_panel import ScopePanel
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info, noise

SFREQ = 250.0
N = 5000
every_filter = pytest.mark.parametrize("chosen", DISPLAY_FILTERS, ids=lambda each: each.name)


def ring_of(data: np.ndarray) -> RingBuffer:
    ring = RingBuffer(2 * len(data), data.shape[1])
    ring.write(data, np.arange(len(data)) / SFREQ, 0)
    return ring


def shown(data: np.ndarray, chosen: DisplayFilter) -> np.ndarray:
    signal = DisplaySignal(eeg_info(data.shape[1], SFREQ), ring_of(data), DisplayChoice(chosen))
    signal.take()
    return signal.ring.latest(len(data)).data.copy()


def assert_filtered(got: RingRead, data: np.ndarray, chosen: DisplayFilter) -> None:
    """Check that ``got`` are the newest filtered samples, up to the rest of a transient."""
    whole = shown(data, chosen)[-len(got.data) :]
    np.testing.assert_allclose(got.data, whole, atol=0.05 * whole.std())


def waves(*rates_hz: float) -> np.ndarray:
    """Return one sine per rate, with amplitude 1."""
    return np.sin(2 * np.pi * np.arange(N)[:, None] / SFREQ * rates_hz).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "kept", "gone"),
    [
        ("high-pass 0.5 Hz", (10.0, 50.0, 90.0), (0.02,)),
        ("1-40 Hz", (4.0, 10.0, 25.0), (0.1, 90.0)),
        ("1-40 Hz, notch 50 Hz", (4.0, 10.0, 25.0), (0.1, 50.0, 90.0)),
        ("1-40 Hz, notch 60 Hz", (4.0, 10.0, 25.0), (0.1, 60.0, 90.0)),
        ("raw, no filter", (0.02, 10.0, 50.0), ()),
    ],
)
def test_a_filter_takes_out_what_its_name_says(
    name: str, kept: tuple[float, ...], gone: tuple[float, ...]
) -> None:
    size = np.abs(shown(waves(*kept, *gone), filter_named(name))[-1500:]).max(axis=0)
    assert size[: len(kept)] == pytest.approx(1.0, abs=0.1)
    assert (size[len(kept) :] < 0.1).all()


@every_filter
def test_what_is_shown_depends_on_nothing_that_comes_later(chosen: DisplayFilter) -> None:
    data = noise(N, 3)
    changed = data.copy()
    changed[3000:] *= -7
    np.testing.assert_array_equal(shown(data, chosen)[:3000], shown(changed, chosen)[:3000])


@every_filter
def test_the_feed_s_own_samples_stay_as_they_came(chosen: DisplayFilter) -> None:
    data = noise(N, 3)
    ring = ring_of(data)
    signal = DisplaySignal(eeg_info(3, SFREQ), ring)
    signal.take()
    signal.choose(DisplayChoice(chosen), 5.0)
    np.testing.assert_array_equal(ring.latest(N).data, data)


@pytest.mark.parametrize("sfreq", [2.0, 10.0, 50.0, 100.0, 120.0])
@every_filter
def test_a_slow_stream_gets_what_of_a_filter_it_has_room_for(
    chosen: DisplayFilter, sfreq: float
) -> None:
    narrower = chosen.within(sfreq)
    assert chosen.is_raw or np.isfinite(narrower.design(sfreq)).all()
    if sfreq <= 50.0:
        assert chosen.is_raw or narrower.name.startswith("high-pass")


@pytest.fixture
def panel(qtbot: QtBot) -> ScopePanel:
    panel = ScopePanel()
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    panel.scope.set_stream(eeg_info(2, SFREQ), ring_of(noise(N, 2)))
    panel.scope.set_gain(100.0)
    panel.scope.advance()
    return panel


def test_a_filter_that_is_chosen_is_that_of_all_that_is_shown(
    panel: ScopePanel, qtbot: QtBot
) -> None:
    scope = panel.scope
    n_samples = scope.signal.n_samples
    qtbot.keyClick(scope, Qt.Key.Key_F)
    assert panel.filter.currentText() == scope.signal.chosen.filter.name == "1-40 Hz"
    assert scope.signal.n_samples == n_samples
    n_shown = round(scope.view.time_base_s * SFREQ)
    assert_filtered(scope.signal.ring.latest(n_shown), noise(N, 2), DISPLAY_FILTERS[1])
    # Only the shown samples and the settling before them were filtered.
    assert len(scope.signal.ring.latest(N).data) < n_shown + 2 * SFREQ
    panel.filter.activated.emit(0)
    assert scope.signal.chosen.filter.name == "high-pass 0.5 Hz"


def test_a_key_that_is_held_down_chooses_one_filter(panel: ScopePanel) -> None:
    for repeated in (False, True, True):
        press = QKeyEvent(
            QEvent.Type.KeyPress, Qt.Key.Key_F, Qt.KeyboardModifier.NoModifier, "f", repeated
        )
        QApplication.sendEvent(panel.scope, press)
    assert panel.scope.view.filter == DISPLAY_FILTERS[1]


def test_more_of_the_past_is_filtered_when_it_is_shown_or_looked_back_to(
    panel: ScopePanel,
) -> None:
    scope, data = panel.scope, noise(N, 2)
    scope.choose(time_base_s=2.0)
    scope.choose(filter=DISPLAY_FILTERS[2])
    scope.choose(time_base_s=5.0)
    n_samples = scope.signal.n_samples
    assert_filtered(scope.signal.ring.latest(round(5 * SFREQ)), data, DISPLAY_FILTERS[2])
    for _ in range(20):
        scope.look(-1)
    assert scope.pause_text == "paused, 15.0 s back, no more is kept"
    assert scope.signal.ring.oldest == 0
    assert scope.signal.n_samples == n_samples
    assert_filtered(scope.signal.ring.latest(N), data, DISPLAY_FILTERS[2])


def test_a_paused_picture_is_filtered_where_it_stands(panel: ScopePanel) -> None:
    scope = panel.scope
    scope.look(-1)
    edge = scope.shown.layout.edge
    scope.choose(filter=DISPLAY_FILTERS[2])
    assert scope.is_paused
    assert scope.shown.layout.edge == edge
    assert scope.pause_text == "paused, 2.5 s back"
    assert scope.signal.chosen.filter.name == DISPLAY_FILTERS[2].name
    n_shown = round(scope.view.time_base_s * SFREQ)
    whole = shown(noise(N, 2), DISPLAY_FILTERS[2])[edge - n_shown : edge]
    view, _ = scope.signal.ring.view(edge - n_shown, edge)
    np.testing.assert_allclose(view, whole, atol=0.05 * whole.std())


@pytest.mark.parametrize("went_on", [400, 2000])
def test_a_paused_picture_stays_after_the_feed_dropped_its_samples(
    panel: ScopePanel, went_on: int
) -> None:
    scope = panel.scope
    data = noise(N + went_on, 2)
    ring = RingBuffer(3000, 2)
    ring.write(data[:N], np.arange(N) / SFREQ, 0)
    scope.set_stream(eeg_info(2, SFREQ), ring)
    scope.set_gain(100.0)
    scope.advance()
    scope.toggle_pause()
    paused = scope.signal.ring.view(N - 2500, N)[0].copy()
    ring.write(data[N:], np.arange(N, N + went_on) / SFREQ, N)

    scope.choose(filter=DISPLAY_FILTERS[3])

    assert scope.shown.layout.edge == N
    np.testing.assert_array_equal(scope.signal.ring.view(N - 2500, N)[0], paused)
    assert scope.signal.chosen.filter.name == DISPLAY_FILTERS[0].name
    scope.toggle_pause()
    assert scope.signal.chosen.filter.name == DISPLAY_FILTERS[3].name
    assert scope.shown.layout.edge == N + went_on
    assert_filtered(scope.signal.ring.latest(1500), data, DISPLAY_FILTERS[3])


def test_the_filter_is_remembered(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(bci=NO_DEVICES)
    window.scope.choose(filter=DISPLAY_FILTERS[3])
    window.close()
    again = open_window(bci=NO_DEVICES)
    assert again.scope.view.filter == DISPLAY_FILTERS[3]
    assert again.scope_panel.filter.isVisible()
    assert again.scope_panel.filter.currentText() == "1-40 Hz, notch 60 Hz"
