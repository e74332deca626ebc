"""Reference and cleaning of the scope: choice, names, storage, use in every view."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci.head.electrodes import standard_position
from bci.pipeline.display.cleaning import Cleaning
from bci.pipeline.display.filter import DISPLAY_FILTERS
from bci.pipeline.display.reference import DisplayReference
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality, State
from bci.signals import Channel, StreamInfo
from gui.main_window import MainWindow
from gui.scope.scope_panel import ScopePanel
from gui.scope.trace_image import FAINT
from gui.workers.stream_readers import SignalFound
from tests.gui.conftest import NO_DEVICES
from tests.signals import noise

SFREQ, N = 250.0, 6000
NAMES = ("Fp1", "F3", "C3", "P3", "O1", "Cz", "Pz", "Fp2", "F4", "C4")
CAP = tuple(Channel(name, "eeg", "uV", standard_position(name)) for name in NAMES)
INFO = StreamInfo("cap", "EEG", SFREQ, (*CAP, Channel("EOG", "eog", "uV")), "cap", True)
CHAINS = ("Fp1-F3", "F3-C3", "C3-P3", "P3-O1", "Cz-Pz", "Fp2-F4", "F4-C4", "EOG")


def ring_of(data: np.ndarray) -> RingBuffer:
    ring = RingBuffer(2 * len(data), data.shape[1])
    ring.write(data, np.arange(len(data)) / SFREQ, 0)
    return ring


@pytest.fixture
def panel(qtbot: QtBot) -> ScopePanel:
    panel = ScopePanel()
    qtbot.addWidget(panel)
    panel.resize(900, 400)
    panel.show()
    panel.scope.set_stream(INFO, ring_of(noise(N, len(INFO.channels))))
    panel.scope.advance()
    return panel


def title(panel: ScopePanel) -> str:
    return panel.shown.title.text()


def judged(name: str, state: State) -> ChannelQuality:
    return ChannelQuality(name, state, "", 10, 0, 0, 0, 0, 0, 0)


def test_the_line_names_what_is_shown_and_a_key_chooses_the_next(
    panel: ScopePanel, qtbot: QtBot
) -> None:
    assert title(panel) == "Display only: as recorded, high-pass 0.5 Hz"
    assert panel.shown.reference.text().startswith("Reference")
    seen = []
    for _ in range(4):
        qtbot.keyClick(panel.scope, Qt.Key.Key_R)
        seen.append(panel.scope.signal.chosen.reference)
    # The order without linked mastoids, which the stream lacks.
    order = (
        DisplayReference.AVERAGE,
        DisplayReference.BIPOLAR,
        DisplayReference.LAPLACIAN,
        DisplayReference.RECORDED,
    )
    assert tuple(seen) == order
    panel.scope.choose(reference=DisplayReference.AVERAGE, filter=DISPLAY_FILTERS[1])
    assert title(panel) == "Display only: average reference, 1-40 Hz"


def test_an_impossible_choice_is_dim_with_its_reason(panel: ScopePanel) -> None:
    mastoids = panel.shown.commands.callbacks["reference-mastoids"]
    assert mastoids.text() == "Linked mastoids (no M1 and M2, A1 and A2, or TP9 and TP10)"
    assert not mastoids.isEnabled()
    panel.scope.choose(reference=DisplayReference.MASTOIDS)
    assert title(panel).startswith("Display only: as recorded (no linked mastoids here)")
    panel.scope.choose(filter=DISPLAY_FILTERS[-1])
    regress = panel.shown.commands.callbacks["clean-eog"]
    assert regress.text() == "Regress EOG (raw has offsets: choose a filter)"


def test_bipolar_channels_have_names_marks_and_quality_of_their_electrodes(
    panel: ScopePanel,
) -> None:
    scope = panel.scope
    scope.set_gain(200.0)
    scope.choose(bad=frozenset({"F3"}))
    scope.set_quality([judged("Cz", State.BAD), judged("Pz", State.DOUBTFUL)])
    panel.shown.commands.callbacks["reference-bipolar"].trigger()
    assert scope.names.names == CHAINS
    assert scope.gain == 200.0
    assert scope.marked == {"Fp1-F3", "F3-C3"}
    assert scope.inks[CHAINS.index("F3-C3")] == FAINT
    assert scope.names.state_of("Cz-Pz") == State.BAD
    assert panel.channels.list.count() == len(CHAINS) + 2
    # A click on one of them unmarks it and its electrode, and so also the other.
    scope.names.clicked.emit("F3-C3")
    assert scope.marked == frozenset()
    scope.names.clicked.emit("P3-O1")
    assert scope.marked == {"P3-O1"}
    scope.choose(hidden=frozenset({"EOG"}))
    assert scope.names.names == CHAINS[:-1]


def test_what_is_drawn_read_and_copied_is_of_the_derived_channel(panel: ScopePanel) -> None:
    scope = panel.scope
    scope.choose(reference=DisplayReference.BIPOLAR, filter=DISPLAY_FILTERS[-1])
    data = noise(N, len(INFO.channels))
    got = scope.signal.ring.latest(100).data
    np.testing.assert_allclose(got[:, 1], (data[:, 1] - data[:, 2])[-100:], rtol=1e-6)
    header = scope.plot.csv().partition("\n")[0]
    assert header.startswith("LSL time (s),Fp1-F3 (uV),F3-C3 (uV)")
    scope.choose(reference=DisplayReference.LAPLACIAN)
    assert "C3 (µV/cm²)" in scope.plot.csv().partition("\n")[0]
    assert "EOG (uV)" in scope.plot.csv().partition("\n")[0]
    reading = scope.shown.reading_at(300.0, 5.0)
    assert reading is not None
    assert reading.unit == "µV/cm²"
    assert scope.gain > 0


def test_a_marked_channel_leaves_the_mean_at_once(panel: ScopePanel) -> None:
    scope = panel.scope
    scope.choose(reference=DisplayReference.AVERAGE)
    before = scope.signal.ring.latest(500).data[:, 0].copy()
    scope.names.clicked.emit("O1")
    after = scope.signal.ring.latest(500).data[:, 0]
    assert np.abs(before - after).max() > 1.0


def test_cleaning_is_prepared_in_the_background_and_then_named(
    panel: ScopePanel, qtbot: QtBot
) -> None:
    scope = panel.scope
    panel.shown.commands.callbacks["clean-asr"].trigger()
    panel.shown.commands.callbacks["clean-eog"].trigger()
    assert "(being prepared)" in title(panel)
    qtbot.waitUntil(lambda: len(scope.signal.chosen.cleanings) == 2, timeout=60_000)
    assert title(panel) == "Display only: as recorded, EOG regressed, ASR, high-pass 0.5 Hz"
    # A baseline is valid for one filter only.
    scope.choose(filter=DISPLAY_FILTERS[1])
    assert scope.signal.chosen.cleanings == {Cleaning.EOG}
    qtbot.waitUntil(lambda: len(scope.signal.chosen.cleanings) == 2, timeout=60_000)


def test_asr_waits_where_there_is_too_little_signal(panel: ScopePanel, qtbot: QtBot) -> None:
    panel.scope.set_stream(INFO, ring_of(noise(1000, len(INFO.channels))))
    panel.scope.choose(cleanings=frozenset({Cleaning.ASR}))
    qtbot.waitUntil(lambda: "waits for 20 s of clean signal" in title(panel), timeout=60_000)
    assert not panel.scope.signal.chosen.cleanings


def feed(window: MainWindow, info: StreamInfo) -> None:
    window.tabs.set_signal(SignalFound(info, ring_of(noise(3000, len(info.channels)))))
    window.tabs.advance()


def test_the_reference_is_remembered_for_the_kind_of_stream(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(bci=NO_DEVICES)
    feed(window, INFO)
    window.scope.choose(reference=DisplayReference.BIPOLAR, cleanings=frozenset({Cleaning.EOG}))
    meg = StreamInfo("meg", "MEG", SFREQ, (Channel("MEG1", "mag", "T"),), "meg", True)
    feed(window, meg)
    assert window.scope.view.reference == DisplayReference.RECORDED
    window.close()
    again = open_window(bci=NO_DEVICES)
    feed(again, replace(INFO, name="another-cap"))
    assert again.scope.names.names == CHAINS
    assert again.scope.view.cleanings == {Cleaning.EOG}


def test_spectrum_and_map_are_of_the_shown_reference(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES)
    feed(window, INFO)
    window.tabs.show_page("Spectrum")
    page = window.tabs.spectrum
    window.scope.choose(reference=DisplayReference.BIPOLAR)
    assert [page.channels.itemText(k) for k in range(page.channels.count())] == list(CHAINS)
    qtbot.waitUntil(lambda: page.view.seen is not None, timeout=30_000)
    assert page.view.seen.info.ch_names == CHAINS
    assert page.over.text() == "bipolar chains; mean of the last 6 s"
    window.scope.choose(reference=DisplayReference.LAPLACIAN)
    window.tabs.show_page("Map")
    view = window.tabs.map
    qtbot.waitUntil(lambda: view.seen is not None, timeout=30_000)
    assert view.seen.unit == "µV/cm²"
    window.scope.choose(reference=DisplayReference.BIPOLAR)
    assert view.hint == "no map: no channel has a position"
