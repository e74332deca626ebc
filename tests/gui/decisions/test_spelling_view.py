"""The spelled text in the dashboard, from the speller's own stream."""

from collections.abc import Callable
from contextlib import closing

from pytestqt.qtbot import QtBot

from bci.lsl.spelling_stream import SpellingOutlet
from bci.messages import Spelled
from gui.decisions.spelling_view import SpelledTranscript, SpellingView
from gui.main_window import MainWindow
from tests.gui.conftest import NO_DEVICES
from tests.gui.keys import press

LONG = 20_000


def selection(number: int, symbol: str | None, target: str | None, text: str) -> Spelled:
    return Spelled(
        change="failed" if symbol is None else "selected",
        selection=number,
        symbol=symbol,
        target=target,
        text=text,
        confidence=None if symbol is None else 0.9,
        candidates={} if symbol is None else {symbol: 0.9, "Z": 0.1},
        began=1.0 * number,
        ended=1.0 * number + 0.5,
    )


def test_the_dashboard_shows_what_a_speller_of_its_engine_sends(
    open_window: Callable[..., MainWindow], qtbot: QtBot, name: str
) -> None:
    window = open_window(task="p300", profile="p300", bci=NO_DEVICES)
    view, past = window.engine.by_task["p300"], window.engine.history
    assert isinstance(view, SpellingView)
    assert isinstance(past, SpelledTranscript)
    with closing(SpellingOutlet(f"{name}-engine", f"{name}-spelled")) as outlet:
        qtbot.waitUntil(lambda: outlet.has_consumers, timeout=LONG)
        outlet.push(selection(1, "H", "H", "H"))
        qtbot.waitUntil(lambda: view.text == "H", timeout=LONG)
        assert [bar.name for bar in view.bars.bars] == ["H", "Z"]
        assert past.entries[-1].word == "H"
    press(qtbot, window, "Ctrl+S")
    speller = window.links.spelling.window
    assert speller is not None
    assert speller.isVisible()
    assert speller.profiles.currentText() == "p300"
    # Without a signal no run begins, and the reason is shown.
    speller.start.click()
    assert "There is no signal" in speller.result.text()


def undone(number: int, symbol: str, target: str, text: str) -> Spelled:
    return selection(number, symbol, target, text).model_copy(update={"change": "undone"})


def test_right_symbols_are_counted_and_undone_ones_no_longer_are(qtbot: QtBot) -> None:
    view, past = SpellingView(0.7), SpelledTranscript()
    for widget in (view, past):
        qtbot.addWidget(widget)
        for each in (selection(1, "H", "H", "H"), selection(2, "J", "I", "HJ")):
            widget.show_spelled(each)
        assert widget.n_right == 1
    assert view.is_right is False
    assert view.beside_foot.text() == "1 of 2 right"
    for widget in (view, past):
        widget.show_spelled(undone(2, "J", "I", "H"))
        assert widget.n_right == 1
        widget.show_spelled(undone(1, "H", "H", ""))
        assert widget.n_right == 0
        widget.show_spelled(selection(3, "H", "H", "H"))
    assert view.beside_foot.text() == "1 of 3 right"
    assert past.count() == "1 of 3 right"
    view.show_spelled(undone(3, "H", "H", ""))
    assert view.about == "H was taken back"
    assert view.bars.bars == ()


def test_a_selection_without_predictions_is_reported(qtbot: QtBot) -> None:
    view, past = SpellingView(0.7), SpelledTranscript()
    for widget in (view, past):
        qtbot.addWidget(widget)
        widget.show_spelled(selection(1, None, "H", ""))
    assert view.about == "selection 1: no prediction came"
    assert past.entries[-1].why == "no prediction"


def test_a_new_run_begins_its_own_count(qtbot: QtBot) -> None:
    view = SpellingView(0.7)
    qtbot.addWidget(view)
    for each in (selection(1, "H", "H", "H"), selection(2, "I", "I", "HI")):
        view.show_spelled(each)
    view.show_spelled(selection(1, "A", "B", "A"))
    assert (view.n_right, view.n_copied) == (0, 1)
