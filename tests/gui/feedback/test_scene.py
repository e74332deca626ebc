"""The subject's view, painted frame by frame."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from bci.profiles.neurofeedback import ShownSettings
from bci.stimulus.frames import Frame
from gui.feedback.pictures import BELOW, BEYOND
from gui.feedback.scene import HELD, LOST, WAITING, FeedbackScene
from tests.gui.feedback.rows import row

SIZE = QSize(480, 300)
NOW = 100.0


def painted(scene: FeedbackScene) -> np.ndarray:
    image = QImage(SIZE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    scene.paint(painter, SIZE)
    painter.end()
    flat = np.frombuffer(bytes(image.constBits()), dtype=np.uint32)
    return flat.reshape(SIZE.height(), SIZE.width()) & 0xFFFFFF


def at_level(level: float, **settings: object) -> FeedbackScene:
    scene = FeedbackScene(ShownSettings.model_validate(settings))
    scene.take(row(NOW, level))
    for k in range(60):
        scene.advance(Frame(k, NOW + k / 60))
    return scene


def amount(image: np.ndarray, colour: QColor) -> int:
    return int((image == (colour.rgb() & 0xFFFFFF)).sum())


def test_bar_is_as_high_as_the_level_and_changes_colour_at_the_threshold(qtbot: QtBot) -> None:
    low, high = painted(at_level(0.25)), painted(at_level(0.75))
    below, beyond = amount(low, BELOW), amount(high, BEYOND)
    assert below > 0
    assert 2.7 < beyond / below < 3.3
    assert amount(low, BEYOND) == amount(high, BELOW) == 0


@pytest.mark.parametrize("view", ["bar", "ball", "picture"])
def test_every_view_shows_another_picture_for_another_level(qtbot: QtBot, view: str) -> None:
    low, high = (painted(at_level(level, view=view)) for level in (0.2, 0.9))
    assert (low != high).mean() > 0.005


def test_level_glides_and_reaches_the_newest_value(qtbot: QtBot) -> None:
    scene = at_level(0.2)
    scene.take(row(NOW + 1, 0.8))
    levels = []
    for k in range(1, 61):
        scene.advance(Frame(60 + k, NOW + 1 + k / 60))
        levels.append(scene.level)
    assert levels == sorted(levels)
    assert 0.2 < levels[0] < 0.5
    assert levels[-1] == pytest.approx(0.8, abs=0.01)


def test_words_name_what_happens(qtbot: QtBot) -> None:
    scene = FeedbackScene(ShownSettings())
    assert scene.sentence == WAITING
    scene.advance(Frame(0, NOW))
    scene.take(row(NOW, held=True))
    assert scene.sentence == HELD
    scene.take(row(NOW, kind="transfer", run=3))
    scene.advance(Frame(1, NOW))
    assert "without feedback" in scene.sentence
    assert scene.level is None
    scene.advance(Frame(2, NOW + 5))
    assert scene.sentence == LOST


def test_transfer_shows_no_bar(qtbot: QtBot) -> None:
    scene = at_level(0.75)
    scene.take(row(NOW + 1, 0.75, "transfer", 3))
    scene.advance(Frame(61, NOW + 1))
    assert amount(painted(scene), BEYOND) == 0


def test_own_picture_clears_with_the_level(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    white = QImage(60, 40, QImage.Format.Format_RGB32)
    white.fill(QColor("white"))
    assert white.save(str(file))
    dim, clear = (
        painted(at_level(level, view="picture", picture=str(file)))[150, 240] & 0xFF
        for level in (0.1, 1.0)
    )
    assert dim < 100
    assert clear > 250


def test_picture_that_cannot_be_read_is_reported(qtbot: QtBot) -> None:
    scene = FeedbackScene(ShownSettings(view="picture", picture="nowhere.png"))
    assert "nowhere.png cannot be read" in scene.problem
