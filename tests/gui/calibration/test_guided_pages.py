"""The pages of the calibration window, each alone."""

import sys
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QRadioButton
from pytestqt.qtbot import QtBot

from bci.evaluation.metrics import exact_interval
from bci.lsl.discovery import StreamQuery
from bci.lsl.outlet import MarkerOutlet
from bci.messages import NoteEvent, RunEvent, StepEvent
from bci.messages.quality_reasons import Reason
from bci.models.card import MeasureCard, ScoreCard, SourceCard
from bci.profiles.profile import load_profile, shipped_profiles
from bci.quality.channel_quality import ChannelQuality, State
from bci.recording.bids.runs import RecordedRun
from bci.signals import Channel, Marker, StreamInfo, is_frame_note
from bci.tasks.cue_items import class_cues, mood_cues
from bci.tasks.paradigms import (
    CLIPS,
    KINDS,
    MOODS,
    MOTOR_IMAGERY,
    MOVED_FIRST,
    PICTURE_VIEWING,
    WORDS,
    CueTiming,
    ParadigmKind,
    RunPlan,
)
from bci.tasks.rating import Rating
from bci.tasks.schedule import Phase
from bci.training.decoder_choices import DecoderOffer, class_choices
from bci.training.time_course import TimeCourse
from gui.calibration.pages.setup import SetupPage
from gui.calibration.pages.signals import SignalsPage
from gui.calibration.pages.training import TrainingPage
from gui.calibration.run.cue_run import CueRun
from gui.calibration.run.cue_screen import CueScreen
from gui.calibration.step_pages import TRAIN
from gui.calibration.training_control import TrainingProcess
from gui.calibration.window import CalibrationWindow
from gui.options import DashboardOptions
from gui.plots.accuracy import verdict
from gui.plots.line_with_band import CourseView, intervals_of
from gui.presenter.presenter import Presenter
from gui.presenter.scene import BlankScene
from gui.record.run_recorder import RunRecorder
from gui.settings import DashboardSettings
from gui.theme import DARK
from tests.gui.gallery.calibrated import calibration
from tests.gui.keys import strike, type_in
from tests.signals import eeg_info

LONG = 15_000


@pytest.fixture
def setup(qtbot: QtBot) -> SetupPage:
    page = SetupPage("motor-imagery", {"subject": "07", "session": "2"}, "bci")
    qtbot.addWidget(page)
    return page


def score(accuracy: float, p_value: float) -> ScoreCard:
    return ScoreCard(
        accuracy=accuracy, low=0.4, high=0.9, trials=40, chance=0.5, p_value=p_value, kappa=0.0,
        confusion=[[10, 10], [10, 10]], folds="",
    )  # fmt: skip


def test_chance_is_called_chance() -> None:
    assert "Not distinguishable from chance" in verdict(score(0.6, 0.13))
    assert "Better than chance" in verdict(score(0.8, 0.001))


def test_the_course_has_the_interval_that_its_trials_allow(qtbot: QtBot) -> None:
    view = CourseView()
    qtbot.addWidget(view)
    view.resize(320, 160)
    view.show()
    accuracy = np.array([0.5, 1.0, 0.75])
    widths = []
    for n in (8, 80):
        course = TimeCourse(np.array([1.0, 1.1, 1.2]), accuracy, np.full(3, n))
        view.set_course(course, 1.0, 0.5)
        low, high = (curve.getData()[1] for curve in view.band.curves)
        assert (low[0], high[0]) == exact_interval(n // 2, n)
        assert high[1] == 1.0
        widths.append(high[0] - low[0])
    # With more trials the band is narrower.
    assert widths[1] < widths[0]
    assert view.line.getData()[1].tolist() == accuracy.tolist()
    assert view.chance_line.value() == 0.5
    assert view.csv().splitlines()[1].startswith("1.0,0.5,")
    view.set_course(None, 1.0, 0.5)
    assert view.hint_label.isVisible()
    # As read from a damaged file.
    damaged = TimeCourse(np.array([1.0, 1.1]), np.array([7.0, -1.0]), np.array([4, 0]))
    assert intervals_of(damaged) == [exact_interval(4, 4), (0.0, 1.0)]


def test_the_chance_of_every_measure_s_figure_is_reported(qtbot: QtBot) -> None:
    page = calibration(DARK)
    qtbot.addWidget(page)
    assert page.result is not None
    top = MeasureCard(name="top-5 accuracy", value=0.4, chance=0.03, p_value=1e-9)
    rank = MeasureCard(name="rank", value=0.7, chance=0.5, p_value=0.021)
    card = page.result.card
    scored = card.model_copy(
        update={"score": card.score.model_copy(update={"measures": (top, rank)})}
    )
    page.show_result(replace(page.result, card=scored), None)
    assert "top-5 accuracy 0.40 (chance 0.03, p < 0.001)" in page.details.text()
    assert "rank 0.70 (chance 0.50, p = 0.021)" in page.details.text()
    assert "Confidence: " in page.details.toolTip()


def test_a_model_of_a_run_with_dropped_frames_reports_it(qtbot: QtBot) -> None:
    page = calibration(DARK)
    qtbot.addWidget(page)
    assert page.result is not None
    assert "dropped" not in page.details.text()
    sources = tuple(
        SourceCard(file=f"run-{k}.xdf", sha256="", trials=20, lost_frames=lost)
        for k, lost in enumerate((0.012, None))
    )
    card = page.result.card.model_copy(update={"sources": sources})
    page.show_result(replace(page.result, card=card), None)
    assert "Cues are less exact in 1 run: frames were dropped or late." in page.details.text()


def test_the_profile_s_classes_are_cued_as_they_are(setup: SetupPage) -> None:
    choice = setup.choice()
    assert not choice.profile_differs
    assert choice.plan.n_trials == 40
    assert (choice.session.subject, choice.session.session) == ("07", "2")
    assert choice.profile_for(Path("anything.xdf")) == "motor-imagery"


def test_false_positive_limit_defaults_to_the_profile(setup: SetupPage, tmp_path: Path) -> None:
    assert setup.false_decisions.text() == "as in the profile: at most 2 a minute"
    assert not setup.choice().profile_differs
    by_hand = yaml.safe_load(shipped_profiles()["motor-imagery"].read_text(encoding="utf-8"))
    by_hand["output"] = {"decision_threshold": 0.7}
    (tmp_path / "by-hand.yaml").write_text(yaml.safe_dump(by_hand), encoding="utf-8")
    setup.profiles.addItem(str(tmp_path / "by-hand.yaml"))
    setup.profiles.setCurrentText(str(tmp_path / "by-hand.yaml"))
    assert setup.false_decisions.text() == "as in the profile: no limit, threshold 70 %"
    setup.false_decisions.setValue(0.5)
    assert setup.false_decisions.text() == "at most 0.5 a minute"
    choice = setup.choice()
    assert choice.profile_differs
    # The profile to train and decode with; its own threshold would replace the model's.
    written = load_profile(choice.profile_for(tmp_path / "run_eeg.xdf"))
    assert written.output.false_positives_per_min == 0.5
    assert written.output.decision_threshold is None
    assert written.paradigm == load_profile("motor-imagery").paradigm
    # Windows at cues are never in rest.
    setup.profiles.setCurrentText("speech")
    assert not setup.false_decisions.isEnabled()
    assert setup.false_decisions.value() == 0.0


def test_words_become_a_profile_beside_the_recording(setup: SetupPage, tmp_path: Path) -> None:
    setup.kinds.setCurrentIndex(KINDS.index(WORDS))
    words = tmp_path / "words.txt"
    words.write_text("yes\nno\nhot water\n", encoding="utf-8")
    setup.cue_fields.read_words(words)
    choice = setup.choice()
    file = Path(choice.profile_for(tmp_path / "run_eeg.xdf"))
    assert file.name == "run_eeg_profile.yaml"
    classes = load_profile(file).paradigm.classes
    assert classes == {"yes": "word-yes", "no": "word-no", "hot water": "word-hot water"}


def test_a_picture_that_cannot_be_read_is_named(
    setup: SetupPage, qtbot: QtBot, tmp_path: Path
) -> None:
    setup.kinds.setCurrentIndex(KINDS.index(PICTURE_VIEWING))
    assert "folder of pictures" in setup.problem.text()
    for name in ("face", "house"):
        QImage(8, 8, QImage.Format.Format_RGB32).save(str(tmp_path / f"{name}.png"))
    setup.cue_fields.line.setText(str(tmp_path))
    with qtbot.waitSignal(setup.chosen):
        setup.next.click()
    (tmp_path / "tree.jpg").write_bytes(b"no picture")
    setup.next.click()
    assert "tree.jpg: cannot be read as a picture" in setup.problem.text()


def test_a_task_too_short_for_the_window_is_reported(setup: SetupPage) -> None:
    setup.timing_fields.fields["task_s"].setValue(1.0)
    assert not setup.next.isEnabled()
    assert "lengthen the task" in setup.problem.text()
    # A window of 2.5 s may begin 0.5 s after the cue, but only at multiples of the hop of 0.1 s.
    setup.timing_fields.fields["task_s"].setValue(1.8)
    assert not setup.next.isEnabled()
    setup.timing_fields.fields["task_s"].setValue(1.85)
    assert setup.next.isEnabled()
    setup.timing_fields.fields["pause_min_s"].setValue(9.0)
    assert "pause" in setup.problem.text()


def test_bad_channels_are_named_and_the_user_may_continue(qtbot: QtBot) -> None:
    page = SignalsPage()
    qtbot.addWidget(page)
    assert not page.start.isEnabled()
    page.set_stream(eeg_info(2))
    good = ChannelQuality("E1", State.GOOD, "", *[0.0] * 7)
    bad = ChannelQuality("E2", State.BAD, "railed", *[0.0] * 7, reason=Reason.RAILED)
    page.set_quality([good, bad])
    assert "Bad: E2." in page.verdict.text()
    assert page.advice.text() == "E2: press it on, or add gel; is its cable in?"
    assert page.start.isEnabled()
    page.set_live(False)
    assert not page.start.isEnabled()
    assert page.advice.text() == ""


def test_runs_are_chosen_by_ticks(qtbot: QtBot, tmp_path: Path) -> None:
    page = TrainingPage()
    qtbot.addWidget(page)
    runs = [tmp_path / f"run-{k}.xdf" for k in (1, 2)]
    for run in runs:
        run.write_bytes(b"")
    offered = class_choices(tmp_path, load_profile("motor-imagery"), eeg_info())
    page.offer("Recorded.", [RecordedRun.of(run) for run in runs], {runs[1]}, offered)
    # As after each further run: nothing of the last offer is still shown.
    page.offer("Recorded.", [RecordedRun.of(run) for run in runs], {runs[1]}, offered)
    page.show()
    seen = [radio for radio in page.findChildren(QRadioButton) if radio.isVisible()]
    assert seen == [radio for radio, _ in page.offers]
    assert page.files == [runs[1]]
    assert "bci pretrain" in page.offers[1][1].lacks
    page.runs.show_trials(runs[1], "3 trials of 4 cues")
    page.runs.show_trials(runs[1], "4 trials")
    first = page.runs.item(0).text()
    assert first.startswith("run-2.xdf\n")
    assert first.endswith(", 4 trials")
    assert page.runs.item(1).text().endswith("counting trials ...")
    page.runs.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert not page.train.isEnabled()


def test_a_network_s_steps_arrive_and_a_training_can_be_cancelled(
    qtbot: QtBot, tmp_path: Path
) -> None:
    step = StepEvent(fold=1, step=3, of=60, loss=0.5)
    run = RunEvent(file="a/b.xdf", cues=4, trials={"left": 2, "right": 2})
    lines = [event.line() for event in (NoteEvent(text="served by PyTorch"), run, step)]
    code = f"import time; print({chr(10).join(lines)!r}, flush=True); time.sleep(60)"
    level = DecoderOffer("Deep", "", "dbconformer", curve=False)
    training = TrainingProcess((sys.executable, "-c", code), "p", [], level, tmp_path / "m")
    said: list[str] = []
    training.logged.connect(said.append)
    counted: list[tuple[Path, str]] = []
    training.counted.connect(lambda file, told: counted.append((file, told)))
    events: list[object] = []
    training.reported.connect(events.append)
    training.start()
    qtbot.waitUntil(lambda: len(events) == 3, timeout=LONG)
    counts = "4 trials (left 2, right 2)"
    assert said == ["training: served by PyTorch", f"training: a/b.xdf: {counts}"]
    assert counted == [(Path("a/b.xdf"), counts)]
    assert events[-1] == step
    with qtbot.waitSignal(training.failed, timeout=LONG) as failed:
        training.stop()
    assert failed.args == ["Cancelled."]


def test_a_run_of_movements_comes_before_the_imagined_one(setup: SetupPage, tmp_path: Path) -> None:
    setup.kinds.setCurrentIndex(KINDS.index(MOVED_FIRST))
    setup.timing_fields.trials.setValue(5)
    choice = setup.choice()
    first = choice.executed()
    assert (first.session.task, choice.session.task) == ("motorexecution", "motorimagery")
    assert "make the movement" in first.plan.instruction
    assert "imagine the movement" in choice.plan.instruction
    assert first.plan.cues == choice.plan.cues
    assert first.plan.timing == replace(choice.plan.timing, rest_s=0.0)
    assert not first.moved_first
    assert setup.summary.text().startswith("Two runs of 10 trials (left, right)")

    files = [one.session.next_path(tmp_path) for one in (first, choice)]
    offer = DecoderOffer("Fast", "", "tangent-space")
    argv = TrainingProcess(("bci",), "p", files, offer, tmp_path / "m").command.argv
    assert argv[3:5] == (str(files[1]), f"--executed={files[0]}")


def test_movements_are_offered_where_the_imagined_run_cannot_begin(
    qtbot: QtBot, tmp_path: Path
) -> None:
    query = StreamQuery(name="none")
    options = DashboardOptions(query, None, "bci", lambda _label: None, recordings=tmp_path)
    window = CalibrationWindow(options, DashboardSettings(tmp_path / "settings.json"))
    qtbot.addWidget(window)
    window.setup.kinds.setCurrentIndex(KINDS.index(MOVED_FIRST))
    qtbot.keyClicks(window.setup.subject, "07")
    choice = window.setup.choice()
    window._on_chosen(choice)
    # The stream is gone.
    file = choice.executed().session.next_path(tmp_path)
    window._on_run_ended("Recorded 4 of 4 trials.", file, True)
    qtbot.waitUntil(lambda: window.pages.stack.currentIndex() == TRAIN, timeout=LONG)
    assert window.training_page.heading.text() == "Recorded 4 of 4 trials."
    window.retire()
    window.stop(5.0)


def test_feelings_take_the_profile_that_has_levels(setup: SetupPage) -> None:
    setup.kinds.setCurrentIndex(KINDS.index(MOODS))
    choice = setup.choice()
    assert (choice.profile_name, choice.profile_differs) == ("emotion", False)
    assert choice.session.task == "emotion"
    assert choice.plan.rated
    assert choice.plan.n_trials == 10
    setup.profiles.setCurrentText("motor-imagery")
    assert setup.kind is MOTOR_IMAGERY
    assert setup.problem.text() == ""


@pytest.mark.parametrize(
    ("kind", "sensors", "profile"),
    [
        (MOTOR_IMAGERY, (), "motor-imagery"),
        (WORDS, ("eeg",), "motor-imagery"),
        (WORDS, ("seeg",), "speech"),
        (PICTURE_VIEWING, ("mag", "grad"), "images"),
        (PICTURE_VIEWING, ("eeg",), "motor-imagery"),
        (CLIPS, ("eeg",), "emotion"),
        (MOODS, ("seeg",), "emotion"),
    ],
)
def test_the_profile_follows_the_kind_of_run_and_the_sensors(
    setup: SetupPage, kind: ParadigmKind, sensors: tuple[str, ...], profile: str
) -> None:
    channels = tuple(Channel(f"c{k}", kind) for k, kind in enumerate(sensors))
    setup.set_stream(StreamInfo("amp", "EEG", 250.0, channels))
    setup.kinds.setCurrentIndex(KINDS.index(kind))
    assert setup.profiles.currentText() == profile
    # Back again: neither the profile nor the numbers of the other paradigm stay.
    setup.kinds.setCurrentIndex(KINDS.index(MOTOR_IMAGERY))
    assert setup.profiles.currentText() == "motor-imagery"
    assert setup.timing_fields.timing == replace(MOTOR_IMAGERY.timing, rest_s=60.0)
    assert "choose" not in setup.problem.text()


@pytest.mark.parametrize(
    ("profile", "kind"),
    [
        ("emotion", CLIPS),
        ("images", PICTURE_VIEWING),
        ("motor-imagery-eegmmidb", MOTOR_IMAGERY),
        ("speech", MOTOR_IMAGERY),
    ],
)
def test_the_kind_of_run_follows_the_profile(
    qtbot: QtBot, profile: str, kind: ParadigmKind
) -> None:
    for opened in (profile, "motor-imagery"):
        page = SetupPage(opened, {"subject": "07"}, "bci")
        qtbot.addWidget(page)
        page.profiles.setCurrentText(profile)
        assert page.kind is kind
        assert page.profiles.currentText() == profile


def test_the_screen_of_the_cues_is_offered_where_there_are_several(
    qtbot: QtBot, setup: SetupPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert setup.screens.isHidden()
    assert setup.choice().screen == ""
    titles = {"eDP-1": "eDP-1 (main screen)", "HDMI-1": "HDMI-1"}
    monkeypatch.setattr("gui.calibration.pages.screen_field.screen_titles", lambda: titles)
    page = SetupPage("motor-imagery", {"subject": "07", "screen": "HDMI-1"}, "bci")
    qtbot.addWidget(page)
    page.show()
    assert page.screens.isVisible()
    assert page.choice().screen == "HDMI-1"
    page.screens.setCurrentIndex(0)
    assert page.choice().screen == "eDP-1"


def test_one_s_own_profile_is_the_one_that_is_gone_back_to(qtbot: QtBot) -> None:
    page = SetupPage("motor-imagery-eegmmidb", {"subject": "07"}, "bci")
    qtbot.addWidget(page)
    for kind in (MOODS, MOTOR_IMAGERY):
        page.kinds.setCurrentIndex(KINDS.index(kind))
    assert page.profiles.currentText() == "motor-imagery-eegmmidb"


def test_answers_are_levels_in_order_and_can_be_taken_back() -> None:
    rating = Rating()
    for digit in (0, 6, 2, 3):
        rating.answer(digit)
    assert rating.label == "valence-2/arousal-3"
    rating.answer(5)
    rating.take_back()
    assert not rating.is_complete
    rating.answer(4)
    assert rating.label == "valence-2/arousal-4"


def opened_presenter(name: str) -> tuple[Presenter, MarkerOutlet]:
    outlet = MarkerOutlet(name, name)
    presenter = Presenter(BlankScene(), outlet)
    presenter.open(full_screen=False)
    return presenter, outlet


def test_a_rating_has_the_time_stamp_of_its_mood(qtbot: QtBot) -> None:
    name = f"cues-{uuid.uuid4().hex[:8]}"
    moods = "joyful, excited, content, calm, bored, sad, angry, afraid, tired, surprised"
    cues = mood_cues(moods, load_profile("emotion").paradigm)[:2]
    timing = CueTiming(0.1, 0.1, 0.2, 0.1, 0.1, rest_s=0.1)
    plan = RunPlan("emotion", "Feel.", cues, timing, 1, 0)
    presenter, outlet = opened_presenter(name)
    recorder = RunRecorder((sys.executable, "-c", ""))
    run = CueRun(plan, "rest", CueScreen(), presenter, recorder)
    sent: list[Marker] = []
    run.marked.connect(lambda marker: sent.append(marker))
    recorder.ready.emit()
    type_in(presenter.window, " ")

    def is_asked() -> bool:
        return run.schedule.phase is Phase.RATING and sent[-1].label == "rating"

    qtbot.waitUntil(is_asked, timeout=LONG)
    type_in(presenter.window, "24 ")
    qtbot.waitUntil(is_asked, timeout=LONG)
    # With one of two answers, Space neither continues nor pauses.
    type_in(presenter.window, "1 3")
    assert run.schedule.phase is Phase.RATING
    strike(presenter.window, Qt.Key.Key_Backspace)
    type_in(presenter.window, "5 ")
    with qtbot.waitSignal(run.over, timeout=LONG):
        pass
    recorder.stop()
    presenter.retire()
    outlet.close()
    sent = [marker for marker in sent if not is_frame_note(marker.label)]
    labels = [marker.label for marker in sent]
    first, second = (label.removeprefix("clip-") for label in labels if label.startswith("clip-"))
    assert labels == [
        "rest", f"clip-{first}", "rating", f"film-{first}/valence-2/arousal-4",
        "rest", f"clip-{second}", "rating", f"film-{second}/valence-1/arousal-5", "rest",
    ]  # fmt: skip
    assert (sent[3].time, sent[7].time) == (sent[1].time, sent[5].time)


def test_a_cue_that_nobody_could_see_is_not_counted(qtbot: QtBot) -> None:
    name = f"cues-{uuid.uuid4().hex[:8]}"
    cues = class_cues(load_profile("motor-imagery").paradigm)
    plan = RunPlan("t", "Imagine.", cues, CueTiming(1.0, 0.1, 0.1, 0.1, 0.1), 1, 0)
    presenter, outlet = opened_presenter(name)
    recorder = RunRecorder((sys.executable, "-c", ""))
    run = CueRun(plan, "rest", CueScreen(), presenter, recorder)
    sent: list[str] = []
    run.marked.connect(lambda marker: sent.append(marker.label))
    recorder.ready.emit()
    type_in(presenter.window, " ")
    qtbot.waitUntil(lambda: run.schedule.phase is Phase.BASELINE and sent == ["rest"], timeout=LONG)
    assert presenter.window is not None
    presenter.window.hide()
    qtbot.waitUntil(lambda: run.schedule.phase is Phase.INTERRUPTED, timeout=LONG)
    assert sent == ["rest", "interrupted"]
    presenter.window.show()
    type_in(presenter.window, " ")
    with qtbot.waitSignal(run.over, timeout=LONG):
        pass
    sent = [label for label in sent if not is_frame_note(label)]
    assert sorted(sent) == sorted(["interrupted", *["rest"] * 4, "left", "right"])
    assert run.schedule.completed.total() == 2
    presenter.retire()
    recorder.stop()
    outlet.close()
