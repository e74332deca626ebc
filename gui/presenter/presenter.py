"""The presenter: shows frames, sends their markers, and logs their timing."""

import gc
import time
from math import isfinite
from statistics import median

from pylsl import local_clock
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QScreen

from bci.lsl.outlet import MarkerOutlet
from bci.signals import Marker
from bci.stimulus.frame_labels import dropped_label, summary_label
from bci.stimulus.frame_log import FrameLog, FrameSummary
from bci.stimulus.frames import FrameClock, PacedBy
from gui.presenter.canvas import Canvas, OpenGlCanvas, RasterCanvas
from gui.presenter.scene import Scene
from gui.presenter.stimulus_window import StimulusWindow

HIDDEN = "The window was hidden."
BROKEN = "The graphics driver has stopped. End this run and begin another one."

_USUAL_HZ = 60.0
# Number of buffer swaps after which it is decided whether they wait for the screen.
_N_TRIED = 40
# Largest deviation from whole periods, as a share, for swaps that wait for the screen.
_OFF = 0.1
# After so many intervals in a row that are shorter than this share of a period, swaps are taken to
# wait no longer.
_MOST_SHORT, _SHORT = 20, 0.8
# Share of a period between a swap and the painting of the next frame. In this time other threads
# and windows of the program run, since a waiting swap blocks them.
_BREAK = 0.35
_TICK_S = 0.001
# Weight of one frame in the running mean of painting times.
_COST_GAIN = 0.1


class Presenter(QObject):
    """Shows a scene, one frame per screen period, with markers timed at the swap.

    Frames are paced by the screen's vertical sync if OpenGL waits for it, else by a timer; `note`
    states which. Frames that are dropped while a run is logged are also sent as markers.

    Parameters
    ----------
    scene : Scene
    outlet : MarkerOutlet or None
        Stream of the markers; None to send none.

    Attributes
    ----------
    log : FrameLog
        Frames since `open` or `begin_log`, whichever was last.
    """

    marked = Signal(object)  # Marker, after it was sent
    key_pressed = Signal(int, str)  # Qt's key and its text
    closed = Signal()  # the person has closed the window
    trouble = Signal(str)
    paced = Signal()  # it was decided whether vertical sync or a timer paces the frames

    def __init__(
        self, scene: Scene, outlet: MarkerOutlet | None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.scene = scene
        self.outlet = outlet
        self.title = "bci - stimuli"
        self.log = FrameLog(PacedBy.TIMER)
        self._clock = FrameClock(1 / _USUAL_HZ, PacedBy.TIMER)
        self._window: StimulusWindow | None = None
        self._canvas: Canvas | None = None
        self._logging = self._is_broken = False
        self._is_showing = False  # whether frames are being shown
        self._tried: list[float] = []
        self._n_short = 0
        self._swapped = 0.0
        self._cost_s = 0.0  # mean time of painting and showing a frame
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_due)

    @property
    def window(self) -> StimulusWindow | None:
        """The window; None before the first call of `open`."""
        return self._window

    @property
    def is_open(self) -> bool:
        return self._window is not None and self._window.isVisible()

    @property
    def refresh_hz(self) -> float:
        """The refresh rate in hertz, measured with vertical sync, else from the system."""
        return 1 / self._clock.period_s

    @property
    def paced_by(self) -> PacedBy:
        return self._clock.paced_by

    @property
    def note(self) -> str:
        """A sentence for people on the pacing of the frames."""
        if len(self._tried) < _N_TRIED:
            return "The refresh rate of the screen is being measured."
        if self.paced_by is PacedBy.VERTICAL_SYNC:
            return f"Frames follow the screen's vertical sync, {self.refresh_hz:.1f} Hz."
        sd_s = self.log.summary().jitter_sd_s
        jitter = f", jitter {1000 * sd_s:.1f} ms" if isfinite(sd_s) else ""
        return f"No vertical sync: a timer paces the frames, {self.refresh_hz:.1f} Hz{jitter}."

    def open(self, full_screen: bool, screen: QScreen | None = None) -> None:
        """Show the window on ``screen``, None for the main one, in full screen or not."""
        screen = screen or QGuiApplication.primaryScreen()
        if self._is_broken:
            self.retire()
        if self._window is None:
            self._make_window(screen)
        assert self._window is not None
        assert self._canvas is not None
        hz = screen.refreshRate()
        period_s = 1 / hz if hz > 1 else 1 / _USUAL_HZ
        # Only a trial shows whether swaps wait for the screen.
        self._tried.clear()
        self._n_short = 0
        paced_by = PacedBy.VERTICAL_SYNC if self._canvas.can_sync else PacedBy.TIMER
        self._clock.pace(period_s, paced_by)
        self.log.clear(paced_by)
        # Garbage collection of all objects takes longer than a frame, so existing ones are left
        # out.
        gc.freeze()
        self._window.show_on(screen, full_screen)
        self._wait()

    def close(self) -> None:
        """Hide the window, and stop showing frames."""
        self._is_showing = False
        self._timer.stop()
        gc.unfreeze()
        if self._window is not None:
            self._window.hide()

    def retire(self) -> None:
        """Close and destroy the window, and release its memory."""
        self.close()
        self._canvas = None
        if self._window is not None:
            self._window.destroy()
            self._window = None

    def begin_log(self) -> None:
        """Begin the log of a run's frames; from now on dropped frames are marked."""
        self._logging = True
        self.log.clear(self.paced_by)

    def end_log(self) -> FrameSummary:
        """End the log of a run; send its summary as a marker, and return it."""
        summary = self.log.summary()
        if self._logging:
            self._logging = False
            self.mark(summary_label(summary), float(local_clock()))
        return summary

    def mark(self, label: str, time: float) -> None:
        """Send a marker that belongs to no frame, for example of a key.

        ``time`` is in seconds on the LSL clock.
        """
        marker = Marker(time, label)
        if self.outlet is not None:
            self.outlet.push(marker)
        self.marked.emit(marker)

    def _is_closed(self) -> bool:
        return not self.is_open

    def _make_window(self, screen: QScreen) -> None:
        window = StimulusWindow(self.title)
        window.setScreen(screen)
        self._canvas = OpenGlCanvas.open(window) or RasterCanvas(window)
        self._window, self._is_broken = window, False
        window.key_pressed.connect(self.key_pressed)
        window.exposed.connect(self._on_exposed)
        window.closing.connect(self._on_closing)
        application = QGuiApplication.instance()
        assert application is not None
        # Destroyed before the connection to the window system ends, since painting would fail.
        application.aboutToQuit.connect(self.retire)

    def _on_exposed(self, can_be_seen: bool) -> None:
        if can_be_seen:
            self._wait()
        else:
            self._on_hidden()

    def _on_hidden(self) -> None:
        # Called twice if a due frame finds the window hidden before the system reports it.
        if not self._is_showing:
            return
        self._is_showing = False
        self._timer.stop()
        self._clock.restart()
        self.trouble.emit(HIDDEN)

    def _on_closing(self) -> None:
        self._is_showing = False
        self._timer.stop()
        gc.unfreeze()
        self.closed.emit()

    def _wait(self) -> None:
        """Start the timer for the painting of the next frame."""
        window = self._window
        if window is None or not window.isExposed() or self._timer.isActive():
            return
        self._is_showing = True
        # The timer counts whole milliseconds.
        self._timer.start(max(0, int(1000 * self._time_to_start())))

    def _time_to_start(self) -> float:
        """Return the seconds until painting must begin."""
        if not self._clock.has_phase:
            return 0.0
        now, period_s = float(local_clock()), self._clock.period_s
        if self.paced_by is PacedBy.TIMER:
            return self._clock.next(now).due - min(self._cost_s, period_s / 2) - now
        # With vertical sync, the swap waits for the rest of the period.
        return 0.0 if len(self._tried) < _N_TRIED else self._swapped + _BREAK * period_s - now

    def _on_due(self) -> None:
        if self._canvas is None:
            return
        if not self.is_open:
            self._on_hidden()
            return
        left_s = self._time_to_start()
        if left_s > _TICK_S:  # the timer was too late for its frame; wait for the next one
            self._wait()
            return
        time.sleep(max(0.0, left_s))
        began = float(local_clock())
        frame = self._clock.next(began)
        labels = self.scene.advance(frame)
        if self._is_closed():  # the scene has closed the presenter
            return
        swapped = self._canvas.present(self.scene.paint)
        if not isfinite(swapped):
            self._stop_broken()
            return
        self._cost_s += _COST_GAIN * (swapped - began - self._cost_s)
        self._swapped = swapped
        swap = self._clock.swapped(frame, swapped)
        self.log.add(swap)
        if swap.dropped and self._logging:
            self.mark(dropped_label(swap.dropped), swapped)
        for label in labels:
            self.mark(label, swapped)
        self.scene.shown(swapped, labels)
        if isfinite(swap.interval_s):
            self._judge(swap.interval_s)
        self._wait()

    def _stop_broken(self) -> None:
        """Stop showing frames in this window; `open` makes a new window."""
        self._is_broken = True
        self.trouble.emit(BROKEN)

    def _judge(self, interval_s: float) -> None:
        """Check by the interval between swaps if they wait, or still wait, for the screen."""
        period_s = self._clock.period_s
        if len(self._tried) < _N_TRIED:
            self._tried.append(interval_s)
            if len(self._tried) == _N_TRIED:
                self._decide(median(self._tried))
        elif self.paced_by is PacedBy.VERTICAL_SYNC:
            self._n_short = self._n_short + 1 if interval_s < _SHORT * period_s else 0
            if self._n_short == _MOST_SHORT:
                self._decide(interval_s)

    def _decide(self, interval_s: float) -> None:
        """Set the pacing by the usual interval between swaps, in seconds."""
        if self.paced_by is PacedBy.VERTICAL_SYNC:
            self._clock.pace(*pace_of(interval_s, self._clock.period_s))
            if self._logging:
                self.log.paced_by = self.paced_by
            else:
                self.log.clear(self.paced_by)
        self.paced.emit()


def pace_of(interval_s: float, period_s: float) -> tuple[float, PacedBy]:
    """Return the period in seconds, and what paces frames, from the interval of swaps.

    ``interval_s`` is the usual interval when swaps are not delayed otherwise; ``period_s`` is that
    of the screen. Swaps that wait for the screen are one period apart, or several if painting is
    slow, which counts as dropped frames. Any other interval shows that swaps do not wait.
    """
    periods = max(1, round(interval_s / period_s))
    if abs(interval_s / (periods * period_s) - 1) > _OFF:
        return period_s, PacedBy.TIMER
    return interval_s / periods, PacedBy.VERTICAL_SYNC
