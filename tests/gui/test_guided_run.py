"""A guided calibration from the button to the model, with a person who follows the cues."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci.bundle import CARD, load_card
from bci.recording.reading import read_recording
from gui.calibration.schedule import Phase
from gui.calibration.window import CalibrationWindow
from gui.main_window import MainWindow
from gui.process import Command, stop_all
from gui.programs import Programs
from tests.gui.cued_person import cued_person

OpenWindow = Callable[..., MainWindow]
LONG = 20_000
TRIALS = 6
PROFILE = """
task: motor imagery
pipeline:
  kinds: [eeg]
  filters:
    - {kind: bandpass, low_hz: 8, high_hz: 14, order: 2}
  window_s: 0.4
  hop_s: 0.1
paradigm:
  classes: {left: left, right: right}
  rest: rest
  start_s: 0.3
  stop_s: 1.0
"""


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    file = tmp_path / "quick.yaml"
    file.write_text(PROFILE)
    return file


def opened(main: MainWindow, qtbot: QtBot, trials: int) -> CalibrationWindow:
    """The window, filled in up to the signals, with a quick run."""
    main.header.calibrate_button.click()
    window = main.calibrating.window
    assert window is not None
    setup = window.setup
    assert not setup.next.isEnabled()
    assert "subject" in setup.problem.text()
    qtbot.keyClicks(setup.subject, "07")
    setup.full_screen.setChecked(False)
    setup.timing_fields.trials.setValue(trials)
    for name, value in (
        ("baseline_s", 0.1), ("cue_s", 0.3), ("task_s", 0.7),
        ("pause_min_s", 0.1), ("pause_max_s", 0.2),
    ):  # fmt: skip
        setup.timing_fields.fields[name].setValue(value)
    setup.next.click()
    qtbot.waitUntil(window.signals.start.isEnabled, timeout=LONG)
    assert "SIMULATED" in window.signals.stream.text()
    return window


def begin(window: CalibrationWindow, qtbot: QtBot) -> None:
    window.signals.start.click()
    qtbot.waitUntil(lambda: "imagine" in window.cue_screen.sentence, timeout=LONG)
    qtbot.keyClick(window.cue_screen, Qt.Key.Key_Space)
    assert window.run is not None


def test_a_guided_run_ends_in_a_model_that_is_better_than_chance(
    open_window: OpenWindow, qtbot: QtBot, name: str, profile: Path, tmp_path: Path
) -> None:
    with cued_person(name, f"{name}-engine-cues"):
        main = open_window(profile=str(profile))
        window = opened(main, qtbot, TRIALS)
        begin(window, qtbot)
        run = window.run
        assert run is not None
        sent: list[str] = []
        run.marked.connect(lambda marker: sent.append(marker.label))
        qtbot.waitUntil(lambda: run.schedule.phase is Phase.TASK, timeout=LONG)
        qtbot.keyClick(window.cue_screen, Qt.Key.Key_Space)
        assert run.schedule.phase is Phase.HELD
        assert "interrupted" in sent
        qtbot.keyClick(window.cue_screen, Qt.Key.Key_Space)
        page = window.training_page
        qtbot.waitUntil(page.isVisible, timeout=2 * LONG)
        assert f"Recorded {2 * TRIALS} of {2 * TRIALS} trials" in page.said.text()
        (file,) = page.files
        assert file.name == "sub-07_task-motorimagery_run-01_eeg.xdf"
        recording = read_recording(file)
        assert recording.info.simulated
        assert [marker.label for marker in recording.markers] == sent
        assert sent.count("left") + sent.count("right") == 2 * TRIALS + 1
        page.train.click()
        qtbot.waitUntil(
            lambda: window.result.isVisible() or bool(page.problem.text()), timeout=3 * LONG
        )
        assert page.problem.text() == ""
        assert page.curve.points
        result = window.result.result
        assert result is not None
        assert (result.folder / CARD).is_file()
        card = load_card(result.folder)
        assert card.simulated
        assert card.score.accuracy > card.score.chance + 0.2
        assert "Better than chance" in window.result.verdict.text()
        assert {p.ch_names[abs(p.weights).argmax()] for p in result.patterns} <= {"C3", "C4"}
        assert result.course is not None
        assert result.course.accuracy[-1] > 0.6
        window.result.use.click()
        told = f"The engine decodes with {result.folder.name} now."
        qtbot.waitUntil(lambda: window.result.told.text() == told, timeout=2 * LONG)
        qtbot.waitUntil(lambda: main.decision.live, timeout=LONG)
        window.result.use.click()
        qtbot.waitUntil(lambda: main.situation.status.get("swaps") == 1, timeout=2 * LONG)
        assert main.situation.status["lost_samples"] == 0


def test_a_model_is_handed_to_the_engine_that_runs_and_one_is_started_where_none_does(
    qtbot: QtBot, tmp_path: Path
) -> None:
    echo = "import sys\nfor line in sys.stdin: print('heard', line.strip(), flush=True)"
    command = Command("engine", (sys.executable, "-u", "-c", echo))
    programs = Programs(())
    said: list[str] = []
    programs.said.connect(said.append)
    assert not programs.use_model(tmp_path / "first", command)
    assert programs.buttons["engine"].text() == "Stop engine"
    assert programs.use_model(tmp_path / "my second", command)
    qtbot.waitUntil(lambda: said == [f"engine: heard use {tmp_path}/my second"], timeout=LONG)
    stop_all(programs.processes)


def test_a_run_that_is_ended_early_is_kept_and_says_what_it_lacks(
    open_window: OpenWindow, qtbot: QtBot, name: str, profile: Path
) -> None:
    with cued_person(name, f"{name}-engine-cues"):
        main = open_window(profile=str(profile))
        window = opened(main, qtbot, TRIALS)
        begin(window, qtbot)
        run = window.run
        assert run is not None
        qtbot.waitUntil(lambda: run.schedule.completed.total() == 2, timeout=LONG)
        qtbot.keyClick(window.cue_screen, Qt.Key.Key_Escape)
        page = window.training_page
        qtbot.waitUntil(page.isVisible, timeout=LONG)
        assert "Recorded 2 of 12 trials" in page.said.text()
        recording = read_recording(page.files[0])
        assert recording.markers[-1].label == "interrupted"
        page.train.click()
        qtbot.waitUntil(lambda: bool(page.problem.text()), timeout=2 * LONG)
        assert "too few" in page.problem.text() or "no marker" in page.problem.text()
        assert page.train.text() == "Train"
