"""Spectrum and spectrogram with plain data, without a window or a stream."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from bci.pipeline.ring import RingBuffer
from bci.quality.spectra import Spectra
from gui.spectrum.analysis import SpectrumSeen, Wanted, spectrum_of
from gui.spectrum.spectrum_page import SpectrumPage
from gui.spectrum.spectrum_view import SpectrumView
from gui.theme import DARK, LIGHT
from tests.signals import eeg_info, noise

SFREQ = 250.0


def seen(n_channels: int, lost: bool = False) -> SpectrumSeen:
    """Return spectra of noise, with 10 Hz on the last channel, which is chosen."""
    n = 3000
    data = noise(n, n_channels) * 0.1
    data[:, -1] += (30 * np.sin(2 * np.pi * 10 * np.arange(n) / SFREQ)).astype(np.float32)
    info = eeg_info(n_channels, SFREQ)
    ring = RingBuffer(round(60 * SFREQ), n_channels)
    spectra = Spectra(info, ring)
    index = np.arange(n)
    for part in (slice(0, 2000), slice(2000, n)):
        first = int(index[part][0]) + 3 * lost * (part.start > 0)
        ring.write(data[part], (first + np.arange(len(data[part]))) / SFREQ, first)
        while spectra.take():
            pass
    return spectrum_of(info, spectra, Wanted(n_channels - 1, None, frozenset()))


@pytest.fixture
def page(qtbot: QtBot) -> SpectrumPage:
    page = SpectrumPage()
    qtbot.addWidget(page)
    shown = seen(12)
    page.set_channels(shown.info.ch_names, 1)
    page.resize(700, 500)
    page.show_spectrum(shown)
    page.show()
    qtbot.waitExposed(page)
    page.grab()
    return page


def place(view: SpectrumView, hz: float) -> QPoint:
    """Return the pixel at the top of the plot at a frequency."""
    _, (_, high) = view.plotItem.vb.viewRange()
    return view.mapFromScene(view.plotItem.vb.mapViewToScene(QPointF(hz, high - 1.0)))


def test_keys_and_clicks_choose_the_channel(page: SpectrumPage, qtbot: QtBot) -> None:
    names = page.view.seen.info.ch_names
    qtbot.keyClick(page.view, Qt.Key.Key_Down)
    assert page.channels.currentText() == names[2]
    for _ in range(3):
        qtbot.keyClick(page.view, Qt.Key.Key_Up)
    assert page.channels.currentText() == names[0]
    # At 10 Hz one line is far above the others.
    qtbot.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=place(page.view, 10.0))
    assert page.channels.currentText() == names[-1]


def test_the_mouse_reads_the_chosen_line(page: SpectrumPage, qtbot: QtBot) -> None:
    assert page.view.readout == ""
    qtbot.mouseMove(page.view.viewport(), place(page.view, 10.0))
    qtbot.waitUntil(lambda: page.view.readout.startswith("10 Hz: "))
    assert page.view.hairline.isVisible()


def test_the_chosen_line_the_mean_and_the_peak_are_drawn(page: SpectrumPage) -> None:
    view, shown = page.view, page.view.seen
    np.testing.assert_array_equal(view.chosen.getData()[1], shown.chosen)
    np.testing.assert_array_equal(view.mean.getData()[1], shown.mean)
    assert view.peak_mark.getData()[0] == pytest.approx([10.0], abs=0.1)
    assert view.others.isVisible()
    first, *rows = view.csv().splitlines()
    assert first.startswith("frequency (Hz),")
    assert len(rows) == len(shown.freqs)
    page.theme = LIGHT
    assert view.chosen.opts["pen"].color() == LIGHT.colour("accent")


def test_many_channels_are_a_shaded_range(page: SpectrumPage) -> None:
    shown = seen(80)
    page.show_spectrum(shown)
    assert not page.view.others.isVisible()
    np.testing.assert_array_equal(page.view.highest.getData()[1], shown.density.max(axis=1))


def test_a_hint_stands_where_there_is_nothing_to_draw(page: SpectrumPage) -> None:
    page.show_hint("no spectrum: 10 Hz is too slow for it")
    assert page.view.hint_label.isVisible()
    assert page.view.unit == page.view.peak_text == ""
    assert page.spectrogram.seen is None


def test_lost_samples_have_a_colour_of_their_own_in_the_spectrogram(page: SpectrumPage) -> None:
    shown = seen(12, lost=True)
    page.show_spectrum(shown)
    view = page.spectrogram
    # The image has holes at lost samples, over the bar's colour; neither is before the start.
    image = view.image.image
    begun = np.isfinite(image).any(axis=0)
    assert begun[0]
    assert not begun.all()
    assert view.lost.opts["brush"] == DARK.colour("lost")
    assert view.lost.opts["x0"] == [pytest.approx(-image.shape[1] * 0.25)]
    at = -(image.shape[1] - int(np.flatnonzero(~begun)[0]) - 0.5) * 0.25
    assert view.read(QPointF(at, 10.0)).endswith("lost")
    assert view.read(QPointF(-0.1, 10.0)).endswith(" dB")
    assert view.csv().startswith("time (s),")
