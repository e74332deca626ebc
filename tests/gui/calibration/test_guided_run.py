"""A guided calibration from the button to the model, with the real simulator and engine."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pylsl import local_clock
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from bci.lsl.cue_listener import GUIDED
from bci.lsl.engine_streams import ReceivedPrediction
from bci.lsl.outlet import MarkerOutlet
from bci.models.bundle import CARD
from bci.recording.read import read_recording
from bci.signals import Marker
from bci.stimulus.offset_label import offset_label
from bci.tasks.paradigms import CLIPS, KINDS, MOVED_FIRST
from bci.tasks.schedule import Phase
from gui.calibration.model_result import ModelResult
from gui.main_window import MainWindow
from gui.processes.child import Command, stop_all
from gui.processes.program_buttons import Programs
from tests.gui.guided import LONG, PROFILE, QUICK, QUICK_S, begin, fill_in, opened
from tests.gui.keys import strike, type_in
from tests.gui.simulator import simulator

OpenWindow = Callable[..., MainWindow]


@pytest.mark.long
def test_a_guided_run_of_the_simulator_ends_in_a_model_that_the_engine_uses(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    with simulator(name):
        main = with_profile(open_window, tmp_path, QUICK)
        guide(main, qtbot, 4, QUICK_S)
        use(main, qtbot)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_model_of_a_guided_run_is_better_than_chance_and_right_live(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    # A simulated subject with clear responses to cues.
    with simulator(name, seed=4):
        main = with_profile(open_window, tmp_path, PROFILE.format(window_s=2.0, stop_s=3.0))
        # A subject who is right in 85 % of trials would fail in one of 80 runs.
        result = guide(main, qtbot, 14, 2.7)
        assert result.card.score.p_value < 0.05
        assert result.course is not None
        assert result.course.accuracy[-1] > 0.6
        window = main.calibrating.window
        assert window is not None
        assert "Better than chance" in window.result.verdict.text()
        use(main, qtbot)
        assert n_right(main, qtbot) >= 6


@pytest.mark.long
def test_movements_and_then_imagery_are_recorded_and_trained_on_together(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    with simulator(name):
        main = with_profile(open_window, tmp_path, QUICK)
        main.header.buttons["calibrate"].click()
        window = main.calibrating.window
        assert window is not None
        window.setup.kinds.setCurrentIndex(KINDS.index(MOVED_FIRST))
        qtbot.keyClicks(window.setup.subject, "07")
        window.setup.timing_fields.trials.setValue(4)
        fill_in(window, cue_s=0.3, task_s=QUICK_S)
        qtbot.waitUntil(window.signals.start.isEnabled, timeout=LONG)
        begin(window, qtbot, told="make the movement")
        screen = window.runs.cue_screen
        qtbot.waitUntil(lambda: "imagine the movement" in screen.sentence, timeout=4 * LONG)
        strike(window.runs.presenter.window, Qt.Key.Key_Space)
        page = window.training_page
        qtbot.waitUntil(page.isVisible, timeout=4 * LONG)
        assert [file.name.split("_")[1] for file in sorted(page.files)] == [
            "task-motorexecution",
            "task-motorimagery",
        ]
        page.train.click()
        qtbot.waitUntil(
            lambda: window.result.isVisible() or bool(page.problem.text()), timeout=3 * LONG
        )
        assert page.problem.text() == ""
        assert window.result.result is not None
        card = window.result.result.card
        assert card.score.trials == 8
        assert card.trained_on() == "8 imagined and 8 executed trials"


def with_profile(open_window: OpenWindow, folder: Path, profile: str) -> MainWindow:
    file = folder / "quick.yaml"
    file.write_text(profile)
    return open_window(profile=str(file))


def guide(main: MainWindow, qtbot: QtBot, trials: int, task_s: float) -> ModelResult:
    """Run a calibration to its result, with a pause in the first trial."""
    window = opened(main, qtbot, trials, task_s)
    begin(window, qtbot)
    run = window.runs.run
    assert run is not None
    sent: list[str] = []
    run.marked.connect(lambda marker: sent.append(marker.label))
    qtbot.waitUntil(lambda: run.schedule.phase is Phase.TASK, timeout=LONG)
    strike(window.runs.presenter.window, Qt.Key.Key_Space)
    assert run.schedule.phase is Phase.INTERRUPTED
    assert "interrupted" in sent
    strike(window.runs.presenter.window, Qt.Key.Key_Space)
    page = window.training_page
    qtbot.waitUntil(page.isVisible, timeout=6 * LONG)
    assert f"Recorded {2 * trials} of {2 * trials} trials" in page.heading.text()
    (file,) = page.files
    assert file.name == "sub-07_task-motorimagery_run-01_eeg.xdf"
    recording = read_recording(file)
    assert recording.info.simulated
    recorded = [marker.label for marker in recording.markers]
    assert recorded[0] == offset_label(None)
    # The first cue may have come before this test listened.
    assert recorded[-len(sent) :] == sent
    assert len(recorded) - len(sent) in (1, 2)
    assert sent.count("left") + sent.count("right") == 2 * trials + 1
    page.train.click()
    qtbot.waitUntil(
        lambda: window.result.isVisible() or bool(page.problem.text()), timeout=3 * LONG
    )
    assert page.problem.text() == ""
    assert page.curve.points
    result = window.result.result
    assert result is not None
    assert (result.folder / CARD).is_file()
    assert result.card.simulated
    assert result.card.score.trials == 2 * trials
    assert result.patterns[0].ch_names == ("C3", "C4")
    return result


def use(main: MainWindow, qtbot: QtBot) -> None:
    """Use the model, which starts the engine, and use it again while the engine runs."""
    window = main.calibrating.window
    assert window is not None
    assert window.result.result is not None
    window.result.use.click()
    told = f"The engine decodes with {window.result.result.folder.name} now. It decides "
    qtbot.waitUntil(lambda: window.result.message.text().startswith(told), timeout=2 * LONG)
    qtbot.waitUntil(lambda: main.decision.live, timeout=LONG)
    window.result.use.click()
    qtbot.waitUntil(
        lambda: main.situation.status and main.situation.status.swaps == 1, timeout=2 * LONG
    )
    assert main.situation.status.lost_samples == 0


def n_right(main: MainWindow, qtbot: QtBot) -> int:
    """Return how many of eight cues from another program the engine decodes correctly."""
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


@pytest.mark.long
@pytest.mark.timeout(300)
def test_clips_that_are_rated_end_in_a_model_of_valence_and_arousal(
    open_window: OpenWindow, qtbot: QtBot, name: str, tmp_path: Path
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    for k in range(10):
        # The file name has the levels that the simulated subject feels and rates.
        (clips / f"{k} valence-{k % 5 + 1} arousal-{5 - k % 4}.txt").write_text("A text.")
    with simulator(name, task="emotion"):
        main = with_profile(open_window, tmp_path, QUICK)
        main.header.buttons["calibrate"].click()
        window = main.calibrating.window
        assert window is not None
        setup = window.setup
        qtbot.keyClicks(setup.subject, "07")
        setup.kinds.setCurrentIndex(KINDS.index(CLIPS))
        setup.cue_fields.line.setText(str(clips))
        fill_in(window, cue_s=1.5, task_s=3.8)
        qtbot.waitUntil(window.signals.start.isEnabled, timeout=LONG)
        begin(window, qtbot, "Look at the cross")
        run = window.runs.run
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
            type_in(window.runs.presenter.window, f"{valence}{arousal} ")
        page = window.training_page
        qtbot.waitUntil(page.isVisible, timeout=LONG)
        assert "Recorded 10 of 10 trials" in page.heading.text()
        recording = read_recording(page.files[0])
        labels = [offset_label(None), *(marker.label for marker in sent)]
        assert sorted(marker.label for marker in recording.markers) == sorted(labels)
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


def test_a_model_goes_to_the_running_engine_or_starts_one(qtbot: QtBot, tmp_path: Path) -> None:
    echo = "import sys\nfor line in sys.stdin: print('heard', line.strip(), flush=True)"
    command = Command("engine", (sys.executable, "-u", "-c", echo))
    programs = Programs(())
    said: list[str] = []
    programs.logged.connect(said.append)
    assert not programs.use_model(tmp_path / "first", command)
    assert programs.buttons["engine"].text() == "Stop engine"
    second = Command("engine", (*command.argv, "second"))
    assert programs.use_model(tmp_path / "my second", second)
    # The engine may refuse the model; until it accepts it, the next start uses the first one.
    assert programs.processes[0].command == command
    programs.set_command(second)
    assert programs.processes[0].command == second
    qtbot.waitUntil(lambda: said == [f"engine: heard use {tmp_path}/my second"], timeout=LONG)
    stop_all(programs.processes)
