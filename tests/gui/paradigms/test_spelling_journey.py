"""A speller from its calibration to the spelled text, with the real simulator and engine."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import decoders
from bci.lsl.inlet import SignalInlet
from bci.lsl.spelling_stream import SpellingInlet
from bci.messages import Spelled
from bci.models.bundle import save_bundle
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.tasks.spelling_paradigms import ALL_KINDS, P300
from bci.training.without_training import without_training
from gui.main_window import MainWindow
from gui.processes.child import Command
from tests.commands import BCI
from tests.gui.simulator import simulator
from tests.streams import find

OpenWindow = Callable[..., MainWindow]
LONG = 60_000
# Responses so large that no symbol is wrong, since the test is about the steps.
LARGE = 8.0


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_p300_calibration_ends_in_a_model_that_spells(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    with simulator(name, task="p300", response=LARGE):
        main = open_window(profile="p300", task="p300")
        calibrate(main, qtbot)
        (file,) = tmp_path.rglob("*.xdf")
        labels = [marker.label for marker in read_recording(file).markers]
        assert "selection/1/A" in labels
        assert sum(label.startswith("target/") for label in labels) == 4 * 2 * 3
        assert sum(label.startswith("nontarget/") for label in labels) == 4 * 10 * 3
        window = main.calibrating.window
        assert window is not None
        window.result.use.click()
        with closing(copied(main, qtbot, "B", f"{name}-engine")) as inlet:
            spelled: list[Spelled] = []
            qtbot.waitUntil(lambda: spelled.extend(inlet.pull()) or bool(spelled), timeout=LONG)
        assert (spelled[0].symbol, spelled[0].target, spelled[0].text) == ("B", "B", "B")
        assert spelled[0].simulated
        run = main.links.spelling.run
        assert run is not None
        qtbot.waitUntil(lambda: "1 of 1 symbol right" in run.sentence, timeout=LONG)
        run.abort()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_flicker_spells_without_training_after_its_risks_are_confirmed(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    engine, model = f"{name}-engine", tmp_path / "model"
    with simulator(name, task="ssvep", channels=8, response=LARGE):
        profile = load_profile("ssvep")
        decoder = decoders.create("fbcca", stimuli=profile.stimuli)
        with closing(SignalInlet(find(name))) as signal:
            card, ready = without_training(profile, decoder, signal.info, "me")
        save_bundle(model, card, ready.arrays())
        argv = [*BCI, "run", "ssvep", f"--model={model}", f"--stream={name}", f"--name={engine}"]
        run_engine = Command("engine", (*argv, "--with-parent"))
        main = open_window(profile="ssvep", task="ssvep", commands=(run_engine,))
        main.programs.start()
        qtbot.waitUntil(lambda: "is decoded by" in main.state.text(), timeout=LONG)
        inlet = copied(main, qtbot, "CA", engine, told="seizures")
        run, presenter = main.links.spelling.run, main.links.spelling.presenter
        assert run is not None
        assert presenter is not None
        qtbot.keyClick(presenter.window, Qt.Key.Key_Y)
        qtbot.waitUntil(lambda: "Look at the framed field" in run.sentence, timeout=LONG)
        qtbot.keyClick(presenter.window, Qt.Key.Key_Space)
        spelled: list[Spelled] = []
        with closing(inlet):
            qtbot.waitUntil(lambda: spelled.extend(inlet.pull()) or len(spelled) > 1, timeout=LONG)
        assert [each.symbol for each in spelled] == ["C", "A"]
        assert all(each.updates >= 1 for each in spelled)
        run.abort()


def calibrate(main: MainWindow, qtbot: QtBot) -> None:
    """Copy four symbols, and train on them."""
    main.header.buttons["calibrate"].click()
    window = main.calibrating.window
    assert window is not None
    setup = window.setup
    setup.kinds.setCurrentIndex(ALL_KINDS.index(P300))
    qtbot.keyClicks(setup.subject, "07")
    setup.cue_fields.line.setText("ABCD")
    fields = setup.speller_fields
    fields.most.setValue(3)
    fields.flash_ms.setValue(60)
    fields.gap_ms.setValue(40)
    fields.target_s.setValue(0.5)
    setup.full_screen.setChecked(False)
    setup.next.click()
    qtbot.waitUntil(window.signals.start.isEnabled, timeout=LONG)
    window.signals.start.click()
    begin(main, qtbot)
    qtbot.waitUntil(window.training_page.isVisible, timeout=LONG)
    window.training_page.train.click()
    page = window.training_page
    qtbot.waitUntil(lambda: window.result.isVisible() or bool(page.problem.text()), timeout=LONG)
    assert page.problem.text() == ""


def begin(main: MainWindow, qtbot: QtBot) -> None:
    """Press Space when the run can begin."""
    window = main.calibrating.window
    assert window is not None
    runs = window.runs
    qtbot.waitUntil(lambda: "count silently" in runs.run.sentence, timeout=LONG)
    qtbot.keyClick(runs.presenter.window, Qt.Key.Key_Space)


def copied(
    main: MainWindow, qtbot: QtBot, text: str, engine: str, told: str = "count silently"
) -> SpellingInlet:
    """Open the speller, wait for a sentence, press Space; return the symbols' inlet."""
    spelling = main.links.spelling
    spelling.open()
    window = spelling.window
    assert window is not None
    window.text.setText(text)
    window.full_screen.setChecked(False)
    window.fields.target_s.setValue(0.5)
    window.fields.feedback_s.setValue(0.2)
    window.start.click()
    inlet = SpellingInlet(find(f"{engine}-spelled"))
    run = spelling.run
    assert run is not None
    qtbot.waitUntil(lambda: told in run.sentence, timeout=LONG)
    assert spelling.presenter is not None
    qtbot.keyClick(spelling.presenter.window, Qt.Key.Key_Space)
    return inlet
