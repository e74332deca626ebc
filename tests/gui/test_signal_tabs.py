"""Spectrum, spectrogram and map in the real window, with real LSL streams."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci.head.electrodes import standard_position
from bci.lsl.outlet import SignalOutlet
from bci.quality.spectra import BANDS
from bci.signals import Channel, StreamInfo
from gui.main_window import MainWindow
from gui.spectrum.map_page import MapPage
from gui.spectrum.spectrum_page import SpectrumPage
from gui.theme import DARK, LIGHT
from tests.gui.conftest import NO_DEVICES
from tests.gui.keys import press
from tests.signals import eeg_info, noise
from tests.streams import send

NAMES = ("Fp1", "Fp2", "F3", "F4", "C3", "Cz", "C4", "P3", "Pz", "P4", "O1", "O2")
SFREQ = 250.0
# Length of the signal, which is sent at once.
SECONDS = 12


@pytest.fixture
def outlet(name: str) -> Iterator[SignalOutlet]:
    channels = tuple(Channel(each, "eeg", "uV", standard_position(each)) for each in NAMES)
    outlet = SignalOutlet(StreamInfo(name, "EEG", SFREQ, channels, name, True))
    yield outlet
    outlet.close()


@pytest.fixture
def window(open_window: Callable[..., MainWindow]) -> MainWindow:
    return open_window(bci=NO_DEVICES)


def send_alpha(qtbot: QtBot, outlet: SignalOutlet, window: MainWindow, at: str = "O1") -> None:
    """Send noise on all channels, and 10 Hz on the channel ``at``."""
    qtbot.waitUntil(lambda: outlet.has_consumers, timeout=15_000)
    data = noise(round(SECONDS * SFREQ), len(NAMES)) * 0.1
    wave = 30 * np.sin(2 * np.pi * 10 * np.arange(len(data)) / SFREQ)
    data[:, NAMES.index(at)] += wave.astype(np.float32)
    send(outlet, data)
    qtbot.waitUntil(lambda: window.tabs.samples_end >= len(data), timeout=15_000)


def test_a_rhythm_on_one_channel_is_reported_as_its_peak(
    qtbot: QtBot, outlet: SignalOutlet, window: MainWindow
) -> None:
    page = window.tabs.spectrum
    window.tabs.show_page("Spectrum")
    send_alpha(qtbot, outlet, window)
    qtbot.waitUntil(lambda: page.view.peak_text != "", timeout=15_000)
    assert "10.0 Hz" not in page.view.peak_text
    page.channels.setCurrentIndex(NAMES.index("O1"))
    qtbot.waitUntil(lambda: page.view.peak_text.startswith("peak 10.0 Hz"), timeout=15_000)
    assert page.view.unit == "dB re 1 µV²/Hz"
    seen = page.spectrogram.seen
    assert seen is not None
    newest = seen.history[-1]
    assert seen.freqs[int(np.argmax(newest))] == pytest.approx(10.0)


def test_the_map_is_strongest_where_the_rhythm_is(
    qtbot: QtBot, outlet: SignalOutlet, window: MainWindow
) -> None:
    view = window.tabs.map
    window.tabs.show_page("Map")
    send_alpha(qtbot, outlet, window, at="C4")
    qtbot.waitUntil(lambda: view.strongest == "C4", timeout=15_000)
    seen = view.seen
    assert seen is not None
    assert seen.picture is not None
    row, column = np.unravel_index(np.argmax(seen.picture), seen.picture.shape)
    x, y = 2 * column / 64 - 1, 1 - 2 * row / 64
    assert (x, y) == pytest.approx(view.head.places[NAMES.index("C4")], abs=0.12)
    # A channel marked as bad is left out, so another one is strongest.
    window.scope.choose(bad=frozenset({"C4"}))
    qtbot.waitUntil(lambda: view.strongest not in ("", "C4"), timeout=15_000)
    assert view.left_out == ("C4",)
    place = view.head.place_px(NAMES.index("P3"))
    qtbot.mouseClick(view.head.viewport(), Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert window.tabs.spectrum.channels.currentText() == "P3"


def test_digits_choose_the_band_of_the_map(
    qtbot: QtBot, outlet: SignalOutlet, window: MainWindow
) -> None:
    page = window.tabs.map
    window.tabs.show_page("Map")
    send_alpha(qtbot, outlet, window)
    for key, band in zip("12345", BANDS, strict=True):
        qtbot.keyClick(page, key)
        qtbot.waitUntil(
            lambda band=band: page.seen is not None and page.seen.band is band,
            timeout=15_000,
        )


def test_nothing_is_computed_for_a_tab_that_is_not_shown(
    qtbot: QtBot, outlet: SignalOutlet, window: MainWindow
) -> None:
    send_alpha(qtbot, outlet, window)
    qtbot.waitUntil(lambda: window.scope.gain > 0, timeout=15_000)
    assert window.tabs.analysis.n_computed == 0
    window.tabs.show_page("Spectrum")
    qtbot.waitUntil(lambda: window.tabs.analysis.n_computed > 0, timeout=15_000)
    taken = window.scope.signal.ring.end
    start = send(outlet, noise(250, len(NAMES)), first=3000)
    qtbot.waitUntil(lambda: window.tabs.samples_end >= 3250, timeout=15_000)
    assert window.scope.signal.ring.end == taken
    window.tabs.show_page("Signal")
    qtbot.waitUntil(lambda: window.scope.signal.ring.end >= 3250, timeout=15_000)
    # A computation that runs when the tab is hidden may still finish; then the thread rests.
    qtbot.waitUntil(lambda: window.tabs.analysis.is_resting, timeout=15_000)
    computed = window.tabs.analysis.n_computed
    send(outlet, noise(500, len(NAMES)), first=3250, start=start)
    qtbot.waitUntil(lambda: window.scope.signal.ring.end >= 3750, timeout=15_000)
    assert window.tabs.analysis.n_computed == computed


def test_a_page_is_made_at_first_showing_in_the_window_s_colours(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(bci=NO_DEVICES)
    window.theme = LIGHT if window.theme is DARK else DARK
    assert window.findChildren(SpectrumPage) == []
    window.tabs.show_page("Spectrum")
    (page,) = window.findChildren(SpectrumPage)
    assert page.isVisible()
    assert window.focusWidget() is page.view
    assert page.theme is page.spectrogram.theme is window.theme
    window.tabs.show_page("Signal")
    window.tabs.show_page("Spectrum")
    assert window.findChildren(SpectrumPage) == [page]
    assert window.findChildren(MapPage) == []


def test_keys_show_the_tabs_and_the_tab_is_remembered(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window(bci=NO_DEVICES)
    qtbot.waitExposed(window)
    assert window.tabs.page == "Signal"
    for key, page in (("Ctrl+2", "Spectrum"), ("Ctrl+1", "Signal"), ("Ctrl+3", "Map")):
        press(qtbot, window, key)
        assert window.tabs.page == page
    window.tabs.map.choose(BANDS[3])
    window.close()
    again = open_window(bci=NO_DEVICES)
    assert again.tabs.page == "Map"
    assert again.tabs.map.band is BANDS[3]


def test_what_cannot_be_shown_gives_the_reason(
    qtbot: QtBot, name: str, open_window: Callable[..., MainWindow]
) -> None:
    outlet = SignalOutlet(eeg_info(4, 10.0, name))
    window = open_window(bci=NO_DEVICES)
    window.tabs.show_page("Map")
    qtbot.waitUntil(lambda: "10 Hz is too slow" in window.tabs.spectrum.view.hint, timeout=15_000)
    assert "too slow" in window.tabs.map.hint
    outlet.close()


def test_a_map_needs_positions(
    qtbot: QtBot, name: str, open_window: Callable[..., MainWindow]
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    window = open_window(bci=NO_DEVICES)
    window.tabs.show_page("Map")
    qtbot.waitUntil(lambda: "no channel has a position" in window.tabs.map.hint, timeout=15_000)
    outlet.close()


def test_closing_ends_the_analysis(window: MainWindow) -> None:
    window.tabs.show_page("Spectrum")
    window.close()
    assert window.tabs.analysis.is_finished


def test_the_spectrum_s_limit_is_chosen_and_remembered_and_the_map_keeps_its_bands(
    qtbot: QtBot, outlet: SignalOutlet, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window(bci=NO_DEVICES)
    page = window.tabs.spectrum
    window.tabs.show_page("Spectrum")
    send_alpha(qtbot, outlet, window)
    qtbot.waitUntil(lambda: page.view.seen is not None, timeout=15_000)
    page.limit.setCurrentIndex(page.limit.count() - 1)
    qtbot.waitUntil(lambda: page.view.seen.freqs[-1] == SFREQ / 2, timeout=15_000)
    window.tabs.show_page("Map")
    qtbot.waitUntil(lambda: window.tabs.map.strongest == "O1", timeout=15_000)
    window.close()
    assert open_window(bci=NO_DEVICES).tabs.spectrum.limit.currentText() == "up to half the rate"
