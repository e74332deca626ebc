"""The real replay window on a simulated subject's recording, with a model calibrated for it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bci.cli.calibrate import train
from bci.cli.training_source import TrainingSource
from bci.evaluation.pseudo_online import evaluate
from bci.models.bundle import load_card
from bci.models.card import decision_threshold, evidence_span
from bci.models.load import load_model
from bci.profiles.profile import Output, load_profile
from bci.recording.read import read_recording
from bci.training.epochs import JudgedWindow, find_trials
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from gui.decisions.headline import UNDECIDED
from gui.replay.playhead import Playhead
from gui.replay.timeline import MARKERS, RIBBON, Timeline
from gui.replay.window import ReplayWindow
from gui.settings import DashboardSettings
from gui.theme import DARK, LIGHT
from gui.widgets.units import clock
from tests.gui.conftest import NO_DEVICES

BCI = (sys.executable, "-m", "bci")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two runs, a model for them, and one for other recordings."""
    folder = tmp_path_factory.mktemp("recordings")
    settings = SubjectSettings(trials_per_class=4)
    for run in (1, 2):
        write_run(simulate_run(settings, run), folder / f"run-{run:02d}_eeg.fif")
    profile = load_profile("motor-imagery")
    train(
        TrainingSource(profile), [folder / "run-01_eeg.fif"], folder / "models" / "me", force=False
    )
    other = folder / "models" / "other"
    other.mkdir()
    card = (folder / "models" / "me" / "card.yaml").read_text()
    (other / "card.yaml").write_text(card.replace("sfreq: 250.0", "sfreq: 500.0"))
    return folder


@pytest.fixture
def window(qtbot: QtBot, folder: Path, tmp_path: Path) -> Iterator[ReplayWindow]:
    opened = ReplayWindow(
        BCI, folder, DashboardSettings(tmp_path / "settings.json"), lambda _: None
    )
    opened.show()
    yield opened
    opened.stop()


def open_run(qtbot: QtBot, window: ReplayWindow, folder: Path, run: int = 2) -> Path:
    file = folder / f"run-{run:02d}_eeg.fif"
    before = window.opened
    window.open(file)
    qtbot.waitUntil(lambda: window.opened is not before, timeout=15_000)
    qtbot.waitUntil(lambda: window.traces.scope.gain > 0, timeout=15_000)
    return file


def point_at(timeline: Timeline, time_s: float) -> QPoint:
    """Return the place of a time in the timeline's lane of the decoder."""
    scene = timeline.plotItem.vb.mapViewToScene(QPointF(time_s, RIBBON[0] + 10))
    return timeline.mapFromScene(scene)


def turn_wheel(
    timeline: Timeline,
    at: QPoint,
    by: int,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    place, everywhere = QPointF(at), QPointF(timeline.viewport().mapToGlobal(at))
    event = QWheelEvent(
        place, everywhere, QPoint(), QPoint(0, by), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(timeline.viewport(), event)


def test_a_recording_is_shown_with_its_markers_and_called_simulated(
    qtbot: QtBot, window: ReplayWindow, folder: Path
) -> None:
    file = open_run(qtbot, window, folder)
    recording = read_recording(file)
    assert window.badge.isVisible()
    assert file.name in window.windowTitle()
    assert window.playhead.duration == recording.timestamps[-1]
    marker = next(marker for marker in recording.markers if marker.label == "left")
    assert f"left at {marker.time:.2f} s" in window.timeline.read(
        QPointF(marker.time, MARKERS[0] + 2)
    )
    assert len(window.trials) == 8
    dark = window.grab().toImage()
    window.theme = LIGHT
    assert window.grab().toImage() != dark
    window.theme = DARK


def test_the_traces_end_at_the_cursor_wherever_it_goes(
    qtbot: QtBot, window: ReplayWindow, folder: Path
) -> None:
    recording = read_recording(open_run(qtbot, window, folder))
    for position in (30.0, 30.5, 3.0, 31.0):
        window.playhead.seek(position)
        end = int(np.searchsorted(recording.timestamps, position, side="right"))
        qtbot.waitUntil(lambda end=end: window.traces.scope.signal.ring.end == end, timeout=10_000)
        shown = [m for m in window.traces.scope.markers if m.time > position - 5]
        held = [m for m in recording.markers if position - 5 < m.time <= position]
        assert shown == held


def test_a_click_on_the_timeline_seeks_and_the_wheel_zooms_around_the_mouse(
    qtbot: QtBot, window: ReplayWindow, folder: Path
) -> None:
    open_run(qtbot, window, folder)
    timeline, duration = window.timeline, window.playhead.duration
    at = point_at(timeline, 20.0)
    qtbot.mouseClick(timeline.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert window.playhead.position == pytest.approx(20.0, abs=0.2)
    before = window.playhead.position
    for _ in range(6):
        turn_wheel(timeline, at, 120)
    start, stop = timeline.view
    assert stop - start < duration / 3
    # The same time is still under the mouse.
    qtbot.mouseClick(timeline.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert window.playhead.position == pytest.approx(before, abs=0.1)
    turn_wheel(timeline, at, -120, Qt.KeyboardModifier.ShiftModifier)
    assert timeline.view == pytest.approx(
        (start + 0.1 * (stop - start), stop + 0.1 * (stop - start))
    )
    window.playhead.seek(duration)
    assert timeline.view[1] == pytest.approx(duration)
    qtbot.mouseDClick(timeline.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert timeline.view == (0.0, duration)


def test_the_numbers_and_the_picture_of_the_timeline_can_be_taken_away(
    qtbot: QtBot, window: ReplayWindow, folder: Path, tmp_path: Path
) -> None:
    open_run(qtbot, window, folder)
    onset, stop, label = window.timeline.csv().splitlines()[1].split(",")
    trial = window.trials[0]
    assert (float(onset), float(stop), label) == (trial.onset, trial.stop, trial.label)
    window.timeline.save_picture(tmp_path / "timeline.png")
    assert not QImage(str(tmp_path / "timeline.png")).isNull()


def test_the_time_that_the_traces_show_is_shaded_in_the_timeline(
    qtbot: QtBot, window: ReplayWindow, folder: Path
) -> None:
    open_run(qtbot, window, folder)
    window.playhead.seek(20.0)
    shown_s = window.traces.scope.view.time_base_s
    assert window.timeline.shown.getRegion() == pytest.approx((20.0 - shown_s, 20.0))


def test_keys_play_seek_and_step_by_trial(qtbot: QtBot, window: ReplayWindow, folder: Path) -> None:
    file = open_run(qtbot, window, folder)
    trials = find_trials(read_recording(file), load_card(folder / "models" / "me").paradigm)
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=10_000)
    qtbot.keyClick(window, Qt.Key.Key_Home)
    for trial in trials[:3]:
        qtbot.keyClick(window, Qt.Key.Key_Period)
        assert window.playhead.position == pytest.approx(trial.stop)
        assert window.trial_list.currentRow() == trials.index(trial)
    qtbot.keyClick(window, Qt.Key.Key_Comma)
    assert window.playhead.position == pytest.approx(trials[1].stop)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert window.playhead.position == pytest.approx(trials[1].stop + 1)
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert window.playhead.position == pytest.approx(trials[1].stop - 9)
    qtbot.keyClick(window, Qt.Key.Key_D)
    assert window.playhead.speed == 2.0
    before = window.playhead.position
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.playhead.position > before + 0.5, timeout=10_000)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert not window.playhead.is_playing
    window.trial_list.cellClicked.emit(4, 0)
    assert window.playhead.position == pytest.approx(trials[4].stop)


def test_playing_keeps_to_the_speed_and_ends_at_the_end() -> None:
    playhead = Playhead()
    playhead.set_duration(10.0)
    playhead.set_speed(4.0)
    playhead.toggle()
    for now in (100.0, 100.5, 101.0):
        playhead.advance(now)
    assert playhead.position == pytest.approx(4.0)
    playhead.advance(110.0)
    assert (playhead.position, playhead.is_playing) == (10.0, False)
    playhead.toggle()
    assert (playhead.position, playhead.is_playing) == (0.0, True)


@pytest.mark.slow
def test_a_model_runs_over_the_recording_and_predicts_what_the_evaluation_does(
    qtbot: QtBot, window: ReplayWindow, folder: Path
) -> None:
    file = open_run(qtbot, window, folder)
    empty = window.timeline.grab().toImage()
    told: list[JudgedWindow] = []
    card, decoder = load_model(folder / "models" / "me")
    threshold, span = decision_threshold(Output(), card), evidence_span(Output(), card)
    recording = read_recording(file)
    result = evaluate(card, decoder, recording, threshold, told.append, span, card.adapt)
    with qtbot.waitSignal(window.run.finished, timeout=60_000):
        window.models.run.click()
    assert window.predictions is not None
    assert window.predictions.times.tolist() == [w.prediction.taken for w in told]
    assert np.array_equal(
        window.predictions.probabilities, [w.prediction.probabilities for w in told]
    )
    assert window.predictions.decisions == [w.decision for w in told]
    assert {None, "left", "right"} == {w.decision and w.decision.label for w in told}
    assert window.timeline.data.predictions is window.predictions
    assert window.timeline.grab().toImage() != empty
    evaluation = window.summary.evaluation
    assert evaluation is not None
    accuracy = evaluation.trial_accuracy
    assert (accuracy.value, accuracy.n) == (result.trial_accuracy.value, 8)
    assert [list(row) for row in evaluation.confusion] == result.confusion
    assert "chance 50 %" in window.summary.text
    assert not any("learnt" in warning for warning in window.summary.warnings)
    n_shown = 0
    for k, trial in enumerate(result.trials):
        window.go_to(k)
        # At the end of a trial, the shown decision is the scored one, or an abstention.
        assert window.decision.decision in (trial.decision, UNDECIDED)
        n_shown += window.decision.decision == trial.decision
        assert window.decision.cue == trial.label
        listed = [window.trial_list.item(k, column) for column in (3, 4)]
        decided, verdict = (item.text() for item in listed if item is not None)
        # Headline and list have the same rule.
        assert decided == window.decision.decision
        assert ("\u2713" in verdict) == (trial.decision == trial.label)
    assert n_shown
    first = next(w for w in told if w.decision and w.decision.label)
    read = window.timeline.read
    assert f"decided: {first.decision.label}" in read(QPointF(first.prediction.taken, RIBBON[0]))
    assert "no prediction" in read(QPointF(0.5, RIBBON[0]))


@pytest.mark.slow
def test_a_model_that_was_trained_on_the_recording_is_no_test_of_it(
    qtbot: QtBot, window: ReplayWindow, folder: Path
) -> None:
    open_run(qtbot, window, folder, run=1)
    with qtbot.waitSignal(window.run.finished, timeout=60_000):
        window.run_model()
    assert "trained on this recording" in window.summary.warnings[0]


def test_a_model_that_does_not_fit_is_listed_with_the_reason(
    qtbot: QtBot, window: ReplayWindow, folder: Path
) -> None:
    open_run(qtbot, window, folder)
    choice = window.models.list
    assert [choice.itemText(k) for k in range(2)] == ["me (simulated)", "other (simulated)"]
    flags = choice.model().flags(choice.model().index(1, 0))
    assert not flags & Qt.ItemFlag.ItemIsEnabled
    reason = choice.itemData(1, Qt.ItemDataRole.ToolTipRole)
    assert "rate 250 Hz instead of 500 Hz" in reason
    assert window.models.model is not None
    assert window.models.model.folder.name == "me"


@pytest.mark.slow
def test_a_recording_without_cues_is_predicted_and_has_no_score(
    qtbot: QtBot, window: ReplayWindow, folder: Path, tmp_path: Path
) -> None:
    from dataclasses import replace

    silent = replace(simulate_run(SubjectSettings(trials_per_class=1), 9), markers=())
    write_run(silent, tmp_path / "silent_eeg.fif")
    window.open(tmp_path / "silent_eeg.fif")
    qtbot.waitUntil(lambda: window.opened is not None, timeout=15_000)
    with qtbot.waitSignal(window.run.failed, timeout=60_000):
        window.run_model()
    assert window.predictions is not None
    assert len(window.predictions.times) > 50
    assert "no marker 'left'" in window.banner.text.text()
    assert "Traceback" not in window.banner.text.text()


def test_a_file_that_cannot_be_read_is_reported_in_a_sentence(
    qtbot: QtBot, window: ReplayWindow, tmp_path: Path
) -> None:
    (tmp_path / "broken.edf").write_bytes(b"no recording at all")
    window.open(tmp_path / "broken.edf")
    qtbot.waitUntil(window.banner.isVisible, timeout=15_000)
    assert "broken.edf: damaged" in window.banner.text.text()
    assert window.title.text() == "no recording is open"


def test_closing_stops_a_run_and_a_reading(
    qtbot: QtBot, window: ReplayWindow, folder: Path
) -> None:
    import psutil

    file = open_run(qtbot, window, folder)
    window.run_model()
    qtbot.waitUntil(
        lambda: window.run.child is not None and window.run.child.pid > 0, timeout=10_000
    )
    pid = window.run.child.pid
    window.open(file)
    window.playhead.toggle()
    window.stop()
    assert not psutil.pid_exists(pid)
    assert not window.playhead.is_playing
    assert not window.models._is_running


def test_the_dashboard_opens_it_and_closes_it_with_itself(
    qtbot: QtBot, open_window, folder: Path
) -> None:
    dashboard = open_window(bci=NO_DEVICES, recordings=folder)
    dashboard.replay.open(folder / "run-02_eeg.fif")
    qtbot.waitUntil(lambda: dashboard.replay.opened is not None, timeout=15_000)
    dashboard.header.buttons["recordings"].click()
    assert dashboard.replay.isVisible()
    dashboard.toggle_theme()
    assert dashboard.replay.theme is dashboard.scope.theme
    dashboard.close()
    assert not dashboard.replay.isVisible()


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [(0, 0, "0:00"), (62.4, 0, "1:02"), (59.96, 1, "1:00.0"), (3661.5, 1, "1:01:01.5")],
)
def test_times_are_written_as_on_a_clock(seconds: float, digits: int, text: str) -> None:
    assert clock(seconds, digits) == text


def test_what_is_hidden_and_how_it_is_filtered_stays_wherever_the_cursor_goes(
    qtbot: QtBot, window: ReplayWindow, folder: Path
) -> None:
    open_run(qtbot, window, folder)
    traces, scope = window.traces, window.traces.scope
    traces.filter.activated.emit(traces.filter.count() - 1)
    scope.choose(hidden=frozenset({scope.names.names[0]}))
    scope.step_gain(1)
    shown, gain = scope.names.names, scope.gain
    window.playhead.seek(3.0)
    qtbot.waitUntil(lambda: scope.signal.ring.end < 1000, timeout=10_000)
    assert scope.names.names == shown
    assert scope.gain == gain
    assert scope.signal.chosen.filter.name == "raw, no filter"
    assert traces.channels.text().startswith(f"{len(shown)} of ")
