"""Result of a timing measurement, as figures, sentences and lines of a profile."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from bci.profiles.stimulus import Stimulus
from bci.signals import TimeArray
from bci.stimulus.frame_log import FrameSummary
from bci.stimulus.offsets import Delays, TimingFigures, figures_of, match
from bci.stimulus.onsets import SensorKind, SensorSignal, find_onsets


@dataclass(frozen=True)
class TimingReport:
    """Timing of one screen or loudspeaker, as a sensor measured it.

    ``screen`` is the name of the screen or loudspeaker. ``sensor`` is the name of the sensor's
    channel, ``sfreq`` its rate in hertz. ``frames`` counts the presenter's frames; None for a
    recording.
    """

    screen: str
    sensor: str
    sfreq: float
    simulated: bool
    delays: Delays
    figures: TimingFigures
    frames: FrameSummary | None = None

    def stimulus(self, measured: date) -> Stimulus:
        """Return the measurement in the form of a profile, with the date ``measured``."""
        return Stimulus(
            offset_s=round(self.figures.offset_s, 4),
            spread_s=round(self.figures.sd_s, 4),
            measured=measured,
            screen=self.screen,
        )

    def rows(self) -> list[tuple[str, str]]:
        """List the rows (name, figure) of a table."""
        figures = self.figures
        rows = [
            ("flashes with an onset", f"{figures.n} of {self.delays.n_markers}"),
            (
                "offset (median)",
                f"{_ms(figures.offset_s, 2)} ms (95 % interval {_ms(figures.offset_low_s, 2)} to "
                f"{_ms(figures.offset_high_s, 2)})",
            ),
            (
                "spread",
                f"sd {_ms(figures.sd_s, 2)} ms (95 % interval {_ms(figures.sd_low_s, 2)} to "
                f"{_ms(figures.sd_high_s, 2)}), iqr {_ms(figures.iqr_s, 2)} ms",
            ),
            (
                "drift",
                f"{_ms(figures.drift_s_per_min, 3)} ms a minute (95 % interval "
                f"{_ms(figures.drift_low, 3)} to {_ms(figures.drift_high, 3)})",
            ),
            ("missed flips", str(figures.missed)),
            ("onsets without a flash", str(figures.extra)),
        ]
        if figures.late is not None:
            rows.append(("late by a frame", str(figures.late)))
        if self.frames is not None:
            frames = self.frames
            rows.append(
                (
                    "frames",
                    f"{frames.shown} shown, {frames.dropped} dropped, {frames.late} late; "
                    f"{frames.refresh_hz:.2f} Hz, paced by {frames.paced_by.value}",
                )
            )
        return rows

    def warnings(self) -> list[str]:
        """List sentences on reasons why the offset may be wrong."""
        figures, found = self.figures, []
        if self.simulated:
            found.append("the sensor is simulated: this is no measurement of a screen")
        if figures.missed or figures.extra:
            found.append(
                f"{figures.missed} flashes have no onset and {figures.extra} onsets no flash: "
                "check the sensor's place and other light"
            )
        if figures.late:
            found.append(f"{figures.late} flashes came a frame or more late")
        if figures.drifts:
            found.append(
                "the offset drifts: let the sensor's clock be synchronised, or measure again"
            )
        if self.frames is not None and self.frames.is_marked:
            found.append(
                f"{100 * self.frames.lost:.1f} % of the frames were dropped or late: close other "
                "programs and measure again"
            )
        if 1 / self.sfreq > 0.004:
            found.append(
                f"the sensor takes a sample every {1000 / self.sfreq:.1f} ms, so the spread is "
                "uncertain"
            )
        return found


def timing_report(
    markers: TimeArray,
    signal: SensorSignal,
    kind: SensorKind,
    screen: str,
    simulated: bool,
    frames: FrameSummary | None = None,
) -> TimingReport:
    """Find the sensor's onsets and measure the delays from the markers to them.

    ``markers`` are times in seconds, on the clock of ``signal``.


    Raises `DeviceError` if the channel never changes, or too few markers have an onset.
    """
    onsets = find_onsets(signal, kind)
    delays = match(np.asarray(markers), onsets, signal.name)
    figures = figures_of(delays, frames.refresh_hz if frames is not None else None)
    return TimingReport(screen, signal.name, signal.sfreq, simulated, delays, figures, frames)


def _ms(seconds: float, digits: int) -> str:
    return f"{1000 * seconds:.{digits}f}"
