from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pylsl import local_clock
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from bci.lsl.engine_streams import ReceivedPrediction
from bci.training.time_course import TimeCourse
from gui.decisions.decision_view import CueWindows
from gui.decisions.image_matches import ImageMatches, ShownImages
from gui.decisions.transcript import TranscriptView
from gui.main_window import MainWindow
from gui.theme import LIGHT
from tests.gui.published import LONG, Published, received

NAMES = tuple(f"image-{i:02d}" for i in range(8))


def prediction(taken: float, **probabilities: float) -> ReceivedPrediction:
    given = {key.removeprefix("i"): value for key, value in probabilities.items()}
    rest = (1 - sum(given.values())) / (len(NAMES) - len(given))
    row = [given.get(name.removeprefix("image-"), rest) for name in NAMES]
    return received(taken, np.array(row, dtype=np.float32), NAMES, 0.4)


COURSE = TimeCourse(np.array([0.2, 0.4, 0.6]), np.array([0.1, 0.5, 0.5]), np.full(3, 40))


@pytest.fixture
def windows() -> CueWindows:
    return CueWindows(0.8)


@pytest.fixture
def view(qtbot: QtBot, windows: CueWindows) -> ImageMatches:
    shown = ShownImages(0.8, compared_by="simulated image vectors")
    view = ImageMatches(shown, 0.4, windows)
    qtbot.addWidget(view)
    view.resize(338, 300)
    view.set_classes(NAMES)
    return view


def test_the_course_of_the_model_is_shown_where_it_has_one(qtbot: QtBot) -> None:
    without, with_course = (
        ImageMatches(ShownImages(0.8)),
        ImageMatches(ShownImages(0.8, course=COURSE)),
    )
    for view in (without, with_course):
        qtbot.addWidget(view)
        view.set_classes(NAMES)

    assert without.course.isHidden()
    assert not with_course.course.isHidden()
    assert [point[1] for point in with_course.course.points] == [0.1, 0.5, 0.5]


def test_the_five_likeliest_images_come_first_to_last(view: ImageMatches) -> None:
    view.show_prediction(prediction(10.8, i03=0.5, i06=0.2, i01=0.1))
    assert [bar.name for bar in view.bars.bars[:3]] == ["03", "06", "01"]
    assert len(view.bars.bars) == 5
    assert view.decision == "03"


def test_each_image_has_its_similarity_where_the_engine_reports_it(view: ImageMatches) -> None:
    told = prediction(10.8, i03=0.5, i06=0.2)
    view.show_prediction(told)
    best = view.bars.bars[0]
    assert (best.name, best.share, best.figure) == ("03", 0.5, "")
    without = view.grab().toImage()

    cosines = np.linspace(-0.1, 0.6, len(NAMES), dtype=np.float32)
    view.show_prediction(replace(told, similarities=cosines))

    assert [bar.figure for bar in view.bars.bars[:2]] == ["0.20", "0.50"]
    assert view.grab().toImage() != without


def test_below_the_threshold_it_is_not_sure(view: ImageMatches) -> None:
    assert view.decision == "no prediction"
    view.show_prediction(prediction(10.8, i03=0.39))
    assert view.decision == "undecided"


def test_the_true_image_is_the_one_at_the_window_s_beginning(
    view: ImageMatches, windows: CueWindows
) -> None:
    for time, name in ((8.7, "image-00"), (10.0, "image-06"), (10.75, "image-05")):
        windows.add(time, name)
    view.show_prediction(prediction(10.796, i03=0.5, i06=0.2))
    assert view.truth == "06, rank 2 of 8"
    view.show_prediction(prediction(30.0, i03=0.5))
    assert view.truth == "not known"
    windows.add(40.0, "image-99")
    view.show_prediction(prediction(40.8, i03=0.5))
    assert view.truth == "99, no candidate"


def test_pictures_are_shown_where_there_are_any_and_names_elsewhere(
    qtbot: QtBot, tmp_path: Path
) -> None:
    red = QImage(300, 200, QImage.Format.Format_RGB32)
    red.fill(QColor("red"))
    assert red.save(str(tmp_path / "red.png"))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    pictures = {
        "image-03": tmp_path / "red.png",
        "image-06": tmp_path / "broken.png",
        "image-01": tmp_path / "missing.png",
    }
    view = ImageMatches(ShownImages(0.8, pictures))
    qtbot.addWidget(view)
    view.resize(338, 300)
    view.set_classes(NAMES)
    view.show_prediction(prediction(10.8, i03=0.5, i06=0.2, i01=0.1))

    # The likeliest image is shown large.
    drawn = view.grab().toImage()
    for x, y in ((16, 9), (107, 98)):
        assert drawn.pixelColor(x, y) == QColor("red")
    assert not view.tiles[0].pixmap().isNull()
    assert all(tile.pixmap().isNull() for tile in view.tiles[1:])
    assert [bar.name for bar in view.bars.bars[:3]] == ["03", "06", "01"]


def test_pictures_are_read_once_while_they_are_shown_and_not_kept_for_ever(
    qtbot: QtBot, tmp_path: Path
) -> None:
    red = QImage(300, 200, QImage.Format.Format_RGB32)
    red.fill(QColor("red"))
    names = tuple(f"image-{i:03d}" for i in range(100))
    pictures = {name: tmp_path / f"{name}.png" for name in names}
    for file in pictures.values():
        assert red.save(str(file))
    view = ImageMatches(ShownImages(0.8, pictures))
    qtbot.addWidget(view)
    view.resize(338, 300)
    view.set_classes(names)

    def show(best: int) -> None:
        shares = np.full(100, 0.001, dtype=np.float32)
        shares[best] = 0.9
        view.show_prediction(ReceivedPrediction(1.0, shares, 0.0, 0.0, 0.0, 0.0))
        view.grab()

    show(50)
    show(50)
    assert view._read.cache_info().misses == 5
    for best in range(100):
        show(best)
    assert view._read.cache_info().currsize == view._read.cache_info().maxsize == 60


def test_it_is_painted_in_both_themes_and_without_an_engine(view: ImageMatches) -> None:
    view.show_prediction(prediction(10.8, i03=0.5))
    dark = view.grab().toImage()
    view.theme = LIGHT
    light = view.grab().toImage()
    view.show_prediction(None)
    old = view.grab().toImage()
    view.set_engine(False)
    assert dark != light != old
    assert view.height() < 50


def test_the_window_shows_images_instead_of_bars(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(images=ShownImages(0.8, course=COURSE), task="images")
    assert window.engine.own is not None
    assert window.engine.own.isVisible()
    assert not window.engine.decision.isVisible()
    window.engine._on_engine(NAMES, True)
    window.engine._on_predictions([prediction(10.8, i03=0.8)])
    assert window.engine.own.decision == "03"
    assert window.minimumSizeHint().height() <= 720


def test_images_come_over_the_network_into_the_window(
    open_window: Callable[..., MainWindow], qtbot: QtBot, name: str
) -> None:
    published = Published(name, NAMES, "seen images", compares=True, threshold=0.4)
    window = open_window(
        markers=published.markers,
        cue_of=lambda label: label if label.startswith("image-") else None,
        images=ShownImages(0.8),
        task="images",
        threshold=0.4,
    )
    view, transcript = window.engine.own, window.engine.history
    assert view is not None
    assert isinstance(transcript, TranscriptView)
    published.wait_for_listeners(qtbot)
    qtbot.waitUntil(lambda: view.has_engine, timeout=LONG)
    assert view.isVisible()
    assert not window.decision.isVisible()

    def see(image: str, similarities: np.ndarray | None, **given: float) -> None:
        taken = local_clock()
        published.cue(taken - 0.8, image)
        qtbot.waitUntil(lambda: view._truth.cue_of(taken) == image, timeout=LONG)
        n = len(transcript.entries)
        published.predict(taken, prediction(taken, **given).probabilities, similarities)
        qtbot.waitUntil(lambda: len(transcript.entries) == n + 1, timeout=LONG)

    cosines = np.linspace(-0.1, 0.6, len(NAMES), dtype=np.float32)
    see("image-06", cosines, i03=0.5, i06=0.2)
    assert (view.decision, view.truth) == ("03", "06, rank 2 of 8")
    assert [bar.figure for bar in view.bars.bars[:2]] == ["0.20", "0.50"]
    assert transcript.sentence == "03: \u2717 shown: 06"
    see("image-01", None, i01=0.6)
    assert (view.decision, view.truth) == ("01", "01, rank 1 of 8")
    assert view.bars.bars[0].figure == ""
    assert transcript.sentence == "01: \u2713 60 %"
    published.reject()
    qtbot.waitUntil(lambda: view.decision == "no prediction", timeout=LONG)
    assert view.why == "large swings"
    assert transcript.sentence == "rejected: large swings"
    # Without an engine, the transcript of found images stays.
    published.end_engine()
    qtbot.waitUntil(lambda: not view.has_engine, timeout=LONG)
    assert len(transcript.entries) == 3
    published.close()
