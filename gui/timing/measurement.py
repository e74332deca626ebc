"""One measurement of the timing lab: a flashing patch, and a sensor on it."""

import uuid

import numpy as np
from pylsl import local_clock
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QScreen

from bci.errors import BciError
from bci.lsl.outlet import MarkerOutlet
from bci.signals import Marker
from bci.sound import SoundOutput, Tone, click
from bci.stimulus.flashes import PATCH, Flashes
from bci.stimulus.frame_log import FrameSummary
from bci.stimulus.onsets import SensorKind
from bci.stimulus.sensor import LiveSensor, SensorChoice
from bci.stimulus.timing_report import timing_report
from gui.presenter.presenter import Presenter
from gui.timing.patch_scene import PatchScene

STREAM = "timing-lab"
"""Name of the patch's marker stream."""

_POLL_MS = 50
# Seconds of sensor signal after the last marker, and time after which a silent sensor is given up.
_LATE_S, _GIVE_UP_S = 1.0, 5.0
# Time for finding the stream and its first sample.
_SILENT_S = 10.0
# Time in which a simulated sensor must connect to the markers before the flashes begin.
_LISTENS_S = 5.0
# Time after which it is known whether vertical sync paces the frames.
_PACED_S = 1.0


class TimingMeasurement(QObject):
    """Flashes a patch on a screen, and measures the delay from markers to the sensor's signal.

    The sensor records light, the sound of a click, or a trigger.

    The patch does not flash until `begin`, called by the space bar or the program, so that a person
    can place the sensor. With ``at_once`` it flashes as soon as the sensor sends samples.
    """

    changed = Signal(str)  # the state in words
    flashed = Signal(int, int)  # number of flashes so far, and of all
    finished = Signal(object)  # TimingReport
    failed = Signal(str)
    stopped = Signal()  # the person has stopped the measurement

    def __init__(
        self,
        choice: SensorChoice,
        screen: QScreen,
        flashes: Flashes,
        kind: SensorKind | None = None,  # None: by the channel's kind and name
        at_once: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._screen = screen
        self._kind = kind
        self.sensor = LiveSensor(choice)
        self.scene = PatchScene(flashes, self._click)
        self._sound: SoundOutput | None = None
        self._outlet = MarkerOutlet(STREAM, f"{STREAM}-{uuid.uuid4().hex[:8]}")
        self.presenter = Presenter(self.scene, self._outlet, self)
        self.presenter.title = "bci - timing lab"
        self.presenter.marked.connect(self._on_marked)
        self.presenter.key_pressed.connect(self._on_key)
        self.presenter.closed.connect(self.stop)
        self.presenter.trouble.connect(self._fail)
        self._markers: list[float] = []
        self._wanted = at_once
        self._frames: FrameSummary | None = None
        self._opened_at = self._over_at = 0.0
        self._timer = QTimer(self, interval=_POLL_MS)
        self._timer.timeout.connect(self._poll)
        self._is_over = self._has_result = False

    def start(self, full_screen: bool = True) -> None:
        """Show the patch and search for the sensor; returns at once."""
        self._opened_at = float(local_clock())
        self.sensor.start()
        self.presenter.open(full_screen, self._screen)
        self._timer.start()
        self.changed.emit(f"looking for the sensor {self.sensor.choice}")

    def begin(self) -> None:
        """Start to flash as soon as the sensor sends samples."""
        self._wanted = True

    def stop(self) -> None:
        """Stop the measurement without a result; does nothing after its end."""
        if not self._is_over:
            self._end()
            self.stopped.emit()

    @property
    def is_finished(self) -> bool:
        """True when the result is known."""
        return self._has_result

    def _poll(self) -> None:
        if self.sensor.error is not None:
            self._fail(str(self.sensor.error))
        elif not self.scene.running:
            self._wait_for_sensor()
        elif self.scene.flashes.over:
            self._wait_for_light()
        elif float(local_clock()) - self.sensor.newest > _GIVE_UP_S:
            self._fail_silent(_GIVE_UP_S)

    def _wait_for_sensor(self) -> None:
        info, open_s = self.sensor.info, float(local_clock()) - self._opened_at
        if info is None or open_s < _PACED_S:
            return
        if not self.sensor.newest > 0:
            if open_s > _SILENT_S:
                self._fail_silent(_SILENT_S)
            return
        if info.simulated and not self._outlet.has_consumers and open_s < _LISTENS_S:
            return
        self.sensor.clear()  # samples from the placing of the sensor are not needed
        if not self._wanted:
            self.changed.emit("put the sensor on the patch, then press Space in its window")
            return
        if not self._open_sound():
            return
        self.presenter.begin_log()
        self.scene.begin()
        self.changed.emit("flashing")

    @property
    def kind(self) -> SensorKind:
        """Kind of signal that the sensor records: ``light``, ``sound`` or ``trigger``."""
        return self._kind or self.sensor.kind

    def _open_sound(self) -> bool:
        """Open the sound card if clicks are measured; return False if that fails."""
        if self.kind != "sound":
            return True
        try:
            self._sound = SoundOutput(Tone(sound=click()))
        except BciError as error:
            self._fail(str(error))
            return False
        return True

    def _click(self) -> None:
        if self._sound is not None:
            self._sound.chime()

    def _wait_for_light(self) -> None:
        now = float(local_clock())
        if self._frames is None:
            self._frames = self.presenter.end_log()
            self._over_at = now
        last = self._markers[-1] if self._markers else now
        if self.sensor.newest < last + _LATE_S:
            if now - self._over_at > _GIVE_UP_S:
                self._fail_silent(_GIVE_UP_S)
            return
        info = self.sensor.info
        assert info is not None
        screen = "loudspeaker" if self._sound else self._screen.name() or "screen"
        try:
            report = timing_report(
                np.array(self._markers),
                self.sensor.signal(),
                self.kind,
                screen,
                info.simulated,
                self._frames,
            )
        except BciError as error:
            self._fail(str(error))
            return
        self._has_result = True
        self._end()
        self.finished.emit(report)

    def _on_marked(self, marker: Marker) -> None:
        if marker.label == PATCH:
            self._markers.append(marker.time)
            self.flashed.emit(len(self._markers), self.scene.flashes.n)

    def _on_key(self, key: int, _text: str) -> None:
        if key == Qt.Key.Key_Escape:
            self.stop()
        elif key == Qt.Key.Key_Space:
            self.begin()

    def _fail_silent(self, seconds: float) -> None:
        self._fail(
            f"sensor {self.sensor.choice} has given no sample for {seconds:g} s: start its device"
        )

    def _fail(self, sentence: str) -> None:
        if not self._is_over:
            self._end()
            self.failed.emit(sentence)

    def _end(self) -> None:
        self._is_over = True
        self._timer.stop()
        self.presenter.retire()
        self.sensor.stop()
        self._outlet.close()
        if self._sound is not None:
            self._sound.close()
