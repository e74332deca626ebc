from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci.lsl.outlet import SignalOutlet
from bci.quality.channel_quality import ChannelQuality, State
from bci.signals import Channel, Chunk, StreamInfo
from gui.electrodes.impedance_page import ImpedancePage, impedance_state
from gui.main_window import MainWindow
from gui.theme import DARK, LIGHT
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info, noise
from tests.streams import send


def judged(name: str, kohm: float) -> ChannelQuality:
    return ChannelQuality(name, State.GOOD, "", 10.0, 0.1, 3.0, 5.0, 0.2, 0.8, kohm)


def test_impedances_are_judged_by_the_limits_of_the_signals_quality() -> None:
    found = [impedance_state(kohm) for kohm in (5.0, 50.0, 51.0, 500.0, 501.0)]
    assert found == [State.GOOD, State.GOOD, State.DOUBTFUL, State.DOUBTFUL, State.BAD]


@pytest.mark.parametrize("n_channels", [4, 64])
def test_the_highest_impedance_is_named_first(qtbot: QtBot, n_channels: int) -> None:
    page = ImpedancePage()
    qtbot.addWidget(page)
    page.resize(900, 400)
    page.set_stream(eeg_info(n_channels))
    assert not page.set_quality([judged(f"E{k + 1}", float("nan")) for k in range(n_channels)])
    empty = page.grab().toImage()
    kohm = [10.0, float("nan"), 620.0, *([20.0] * (n_channels - 3))]
    assert page.set_quality([judged(f"E{k + 1}", value) for k, value in enumerate(kohm)])
    assert page.lines[0] == "E3 620 kOhm, too high"
    assert page.lines[-1] == "E1 10 kOhm, good"
    assert len(page.lines) == n_channels - 1
    pictures = [empty]
    for theme in (DARK, LIGHT):
        page.theme = theme
        pictures.append(page.grab().toImage())
    assert all(one != other for one, other in pairwise(pictures))


@pytest.mark.slow
def test_a_board_that_measures_impedances_gets_a_tab_for_them(
    open_window: Callable[..., MainWindow], qtbot: QtBot, name: str
) -> None:
    ohm = Channel("c", "impedance", "Ohm")
    measured = StreamInfo(
        f"{name}-impedance", "Impedance", 1.0,
        tuple(replace(ohm, name=f"R{k}") for k in range(4)), f"{name}-z", simulated=True,
    )  # fmt: skip
    signal, impedance = SignalOutlet(eeg_info(4, 250.0, name)), SignalOutlet(measured)
    window = open_window(bci=NO_DEVICES)
    tabs = window.tabs
    qtbot.waitUntil(lambda: signal.has_consumers, timeout=10_000)
    tabs.show_page("Impedance")
    assert tabs.page == "Signal"
    assert not tabs.isTabVisible(3)
    start = send(signal, noise(1000, 4))
    sent, at = 1000, 0

    def shown() -> bool:
        nonlocal sent, at
        send(signal, noise(250, 4, seed=sent), first=sent, start=start)
        sent += 250
        row = np.array([[5e3, 620e3, 9e3, 80e3]], dtype=np.float32)
        impedance.push(Chunk(row, np.array([start + at]), at))
        at += 1
        return bool(tabs.impedance.kohm)

    qtbot.waitUntil(shown, timeout=20_000)
    assert tabs.isTabVisible(3)
    assert tabs.impedance.lines[0] == "E2 620 kOhm, too high"
    qtbot.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: tabs.page == "Impedance", timeout=5_000)
    # The channel's quality also shows it; without the stream nothing is measured.
    qtbot.waitUntil(
        lambda: shown() and any("impedance" in c.text for c in window.quality.channels),
        timeout=20_000,
    )
    for outlet in (impedance, signal):
        outlet.close()
    qtbot.waitUntil(lambda: tabs.page == "Signal", timeout=10_000)
    assert not tabs.isTabVisible(3)
