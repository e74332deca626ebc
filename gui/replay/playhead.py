"""The playhead: a position in the recording, and the speed at which it moves."""

from PySide6.QtCore import QObject, Signal

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0)


class Playhead(QObject):
    """A position between 0 and ``duration``, in seconds of the recording."""

    changed = Signal()  # the state of playing, the speed or the duration has changed
    moved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.duration = 0.0
        self.position = 0.0
        self.speed = 1.0
        self.is_playing = False
        self._last: float | None = None

    def set_duration(self, duration: float) -> None:
        """Set the length of another recording, and stop at its start."""
        self.duration, self.position = duration, 0.0
        self.is_playing = False
        self.changed.emit()
        self.moved.emit()

    def seek(self, position: float) -> None:
        self.position = max(0.0, min(position, self.duration))
        self.moved.emit()

    def set_speed(self, speed: float) -> None:
        self.speed = speed
        self.changed.emit()

    def step_speed(self, way: int) -> None:
        """Choose the next faster (``way`` +1) or slower (-1) speed."""
        k = SPEEDS.index(self.speed) + way
        self.set_speed(SPEEDS[max(0, min(k, len(SPEEDS) - 1))])

    def toggle(self) -> None:
        """Play or pause; play from the start if the end was reached."""
        if not self.duration:
            return
        if not self.is_playing and self.position >= self.duration:
            self.seek(0.0)
        self.is_playing = not self.is_playing
        self._last = None
        self.changed.emit()

    def advance(self, now: float) -> None:
        """Move with the time: ``now`` is in seconds of any clock; call once per frame."""
        if not self.is_playing:
            return
        elapsed = 0.0 if self._last is None else now - self._last
        self._last = now
        self.seek(self.position + elapsed * self.speed)
        if self.position >= self.duration:
            self.is_playing = False
            self.changed.emit()
