"""Line noise of 50 or 60 Hz, chosen by profile or user, and used by every check."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from pytestqt.qtbot import QtBot

import gui.app
from bci.cli.dashboard import open_dashboard
from bci.lsl.outlet import SignalOutlet
from bci.profiles.profile import shipped_profiles
from bci.quality.channel_quality import ChannelQuality
from gui.electrodes.quality_view import known_line
from gui.main_window import MainWindow
from gui.options import DashboardOptions
from gui.settings import DashboardSettings
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info, noise
from tests.streams import send

SFREQ = 250.0
WAIT_MS = 15_000


def american(n_samples: int) -> np.ndarray:
    """Return four channels with strong 60 Hz."""
    wave = 60 * np.sin(2 * np.pi * 60 * np.arange(n_samples) / SFREQ)
    return (noise(n_samples, 4) * 0.2 + wave[:, None]).astype(np.float32)


def reasons(channels: list[ChannelQuality]) -> set[str]:
    return {channel.text.split(" ")[0] for channel in channels}


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
    qtbot.waitUntil(lambda: window.feed._signal.line_hz == 60.0)
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


@pytest.mark.parametrize("kept", ['"nonsense"', "NaN", "0", "1e9"])
def test_a_damaged_choice_is_50_hz(tmp_path: Path, kept: str) -> None:
    (tmp_path / "dashboard.json").write_text(f'{{"line_hz": {kept}}}')
    assert known_line(DashboardSettings(tmp_path / "dashboard.json").line_hz or 0.0) == 50.0


@pytest.mark.parametrize(
    ("profile", "added", "line_hz"),
    [
        ("motor-imagery", {}, None),
        ("motor-imagery", {"line_hz": 60}, 60.0),
        # A notch filter in the profile also states the power-line frequency.
        ("speech", {}, 50.0),
    ],
)
def test_the_dashboard_is_opened_with_the_line_of_the_profile(
    profile: str,
    added: dict[str, int],
    line_hz: float | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[DashboardOptions] = []
    monkeypatch.setattr(gui.app, "run_dashboard", lambda options: opened.append(options) or 0)
    file = tmp_path / "mine.yaml"
    written = yaml.safe_load(shipped_profiles()[profile].read_text())
    file.write_text(yaml.safe_dump(written | added))
    open_dashboard(str(file), None, None, None)
    assert [options.line_hz for options in opened] == [line_hz]
