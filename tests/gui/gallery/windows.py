"""Whole windows of the gallery, without the network and the user's settings."""

import os
import sys
from datetime import date
from pathlib import Path

from pylsl import local_clock
from PySide6.QtWidgets import QWidget

from bci.lsl.discovery import StreamQuery
from bci.signals import Marker
from gui.main_window import MainWindow
from gui.options import DashboardOptions
from gui.replay.model_choice import ListedModel
from gui.replay.opened_recording import OpenedRecording
from gui.replay.window import ReplayWindow
from gui.settings import DashboardSettings
from gui.theme import Theme
from gui.timing.window import TimingWindow
from gui.workers.stream_readers import SignalFound
from tests.gui.gallery import simulated

_LIVE_S, _RECORDED_S = 40.0, 160.0
# Not a folder, so that nothing is found or stored there.
_NOWHERE = Path(os.devnull)
# A substitute for the command line that lists no devices.
_NO_BCI = (sys.executable, "-c", """print('{"event": "devices"}')""")


def dashboard(theme: Theme) -> QWidget:
    """Return the dashboard with a running decoder, with simulated data instead of LSL."""
    window = MainWindow(
        DashboardOptions(
            signal=StreamQuery(name="gallery-of-nothing"),
            markers=None,
            engine_name="gallery-of-nothing",
            cue_of=lambda label: label if label in simulated.CLASSES else None,
            bci=_NO_BCI,
            recordings=_NOWHERE,
            task="motorimagery",
            settings=_NOWHERE / "dashboard.json",
        )
    )
    # Streams of the real network must not mix with the simulated data.
    for part in (window.feed, window.connecting, window.recording.link):
        part.retire()
    window.docks["connect"].hide()
    window.theme = theme
    window.resize(1280, 800)
    start = fill(window)
    window._advance()
    # The picture stands still, since no data come.
    window._timer.stop()
    window.history.advance(start + _LIVE_S)
    return window


def fill(window: MainWindow) -> float:
    """Fill a dashboard with a decoded signal; return its start on the LSL clock."""
    feed = window.feed
    start: float = local_clock() - _LIVE_S
    feed.signal_found.emit(SignalFound(simulated.INFO, simulated.ring(_LIVE_S, start)))
    feed.signal_alive.emit(True)
    feed.quality_came.emit(simulated.quality())
    feed.engine_found.emit(simulated.CLASSES, True)
    feed.engine_alive.emit(True)
    feed.markers_came.emit([Marker(start + m.time, m.label) for m in simulated.cues(_LIVE_S)])
    feed.predictions_came.emit(simulated.received(_LIVE_S, start))
    feed.status_came.emit(simulated.STATUS)
    return start


def replay_window(theme: Theme) -> QWidget:
    """Return the replay window in the middle of a recording, with predictions and score."""
    window = ReplayWindow(
        _NO_BCI,
        _NOWHERE,
        DashboardSettings(_NOWHERE / "replay.json"),
        lambda label: label if label in simulated.CLASSES else None,
    )
    window.resize(1280, 800)
    window.theme = theme
    recording = simulated.recording(_RECORDED_S)
    opened = OpenedRecording(Path(recording.source), recording)
    window.show_recording(opened)
    window.models.set_models([ListedModel(Path("simulated"), None, "")])
    window.decision.set_classes(simulated.CLASSES)
    window.show_decision(True)
    window.run.predicted.emit(simulated.predictions(_RECORDED_S))
    window.run.finished.emit(simulated.evaluation(_RECORDED_S))
    window.go_to(7)
    window.traces.show_until(window.playhead.position)
    return window


def timing_lab(theme: Theme) -> QWidget:
    """Return the timing lab after a measurement with a simulated photodiode."""
    window = TimingWindow(lambda: date(2026, 11, 29))
    window.theme = theme
    window.stream.addItem("simulator")
    window.channel.clear()
    window.channel.addItem("diode")
    window.show_report(simulated.timing())
    window.resize(980, 620)
    # Streams of the real network must not mix with the simulated data.
    window.watches = False
    return window
