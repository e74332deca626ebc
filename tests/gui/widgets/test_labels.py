from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from gui.theme import DARK
from gui.widgets.labels import ElidedLine

MOODS = "joyful, excited, content, calm, bored, sad, angry, afraid, tired, surprised"


def test_what_does_not_fit_ends_in_an_ellipsis_and_is_whole_in_the_tooltip(qtbot: QtBot) -> None:
    pictures = []
    for kind in (ElidedLine, QLineEdit):
        line = kind()
        qtbot.addWidget(line)
        line.setStyleSheet(DARK.style_sheet())
        line.resize(200, 28)
        line.setText("calm")
        short = line.grab().toImage()
        line.setText(MOODS)
        line.setCursorPosition(0)
        pictures.append((short, line.grab().toImage()))
    ours, plain = pictures
    assert ours[0] == plain[0]
    left = ours[1].width() // 2
    assert ours[1].copy(0, 0, left, 28) == plain[1].copy(0, 0, left, 28)
    assert ours[1] != plain[1]


def test_the_tooltip_has_what_was_set_and_what_was_typed(qtbot: QtBot) -> None:
    line = ElidedLine()
    qtbot.addWidget(line)
    line.setText(MOODS)
    assert MOODS in line.toolTip()
    qtbot.keyClicks(line, ", <b>")
    assert f"{MOODS}, &lt;b&gt;" in line.toolTip()
    line.clear()
    assert line.toolTip() == ""
