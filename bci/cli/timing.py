"""Command ``bci timing``: the delay of a screen or loudspeaker behind its markers."""

import dataclasses
import signal as signals
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from bci.cli.console import err, note, out, warn
from bci.cli.events import JsonResult, print_result
from bci.cli.options import MarkersOption
from bci.errors import BciError, DeviceError, RecordingError, shortened
from bci.stimulus.onsets import SensorKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bci.signals import Marker, Recording
    from bci.stimulus.timing_report import TimingReport

_FEWEST = 10


def timing(
    sensor: Annotated[
        str,
        typer.Option(
            help="Channel of the sensor: STREAM:CHANNEL, by name or number; of a recording "
            "CHANNEL is enough."
        ),
    ],
    recording: Annotated[
        Path | None,
        typer.Option(help="Measure in this recording, by its markers, instead of live."),
    ] = None,
    kind: Annotated[
        SensorKind | None,
        typer.Option(help="What the sensor measures. Default: by the channel's kind and name."),
    ] = None,
    flashes: Annotated[
        int, typer.Option(min=_FEWEST, max=5000, help="Number of flashes, for a live measurement.")
    ] = 100,
    screen: Annotated[
        list[str] | None,
        typer.Option(help="Name of the monitor; again for more. Default: the main one."),
    ] = None,
    window: Annotated[bool, typer.Option("--window", help="Do not fill the screen.")] = False,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Flash at once; default: after the space bar.")
    ] = False,
    markers: MarkersOption = None,
    label: Annotated[
        str | None,
        typer.Option(
            help="Of a recording: take these markers alone; 'target/*' for all that begin so."
        ),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Put the offset into this profile of yours.")
    ] = None,
    as_json: JsonResult = False,
) -> None:
    """Measure the delay from a marker to its stimulus, by a photodiode or another sensor.

    Flashes a patch with a marker each and reads the sensor over LSL. Prints offset, spread, drift
    and missed flips of each monitor, and the lines for the profile: cues are then taken at their
    stimuli.

    Example: bci timing --sensor "OpenBCI:A5" --write mine.yaml

    In a recording: bci timing --recording run.xdf --sensor diode --label "flash/*"
    """
    from bci.stimulus.profile_lines import profile_lines, require_own_profile, write_stimulus

    if write is not None:
        if len(screen or ()) > 1:
            raise BciError("--write takes one monitor: name one by --screen")
        require_own_profile(write)
    if recording is not None:
        if screen or window or at_once:
            raise BciError("--screen, --window and --at-once are not for --recording; leave it out")
        reports = iter([_of_recording(recording, sensor, kind, markers, label)])
    else:
        if label is not None or markers is not None:
            raise BciError("--label and --markers choose markers of a recording; give --recording")
        reports = _live(sensor, kind, flashes, tuple(screen or ()), not window, at_once)
    today = date.today()
    made = []
    # Each report is printed at once, because the measurement of the next monitor may fail.
    for report in reports:
        made.append(report)
        if not as_json:
            _print(report)
        for sentence in report.warnings():
            warn(sentence)
        if not as_json:
            out.print(profile_lines(report.stimulus(today)), soft_wrap=True)
    if as_json:
        print_result([_plain(report, today) for report in made])
    if write is not None:
        write_stimulus(write, made[0].stimulus(today))
        note(f"{write}: the offset is written; calibrate again with this profile")


def _of_recording(
    file: Path, sensor: str, kind: SensorKind | None, markers: str | None, label: str | None
) -> "TimingReport":
    from bci.recording.read import read_recording
    from bci.stimulus.sensor import parse_sensor, recorded_sensor
    from bci.stimulus.timing_report import timing_report

    choice = parse_sensor(sensor)
    stream, channel = (None, sensor) if choice.channel is None else (choice.stream, choice.channel)
    recording = read_recording(file, stream, markers)
    signal, usual = recorded_sensor(recording, channel)
    times = np.array([marker.time for marker in _flashes_of(recording, label)])
    screen, simulated = "", recording.info.simulated
    return timing_report(times, signal, kind or usual, screen, simulated)


def _flashes_of(recording: "Recording", label: str | None) -> "list[Marker]":
    """List the markers of stimuli: with ``label``, else of the timing lab, else all."""
    from bci.signals import is_frame_note
    from bci.stimulus.flashes import PATCH

    there = [marker for marker in recording.markers if not is_frame_note(marker.label)]
    if label is None:
        return [marker for marker in there if marker.label == PATCH] or there
    if label.endswith("/*"):
        found = [marker for marker in there if marker.label.startswith(label[:-1])]
    else:
        found = [marker for marker in there if marker.label == label]
    if not found:
        labels = shortened(sorted({marker.label for marker in there})) or "none"
        raise RecordingError(f"{recording.source}: no marker {label!r}; its markers are: {labels}")
    return found


def _live(
    sensor: str,
    kind: SensorKind | None,
    n_flashes: int,
    names: tuple[str, ...],
    full_screen: bool,
    at_once: bool,
) -> "Iterator[TimingReport]":
    """Measure one monitor after another; yield each report when its measurement ends."""
    from bci.cli.dashboard import import_dashboard
    from bci.stimulus.flashes import Flashes
    from bci.stimulus.sensor import parse_sensor

    import_dashboard()
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    from gui.timing.measurement import TimingMeasurement

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QGuiApplication)
    # The window of one monitor closes before that of the next opens.
    application.setQuitOnLastWindowClosed(False)
    there = {each.name() or "screen": each for each in application.screens()}
    for name in names:
        if name not in there:
            raise DeviceError(f"there is no monitor {name!r}; there are: {', '.join(there)}")
    for screen in [there[name] for name in names] or [application.primaryScreen()]:
        flashes = Flashes(n_flashes)
        measured = TimingMeasurement(parse_sensor(sensor), screen, flashes, kind, at_once)
        loop, failures = QEventLoop(), list[str]()
        reports: list[TimingReport] = []
        measured.changed.connect(_once_each(note))
        measured.finished.connect(reports.append)
        measured.failed.connect(failures.append)
        for ended in (measured.finished, measured.failed, measured.stopped):
            ended.connect(loop.quit)
        # Python handles a signal only when the measurement's timer calls Python code.
        for number in (signals.SIGINT, signals.SIGTERM):
            signals.signal(number, lambda *_, stop=measured.stop: QTimer.singleShot(0, stop))
        measured.start(full_screen)
        loop.exec()
        if failures:
            raise DeviceError(failures[0])
        if not measured.is_finished:
            err.print("stopped")
            raise typer.Exit(130)
        yield from reports


def _once_each(report: Any) -> Any:
    """Wrap ``report`` so that it is not called with the same sentence twice in succession."""
    before = [""]

    def pass_on(sentence: str) -> None:
        if sentence != before[0]:
            before[0] = sentence
            report(sentence)

    return pass_on


def _print(report: "TimingReport") -> None:
    from rich.table import Table
    from rich.text import Text

    simulated = (Text("(simulated signal)", "yellow"),) if report.simulated else ()
    where = report.screen or "the recording's stimuli"
    out.print(Text(where, "bold"), f"by {report.sensor}", *simulated)
    table = Table(show_header=False, box=None)
    for name, figures in report.rows():
        table.add_row(name, figures)
    out.print(table)


def _plain(report: "TimingReport", today: date) -> dict[str, Any]:
    return {
        "screen": report.screen,
        "sensor": report.sensor,
        "simulated": report.simulated,
        "markers": report.delays.n_markers,
        **dataclasses.asdict(report.figures),
        "frames": report.frames and dataclasses.asdict(report.frames),
        "stimulus": report.stimulus(today).model_dump(mode="json"),
        "warnings": report.warnings(),
        "delays_s": report.delays.delays.tolist(),
    }
