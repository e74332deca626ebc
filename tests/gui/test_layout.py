"""No text is cut off at 1280 x 720, in any tab or page of the dashboard's windows."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from bci.lsl.recorders import FoundRecorder
from bci.messages import EngineStatus
from bci.models.card import Card
from bci.pipeline.ring import RingBuffer
from bci.profiles.profile import load_profile
from bci.quality.channel_quality import ChannelQuality, State
from bci.recording.bids.runs import RecordedRun
from bci.signals import Channel, StreamInfo
from bci.tasks.paradigms import KINDS
from bci.training.decoder_choices import DecoderOffer, class_choices, emotion_choices
from gui.calibration.window import CalibrationWindow
from gui.main_window import MainWindow
from gui.processes.child import Command
from gui.record.bar import RecordState
from gui.replay.trials import ReplayTrial
from gui.signal_tabs import IMPEDANCE, MAP, SIGNAL, SPECTRUM
from gui.theme import DARK, LIGHT
from gui.widgets.labels import ElidedLabel
from gui.workers.stream_readers import SignalFound
from tests.gui.conftest import NO_DEVICES
from tests.gui.evaluated import evaluation
from tests.gui.gallery import simulated
from tests.gui.gallery.calibrated import calibration
from tests.gui.gallery.views import simulated_devices, simulated_streams
from tests.gui.gallery.windows import fill, replay_window
from tests.gui.processes.test_program_buttons import WAITS
from tests.gui.replay.test_replay_many_classes import IMAGES, LEVELS, card
from tests.signals import eeg_info, noise

OpenWindow = Callable[..., MainWindow]
# Size of a window on a screen of 1280 x 720, without its frame.
ROOM, REST = (1276, 676), 2000
LONG_NAME = "sub-simulated12_ses-2_task-motorimagery_run-03_eeg"
SENTENCE = (
    "The engine ended by itself (exit code 2): error: the model has another sampling rate: 250 Hz, "
    "where this stream has 500 Hz. Mend that, then press Start engine (Ctrl+E)."
)
MISMATCH = (
    "simulator does not fit the model S007: the model was trained on 64 channels (FC5, FC3, FC1), "
    "the stream lacks 48 of them: F5 and F6. Choose another stream (Connect), then press Start "
    "engine (Ctrl+E), or calibrate a model on this stream."
)


def cut_off(window: QWidget) -> list[str]:
    """Return each visible widget that is smaller than its text needs."""
    return [said for part in window.findChildren(QWidget) if (said := _lack(part, window))]


def _lack(part: QWidget, window: QWidget) -> str:
    text = _text_of(part)
    if not text or not part.isVisible():
        return ""
    scrolled = _is_scrolled(part)
    place = QRect(part.mapTo(window, QPoint(0, 0)), part.size())
    if not scrolled and not window.rect().contains(place):
        return f"{text!r} is at {place.getRect()}, beyond the window"
    need = _need_of(part, text)
    have = (part.width(), part.height())
    if need[0] > have[0] or need[1] > have[1]:
        return f"{text!r} needs {need} and has {have}"
    return ""


def _text_of(part: QWidget) -> str:
    if isinstance(part, QLabel | QAbstractButton):
        return part.text()
    if isinstance(part, QComboBox):
        return part.currentText()
    if isinstance(part, QLineEdit):
        return part.placeholderText()
    if isinstance(part, QAbstractItemView) and part.model() and part.model().rowCount():
        return type(part).__name__
    return ""


def _need_of(part: QWidget, text: str) -> tuple[int, int]:
    """Return the width and height that the text of a widget needs."""
    if isinstance(part, QLabel) and part.wordWrap():
        return 0, part.heightForWidth(part.width())
    if isinstance(part, QComboBox):
        # Borders and the arrow need space beside the text.
        return part.fontMetrics().horizontalAdvance(text) + 28, part.fontMetrics().height() + 6
    if isinstance(part, QLineEdit):
        return part.fontMetrics().horizontalAdvance(text) + 16, 0
    if isinstance(part, QAbstractItemView):
        return part.width() + part.horizontalScrollBar().maximum(), 0
    hint = part.sizeHint()
    if isinstance(part, ElidedLabel):
        # The tooltip has the rest, but one or two words must be visible.
        return min(60, hint.width()), hint.height()
    return hint.width(), hint.height()


def _is_scrolled(part: QWidget) -> bool:
    parent = part.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def settled(window: QWidget, qtbot: QtBot) -> str:
    """Return the texts that are cut off at the smallest size, after layouts settle."""
    window.resize(*ROOM)
    least = window.minimumSizeHint()
    if least.width() > ROOM[0] or least.height() > ROOM[1]:
        return f"the window needs {least.toTuple()}"
    # Layouts settle only after some turns of Qt's event loop.
    with suppress(qtbot.TimeoutError):
        qtbot.waitUntil(lambda: not cut_off(window), timeout=REST)
    return "\n".join(cut_off(window))


@pytest.fixture
def main(open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    """Return a dashboard with all panels around its tabs."""
    commands = (Command("replay", WAITS), Command("engine", WAITS))
    window = open_window(bci=NO_DEVICES, commands=commands, task="motorimagery")
    for part in (window.feed, window.connecting, window.recording.link):
        part.stop(1.0)
    # Streams that were found on the real network must not be shown later.
    QApplication.processEvents()
    fill(window)
    for button in window.buttons.values():
        button.click()
    panel = window.connect_panel
    panel.set_streams(simulated_streams())
    panel.set_devices(simulated_devices(), "cyton", {})
    window.docks["connect"].show()
    window.docks["log"].show()
    return window


def test_both_themes_take_the_same_room() -> None:
    # So a test of one theme is enough.
    colour = r"#[0-9a-f]{6}|tick-\w+"
    dark, light = (
        re.sub(colour, "", theme.style_sheet(True), flags=re.I) for theme in (DARK, LIGHT)
    )
    assert dark == light


@pytest.mark.parametrize("is_recording", [False, True], ids=["idle", "recording"])
def test_the_dashboard_s_words_fit(main: MainWindow, qtbot: QtBot, is_recording: bool) -> None:
    main.header.title.setText(LONG_NAME)
    if is_recording:
        names = (LONG_NAME, f"{LONG_NAME}-markers", "bci", "pupil")
        file = f"recordings/sub-12/ses-2/eeg/{LONG_NAME}.xdf"
        recorder = FoundRecorder("r", "here", 1, file, 7540.0, 48_200_000, names, ())
        main.record_bar.show_state(RecordState(recorder, takes_notes=True))
    main.connect_panel.set_connection("cyton is connected", True, False)
    main.show_problem(SENTENCE, "engine")
    main.situation.stream_name = LONG_NAME
    main.situation.status = EngineStatus(
        state="running", stream=LONG_NAME, model="12-20261125-140101", drift=1.4
    )
    for page in (SIGNAL, SPECTRUM, MAP, IMPEDANCE):
        if page == IMPEDANCE:
            main.tabs.set_quality(simulated.impedances())
        main.tabs.show_page(page)
        assert main.tabs.page == page
        main._advance()
        assert settled(main, qtbot) == "", page


@pytest.mark.parametrize("kinds", [("mag", "mag"), ("mag", "grad")])
def test_the_controls_of_a_scope_with_pages_fit(
    main: MainWindow, qtbot: QtBot, kinds: tuple[str, str]
) -> None:
    units = {"mag": "fT", "grad": "fT/cm"}
    channels = tuple(Channel(f"MEG 0{k}", (kind := kinds[k % 2]), units[kind]) for k in range(306))
    ring = RingBuffer(1000, 306)
    ring.write(999 * noise(1000, 306), np.arange(1000) / 1000, 0)
    info = StreamInfo("meg", "MEG", 1000.0, channels, "meg", True)
    main.tabs.set_signal(SignalFound(info, ring))
    main.scope.step_page(1)
    main.tabs.advance()
    assert main.scope_panel.controls.page.text() in ("65-128 of 306", "65-128")
    main.scope.choose(kind=main.scope.gains.kinds[-1])
    main.docks["connect"].show()
    assert settled(main, qtbot) == ""


@pytest.mark.parametrize("kinds", [("eeg",), ("eeg", "temperature")])
def test_the_controls_of_a_scope_with_kinds_fit(
    main: MainWindow, qtbot: QtBot, kinds: tuple[str, ...]
) -> None:
    channels = tuple(Channel(kind, kind, "uV") for kind in kinds)
    ring = RingBuffer(1000, len(kinds))
    ring.write(999 * noise(1000, len(kinds)), np.arange(1000) / 1000, 0)
    main.tabs.set_signal(SignalFound(StreamInfo("x", "EEG", 1000.0, channels, "x", True), ring))
    main.tabs.advance()
    main.scope.choose(kind=main.scope.gains.kinds[-1])
    main.scope.choose(hidden=frozenset({"eeg"}))
    main.docks["connect"].show()
    assert settled(main, qtbot) == ""


@pytest.fixture
def guided(main: MainWindow) -> Iterator[CalibrationWindow]:
    main.calibrating.open()
    window = main.calibrating.window
    assert window is not None
    yield window
    window.close()


def test_what_is_filled_in_for_a_run_fits(guided: CalibrationWindow, qtbot: QtBot) -> None:
    for k, kind in enumerate(KINDS):
        guided.setup.kinds.setCurrentIndex(k)
        # Without a subject, the page shows the problem; with one, a summary of the run.
        for subject in ("", "12"):
            guided.setup.subject.setText(subject)
            assert settled(guided, qtbot) == "", kind.name


def test_the_check_of_signals_fits(guided: CalibrationWindow, qtbot: QtBot) -> None:
    guided.set_stream(simulated.INFO)
    bad = [ChannelQuality(name, State.BAD, "railed", *[0.0] * 7) for name in simulated.NAMES]
    guided.signals.set_quality(bad)
    guided.pages.stack.setCurrentWidget(guided.signals)
    assert settled(guided, qtbot) == ""
    guided.set_stream(None)
    assert settled(guided, qtbot) == ""


@pytest.mark.parametrize("feelings", [False, True])
def test_the_training_fits(
    guided: CalibrationWindow, qtbot: QtBot, tmp_path: Path, feelings: bool
) -> None:
    file = tmp_path / f"{LONG_NAME}.xdf"
    file.touch()
    offered: tuple[DecoderOffer, ...] = (
        emotion_choices()
        if feelings
        else class_choices(tmp_path, load_profile("motor-imagery"), eeg_info())
    )
    guided.training_page.offer(
        "Recorded 40 of 40 trials (20 left, 20 right).", [RecordedRun.of(file)], {file}, offered
    )
    guided.pages.stack.setCurrentWidget(guided.training_page)
    assert settled(guided, qtbot) == ""
    guided.training_page.set_training(True)
    guided.training_page.show_progress("Cross-validating", 3, 8)
    assert settled(guided, qtbot) == ""
    guided.training_page.set_training(False, SENTENCE)
    assert settled(guided, qtbot) == ""


def test_the_result_fits(guided: CalibrationWindow, qtbot: QtBot) -> None:
    shown = calibration(DARK)
    qtbot.addWidget(shown)
    assert shown.result is not None
    guided.result.show_result(shown.result, shown.curve)
    guided.result.show_message(
        "An engine that was started elsewhere runs: type there  use recordings/models/12"
    )
    guided.pages.stack.setCurrentWidget(guided.result)
    assert settled(guided, qtbot) == ""
    guided.result.show_message(MISMATCH)
    assert settled(guided, qtbot) == ""
    folder = Path("/home/somebody/recordings") / "a-folder-with-a-long-name" / "models" / "12"
    card = shown.result.card
    guided.result.show_result(replace(shown.result, folder=folder, card=_wordy(card)), None)
    assert settled(guided, qtbot) == ""


def _wordy(card: Card) -> Card:
    """Return a model's card for which all possible texts are shown."""
    assert card.confidence is not None
    unsure = card.confidence.model_copy(update={"threshold": None, "asked_per_min": 2.0})
    score = card.score.model_copy(update={"p_value": 0.4, "folds": "leave one run out, 12 runs"})
    return card.model_copy(update={"confidence": unsure, "score": score})


def test_a_sentence_of_any_length_keeps_a_window_narrow(
    guided: CalibrationWindow, qtbot: QtBot
) -> None:
    word = "/home/" + "a" * 400
    for text in (word, 40 * SENTENCE):
        guided.setup.show_message(text)
        guided.setup.summary.setText(text)
        guided.training_page.set_training(False, text)
        guided.training_page.show_progress(text, 3, 8)
        guided.training_page.heading.setText(text)
        guided.signals.verdict.setText(text)
        guided.signals.stream.setText(text)
        guided.result.show_message(text)
        guided.result.verdict.setText(text)
        assert guided.minimumSizeHint().width() < ROOM[0]
        assert text[:900] in guided.result.message.toolTip()


def test_the_replay_window_s_words_fit(qtbot: QtBot) -> None:
    window = replay_window(DARK)
    qtbot.addWidget(window)
    window.show()
    assert settled(window, qtbot) == ""
    window.banner.report(SENTENCE, "model")
    assert settled(window, qtbot) == ""


@pytest.mark.parametrize(("task", "classes"), [("emotion", LEVELS), ("images", IMAGES)])
def test_the_replay_of_levels_and_of_images_has_the_room_it_needs(
    qtbot: QtBot, task: str, classes: tuple[str, ...]
) -> None:
    window = replay_window(DARK)
    qtbot.addWidget(window)
    window.show()
    window.decided.set_model(card(task, classes))
    window.show_decision(True)
    steps = tuple(
        ReplayTrial(name, 2.0 * k, 2.0 * k + 1, classes[0], 0.5) for k, name in enumerate(classes)
    )
    window.run.finished.emit(evaluation(classes, steps))
    assert settled(window, qtbot) == ""
