from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bci.pipeline.ring import RingBuffer
from bci.types import Channel, StreamInfo
from gui.main_window import MainWindow
from gui.settings import DashboardSettings
from gui.theme import DARK, LIGHT
from gui.widgets.log_panel import LogPanel
from gui.workers.stream_readers import SignalFound
from tests.gui.conftest import NO_DEVICES
from tests.signals import noise


def test_choices_survive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "dashboard.ini"
    before = DashboardSettings(file)
    before.keep("record", {"subject": "07", "task": "rest, eyes = closed"})
    before.keep("connect/shown", False)
    before.keep("device/cyton", {})
    del before
    after = DashboardSettings(file)
    assert after.table("record") == {"subject": "07", "task": "rest, eyes = closed"}
    assert not after.flag("connect/shown", True)
    assert after.table("device/cyton") == {}
    assert after.flag("never kept", True)


@pytest.mark.parametrize("content", [b"\x00\xff[[[ nonsense\n=\n", b"[never closed\n", b"\0" * 99])
def test_a_broken_file_is_set_aside_and_told(
    open_window: Callable[..., MainWindow], tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "dashboard.ini"
    file.write_bytes(content)
    window = open_window(bci=NO_DEVICES)
    assert "could not be read" in window.banner_text.text()
    assert (tmp_path / "dashboard.broken").is_file()


def test_a_damaged_choice_is_only_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "dashboard.ini"
    file.write_text('[General]\nrecord="{not json"\nlist=1, 2, 3\n')
    remembered = DashboardSettings(file)
    assert remembered.table("record") == {}
    assert remembered.table("list") == {}


def test_the_theme_that_was_chosen_comes_back(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(bci=NO_DEVICES)
    other = LIGHT if window.scope.theme is DARK else DARK
    window.toggle_theme()
    window.close()
    assert open_window(bci=NO_DEVICES).scope.theme is other


def show(window: MainWindow, unit: str = "uV") -> None:
    """A second of a stream that this window alone has."""
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
    assert again.scope_panel.time_base.text() == "20 s"
    show(again)
    assert again.scope.gain == chosen != found
    # In another unit that gain would show nothing.
    show(again, unit="V")
    assert again.scope.gain == found


def test_a_gain_that_nobody_chose_is_found_anew(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(bci=NO_DEVICES)
    show(window)
    assert window.scope.gain > 0
    window.close()
    assert window.remembered.number("gain/kept-amp/eeg/uV", 0.0) == 0.0


def test_the_window_comes_back_as_large_as_it_was(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(bci=NO_DEVICES)
    window.resize(window.minimumSizeHint().width(), 720)
    size = window.size()
    window.close()
    assert open_window(bci=NO_DEVICES).size() == size


@pytest.mark.parametrize("kept", ["nonsense", "nan", "-5", "1e999"])
def test_damaged_numbers_and_geometry_are_only_forgotten(
    open_window: Callable[..., MainWindow], tmp_path: Path, kept: str
) -> None:
    remembered = DashboardSettings(tmp_path / "dashboard.ini")
    for key in ("window", "time base", "gain/kept-amp/eeg/uV"):
        remembered.keep(key, kept)
    remembered.store()
    window = open_window(bci=NO_DEVICES)
    show(window)
    assert window.scope.time_base_s == 10.0
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
