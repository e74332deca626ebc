"""Failures during a guided run, with the real simulator and engine."""

import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import decoders
from bci.models.bundle import save_bundle
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.signals import is_frame_note
from bci.tasks.schedule import Phase
from bci.training.calibrate import calibrate
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from gui.main_window import MainWindow
from gui.processes.child import Command
from gui.processes.restart_policy import LEAST_S
from tests.gui.guided import LONG, QUICK, begin, opened
from tests.gui.keys import strike
from tests.gui.simulator import simulator

OpenWindow = Callable[..., MainWindow]
# Enough trials for a run to last through all failures.
TRIALS = 40


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    file = tmp_path / "quick.yaml"
    file.write_text(QUICK)
    return file


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_killed_engine_or_device_is_reported_and_restarts(
    open_window: OpenWindow, qtbot: QtBot, name: str, profile: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    run_file = tmp_path / "run-01_eeg.fif"
    write_run(simulate_run(SubjectSettings(trials_per_class=5), 1), run_file)
    trained = calibrate(
        [read_recording(run_file)], load_profile(profile),
        lambda: decoders.create("tangent-space"), "model",
    )  # fmt: skip
    save_bundle(model, trained.card, trained.decoder.arrays())
    run = ("run", str(profile), f"--model={model}", f"--stream={name}", "--with-parent")
    engine = Command("engine", (sys.executable, "-m", "bci", *run))
    with simulator(name) as device:
        main = open_window(profile=str(profile), engine_name="bci", commands=(engine,))
        main.buttons["engine"].click()
        qtbot.waitUntil(lambda: main.decision.live, timeout=3 * LONG)
        window = opened(main, qtbot, TRIALS)
        begin(window, qtbot)
        guided = window.runs.run
        assert guided is not None
        qtbot.waitUntil(lambda: main.processes[0].age_s > LEAST_S, timeout=LONG)
        qtbot.waitUntil(lambda: guided.schedule.phase is Phase.TASK, timeout=LONG)
        psutil.Process(main.processes[0].pid).kill()
        qtbot.waitUntil(main.banner.isVisible, timeout=15000)
        assert "engine ended by itself" in main.banner_text.text()
        assert "It is started again." in main.banner_text.text()
        assert guided.schedule.phase is not Phase.INTERRUPTED
        qtbot.waitUntil(lambda: not main.decision.live, timeout=LONG)
        qtbot.waitUntil(lambda: main.decision.live, timeout=3 * LONG)
        qtbot.waitUntil(lambda: not main.banner.isVisible(), timeout=LONG)
        qtbot.waitUntil(lambda: guided.schedule.phase is Phase.TASK, timeout=LONG)
        device.kill()
        qtbot.waitUntil(lambda: f"{name} is gone" in main.banner_text.text(), timeout=15000)
        qtbot.waitUntil(lambda: guided.schedule.phase is Phase.INTERRUPTED, timeout=15000)
        assert f"{name} is gone; it is waited for" in window.runs.cue_screen.sentence
        strike(window.runs.presenter.window, Qt.Key.Key_Space)
        assert guided.schedule.phase is Phase.INTERRUPTED
        with simulator(name):
            qtbot.waitUntil(
                lambda: "It is back" in window.runs.cue_screen.sentence, timeout=2 * LONG
            )
            qtbot.waitUntil(lambda: not main.banner.isVisible(), timeout=LONG)
            done = guided.schedule.completed.total()
            strike(window.runs.presenter.window, Qt.Key.Key_Space)
            qtbot.waitUntil(lambda: guided.schedule.completed.total() > done, timeout=LONG)
            strike(window.runs.presenter.window, Qt.Key.Key_Escape)
            qtbot.waitUntil(window.training_page.isVisible, timeout=LONG)
        recording = read_recording(window.training_page.files[0])
        assert [m.label for m in recording.markers].count("interrupted") == 2


@pytest.mark.long
def test_a_run_that_is_ended_early_is_kept_and_reports_what_it_lacks(
    open_window: OpenWindow, qtbot: QtBot, name: str, profile: Path
) -> None:
    with simulator(name):
        main = open_window(profile=str(profile))
        window = opened(main, qtbot, TRIALS)
        begin(window, qtbot)
        run = window.runs.run
        assert run is not None
        qtbot.waitUntil(lambda: run.schedule.completed.total() == 1, timeout=LONG)
        strike(window.runs.presenter.window, Qt.Key.Key_Escape)
        page = window.training_page
        qtbot.waitUntil(page.isVisible, timeout=LONG)
        assert f"Recorded 1 of {2 * TRIALS} trials" in page.heading.text()
        recording = read_recording(page.files[0])
        assert [m.label for m in recording.markers if not is_frame_note(m.label)][
            -1
        ] == "interrupted"
        page.train.click()
        qtbot.waitUntil(lambda: bool(page.problem.text()), timeout=2 * LONG)
        assert "too few" in page.problem.text() or "no marker" in page.problem.text()
        assert page.train.text() == "Train"
