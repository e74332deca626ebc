"""One scope at full speed in a window of 1280x800; prints seconds and CPU of each frame as JSON.

``python -m tests.benchmarks.drawing ours|average|cleaned|pyqtgraph CHANNELS SECONDS``. Every frame
brings 16 new samples at 1 kHz, 10 s are shown, and the next frame begins as soon as one is painted.
``average`` is ours with the average reference; ``cleaned`` has line noise cancelled and ASR too.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

SFREQ, SHOWN_S, NEW = 1000.0, 10.0, 16
WIDTH, HEIGHT = 1280, 800


def main(name: str, n_channels: int, seconds: float) -> None:
    application = QApplication([])
    scopes = {
        "ours": ours,
        "average": partial(ours, average=True),
        "cleaned": partial(ours, average=True, cleaned=True),
        "pyqtgraph": pyqtgraph_curves,
    }
    view, advance = scopes[name](signal(n_channels))
    view.resize(WIDTH, HEIGHT)
    view.show()
    application.processEvents()

    def frame() -> None:
        advance()
        # What repainting was asked for is done now, and what a server has to say is heard.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest)
        application.processEvents()

    for _ in range(3):
        frame()
    cpu = time.process_time()
    began = ended = time.perf_counter()
    frames: list[float] = []
    while ended - began < seconds:
        frame()
        frames.append(time.perf_counter() - ended)
        ended += frames[-1]
    cpu = (time.process_time() - cpu) / len(frames)
    print(json.dumps({"frames_s": frames, "cpu_s": cpu, "platform": application.platformName()}))


def signal(n_channels: int) -> np.ndarray:
    """20 s of slow waves in noise, (n_samples, n_channels) float32 in microvolts; repeats."""
    rng = np.random.default_rng(0)
    times = np.arange(round(20 * SFREQ)) / SFREQ
    rates = np.round(rng.uniform(1, 12, n_channels))
    waves = 15 * np.sin(2 * np.pi * (times[:, None] * rates + rng.uniform(size=n_channels)))
    return (waves + rng.normal(0, 8, waves.shape)).astype(np.float32)


def ours(
    data: np.ndarray, average: bool = False, cleaned: bool = False
) -> tuple[QWidget, Callable[[], None]]:
    from bci.pipeline.display.cleaning import Cleaning
    from bci.pipeline.display.reference import DisplayReference
    from bci.pipeline.ring import RingBuffer
    from gui.scope.scope import Scope
    from tests.signals import eeg_info

    ring = RingBuffer(round(60 * SFREQ), data.shape[1])
    scope = Scope()
    scope.resize(WIDTH, HEIGHT)
    scope.choose(time_base_s=SHOWN_S)
    scope.set_stream(eeg_info(data.shape[1], SFREQ), ring)
    scope.choose(all_shown=True)
    row = 0

    def write(n: int) -> None:
        nonlocal row
        index = np.arange(row, row + n)
        ring.write(data[index % len(data)], index / SFREQ, row)
        row += n
        scope.advance()

    write(round(SHOWN_S * SFREQ) + 100)
    if cleaned:
        # ASR takes a baseline.
        write(round(25 * SFREQ))
    chosen = frozenset({Cleaning.LINE, Cleaning.ASR} if cleaned else ())
    if average:
        scope.choose(reference=DisplayReference.AVERAGE, cleanings=chosen)
    while scope.preparation.pending:
        QCoreApplication.processEvents()

    return scope, lambda: write(NEW)


def pyqtgraph_curves(data: np.ndarray) -> tuple[QWidget, Callable[[], None]]:
    """A curve a channel, all set anew each frame: how a scope is usually written."""
    import pyqtgraph as pg

    n_channels, n_shown = data.shape[1], round(SHOWN_S * SFREQ)
    plot = pg.PlotWidget()
    plot.setXRange(0, SHOWN_S, padding=0)
    plot.setYRange(-100 * n_channels, 100, padding=0)
    curves = [plot.plot(pen=(200, 200, 200)) for _ in range(n_channels)]
    times = np.arange(n_shown) / SFREQ
    doubled = np.vstack([data, data]).T.copy()
    row = 0

    def advance() -> None:
        nonlocal row
        row = (row + NEW) % len(data)
        for k, curve in enumerate(curves):
            curve.setData(times, doubled[k, row : row + n_shown] - 100 * k)

    return plot, advance


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
