import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
from pylsl import local_clock
from pytestqt.qtbot import QtBot

from bci.decisions import RunningDecision
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import WindowCounts
from gui.decisions.decision_view import CueWindows
from gui.decisions.timing.rejections import Rejections
from gui.decisions.transcript import TranscriptView, clock_time
from gui.decisions.word_list import ShownWords, WordList
from gui.main_window import MainWindow
from gui.processes.child import Command
from gui.theme import DARK, LIGHT
from gui.widgets.labels import NO_ENGINE, STARTING
from tests.gui import published
from tests.gui.published import LONG, Published

WORDS = ("yes", "no", "water", "help", "pain", "hot", "cold")


def shares(**given: float) -> np.ndarray:
    rest = (1 - sum(given.values())) / (len(WORDS) - len(given))
    return np.array([given.get(word, rest) for word in WORDS], dtype=np.float32)


def received(taken: float, **given: float) -> ReceivedPrediction:
    return published.received(taken, shares(**given), WORDS)


@pytest.fixture
def windows() -> CueWindows:
    return CueWindows(1.2)


@pytest.fixture
def view(qtbot: QtBot, windows: CueWindows) -> WordList:
    view = WordList(windows, threshold=0.5)
    qtbot.addWidget(view)
    view.resize(338, 216)
    view.set_classes(WORDS)
    return view


@pytest.fixture
def written(qtbot: QtBot, windows: CueWindows) -> TranscriptView:
    view = TranscriptView(windows)
    qtbot.addWidget(view)
    view.resize(600, 150)
    view.set_classes(WORDS)
    return view


def test_the_likeliest_words_are_shown_with_the_one_that_was_asked_for(
    view: WordList, windows: CueWindows
) -> None:
    assert view.decision == "no prediction"
    windows.add(10.0, "help")
    windows.add(11.19, "cold")
    view.show_prediction(received(11.2, pain=0.6, help=0.2))
    assert [bar.name for bar in view.bars.bars[:2]] == ["pain", "help"]
    assert len(view.bars.bars) == 5
    assert view.decision == "pain"
    assert view.truth == "true word: help"
    view.show_prediction(received(30.0, pain=0.49))
    assert view.decision == "undecided"
    assert view.truth == "true word: not known"


def test_a_rejected_window_takes_the_word_away_and_gives_the_reason(view: WordList) -> None:
    view.show_prediction(received(11.2, pain=0.6))
    before = view.grab().toImage()
    view.show_rejected("artifact")
    assert (view.decision, view.why) == ("no prediction", "artifact")
    assert view.grab().toImage() != before
    view.show_prediction(received(14.0, pain=0.6))
    assert (view.decision, view.why) == ("pain", "")


def test_the_transcript_marks_and_counts_right_and_wrong(
    written: TranscriptView, windows: CueWindows
) -> None:
    said = []
    for k, (asked, given) in enumerate(
        (("help", {"help": 0.9}), ("no", {"yes": 0.7}), ("hot", {"hot": 0.4}))
    ):
        windows.add(10.0 * k, asked)
        written.add([received(10.0 * k + 1.2, **given)])
        said.append(written.sentence)
    assert said == ["help: \u2713 90 %", "yes: \u2717 asked: no", "undecided: asked: hot"]
    assert written.tally.text() == "1 of 2 right (chance 14 %), 1 undecided"
    assert written.accessibleDescription() == said[-1]


def test_a_window_that_was_rejected_is_an_entry_with_its_cue_and_reason(
    written: TranscriptView, windows: CueWindows
) -> None:
    windows.add(10.0, "help")
    windows.add(12.0, "no")
    written.show_rejected(11.5, "gap")
    assert written.sentence == "rejected: gap; asked: help"
    assert written.tally.text() == ""
    written.add([received(13.2, no=0.9)])
    assert written.sentence == "no: \u2713 90 %"


def test_with_sliding_windows_a_word_is_one_entry_and_is_held_against_no_cue(
    qtbot: QtBot,
) -> None:
    view, running = TranscriptView(None), RunningDecision()
    qtbot.addWidget(view)
    view.set_classes(WORDS)
    for k, given in enumerate(
        ({"no": 0.9}, {"no": 0.8}, {"no": 0.3}, {"no": 0.9}, {"pain": 0.9}, {"pain": 0.2})
    ):
        window = received(k / 10, **given)
        view.add([window])
        if event := running.add(window.decision, window.taken):
            view.add_decisions([event])
    view.show_rejected(1.0, "gap")
    assert [said.word for said in view.entries] == ["no", "no", "pain"]
    assert all(said.is_right is None for said in view.entries)


def test_a_long_transcript_keeps_its_newest_words_in_sight(
    written: TranscriptView, windows: CueWindows
) -> None:
    for k in range(1000):
        windows.add(3.0 * k, WORDS[k % 7])
        written.add([received(3.0 * k + 1.2, **{WORDS[k % 7]: 0.9})])
    assert len(written.entries) <= 200
    assert written.tally.text().startswith("1000 of 1000 right")
    before = written.grab().toImage()
    windows.add(4000.0, "pain")
    written.add([received(4001.2, pain=0.3)])
    assert written.grab().toImage() != before


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_both_are_painted_in_both_themes_and_without_an_engine(
    view: WordList, written: TranscriptView, theme
) -> None:
    for one in (view, written):
        one.theme = theme
        empty = one.grab().toImage()
        one.show_prediction(received(1.2, no=0.9)) if one is view else one.add(
            [received(1.2, no=0.9)]
        )
        assert one.grab().toImage() != empty
        one.set_engine(False)
        assert one.height() < 50


def test_the_time_of_a_word_is_the_time_of_day(written: TranscriptView) -> None:
    now = time.time()
    expected = {time.strftime("%H:%M:%S", time.localtime(now - 60 + d)) for d in (-1, 0, 1)}
    assert clock_time(local_clock() - 60) in expected


def test_the_reason_is_that_of_the_windows_rejected_since_the_last_status() -> None:
    rejections = Rejections()
    assert rejections.since_last(WindowCounts(rejected_gap=5)) == ""
    assert rejections.since_last(WindowCounts(rejected_gap=5)) == ""
    grown = WindowCounts(rejected_gap=6, rejected_artifact=3)
    assert rejections.since_last(grown) == "large swings"
    # A restarted engine counts from zero.
    assert rejections.since_last(WindowCounts()) == ""


def test_words_come_over_the_network_into_the_window(
    open_window: Callable[..., MainWindow], qtbot: QtBot, name: str
) -> None:
    engine = Published(name, WORDS, "speech")
    window = open_window(
        markers=engine.markers,
        cue_of=lambda label: label if label in WORDS else None,
        words=ShownWords(1.2),
        task="speech",
        threshold=0.5,
    )
    shown = window.engine
    assert shown.own is not None
    assert isinstance(shown.history, TranscriptView)
    engine.wait_for_listeners(qtbot)
    qtbot.waitUntil(lambda: shown.own.has_engine, timeout=LONG)
    assert shown.own.isVisible()
    assert shown.history.isVisible()
    assert not window.decision.isVisible()

    def say(asked: str, **given: float) -> None:
        taken = local_clock()
        engine.cue(taken - 1.2, asked)
        qtbot.waitUntil(lambda: shown.own._truth.cue_of(taken) == asked, timeout=LONG)
        n = len(shown.history.entries)
        engine.predict(taken, shares(**given))
        qtbot.waitUntil(lambda: len(shown.history.entries) == n + 1, timeout=LONG)

    say("help", help=0.9)
    assert shown.own.decision == "help"
    assert shown.own.truth == "true word: help"
    say("pain", hot=0.8)
    assert shown.history.sentence == "hot: \u2717 asked: pain"
    engine.reject()
    qtbot.waitUntil(lambda: shown.own.decision == "no prediction", timeout=LONG)
    assert shown.history.sentence == "rejected: large swings"
    assert window.minimumSizeHint().height() <= 720
    # Without an engine the transcript stays, but no word is shown as current.
    engine.end_engine()
    qtbot.waitUntil(lambda: not shown.own.has_engine, timeout=LONG)
    assert len(shown.history.entries) == 3
    engine.close()


def test_an_engine_that_is_starting_is_not_called_missing(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    waits = (sys.executable, "-c", "import sys; sys.stdin.read()")
    window = open_window(words=ShownWords(1.2), task="speech", commands=(Command("engine", waits),))
    shown = window.engine
    assert shown.own.hint == NO_ENGINE
    window.buttons["engine"].click()
    qtbot.waitUntil(lambda: shown.own.hint == STARTING, timeout=5_000)
    assert shown.history.hint == STARTING
    window.buttons["engine"].click()
    qtbot.waitUntil(lambda: shown.own.hint == NO_ENGINE, timeout=5_000)
