"""Pictures of coming cues, read in the background: a disk must not hold up a frame."""

from functools import partial
from math import hypot

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage, QImageReader

from bci.errors import BciError
from bci.tasks.cue_items import CueScreenItem
from gui.calibration.run.cue_screen import CueScreen
from gui.workers.background import Background

# While it is not known how large a picture is shown, in pixels from corner to corner.
_USUAL_PX = 1000


class CuePictures:
    """Read the picture of the next cue while the screen shows something else."""

    def __init__(self, screen: CueScreen, parent: QObject) -> None:
        self._screen = screen
        self._reading = Background(parent)
        self._asked = ""

    def prepare(self, cue: CueScreenItem | None) -> None:
        """Read the picture of a cue, if it has one; returns at once."""
        if cue is None or cue.kind != "picture" or cue.shown == self._asked:
            return
        self._asked = cue.shown
        take = partial(self._screen.keep_picture, cue.shown)
        read = partial(read_picture, cue.shown, self._screen.picture_px or _USUAL_PX)
        # One that cannot be read is asked for again by the screen, and is blank.
        self._reading.run(read, take, lambda _why: None)

    def retire(self) -> None:
        self._reading.retire()


def read_picture(file: str, most_px: int) -> QImage:
    """Read a picture, scaled down to ``most_px`` pixels from corner to corner.

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
