"""Pictures of coming cues, read in the background, so that no frame is late."""

from functools import partial
from math import hypot

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage, QImageReader

from bci.errors import BciError
from bci.tasks.cue_items import CueScreenItem
from gui.calibration.run.cue_screen import CueScreen
from gui.workers.background import Background

# Diagonal of a picture in pixels, as long as its size on the screen is unknown.
_USUAL_PX = 1000


class CuePictures:
    """Reads the picture of the next cue while the screen shows something else."""

    def __init__(self, screen: CueScreen, parent: QObject) -> None:
        self._screen = screen
        self._reading = Background(parent)
        self._asked = ""

    def prepare(self, cue: CueScreenItem | None) -> None:
        """Begin to read the picture of ``cue``, if it has one; returns at once."""
        if cue is None or cue.kind != "picture" or cue.shown == self._asked:
            return
        self._asked = cue.shown
        take = partial(self._screen.keep_picture, cue.shown)
        read = partial(read_picture, cue.shown, self._screen.picture_px or _USUAL_PX)
        # A picture that cannot be read is left to the screen, which tries again and shows none.
        self._reading.run(read, take, lambda _why: None)

    def retire(self) -> None:
        self._reading.retire()


def read_picture(file: str, most_px: int) -> QImage:
    """Read a picture; scale it down if its diagonal is more than ``most_px`` pixels.

    Raises `BciError` if it cannot be read.
    """
    reader = QImageReader(file)
    size = reader.size()
    diagonal = hypot(size.width(), size.height())
    if diagonal > most_px:
        reader.setScaledSize(size * (most_px / diagonal))
    picture = reader.read()
    if picture.isNull():
        raise BciError(f"{file}: {reader.errorString()}")
    return picture
