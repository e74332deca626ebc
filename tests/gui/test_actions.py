"""Commands as data: each shortcut is unique; docs and palette use the same table."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

import gui
from gui.actions import (
    DASHBOARD,
    DISPLAY,
    MENUS,
    SCOPE,
    TABLES,
    Action,
    WindowActions,
    key_table,
)
from gui.main_window import MainWindow
from gui.widgets.command_palette import CommandPalette
from gui.widgets.key_help import KeyHelp
from tests.gui.conftest import NO_DEVICES
from tests.gui.keys import press

OpenWindow = Callable[..., MainWindow]
ROOT = Path(gui.__file__).parent
DOCS = ROOT.parent / "docs" / "how-to" / "dashboard.md"
_WRITTEN = re.compile(r"\b(Ctrl|Alt|Shift)\+\w")


def strings(file: Path) -> list[str]:
    """Return every string of a module except its docstrings."""
    tree = ast.parse(file.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and id(node) not in docstrings
    ]  # fmt: skip


def test_each_shortcut_is_written_once() -> None:
    written = {
        file.relative_to(ROOT).as_posix(): found
        for file in ROOT.rglob("*.py")
        if file.name != "actions.py" and "gallery" not in file.parts
        if (found := [text for text in strings(file) if _WRITTEN.search(text)])
    }
    assert written == {}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_two_commands_of_a_window_share_a_key(table: tuple[Action, ...]) -> None:
    keys = [QKeySequence(key) for a in table for key in (a.key, *a.more_keys) if key]
    assert all(not key.isEmpty() for key in keys)
    assert len(set(keys)) == len(keys)


def test_every_command_has_an_id_of_its_own() -> None:
    ids = [action.id for table in TABLES.values() for action in table]
    assert len(set(ids)) == len(ids)
    assert {action.menu for table in TABLES.values() for action in table} <= {"", *MENUS}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_docs_have_the_keys_of_the_table(table: tuple[Action, ...]) -> None:
    assert key_table(table) in DOCS.read_text()


def test_a_menu_shows_as_dim_what_cannot_run_and_the_key_still_works(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    ran: list[str] = []
    reason = ["nothing is there"]
    actions = WindowActions(
        window,
        (Action("a", "Do a", key="Ctrl+J"),),
        {"a": lambda: ran.append("a")},
        {"a": lambda: reason[0]},
    )
    actions.dim()
    assert not actions["a"].isEnabled()
    assert actions["a"].toolTip() == "nothing is there"
    actions.undim()
    window.show()
    press(qtbot, window, "Ctrl+J")
    assert ran == ["a"]


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    return open_window(bci=NO_DEVICES)


def test_the_menus_have_every_command_of_the_dashboard(window: MainWindow) -> None:
    menus = [menu for menu in window.menuBar().findChildren(QMenu) if menu.title()]
    assert [menu.title().replace("&", "") for menu in menus] == list(MENUS)
    listed = {action.objectName() for menu in menus for action in menu.actions()} - {""}
    assert listed == {action.id for action in (*DASHBOARD, *SCOPE, *DISPLAY)}


def shown(palette: CommandPalette) -> list[str]:
    items = palette.commands.findItems("", Qt.MatchFlag.MatchContains)
    return [item.text(0) for item in items if not item.isHidden()]


def test_the_palette_finds_a_command_by_letters_and_runs_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, window, "Ctrl+Shift+P")
    palette = window.findChild(CommandPalette)
    assert palette is not None
    assert "Record: Record or stop" in shown(palette)
    qtbot.keyClicks(palette.sought, "spectr")
    assert shown(palette) == ["Signal: Spectrum"]
    qtbot.keyClick(palette.sought, Qt.Key.Key_Return)
    assert window.tabs.page == "Spectrum"
    qtbot.waitUntil(lambda: window.findChild(CommandPalette) is None)


def test_no_command_of_the_palette_is_cut(window: MainWindow) -> None:
    window.show_palette()
    palette = window.findChild(CommandPalette)
    assert palette is not None
    commands = palette.commands
    widest = max(commands.fontMetrics().horizontalAdvance(text) for text in shown(palette))
    assert commands.columnWidth(0) > widest
    palette.close()


def test_the_palette_shows_the_reason_of_what_cannot_run(window: MainWindow, qtbot: QtBot) -> None:
    window.show_palette()
    palette = window.findChild(CommandPalette)
    assert palette is not None
    qtbot.waitUntil(palette.isActiveWindow)
    qtbot.keyClicks(palette.sought, "show in folder")
    (item,) = palette.commands.findItems("Record: Show in folder", Qt.MatchFlag.MatchExactly)
    assert item.text(1) == "Nothing has been recorded yet."
    qtbot.keyClick(palette.sought, Qt.Key.Key_Return)
    assert palette.isVisible()
    qtbot.keyClick(palette.sought, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(CommandPalette) is None)


def test_the_keys_of_all_windows_are_listed(window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, window, "F1")
    help_window = window.findChild(KeyHelp)
    assert help_window is not None
    listed = help_window.text.toPlainText()
    assert "Ctrl+Shift+P" in listed
    assert "Page Down" in listed
    press(qtbot, window, "F1")
    assert window.findChildren(KeyHelp) == [help_window]
    help_window.close()
