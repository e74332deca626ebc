"""Pictures of coming cues."""

from pathlib import Path

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from bci.tasks.cue_items import CueScreenItem
from bci.tasks.schedule import Phase, SchedulePhase
from gui.calibration.run.cue_pictures import CuePictures, read_picture
from gui.calibration.run.cue_screen import CueScreen

SIZE = QSize(960, 600)


def stored(file: Path, colour: str) -> CueScreenItem:
    picture = QImage(2400, 1800, QImage.Format.Format_RGB32)
    picture.fill(QColor(colour))
    assert picture.save(str(file))
    return CueScreenItem(file.stem, file.stem, "picture", str(file))


def painted(screen: CueScreen) -> QImage:
    image = QImage(SIZE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    screen.paint(painter, image.size())
    painter.end()
    return image


def test_the_next_picture_is_read_before_its_cue_in_its_shown_size(
    qtbot: QtBot, tmp_path: Path
) -> None:
    cue = stored(tmp_path / "red.png", "#ff0000")
    screen, owner = CueScreen(), QObject()
    painted(screen)
    pictures = CuePictures(screen, owner)
    pictures.prepare(cue)
    qtbot.waitUntil(lambda: screen.has_picture(cue.shown), timeout=15_000)
    # The file is deleted, so the shown picture must come from memory.
    Path(cue.shown).unlink()
    screen.show_step(SchedulePhase(Phase.CUE, cue, 0, 4))
    image = painted(screen)
    assert image.pixelColor(480, 300) == QColor("#ff0000")
    width = sum(image.pixelColor(x, 300) == QColor("#ff0000") for x in range(SIZE.width()))
    assert abs(width - 0.84 * 600 * 0.8) < 3
    assert screen.picture_px == 504
    pictures.retire()


def test_a_picture_that_is_larger_than_it_is_shown_is_scaled_down(tmp_path: Path) -> None:
    cue = stored(tmp_path / "red.png", "#ff0000")
    assert read_picture(cue.shown, 500).size() == QSize(400, 300)
    assert read_picture(cue.shown, 5000).size() == QSize(2400, 1800)


def test_a_picture_that_is_missing_leaves_the_screen_without_it(
    qtbot: QtBot, tmp_path: Path
) -> None:
    screen = CueScreen()
    gone = CueScreenItem("gone", "gone", "picture", str(tmp_path / "gone.png"))
    screen.show_step(SchedulePhase(Phase.CUE, gone, 0, 4))
    assert painted(screen).pixelColor(480, 300) == QColor("#0d0f12")
