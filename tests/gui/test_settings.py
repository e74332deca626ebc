import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from pytestqt.qtbot import QtBot

from bci.pipeline.ring import RingBuffer
from bci.signals import Channel, StreamInfo
from gui.main_window import MainWindow
from gui.settings import DashboardSettings, LastEngine, StreamSettings
from gui.theme import DARK, LIGHT
from gui.widgets.log_panel import LogPanel
from gui.workers.stream_readers import SignalFound
from tests.gui.conftest import NO_DEVICES
from tests.signals import noise


def test_choices_survive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "somewhere" / "dashboard.json"
    before = DashboardSettings(file)
    before.record = {"subject": "07", "task": "rest, eyes = closed \u00e9"}
    before.device_parameters["cyton"] = {}
    before.stream("amp").gains["eeg/uV"] = 50.0
    before.engines["speech"] = LastEngine(model="/models/a", profile="speech.yaml")
    before.store()
    after = DashboardSettings(file)
    assert after == before
    assert after.set_aside is None
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("content", [b"\x00\xff[[[", b"{never closed", b"[1, 2]", b""])
def test_a_broken_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "dashboard.json"
    file.write_bytes(content)
    assert DashboardSettings(file).set_aside == tmp_path / "dashboard.broken"
    assert (tmp_path / "dashboard.broken").read_bytes() == content


def test_a_broken_file_is_reported(open_window: Callable[..., MainWindow], tmp_path: Path) -> None:
    (tmp_path / "dashboard.json").write_text("[[[ nonsense\n=\n")
    window = open_window(bci=NO_DEVICES)
    assert "could not be read" in window.banner_text.text()


def test_a_file_of_an_earlier_version_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "dashboard.json").write_text("[General]\ntheme=light\n")
    settings = DashboardSettings(tmp_path / "dashboard.json")
    assert settings.set_aside == tmp_path / "dashboard.broken"
    settings.store()
    assert DashboardSettings(tmp_path / "dashboard.json").set_aside is None


@pytest.mark.parametrize(
    ("damage", "kept"),
    [
        ({"record": "{not json"}, {"record": {}}),
        ({"record": {"subject": 7}}, {"record": {}}),
        ({"sweep": []}, {"sweep": False}),
        ({"engines": {"speech": {"model": "a"}}}, {"engines": {}}),
        ({"streams": {"amp": {"gains": {"eeg/uV": -1.0}, "hidden": ["Cz"]}}},
         {"streams": {"amp": StreamSettings(hidden=["Cz"])}}),
        ({"streams": {"amp": {"hidden": [1], "bad": ["Cz"]}}},
         {"streams": {"amp": StreamSettings(bad=["Cz"])}}),
        ({"unknown": 1, "self": 2, "file": 3}, {}),
    ],
)  # fmt: skip
def test_a_damaged_choice_is_forgotten_alone(
    tmp_path: Path, damage: dict[str, Any], kept: dict[str, Any]
) -> None:
    file = tmp_path / "dashboard.json"
    file.write_text(json.dumps({"page": "Map", **damage}))
    settings = DashboardSettings(file)
    assert settings.set_aside is None
    assert settings.page == "Map"
    assert {name: getattr(settings, name) for name in kept} == kept


def test_a_choice_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    settings = DashboardSettings(tmp_path / "dashboard.json")
    with pytest.raises(ValidationError):
        settings.line_hz = float("nan")


def test_only_the_newest_streams_are_kept(tmp_path: Path) -> None:
    settings = DashboardSettings(tmp_path / "dashboard.json")
    settings.stream("used").channel = "Cz"
    for k in range(300):
        settings.stream(f"amp-{k}")
        settings.stream("used")
    assert len(settings.streams) == 200
    assert settings.streams["used"].channel == "Cz"
    assert "amp-0" not in settings.streams


def test_a_folder_that_cannot_be_written_is_only_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    settings = DashboardSettings(tmp_path / "file" / "dashboard.json")
    settings.sweep = True
    settings.store()
    assert "cannot be kept" in caplog.text


def test_the_theme_that_was_chosen_comes_back(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(bci=NO_DEVICES)
    other = LIGHT if window.scope.theme is DARK else DARK
    window.toggle_theme()
    window.close()
    assert open_window(bci=NO_DEVICES).scope.theme is other


def show(window: MainWindow, unit: str = "uV") -> None:
    """Show one second of a stream that only this window gets."""
    channel = Channel("Cz", "eeg", unit)
    info = StreamInfo("kept-amp", "EEG", 250.0, (channel,), "kept-amp", True)
    ring = RingBuffer(1000, 1)
    ring.write(noise(500, 1), np.arange(500) / 250.0, 0)
    window.tabs.set_signal(SignalFound(info, ring))
    window.tabs.advance()


def test_gain_and_time_base_that_were_chosen_come_back(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(bci=NO_DEVICES)
    show(window)
    found = window.scope.gain
    window.scope.step_gain(1)
    window.scope.step_time_base(1)
    chosen = window.scope.gain
    window.close()
    again = open_window(bci=NO_DEVICES)
    assert again.scope_panel.controls.time_base.text() == "20 s"
    show(again)
    assert again.scope.gain == chosen != found
    # In another unit, the same gain would show a flat line.
    show(again, unit="V")
    assert again.scope.gain == found


def test_a_gain_that_nobody_chose_is_found_again(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(bci=NO_DEVICES)
    show(window)
    assert window.scope.gain > 0
    window.close()
    assert window.remembered.streams["kept-amp"].gains == {}


def test_the_window_comes_back_as_large_as_it_was(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(bci=NO_DEVICES)
    window.resize(window.minimumSizeHint().width(), 720)
    size = window.size()
    window.close()
    assert open_window(bci=NO_DEVICES).size() == size


DAMAGED = (
    '{{"geometry": {0}, "layout": {0}, "time_base_s": {0}, '
    '"streams": {{"kept-amp": {{"gains": {{"eeg/uV": {0}}}}}}}}}'
)


@pytest.mark.parametrize("kept", ['"nonsense"', "NaN", "-5", "1e999"])
def test_damaged_numbers_are_only_forgotten(tmp_path: Path, kept: str) -> None:
    (tmp_path / "dashboard.json").write_text(DAMAGED.format(kept))
    settings = DashboardSettings(tmp_path / "dashboard.json")
    assert settings.set_aside is None
    assert settings.time_base_s is None
    assert settings.stream("kept-amp").gains == {}


def test_a_damaged_geometry_is_only_forgotten(
    open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    (tmp_path / "dashboard.json").write_text(DAMAGED.format('"nonsense"'))
    window = open_window(bci=NO_DEVICES)
    show(window)
    assert window.scope.view.time_base_s == 10.0
    assert 0 < window.scope.gain < 1e6
    assert window.width() >= window.minimumSizeHint().width()


def test_the_log_counts_what_repeats_itself_and_shows_no_escapes(qtbot: QtBot) -> None:
    log = LogPanel()
    qtbot.addWidget(log)
    for sentence in ("\x1b[31mengine: <b>error</b>\x1b[0m", "again", "again", "again", ""):
        log.add(sentence)
    first, last = log.toPlainText().splitlines()
    assert first.endswith("  engine: <b>error</b>")
    assert last.endswith("  again (3 times)")
