"""The window of the speller: its offers, its refusals, and the run that it starts."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.paradigms.choice import SpellingChoice
from gui.paradigms.window import FREE, SpellerWindow
from gui.settings import DashboardSettings
from tests.gui.keys import press


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> SpellerWindow:
    made = SpellerWindow("p300", DashboardSettings(tmp_path / "dashboard.json"))
    qtbot.addWidget(made)
    made.open()
    return made


def test_a_run_is_started_by_a_key_with_the_values_of_the_fields(
    window: SpellerWindow, qtbot: QtBot
) -> None:
    chosen: list[SpellingChoice] = []
    window.start_wanted.connect(chosen.append)
    window.text.setText("HI")
    window.subject.setText("07")
    window.fields.most.setValue(4)
    window.fields.confidence.setValue(80)
    press(qtbot, window, "Ctrl+Return")
    (choice,) = chosen
    settings = choice.plan.settings
    assert choice.plan.text == "HI"
    assert (settings.max_repetitions, settings.confidence) == (4, 0.8)
    assert choice.session is not None
    assert choice.session.task == "p300"
    assert "count silently" in choice.instruction


def test_nothing_is_recorded_without_a_subject(window: SpellerWindow) -> None:
    assert window.choice().session is None


def test_free_spelling_needs_no_text(window: SpellerWindow) -> None:
    window.modes.setCurrentText(FREE)
    assert not window.text.isEnabled()
    assert window.choice().plan.text == ""
    assert window.summary.text() == "Free spelling, until Esc"


def test_a_text_without_symbols_is_refused_in_a_sentence(window: SpellerWindow) -> None:
    window.text.setText("A7")
    assert window.problem.text().startswith("The text holds '7', which is none of the symbols")
    assert not window.start.isEnabled()


def test_another_profile_brings_a_text_that_it_can_spell_and_its_own_fields(
    window: SpellerWindow,
) -> None:
    assert window.fields.flash_ms.isVisible()
    assert not window.fields.brightest.isVisible()
    window.profiles.setCurrentText("ssvep")
    assert window.text.text() == "ABCDE"
    assert not window.fields.flash_ms.isVisible()
    assert window.fields.brightest.isVisible()


def test_the_luminance_is_bounded_by_the_fields(window: SpellerWindow) -> None:
    window.profiles.setCurrentText("ssvep")
    window.fields.darkest.setValue(20)
    window.fields.brightest.setValue(60)
    shown = window.choice().plan.flickering(60.0)
    values = [value for frame in range(60) for value in shown.at(frame)]
    assert min(values) >= 0.2
    assert max(values) <= 0.6
    window.fields.darkest.setValue(70)
    assert window.problem.text() == "The darkest luminance must be below the brightest"


def test_a_text_of_the_language_makes_its_letters_likelier(
    window: SpellerWindow, tmp_path: Path
) -> None:
    file = tmp_path / "usual.txt"
    window.prior.setText(str(file))
    assert "usual.txt" in window.problem.text()
    assert not window.start.isEnabled()
    file.write_text("QUIET QUEEN QUICK")
    window.prior.setText("")
    window.prior.setText(str(file))
    speller = window.choice().plan.speller
    after_q = speller.prior("Q")
    assert speller.grid.symbols[int(after_q.argmax())] == "U"
    window.profiles.setCurrentText("ssvep")
    assert not window.prior.isVisible()


def test_a_flicker_that_ends_before_the_window_is_refused(window: SpellerWindow) -> None:
    window.profiles.setCurrentText("ssvep")
    window.fields.flicker_s.setValue(1.0)
    assert window.problem.text().startswith("A flicker of 1 s ends before the first window does")
    window.fields.flicker_s.setValue(1.2)
    assert window.problem.text() == ""
