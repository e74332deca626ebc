"""``python -m tests.gui.gallery --animation FILE.gif``: a film of the motor-imagery demo.

The dashboard, the replay and the engine are those of ``bci demo``. The signal is simulated.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from bci.cli.dashboard import run_demo
from gui.main_window import MainWindow

# The film begins when traces and history are full and some cues have come.
_BEGIN_MS, _PERIOD_MS, _FRAMES = 45_000, 250, 24
_WINDOW, _WIDTH = (1280, 800), 960
_COLOURS = 48


class _Film:
    """Frames of the dashboard, grabbed by a timer."""

    def __init__(self) -> None:
        self.frames: list[Image.Image] = []
        self._since = QElapsedTimer()
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(_PERIOD_MS)

    def _look(self) -> None:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        if not windows or not windows[0].isVisible():
            return
        window = windows[0]
        if not self._since.isValid():
            window.resize(*_WINDOW)
            self._since.start()
        if self._since.elapsed() < _BEGIN_MS:
            return
        self.frames.append(_picture(window.grab().toImage()))
        if len(self.frames) == _FRAMES:
            self._timer.stop()
            window.confirms_closing = False
            window.close()


def film(file: Path) -> None:
    """Run the demo in a temporary folder, and save some seconds of its dashboard."""
    _ = QApplication.instance() or QApplication([])
    taken = _Film()
    with TemporaryDirectory() as folder:
        run_demo(None, None, None, "motor-imagery", "1", Path(folder), None, None, 0.0)
    palette = taken.frames[-1].quantize(_COLOURS, dither=Image.Dither.NONE)
    first, *others = [
        frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in taken.frames
    ]
    first.save(file, save_all=True, append_images=others, duration=_PERIOD_MS, loop=0)


def _picture(image: QImage) -> Image.Image:
    smooth = Qt.TransformationMode.SmoothTransformation
    scaled = image.scaledToWidth(_WIDTH, smooth).convertToFormat(QImage.Format.Format_RGB888)
    size = scaled.width(), scaled.height()
    return Image.frombytes(
        "RGB", size, bytes(scaled.constBits()), "raw", "RGB", scaled.bytesPerLine()
    )
