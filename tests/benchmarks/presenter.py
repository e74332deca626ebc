"""Frames of the presenter on this screen, and its stamps against the pixels on the screen.

``python -m tests.benchmarks.presenter --seconds 300`` shows 40 flickering patches. It prints the
presenter's own counts beside those from the times of the swaps and those of the markers that came
over LSL. Then, for ``--watched`` seconds, another process reads one pixel of the screen (X11 only)
and the change of the pixel is compared with the stamp of its marker.
"""

import argparse
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence

import numpy as np
from pylsl import local_clock
from PySide6.QtCore import QEventLoop, QSize, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QPainter
from PySide6.QtWidgets import QApplication
from rich.console import Console
from rich.table import Table

from bci.lsl.marker_inlet import MarkerInlet
from bci.lsl.outlet import MarkerOutlet
from bci.signals import Marker, is_frame_note
from bci.stimulus.frame_labels import summaries
from bci.stimulus.frame_words import described
from bci.stimulus.frames import Frame
from gui.presenter.presenter import Presenter
from tests.streams import find

_PERIOD_FRAMES = 15  # from one change of the patch to the next
_WARM_UP_S = 2.0
_POLL_S = 0.001


class Patches:
    """A patch in the corner that changes with a marker, and 40 flickering ones."""

    def __init__(self) -> None:
        self.swaps: list[float] = []
        self.late_s: list[float] = []
        self.is_bright = False
        self._frame = Frame(0, 0.0)
        self._changed = 0

    def advance(self, frame: Frame) -> Sequence[str]:
        self._frame = frame
        if frame.number < self._changed + _PERIOD_FRAMES:
            return ()
        self._changed = frame.number
        self.is_bright = not self.is_bright
        return (f"patch/{int(self.is_bright)}",)

    def paint(self, painter: QPainter, size: QSize) -> None:
        painter.fillRect(0, 0, size.width(), size.height(), QColor("#0d0f12"))
        white, black = QColor("#ffffff"), QColor("#000000")
        painter.fillRect(0, 0, 60, 60, white if self.is_bright else black)
        for k in range(40):
            x, y = 80 + k % 8 * (size.width() - 80) // 8, 80 + k // 8 * (size.height() - 80) // 5
            is_on = (self._frame.number // (2 + k % 5)) % 2
            painter.fillRect(x, y, 60, 60, white if is_on else black)

    def shown(self, time: float, _labels: Sequence[str]) -> None:
        self.swaps.append(time)
        self.late_s.append(time - self._frame.due)


def measure(seconds: float, watched_s: float, full_screen: bool) -> None:
    """Show the patches and print the tables."""
    _application = QApplication.instance() or QApplication([])
    name = f"patches-{uuid.uuid4().hex[:8]}"
    outlet, scene = MarkerOutlet(name, name), Patches()
    inlet = MarkerInlet(find(name))
    presenter = Presenter(scene, outlet)
    presenter.open(full_screen)
    _run(_WARM_UP_S)
    scene.swaps.clear()
    scene.late_s.clear()
    presenter.begin_log()
    _run(seconds)
    swaps, late_s = np.array(scene.swaps), np.array(scene.late_s)
    summary = presenter.end_log()
    markers = _pulled(inlet)
    period_s = 1 / presenter.refresh_hz
    gaps = np.maximum(0, np.round(np.diff(swaps) / period_s) - 1).astype(int)
    noted = [m.label.split("/") for m in markers if m.label.startswith("frames/dropped/")]
    (read,) = summaries(markers)
    table = Table("figure", "value", title=f"Presenter, {seconds:g} s, {presenter.note}")
    table.add_row("summary", described(summary))
    table.add_row("periods in that time", f"{(swaps[-1] - swaps[0]) / period_s + 1:.1f}")
    table.add_row("frames shown + dropped", f"{summary.shown + summary.dropped}")
    table.add_row("dropped: log", f"{summary.dropped}")
    table.add_row("dropped: markers over LSL", f"{sum(int(label[2]) for label in noted)}")
    table.add_row("dropped: summary over LSL", f"{read.dropped}")
    table.add_row("dropped or late: log", f"{summary.dropped + summary.late}")
    table.add_row("periods missed by the swaps' intervals", f"{gaps.sum()}")
    table.add_row("swap after due, p50 / p99 / max", _percentiles(late_s))
    Console(width=100).print(table)
    if watched_s and QGuiApplication.platformName() == "xcb":
        _watch(presenter, inlet, watched_s)
    presenter.retire()
    inlet.close()
    outlet.close()


def _watch(presenter: Presenter, inlet: MarkerInlet, seconds: float) -> None:
    """Compare the stamps with the changes of a pixel, as another process reads it."""
    assert presenter.window is not None
    at = presenter.window.position()
    argv = [sys.executable, "-m", "tests.benchmarks.presenter", "--pixel"]
    argv += [str(at.x() + 20), str(at.y() + 20), str(seconds)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        _run(seconds + 3)
        output = process.communicate(timeout=30)[0]
    changes = [Marker(*change) for change in json.loads(output)]
    stamps = [m for m in _pulled(inlet) if not is_frame_note(m.label)]
    off_s = []
    for change in changes:
        same = [m.time for m in stamps if m.label == change.label]
        off_s.append(change.time - min(same, key=lambda t: abs(t - change.time)))
    table = Table("figure", "value", title=f"Pixel read every {1000 * _POLL_S:g} ms, {seconds:g} s")
    table.add_row("changes of the pixel", f"{len(changes)}")
    table.add_row("pixel after stamp, p50 / p99 / max", _percentiles(np.array(off_s)))
    within = np.abs(off_s) <= 1 / presenter.refresh_hz
    table.add_row("within one frame of the stamp", f"{within.sum()} of {len(within)}")
    Console(width=100).print(table)


def read_pixel(x: int, y: int, seconds: float) -> None:
    """Print the times at which a pixel of the screen changed, and what to."""
    application = QGuiApplication([])
    screen = application.primaryScreen()
    changes, before, until = [], None, local_clock() + seconds
    while (now := local_clock()) < until:
        bright = screen.grabWindow(0, x, y, 1, 1).toImage().pixelColor(0, 0).lightness() > 127
        if before is not None and bright != before:
            changes.append((now, f"patch/{int(bright)}"))
        before = bright
        time.sleep(_POLL_S)
    print(json.dumps(changes))


def _percentiles(values_s: np.ndarray) -> str:
    p50, p99, most = 1000 * np.percentile(values_s, [50, 99, 100])
    return f"{p50:.2f} / {p99:.2f} / {most:.2f} ms"


def _pulled(inlet: MarkerInlet) -> list[Marker]:
    markers: list[Marker] = []
    while came := inlet.pull(0.5):
        markers += came
    return markers


def _run(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--watched", type=float, default=20.0)
    parser.add_argument("--full-screen", action="store_true")
    parser.add_argument("--pixel", nargs=3, type=float, metavar=("X", "Y", "SECONDS"))
    given = parser.parse_args()
    if given.pixel:
        read_pixel(int(given.pixel[0]), int(given.pixel[1]), given.pixel[2])
    else:
        measure(given.seconds, given.watched, given.full_screen)
