from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.log_panel import LogPanel
from gui.main_window import MainWindow
from gui.remembered import Remembered
from gui.theme import DARK, LIGHT
from tests.gui.conftest import NO_DEVICES


def test_choices_survive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "dashboard.ini"
    before = Remembered(file)
    before.keep("record", {"subject": "07", "task": "rest, eyes = closed"})
    before.keep("connect/shown", False)
    before.keep("device/cyton", {})
    del before
    after = Remembered(file)
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
    remembered = Remembered(file)
    assert remembered.table("record") == {}
    assert remembered.table("list") == {}


def test_the_theme_that_was_chosen_comes_back(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(bci=NO_DEVICES)
    other = LIGHT if window.scope.theme is DARK else DARK
    window._toggle_theme()
    window.close()
    assert open_window(bci=NO_DEVICES).scope.theme is other


def test_the_log_counts_what_repeats_itself_and_shows_no_escapes(qtbot: QtBot) -> None:
    log = LogPanel()
    qtbot.addWidget(log)
    for sentence in ("\x1b[31mengine: <b>error</b>\x1b[0m", "again", "again", "again", ""):
        log.add(sentence)
    first, last = log.toPlainText().splitlines()
    assert first.endswith("  engine: <b>error</b>")
    assert last.endswith("  again (3 times)")
