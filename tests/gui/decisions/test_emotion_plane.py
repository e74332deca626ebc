from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pylsl import local_clock
from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont, QFontMetricsF
from pytestqt.qtbot import QtBot

from bci.decisions import Decision
from bci.lsl.engine_streams import ReceivedPrediction
from bci.tasks.emotion_levels import LevelGrid
from gui.decisions.emotion_plane import EmotionView
from gui.decisions.headline import fitting_pixels
from gui.main_window import MainWindow
from gui.theme import DARK, LIGHT, Theme
from tests.gui.published import LONG, Published, received

GRID = LevelGrid(("valence", "arousal"))


def probabilities(valence: int, arousal: int, sure: float = 0.9) -> np.ndarray:
    by_axis = np.full((2, 5), (1 - sure) / 4)
    by_axis[0, valence - 1] = by_axis[1, arousal - 1] = sure
    return GRID.joint(by_axis)


def prediction(taken: float, valence: int, arousal: int, sure: float = 0.9) -> ReceivedPrediction:
    shares = probabilities(valence, arousal, sure).astype(np.float32)
    return received(taken, shares, GRID.classes, 0.12)


def test_what_is_decided_is_reported_in_words(qtbot: QtBot) -> None:
    view = EmotionView(threshold=0.12)
    qtbot.addWidget(view)
    view.set_classes(GRID.classes)
    view.set_classes(("left", "right"))
    assert view.classes == GRID.classes
    assert view.decision == "no prediction"
    view.show_prediction(prediction(0.0, 2, 4))
    assert view.decision == "valence 2, arousal 4"
    view.show_cue("valence-1/arousal-4")
    assert view.sentence == "true: valence 1, arousal 4"
    view.show_cue(None)
    assert view.sentence == "true levels: none now"
    view.show_prediction(prediction(10.0, 2, 4, sure=0.25))
    assert view.decision == "undecided"
    view.show_prediction(None)
    assert view.decision == "no prediction"


def test_dot_is_hollow_where_the_engine_decides_nothing(qtbot: QtBot) -> None:
    view = EmotionView()
    qtbot.addWidget(view)
    view.set_classes(GRID.classes)
    view.show()
    fills = []
    for decision in (Decision(GRID.classes[0], 0.9), Decision(None, 0.9), None):
        view.show_prediction(replace(prediction(0.0, 2, 4), decision=decision))
        assert view.plane.dot.getData()[0] == view.course.steps[-1].expected[0]
        fills.append(view.plane.dot.opts["brush"].color())
    assert fills[0] == DARK.colour("accent")
    assert fills[1:] == [DARK.colour("panel")] * 2
    view.show_prediction(None)
    assert len(view.plane.dot.data) == 0


def test_letters_shrink_until_both_axes_are_read_whole(qtbot: QtBot) -> None:
    view = EmotionView(threshold=0.12)
    qtbot.addWidget(view)
    font = QFont(view.font())
    font.setBold(True)
    said = "valence 3, arousal 5  24 %"
    font.setPixelSize(fitting_pixels(font, said, 310, 22))
    assert QFontMetricsF(font).horizontalAdvance(said) <= 310
    assert fitting_pixels(font, "no", 310, 22) == 22
    assert fitting_pixels(font, 50 * said, 310, 22) == 15


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_the_true_level_the_trail_and_the_bars_are_drawn(qtbot: QtBot, theme: Theme) -> None:
    view = EmotionView(threshold=0.12)
    qtbot.addWidget(view)
    view.theme = theme
    view.set_classes(GRID.classes)
    view.show()
    for k in range(20):
        view.show_prediction(prediction(0.5 * k, 1 + k // 5, 5 - k // 5, 0.6))
    # The last twelve seconds, paler with age, end at the dot.
    newest = view.plane.trail[-1]
    assert newest.getData()[0][-1] == view.plane.dot.getData()[0]
    assert newest.opts["pen"].color().alpha() == 255
    assert view.plane.trail[0].opts["pen"].color().alpha() == 80
    assert len(view.plane.true_square.getData()[0]) == 0
    view.show_cue("valence-4/arousal-2")
    x, y = view.plane.true_square.getData()
    assert (x.min(), x.max(), y.min(), y.max()) == (3.5, 4.5, 1.5, 2.5)
    marked = [[bar.name for bar in plot.bars if bar.mark] for plot in view.bars]
    assert marked == [["4"], ["2"]]
    shares = [bar.share for bar in view.bars[0].bars]
    assert sum(shares) == pytest.approx(1.0, abs=1e-3)
    assert view.plane.read(QPointF(3.0, 2.0)) == "valence 3.0, arousal 2.0"
    assert len(view.plane.csv().splitlines()) == 21


def test_it_needs_no_more_room_than_the_smallest_screen_has(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(threshold=0.12)
    window.feed.engine_found.emit(GRID.classes, True)
    assert window.minimumSizeHint().height() <= 720


def test_the_window_shows_the_plane_for_levels_and_bars_for_others(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(threshold=0.12)
    feed = window.feed
    feed.engine_found.emit(GRID.classes, True)
    feed.engine_alive.emit(True)
    assert window.engine.emotion.isVisible()
    assert window.engine.level_history.isVisible()
    assert not window.decision.isVisible()
    feed.predictions_came.emit([prediction(1.0, 3, 5)])
    assert window.engine.emotion.decision == "valence 3, arousal 5"
    feed.engine_found.emit(("left", "right"), True)
    feed.engine_alive.emit(True)
    assert window.decision.isVisible()
    assert not window.engine.emotion.isVisible()


def test_levels_come_over_the_network_into_the_window(
    open_window: Callable[..., MainWindow], qtbot: QtBot, name: str
) -> None:
    published = Published(name, GRID.classes, "emotion", threshold=0.12)
    window = open_window(
        markers=published.markers,
        cue_of=lambda label: label if label in GRID.classes else None,
        threshold=0.12,
    )
    published.wait_for_listeners(qtbot)
    qtbot.waitUntil(lambda: window.engine.emotion is not None, timeout=LONG)
    view = window.engine.emotion
    decided: list[str] = []
    window.feed.predictions_came.connect(lambda _: decided.append(view.decision))
    qtbot.waitUntil(view.isVisible, timeout=LONG)
    assert window.engine.level_history.isVisible()
    assert not window.decision.isVisible()

    now = local_clock()
    published.cue(now, "valence-2/arousal-5")
    qtbot.waitUntil(lambda: view.sentence == "true: valence 2, arousal 5", timeout=LONG)
    # So far apart that smoothing starts again at the second.
    for taken, sure in ((now - 10, 0.9), (now, 0.25)):
        n = len(decided)
        published.predict(taken, probabilities(2, 4, sure).astype(np.float32))
        qtbot.waitUntil(lambda n=n: len(decided) == n + 1, timeout=LONG)
    assert decided == ["valence 2, arousal 4", "undecided"]
    first, _ = window.engine.level_history.course.steps
    # Within the error of the clock offset; the other step is ten seconds later.
    assert first.time == pytest.approx(now - 10, abs=1.0)
    assert first.expected == pytest.approx((2.125, 3.875))
    published.cue(local_clock(), "rest")
    qtbot.waitUntil(lambda: view.sentence == "true levels: none now", timeout=LONG)
    published.reject()
    qtbot.waitUntil(lambda: view.why == "large swings", timeout=LONG)
    # Without an engine the course stays, but no levels are shown as current.
    published.end_engine()
    qtbot.waitUntil(lambda: not view.isVisible(), timeout=LONG)
    assert window.decision.isVisible()
    assert view.decision == "no prediction"
    assert len(window.engine.level_history.course.steps) == 2
    published.close()
