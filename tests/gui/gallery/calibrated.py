"""Pages of a calibration for the gallery."""

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bci.messages import PointEvent
from bci.models.card import Card, ScoreCard, describe_stream
from bci.models.confidence_card import ConfidenceCard
from bci.profiles.paradigm import Paradigm
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import DecoderChoice, load_profile
from bci.recording.bids.runs import RecordedRun
from bci.tasks.cue_items import CueScreenItem
from bci.tasks.rating import KEYS, Rating
from bci.tasks.schedule import Phase, SchedulePhase
from bci.training.class_patterns import ClassPattern
from bci.training.decoder_choices import class_choices
from bci.training.time_course import TimeCourse
from gui.calibration.model_result import ModelResult
from gui.calibration.pages.result import ResultPage
from gui.calibration.pages.setup import SetupPage
from gui.calibration.pages.signals import SignalsPage
from gui.calibration.pages.training import TrainingPage
from gui.calibration.run.cue_screen import CueScreen
from gui.plots.line_with_band import CurveView
from gui.theme import Theme
from tests.gui.gallery import simulated

_TRIALS = 40
_CURVE = tuple(
    PointEvent(
        trials_per_class=n, accuracy=accuracy, low=low, high=high, chance=0.5, trials=_TRIALS
    )
    for n, accuracy, low, high in (
        (4, 0.65, 0.48, 0.79), (8, 0.75, 0.59, 0.87), (12, 0.80, 0.64, 0.91), (15, 0.82, 0.67, 0.93)
    )
)  # fmt: skip


def setup(theme: Theme) -> SetupPage:
    """Return the setup page, filled in for a run of motor imagery (Graz)."""
    view = SetupPage("motor-imagery", {"subject": "07", "session": "1"}, "bci")
    view.setStyleSheet(theme.style_sheet(calibration=True))
    view.resize(1120, 400)
    return view


def rating(_theme: Theme) -> QWidget:
    """Return the cue screen after the first rating; it is dark in every theme."""
    screen = CueScreen()
    screen.show_step(SchedulePhase(Phase.RATING, None, 3, 10))
    screen.show_rating(Rating([4]), KEYS)
    return _framed(screen)


def cues(_theme: Theme) -> QWidget:
    """Return the cue screen with an arrow; it is dark in every theme."""
    screen = CueScreen()
    screen.show_step(
        SchedulePhase(Phase.CUE, CueScreenItem("left", "left", "arrow", "left"), 11, _TRIALS)
    )
    return _framed(screen)


def _framed(screen: CueScreen) -> QWidget:
    """Return a widget that shows the screen as the presenter's window does."""
    shown = QPixmap(600, 360)
    painter = QPainter(shown)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    screen.paint(painter, shown.size())
    painter.end()
    label = QLabel()
    label.setPixmap(shown)
    view = QWidget()
    QVBoxLayout(view).addWidget(label, 0, Qt.AlignmentFlag.AlignCenter)
    view.resize(960, 480)
    return view


def signals(theme: Theme) -> SignalsPage:
    """Return the page of signals, with one bad and two doubtful electrodes."""
    view = SignalsPage()
    view.setStyleSheet(theme.style_sheet(calibration=True))
    view.theme = theme
    view.set_stream(simulated.INFO)
    view.set_quality(simulated.quality())
    view.resize(1120, 560)
    return view


def training(theme: Theme) -> TrainingPage:
    """Return the page of a running training, with three of four learning-curve points."""
    view = TrainingPage()
    view.setStyleSheet(theme.style_sheet(calibration=True))
    view.theme = theme
    names = [f"sub-07_ses-1_task-motorimagery_run-0{run}_eeg.xdf" for run in (1, 2)]
    runs = [RecordedRun(Path(name), datetime(2026, 3, 24, 9, 50), 12.4) for name in names]
    said = f"Recorded {_TRIALS} of {_TRIALS} trials (20 left, 20 right)."
    offered = class_choices(Path(os.devnull), load_profile("motor-imagery"), simulated.INFO)
    view.offer(said, runs, {run.file for run in runs}, offered)
    for run in runs:
        view.runs.show_trials(run.file, "20 trials (left 10, right 10)")
    view.set_training(True)
    for point in _CURVE[:3]:
        view.show_event(point)
    view.show_progress("learning curve", 3, 4)
    view.resize(1120, 560)
    return view


def calibration(theme: Theme) -> ResultPage:
    """Return the result of a model better than chance, beside an earlier one at chance."""
    view = ResultPage()
    view.setStyleSheet(theme.style_sheet(calibration=True))
    view.theme = theme
    curve = CurveView()
    curve.show_training(list(_CURVE), [])
    seconds = np.arange(3.0, 4.0, 0.1)
    course = TimeCourse(seconds, 0.62 + 0.22 * (seconds - 3), np.full(10, _TRIALS))
    folder, before = (Path(f"recordings/models/07-202603{day}") for day in (24, 17))
    earlier = _card((11, 9, 8, 12), 0.42, 0.73, 0.21, 17)
    card = _card((17, 3, 4, 16), 0.67, 0.93, 2e-5, 24)
    view.show_result(ModelResult(folder, card, _patterns(), course, ((before, earlier),)), curve)
    view.resize(1120, 640)
    return view


def _patterns() -> tuple[ClassPattern, ...]:
    at = np.array([channel.position for channel in simulated.INFO.channels])
    places = {name: at[simulated.NAMES.index(name)] for name in ("C3", "C4")}
    near = {
        name: np.exp(-np.square(at - place).sum(axis=1) / 0.0012) for name, place in places.items()
    }
    left = (near["C3"] - 1.2 * near["C4"]).astype(np.float32)
    return tuple(
        ClassPattern(label, simulated.NAMES, weights)
        for label, weights in zip(simulated.CLASSES, (left, -left), strict=True)
    )


def _card(counts: tuple[int, ...], low: float, high: float, p_value: float, day: int) -> Card:
    right = counts[0] + counts[3]
    return Card(
        name="simulated", task="motor-imagery", created=datetime(2026, 3, day, 10, 0, tzinfo=UTC),
        simulated=True, decoder=DecoderChoice(), classes=simulated.CLASSES,
        stream=describe_stream(simulated.SFREQ, simulated.INFO.channels),
        pipeline=PipelineSettings.model_validate({"window_s": 2.5}), group_delay_s=0.045,
        paradigm=Paradigm.model_validate({"classes": {name: name for name in simulated.CLASSES}}),
        sources=(),
        score=ScoreCard(
            accuracy=right / _TRIALS, low=low, high=high, trials=_TRIALS, chance=0.5,
            p_value=p_value, kappa=2 * right / _TRIALS - 1,
            confusion=[list(counts[:2]), list(counts[2:])], folds="leave one run out, 2 runs",
        ),
        confidence=ConfidenceCard(
            temperature=1.4, error_before=0.12, error=0.06, error_low=0.0, error_high=0.14,
            threshold=0.825, promised=True, rest_min=3.2, false_positives=1,
            false_positives_per_min=0.3, bound_per_min=1.5, crossed_per_min=0.6,
            asked_per_min=2.0, needed_min=1.5, cues=40, decided=26, right=23, right_low=0.7,
            right_high=0.98,
        ), versions={},
    )  # fmt: skip
