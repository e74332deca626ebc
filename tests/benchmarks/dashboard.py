"""The whole dashboard on one stream, in a window of 1280x800, as a program that others measure.

``python -m tests.benchmarks.dashboard STREAM ENGINE FRAME_MS`` runs until SIGTERM and keeps its
settings to itself.
"""

import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from bci.lsl.discovery import StreamQuery
from gui import main_window
from gui.app import run_dashboard
from gui.options import DashboardOptions
from tests.benchmarks.drawing import HEIGHT, WIDTH


def main(stream: str, engine: str, frame_ms: int) -> None:
    main_window._FRAME_MS = frame_ms
    application = QApplication([])
    QTimer.singleShot(0, lambda: _resize(application))
    with tempfile.TemporaryDirectory() as folder:
        run_dashboard(
            DashboardOptions(
                signal=StreamQuery(name=stream),
                markers=None,
                engine_name=engine,
                cue_of=lambda _label: None,
                recordings=Path(folder),
                settings=Path(folder) / "dashboard.json",
            )
        )


def _resize(application: QApplication) -> None:
    for window in application.topLevelWidgets():
        if isinstance(window, main_window.MainWindow):
            window.resize(WIDTH, HEIGHT)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
