"""Line noise of 50 or of 60 Hz: chosen by the profile or by the user, and used by every check."""

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bci.lsl.outlet import SignalOutlet
from bci.quality import ChannelQuality
from gui.main_window import MainWindow
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info, noise
from tests.streams import send

SFREQ = 250.0
WAIT_MS = 15_000


def american(n_samples: int) -> np.ndarray:
    """Four channels with much of 60 Hz."""
    wave = 60 * np.sin(2 * np.pi * 60 * np.arange(n_samples) / SFREQ)
    return (noise(n_samples, 4) * 0.2 + wave[:, None]).astype(np.float32)


def reasons(channels: list[ChannelQuality]) -> set[str]:
    return {channel.reason.split(" ")[0] for channel in channels}


def test_the_check_finds_the_noise_of_the_line_that_was_chosen(
    qtbot: QtBot, open_window: Callable[..., MainWindow], name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, SFREQ, name))
    window = open_window(bci=NO_DEVICES)
    qtbot.waitUntil(lambda: window.situation.signal_alive, timeout=WAIT_MS)
    data = american(3000)
    start = send(outlet, data[:1500])
    qtbot.waitUntil(lambda: reasons(window.quality.channels) == {"muscle"}, timeout=WAIT_MS)
    window.quality.line.click()
    assert window.quality.line.text() == "60 Hz"
    qtbot.waitUntil(lambda: window.feed._poller.line_hz == 60.0)
    send(outlet, data[1500:], first=1500, start=start)
    qtbot.waitUntil(lambda: reasons(window.quality.channels) == {"line"}, timeout=WAIT_MS)
    outlet.close()


def test_the_choice_is_remembered_and_the_profile_goes_before_it(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(bci=NO_DEVICES)
    assert window.quality.line.text() == "50 Hz"
    window.quality.line.click()
    window.close()
    window = open_window(bci=NO_DEVICES)
    assert window.quality.line.text() == "60 Hz"
    window.close()
    assert open_window(bci=NO_DEVICES, line_hz=50.0).quality.line.text() == "50 Hz"


def test_the_calibration_s_check_has_the_same_line(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(bci=NO_DEVICES)
    window.quality.line.click()
    window.calibrating.open()
    assert window.calibrating.window is not None
    head = window.calibrating.window.signals.head
    assert head.line.text() == "60 Hz"
    head.line.click()
    assert window.quality.line.text() == "50 Hz"
    assert window.feed._line_hz == 50.0
    window.calibrating.window.close()


@pytest.mark.parametrize("kept", ["nonsense", "nan", "0", "1e9"])
def test_a_damaged_choice_is_50_hz(open_window: Callable[..., MainWindow], kept: str) -> None:
    window = open_window(bci=NO_DEVICES)
    window.remembered.keep("line_hz", kept)
    window.close()
    assert open_window(bci=NO_DEVICES).quality.line.text() == "50 Hz"
