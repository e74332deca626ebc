"""A guided calibration from the button to the model, with the real simulator and engine."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from pylsl import local_clock
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import decoders
from bci.bundle import CARD, load_card, save_bundle
from bci.calibration import calibrate
from bci.lsl.cues import GUIDED
from bci.lsl.outlet import MarkerOutlet
from bci.lsl.predictions import ReceivedPrediction
from bci.profile import load_profile
from bci.recording.reading import read_recording
from bci.types import Marker
from devices.simulated_subject import write_subject
from gui.calibration.paradigms import CLIPS, KINDS
from gui.calibration.schedule import Phase
from gui.calibration.window import CalibrationWindow
from gui.main_window import MainWindow
from gui.process import Command, stop_all
from gui.programs import Programs
from gui.revival import LEAST_S
from tests.gui.simulator import simulator

OpenWindow = Callable[..., MainWindow]
LONG = 20_000
TRIALS = 10
TASK_S = 2.7
# Who follows cues well, as of some people.
SEED = 4
PROFILE = """
task: motor imagery
pipeline:
  channels: [C3, C4]
  filters:
    - {kind: bandpass, low_hz: 8, high_hz: 14, order: 2}
  window_s: 2.0
  hop_s: 0.1
paradigm:
  classes: {left: left, right: right}
  rest: rest
  start_s: 0.5
  stop_s: 3.0
"""


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    file = tmp_path / "quick.yaml"
    file.write_text(PROFILE)
    return file


def opened(main: MainWindow, qtbot: QtBot) -> CalibrationWindow:
    """The window, filled in up to the signals, with a quick run."""
    main.header.calibrate_button.click()
    window = main.calibrating.window
    assert window is not None
    setup = window.setup
    assert not setup.next.isEnabled()
    assert "subject" in setup.problem.text()
    qtbot.keyClicks(setup.subject, "07")
    setup.timing_fields.trials.setValue(TRIALS)
    fill_in(window, cue_s=0.3, task_s=TASK_S)
    qtbot.waitUntil(window.signals.start.isEnabled, timeout=LONG)
    assert "SIMULATED" in window.signals.stream.text()
    return window


def fill_in(window: CalibrationWindow, **timing: float) -> None:
    """Quick timings, up to the signals."""
    setup = window.setup
    setup.full_screen.setChecked(False)
    rest = {"baseline_s": 0.1, "pause_min_s": 0.3, "pause_max_s": 0.4}
    for name, value in (timing | rest).items():
        setup.timing_fields.fields[name].setValue(value)
    setup.next.click()


def begin(window: CalibrationWindow, qtbot: QtBot, told: str = "imagine") -> None:
    window.signals.start.click()
    qtbot.waitUntil(lambda: told in window.cue_screen.sentence, timeout=LONG)
    qtbot.keyClick(window.cue_screen, Qt.Key.Key_Space)
    assert window.run is not None


@pytest.mark.timeout(300)
def test_a_guided_run_of_the_simulator_ends_in_a_model_that_is_right_live(
    open_window: OpenWindow, qtbot: QtBot, name: str, profile: Path
) -> None:
    with simulator(name, seed=SEED):
        main = open_window(profile=str(profile))
        window = opened(main, qtbot)
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
        qtbot.waitUntil(page.isVisible, timeout=4 * LONG)
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
        assert card.score.p_value < 0.05
        assert "Better than chance" in window.result.verdict.text()
        assert result.patterns[0].ch_names == ("C3", "C4")
        assert result.course is not None
        assert result.course.accuracy[-1] > 0.6
        window.result.use.click()
        told = f"The engine decodes with {result.folder.name} now."
        qtbot.waitUntil(lambda: window.result.told.text() == told, timeout=2 * LONG)
        qtbot.waitUntil(lambda: main.decision.live, timeout=LONG)
        window.result.use.click()
        qtbot.waitUntil(lambda: main.situation.status.get("swaps") == 1, timeout=2 * LONG)
        assert main.situation.status["lost_samples"] == 0
        assert n_right(main, qtbot) >= 6


def n_right(main: MainWindow, qtbot: QtBot) -> int:
    """How many of eight cues of another program the engine tells from the signal."""
    came: list[ReceivedPrediction] = []
    main.feed.predictions_came.connect(lambda some: came.extend(some))
    cues = MarkerOutlet("paradigm", "paradigm", stream_type=GUIDED)
    qtbot.waitUntil(lambda: cues.has_consumers, timeout=LONG)
    right = 0
    for label in ("left", "right", "right", "left") * 2:
        asked = local_clock()
        cues.push(Marker(asked, label))
        until = asked + 2.9
        qtbot.waitUntil(lambda at=until: bool(came) and came[-1].taken > at, timeout=LONG)
        right += ("left", "right")[int(np.argmax(came[-1].probabilities))] == label
    cues.close()
    return right


@pytest.mark.timeout(300)
def test_an_engine_or_a_device_that_is_killed_in_a_run_is_told_and_comes_back(
    open_window: OpenWindow, qtbot: QtBot, name: str, profile: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    trained = calibrate(
        [read_recording(file) for file in write_subject(tmp_path, seed=1, n_runs=1)],
        load_profile(profile), lambda: decoders.create("tangent-space"), "model",
    )  # fmt: skip
    save_bundle(model, trained.card, trained.decoder.arrays())
    run = ("run", str(profile), f"--model={model}", f"--stream={name}", "--with-parent")
    engine = Command("engine", (sys.executable, "-m", "bci", *run))
    with simulator(name) as device:
        main = open_window(profile=str(profile), engine_name="bci", commands=(engine,))
        main.buttons["engine"].click()
        qtbot.waitUntil(lambda: main.decision.live, timeout=3 * LONG)
        window = opened(main, qtbot)
        begin(window, qtbot)
        guided = window.run
        assert guided is not None
        qtbot.waitUntil(lambda: main.processes[0].age_s > LEAST_S, timeout=LONG)
        qtbot.waitUntil(lambda: guided.schedule.phase is Phase.TASK, timeout=LONG)
        psutil.Process(main.processes[0].pid).kill()
        qtbot.waitUntil(main.banner.isVisible, timeout=1000)
        assert "engine ended by itself" in main.banner_text.text()
        assert "It is started again." in main.banner_text.text()
        assert guided.schedule.phase is not Phase.HELD
        qtbot.waitUntil(lambda: not main.decision.live, timeout=LONG)
        qtbot.waitUntil(lambda: main.decision.live, timeout=3 * LONG)
        qtbot.waitUntil(lambda: not main.banner.isVisible(), timeout=LONG)
        qtbot.waitUntil(lambda: guided.schedule.phase is Phase.TASK, timeout=LONG)
        device.kill()
        qtbot.waitUntil(lambda: f"{name} is gone" in main.banner_text.text(), timeout=1000)
        qtbot.waitUntil(lambda: guided.schedule.phase is Phase.HELD, timeout=3000)
        assert f"{name} is gone; it is waited for" in window.cue_screen.sentence
        qtbot.keyClick(window.cue_screen, Qt.Key.Key_Space)
        assert guided.schedule.phase is Phase.HELD
        with simulator(name):
            qtbot.waitUntil(lambda: "It is back" in window.cue_screen.sentence, timeout=2 * LONG)
            qtbot.waitUntil(lambda: not main.banner.isVisible(), timeout=LONG)
            done = guided.schedule.completed.total()
            qtbot.keyClick(window.cue_screen, Qt.Key.Key_Space)
            qtbot.waitUntil(lambda: guided.schedule.completed.total() > done, timeout=LONG)
            qtbot.keyClick(window.cue_screen, Qt.Key.Key_Escape)
            qtbot.waitUntil(window.training_page.isVisible, timeout=LONG)
        recording = read_recording(window.training_page.files[0])
        assert [m.label for m in recording.markers].count("interrupted") == 2


@pytest.mark.timeout(300)
def test_clips_that_are_rated_end_in_a_model_of_valence_and_arousal(
    open_window: OpenWindow, qtbot: QtBot, name: str, profile: Path, tmp_path: Path
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    for k in range(10):
        # What the simulated person feels is in the name, and is what the rater says.
        (clips / f"{k} valence-{k % 5 + 1} arousal-{5 - k % 4}.txt").write_text("A text.")
    with simulator(name, task="emotion"):
        main = open_window(profile=str(profile))
        main.header.calibrate_button.click()
        window = main.calibrating.window
        assert window is not None
        setup = window.setup
        qtbot.keyClicks(setup.subject, "07")
        setup.kinds.setCurrentIndex(KINDS.index(CLIPS))
        setup.cue_fields.line.setText(str(clips))
        fill_in(window, cue_s=1.5, task_s=3.8)
        qtbot.waitUntil(window.signals.start.isEnabled, timeout=LONG)
        begin(window, qtbot, "Look at the cross")
        run = window.run
        assert run is not None
        sent: list[Marker] = []
        run.marked.connect(lambda marker: sent.append(marker))
        for _ in range(10):
            qtbot.waitUntil(lambda: bool(sent) and sent[-1].label == "rating", timeout=LONG)
            cue = run.schedule.step.cue
            assert cue is not None
            valence, arousal = (
                cue.label.split(f"{axis}-")[1][0] for axis in ("valence", "arousal")
            )
            qtbot.keyClicks(window.cue_screen, f"{valence}{arousal} ")
        page = window.training_page
        qtbot.waitUntil(page.isVisible, timeout=LONG)
        assert "Recorded 10 of 10 trials" in page.said.text()
        recording = read_recording(page.files[0])
        assert sorted(marker.label for marker in recording.markers) == sorted(m.label for m in sent)
        shown = {m.label[5:]: m.time for m in recording.markers if m.label.startswith("clip-")}
        felt = [m for m in recording.markers if m.label.startswith("film-")]
        for marker in felt:
            item, *levels = marker.label.removeprefix("film-").split("/")
            assert marker.time == shown[item]
            assert item.endswith(" ".join(levels))
        page.train.click()
        qtbot.waitUntil(
            lambda: window.result.isVisible() or bool(page.problem.text()), timeout=3 * LONG
        )
        assert page.problem.text() == ""
        assert window.result.result is not None
        card = window.result.result.card
        assert card.decoder.name == "differential-entropy"
        assert (card.score.trials, len(card.classes)) == (10, 25)
        assert "whole items, 10 items" in card.score.folds


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
    second = Command("engine", (*command.argv, "second"))
    assert programs.use_model(tmp_path / "my second", second)
    # It may refuse the model; until it has taken it, it would be started with the first.
    assert programs.processes[0].command == command
    programs.set_command(second)
    assert programs.processes[0].command == second
    qtbot.waitUntil(lambda: said == [f"engine: heard use {tmp_path}/my second"], timeout=LONG)
    stop_all(programs.processes)


def test_a_run_that_is_ended_early_is_kept_and_says_what_it_lacks(
    open_window: OpenWindow, qtbot: QtBot, name: str, profile: Path
) -> None:
    with simulator(name):
        main = open_window(profile=str(profile))
        window = opened(main, qtbot)
        begin(window, qtbot)
        run = window.run
        assert run is not None
        qtbot.waitUntil(lambda: run.schedule.completed.total() == 2, timeout=LONG)
        qtbot.keyClick(window.cue_screen, Qt.Key.Key_Escape)
        page = window.training_page
        qtbot.waitUntil(page.isVisible, timeout=LONG)
        assert "Recorded 2 of 20 trials" in page.said.text()
        recording = read_recording(page.files[0])
        assert recording.markers[-1].label == "interrupted"
        page.train.click()
        qtbot.waitUntil(lambda: bool(page.problem.text()), timeout=2 * LONG)
        assert "too few" in page.problem.text() or "no marker" in page.problem.text()
        assert page.train.text() == "Train"
