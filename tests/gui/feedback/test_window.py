"""The guided session: its steps, its figures and its report."""

import math
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from pylsl import local_clock
from pytestqt.qtbot import QtBot

from bci.lsl.discovery import StreamQuery
from bci.lsl.outlet import SignalOutlet
from bci.messages import FeedbackRunEvent
from bci.neurofeedback.streams import COLUMNS
from bci.pipeline.ring import RingBuffer
from bci.profiles.profile import load_profile, shipped_profiles
from bci.recording.read import read_recording
from bci.signals import Channel, Chunk, StreamInfo
from devices.simulated.montages import eeg
from gui.feedback.feature_reader import FeatureNews, FeatureReader, FeedbackRow
from gui.feedback.operator_view import OperatorView
from gui.feedback.steps import steps_of
from gui.feedback.window import FeedbackWindow, SessionStage
from gui.main_window import MainWindow
from gui.processes.child import Command
from gui.settings import DashboardSettings
from gui.workers.stream_readers import SignalFound
from tests.commands import BCI
from tests.gui.conftest import NO_DEVICES
from tests.gui.feedback.rows import half_a_minute, row
from tests.gui.keys import press

LONG = 60_000
INFO = StreamInfo("amp", "EEG", 250.0, eeg(16), "amp", simulated=True)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> FeedbackWindow:
    made = FeedbackWindow("neurofeedback-alpha", DashboardSettings(tmp_path / "settings.json"))
    qtbot.addWidget(made)
    made.open()
    return made


def run_event(run: int, **more: object) -> FeedbackRunEvent:
    given = {"run": run, "kind": "feedback", "windows": 100, "success": 0.6, **more}
    return FeedbackRunEvent.model_validate(given)


def test_steps_are_the_runs_of_the_protocol() -> None:
    protocol = load_profile("neurofeedback-alpha").neurofeedback
    assert protocol is not None
    titles = [step.title for step in steps_of(protocol.runs)]
    assert titles == [
        "Baseline (60 s)",
        *(f"Feedback run {k} of 4 (180 s)" for k in range(1, 5)),
        "Transfer run 1 of 1 (60 s)",
    ]


@pytest.mark.parametrize(
    ("opened_on", "offered"),
    [("neurofeedback-alpha", "neurofeedback-alpha"), ("motor-imagery", "neurofeedback-demo")],
)
def test_the_protocol_of_the_dashboard_is_offered_before_that_of_the_last_session(
    qtbot: QtBot, tmp_path: Path, opened_on: str, offered: str
) -> None:
    settings = DashboardSettings(tmp_path / "settings.json")
    settings.neurofeedback = {"profile": "neurofeedback-demo"}
    window = FeedbackWindow(opened_on, settings)
    qtbot.addWidget(window)
    assert window.fields.profiles.currentText() == offered


def test_without_a_signal_no_session_begins(window: FeedbackWindow) -> None:
    assert not window.next.isEnabled()
    assert "There is no signal" in window.heading.text()
    window.set_stream(INFO)
    assert window.next.isEnabled()
    assert "simulated" in window.heading.text()


def test_one_button_leads_through_the_session(window: FeedbackWindow, qtbot: QtBot) -> None:
    wanted: list[object] = []
    window.start_wanted.connect(wanted.append)
    window.run_wanted.connect(wanted.append)
    window.set_stream(INFO)
    press(qtbot, window, "Ctrl+Return")
    assert len(wanted) == 1
    window.set_stage(SessionStage.STARTING)
    window.set_stage(SessionStage.READY)
    assert window.next.text() == "Begin: Baseline (60 s)"
    press(qtbot, window, "Ctrl+Return")
    assert wanted[-1] == "baseline"
    window.take_rows([row(10.0, kind="baseline", run=1)])
    assert window.stage is SessionStage.RUNNING
    # The run's last window comes before its result.
    window.take_rows([row(10.1, kind=None)])
    assert window.stage is SessionStage.RUNNING
    window.finish_step("baseline")
    assert window.stage is SessionStage.READY
    assert window.next.text() == "Begin: Feedback run 1 of 4 (180 s)"
    # An unusable baseline is offered again.
    window.take_rows([row(20.0, kind="baseline", run=2)])
    window.take_rows([row(23.0, kind=None)])
    assert window.stage is SessionStage.READY
    for kind in ("feedback", "feedback", "feedback", "feedback", "transfer"):
        window.finish_step(kind)
    # Not the words of the button that ends the session at any time.
    assert window.next.text() == "Show report" != window.end.text()


def test_table_fills_in_at_the_end_what_would_unblind(window: FeedbackWindow) -> None:
    window.set_stream(INFO)
    window.set_stage(SessionStage.STARTING)
    for number in (2, 3, 4):
        window.take_run(run_event(number))
    assert window.table.item(0, 6).text() == ""
    for number in (2, 3, 4):
        more = {"change_sd": 0.1 * number, "allocation": "sham", "held": 0.05}
        window.take_run(run_event(number, **more))
    assert window.table.rowCount() == 3
    assert window.table.item(2, 5).text() == "+0.40 SD"
    assert window.table.item(0, 6).text() == "sham"
    assert "+0.100 baseline SD a run" in window.report
    assert not window.curve.isVisible()
    window.set_stage(SessionStage.IDLE, window.report)
    assert window.curve.isVisible()
    assert not window.operator.isVisible()
    assert [run[2] for run in window.curve.numbers().rows] == pytest.approx([0.2, 0.3, 0.4])


def test_protocol_or_sham_that_is_not_there_is_named(window: FeedbackWindow) -> None:
    window.set_stream(INFO)
    window.fields.sham.setText("/nowhere/other.xdf")
    assert "other.xdf: no such file" in window.heading.text()
    assert not window.next.isEnabled()


def test_operator_sees_success_rewards_and_holds(qtbot: QtBot) -> None:
    view = OperatorView()
    qtbot.addWidget(view)
    view.show()
    rows = half_a_minute()
    view.add_rows(rows)
    run = [each for each in rows if each.kind == "feedback"]
    success = np.mean([each.success for each in run if not each.held])
    assert view.headline.text() == "feedback, run 2"
    assert view.figures["success"].text() == f"{100 * success:.0f} %"
    assert view.figures["rewards"].text() == str(sum(each.reward for each in run))
    assert view.figures["paused"].text() == "5 %"
    assert view.trace.past().values.shape == (300, 2)
    view.add_rows([row(rows[-1].taken + 0.1, held=True)])
    assert "paused" in view.state.text()


@pytest.mark.slow
def test_guided_session_on_the_simulator_is_recorded_and_reported(
    open_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    content = yaml.safe_load(shipped_profiles()["neurofeedback-alpha"].read_text())
    content["neurofeedback"]["runs"] = {
        "baseline_s": 3, "feedback_s": 2, "transfer_s": 2, "feedback_runs": 1, "transfer_runs": 1,
    }  # fmt: skip
    content["output"] = {"name": f"feedback-{uuid.uuid4().hex[:8]}"}
    profile = tmp_path / "short.yaml"
    profile.write_text(yaml.safe_dump(content))
    device = ("stream", "--device", "simulator", "task=neurofeedback", f"name={name}")
    main = open_window(
        signal=StreamQuery(name=name), bci=BCI, profile=str(profile), task="neurofeedback",
        commands=(Command("simulator", (*BCI, *device, "--with-parent")),),
    )  # fmt: skip
    main.programs.start()
    press(qtbot, main, "Ctrl+F")
    window = main.links.feedback.window
    assert window is not None
    qtbot.waitUntil(window.next.isEnabled, timeout=LONG)
    # Hidden, since painting its scope would only take time.
    main.hide()
    window.fields.subject.setText("07")
    press(qtbot, window, "Ctrl+Return")
    for kind in ("baseline", "feedback", "transfer"):
        qtbot.waitUntil(
            lambda k=kind: window.stage is SessionStage.READY and window.step.kind == k,
            timeout=LONG,
        )
        press(qtbot, window, "Ctrl+Return")
    assert main.links.feedback.presenter is not None
    qtbot.waitUntil(
        lambda: window.stage is SessionStage.READY and window.step is None, timeout=LONG
    )
    press(qtbot, window, "Ctrl+Shift+E")
    qtbot.waitUntil(lambda: "The recording is" in window.message.text(), timeout=LONG)
    assert window.table.rowCount() == 2
    assert window.table.item(0, 6).text() == "real"
    (file,) = (tmp_path / "recordings").rglob("*.xdf")
    labels = [marker.label for marker in read_recording(file).markers]
    assert [label for label in labels if label in ("baseline", "feedback", "transfer")][-3:] == [
        "baseline", "feedback", "transfer",
    ]  # fmt: skip
    assert labels[-1] == "allocation/real"


# Programs that write down their start and end; a session takes longer to end.
SLOW_SESSION = """import os, signal, sys, threading
what, end = sys.argv[1], threading.Event()
signal.signal(signal.SIGTERM, lambda *_: end.set())
if what == "devices":
    print('{"event": "devices"}')
    sys.exit()
with open(LOG, "a", buffering=1) as log:
    log.write(f"{what} begun {os.getpid()}\\n")
    while not end.wait(0.05):
        pass
    if what == "neurofeedback":
        threading.Event().wait(0.3)
    log.write(f"{what} ended {os.getpid()}\\n")
"""


class Slow:
    """A dashboard with these programs and a signal."""

    def __init__(
        self, open_window: Callable[..., MainWindow], qtbot: QtBot, log: Path, **options: str
    ) -> None:
        self._log = log
        program = f"LOG = {str(log)!r}\n{SLOW_SESSION}"
        self.main = open_window(bci=(sys.executable, "-c", program), **options)
        press(qtbot, self.main, "Ctrl+F")
        window = self.main.links.feedback.window
        assert window is not None
        self.window = window
        self.main.links.feed.signal_found.emit(SignalFound(INFO, RingBuffer(2500, 16)))
        window.fields.subject.setText("07")

    def noted(self, what: str) -> list[str]:
        """Return the process ids of programs that began or ended, in order."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [line.removeprefix(f"{what} ") for line in lines if line.startswith(f"{what} ")]


@pytest.fixture
def slow(open_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path) -> Slow:
    return Slow(open_window, qtbot, tmp_path / "log.txt")


def test_recorder_ends_after_the_session_when_the_dashboard_closes(
    slow: Slow, qtbot: QtBot, tmp_path: Path
) -> None:
    press(qtbot, slow.window, "Ctrl+Return")
    begun = ("neurofeedback begun", "record begun")
    qtbot.waitUntil(lambda: all(slow.noted(what) for what in begun), timeout=LONG)
    slow.main.close()
    qtbot.waitUntil(lambda: bool(slow.noted("record ended")), timeout=LONG)
    ended = [line.rpartition(" ")[0] for line in (tmp_path / "log.txt").read_text().splitlines()]
    assert ended[2:] == ["neurofeedback ended", "record ended"]


@pytest.mark.parametrize(
    ("engine", "reported"), [("neurofeedback", []), ("bci", ["The engine is gone"])]
)
def test_the_end_of_a_session_is_no_lost_engine_but_that_of_another_one_is(
    open_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path, engine: str,
    reported: list[str],
) -> None:  # fmt: skip
    slow = Slow(open_window, qtbot, tmp_path / "log.txt", engine_name=engine)
    links, problems = slow.main.links, []
    links.problem.connect(lambda sentence, _: problems.append(sentence.partition(":")[0]))
    press(qtbot, slow.window, "Ctrl+Return")
    qtbot.waitUntil(lambda: bool(slow.noted("neurofeedback begun")), timeout=LONG)
    links.feed.engine_there.emit(True)
    press(qtbot, slow.window, "Ctrl+Shift+E")
    qtbot.waitUntil(lambda: slow.window.stage is SessionStage.IDLE, timeout=LONG)
    links.feed.engine_there.emit(False)
    assert links.status.engine_lost == bool(reported)
    assert problems == reported


def test_session_that_begins_at_once_keeps_its_own_recorder(slow: Slow, qtbot: QtBot) -> None:
    press(qtbot, slow.window, "Ctrl+Return")
    begun = ("neurofeedback begun", "record begun")
    qtbot.waitUntil(lambda: all(slow.noted(what) for what in begun), timeout=LONG)
    (first,) = slow.noted("record begun")
    press(qtbot, slow.window, "Ctrl+Shift+E")
    qtbot.waitUntil(lambda: slow.window.stage is SessionStage.IDLE, timeout=LONG)
    press(qtbot, slow.window, "Ctrl+Return")
    qtbot.waitUntil(lambda: len(slow.noted("record begun")) == 2, timeout=LONG)
    qtbot.waitUntil(lambda: bool(slow.noted("record ended")), timeout=LONG)
    assert slow.noted("record ended") == [first]


def test_reader_outlives_a_stream_whose_run_is_no_number(qtbot: QtBot, name: str) -> None:
    columns = tuple(Channel(each, each, "1") for each in COLUMNS)
    info = StreamInfo(f"{name}-feature", "Feature", 0.0, columns, f"{name}-feature")
    outlet = SignalOutlet(info)
    news = FeatureNews()
    rows: list[FeedbackRow] = []
    news.rows_came.connect(rows.extend)
    reader = FeatureReader(name, news)
    reader.start()
    try:
        qtbot.waitUntil(lambda: outlet.has_consumers, timeout=LONG)
        for k, run in enumerate((math.nan, math.inf, 3.0)):
            values = np.array([[1, 2, 0.5, 1, 0, 0, run, 1, 0]], dtype=np.float32)
            outlet.push(Chunk(values, np.array([local_clock()]), k))
        qtbot.waitUntil(lambda: len(rows) == 3, timeout=LONG)
    finally:
        reader.stop()
        outlet.close()
    assert [each.run for each in rows] == [0, 0, 3]


def test_command_opens_the_window(open_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    main = open_window(bci=NO_DEVICES)
    press(qtbot, main, "Ctrl+F")
    window = main.links.feedback.window
    assert window is not None
    assert window.isVisible()
    press(qtbot, window, "Ctrl+W")
    assert not window.isVisible()


def test_panels_that_a_guided_session_hides_are_there_the_next_time(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    guided = open_window(profile="neurofeedback-alpha", task="neurofeedback", autostart=True)
    qtbot.waitUntil(lambda: guided.links.feedback.window is not None)
    hidden = "connect", "history", "latency"
    assert all(guided.docks[panel].isHidden() for panel in hidden)
    guided.close()
    usual = open_window()
    assert not any(usual.docks[panel].isHidden() for panel in hidden)
