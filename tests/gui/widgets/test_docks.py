"""Panels: move, float, close, reset, and restore at the next start."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMainWindow, QToolButton
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.widgets.docks import Area, Docks
from tests.gui.conftest import NO_DEVICES
from tests.gui.keys import press

OpenWindow = Callable[..., MainWindow]


def docks(qtbot: QtBot) -> Docks:
    """Return two panels at the right, one below, and one that is hidden by default."""
    made = Docks(QLabel("centre"))
    qtbot.addWidget(made)
    for name, area in (
        ("one", Area.RightDockWidgetArea), ("two", Area.RightDockWidgetArea),
        ("below", Area.BottomDockWidgetArea),
    ):  # fmt: skip
        made.add(name, name.capitalize(), QLabel(name), area)
    made.add("rare", "Rare", QLabel("rare"), Area.BottomDockWidgetArea, shown=False)
    made.resize(800, 600)
    made.show()
    return made


def places(made: Docks) -> dict[str, tuple[object, ...]]:
    return {
        each.objectName(): (made.dockWidgetArea(each), each.isFloating(), each.isHidden())
        for each in made.panels
    }


def rearrange(made: Docks) -> None:
    made["one"].setFloating(True)
    made["two"].close()
    made.addDockWidget(Area.LeftDockWidgetArea, made["below"])
    made["rare"].show()


def test_a_layout_is_kept_as_text(qtbot: QtBot) -> None:
    before = docks(qtbot)
    rearrange(before)
    after = docks(qtbot)
    after.restore(before.layout_text)
    assert places(after) == places(before)
    assert after["one"].isFloating()


def test_reset_puts_every_panel_back(qtbot: QtBot) -> None:
    made = docks(qtbot)
    first = places(made)
    rearrange(made)
    made.reset()
    assert places(made) == first
    assert made["one"].y() < made["two"].y()


def older_layout() -> str:
    window = QMainWindow()
    return bytes(window.saveState(99).toBase64().data()).decode()


@pytest.mark.parametrize("kept", ["nonsense", "\u00e9\udcff", older_layout, "cut"])
def test_a_layout_that_is_damaged_or_older_gives_the_default(
    qtbot: QtBot, kept: str | Callable[[], str]
) -> None:
    made = docks(qtbot)
    first = places(made)
    rearrange(made)
    text = made.layout_text[:60] if kept == "cut" else kept if isinstance(kept, str) else kept()
    made.restore(text)
    assert places(made) == first


def test_a_panel_that_floated_on_a_screen_that_is_gone_comes_back(qtbot: QtBot) -> None:
    made = docks(qtbot)
    made["one"].setFloating(True)
    made["one"].move(90_000, 90_000)
    again = docks(qtbot)
    again.restore(made.layout_text)
    assert again["one"].isFloating()
    assert again.screen().geometry().intersects(again["one"].geometry())


def test_a_panel_that_does_not_grow_follows_the_height_of_its_view(qtbot: QtBot) -> None:
    made, view = docks(qtbot), QLabel("view")
    made.add("view", "View", view, Area.RightDockWidgetArea)
    made.add("grows", "Grows", QLabel("grows"), Area.RightDockWidgetArea, grows=True)
    for high in (36, 150, 36):
        view.setFixedHeight(high)
        qtbot.waitUntil(
            lambda high=high: view.height() == high and made["view"].height() < high + 9
        )


def test_panels_that_were_closed_stay_closed_at_the_next_start(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES)
    assert window.docks["connect"].isVisible()
    assert not window.docks["log"].isVisible()
    press(qtbot, window, "Ctrl+K")
    press(qtbot, window, "Ctrl+L")
    assert not window.docks["connect"].isVisible()
    assert window.docks["log"].isVisible()
    window.close()
    again = open_window(bci=NO_DEVICES)
    assert not again.docks["connect"].isVisible()
    assert again.docks["log"].isVisible()
    assert not again.header.buttons["panel-connect"].isChecked()
    again.commands["reset-layout"].trigger()
    assert again.docks["connect"].isVisible()
    assert not again.docks["log"].isVisible()


def test_a_floating_panel_has_a_title_with_buttons(qtbot: QtBot) -> None:
    made = docks(qtbot)
    panel = made["one"]
    panel.setFloating(True)
    assert panel.windowFlags() & Qt.WindowType.Window
    bar = panel.titleBarWidget()
    shown = [part.text() for part in bar.findChildren(QLabel) if part.isVisible()]
    assert shown == ["One"]
    next(push for push in bar.findChildren(QToolButton) if push.text() == "Dock").click()
    assert not panel.isFloating()
    assert not any(part.isVisible() for part in bar.findChildren(QLabel))
