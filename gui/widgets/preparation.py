"""A window that shows the preparation of a first start."""

import sys
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QWidget

from gui.theme import system_theme
from gui.widgets.labels import Sentence
from gui.widgets.layouts import column_of, named, row_of
from gui.widgets.themed import Themed

_FRAME_S = 0.03
_SIZE = QSize(520, 150)

T = TypeVar("T")
Report = Callable[[str], None]


class PreparationWindow(Themed, QWidget):
    """A window with the present step and a busy bar."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("bci")
        # The application does not quit with this window, since the dashboard follows.
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        title = named(QLabel("First start of the demo"), "title")
        badge = named(QLabel("SIMULATED SIGNAL"), "badge")
        self.step = Sentence()
        bar = QProgressBar(minimum=0, maximum=0, textVisible=False)
        header = row_of((title, 1), badge)
        self.setLayout(column_of(header, self.step, bar, margins=(16, 14, 16, 16), spacing=12))
        self.resize(_SIZE)
        self.theme = system_theme()

    def apply_theme(self) -> None:
        self.setStyleSheet(self.theme.style_sheet())


class _Job(threading.Thread, Generic[T]):
    def __init__(self, work: Callable[[Report], T]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self.step = ""
        self.result: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result.append(self._work(self._report))
        except BaseException as error:  # noqa: BLE001 - it is raised again by the main thread
            self.error = error

    def _report(self, step: str) -> None:
        self.step = step


def prepare(work: Callable[[Report], T]) -> T:
    """Run ``work`` in a thread, and show its steps in a window; return its result.

    ``work`` gets a function that reports a step. The window closes when the application's event
    loop runs. Raises the exceptions of ``work``, and `KeyboardInterrupt` if the user closes the
    window before the end.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    window = PreparationWindow()
    window.show()
    job = _Job(work)
    job.start()
    while job.is_alive():
        window.step.setText(job.step)
        application.processEvents()
        if not window.isVisible():
            raise KeyboardInterrupt
        job.join(_FRAME_S)
    if job.error is not None:
        window.close()
        raise job.error
    window.step.setText("Opening the dashboard ...")
    application.processEvents()
    QTimer.singleShot(0, window.close)
    return job.result[0]
