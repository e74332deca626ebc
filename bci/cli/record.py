"""Commands about recordings: record, info, repair, export."""

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from bci.cli.console import err, note, out, print_file, warn
from bci.cli.events import JsonOption, JsonResult, emit, print_result
from bci.cli.file_streams import MarkersOption, RateOption
from bci.errors import RecordingError
from bci.messages import RecordedEvent, RecorderStatus, RecordingEvent

if TYPE_CHECKING:
    from bci.recording.recorder import Recorder
    from bci.recording.xdf.writer import XdfWriter

_FOLDER = Path("recordings")
_MOST_LABELS = 12
_KINDS_OF_LABELS = {
    "notes": "notes", "decisions": "decisions (no cues)",
    "texts": "texts (cues only if --markers names them)",
}  # fmt: skip


def add_commands(app: typer.Typer) -> None:
    app.command()(record)
    app.command()(info)
    app.command()(repair)
    app.command()(export)


def record(
    stream: Annotated[
        list[str] | None,
        typer.Option(help="Name of a stream to record; again for more. Default: all there are."),
    ] = None,
    subject: Annotated[str, typer.Option(help="Who, as in BIDS: letters and digits.")] = "01",
    task: Annotated[str, typer.Option(help="What is done.")] = "rest",
    session: Annotated[str | None, typer.Option(help="Which visit.")] = None,
    folder: Annotated[Path, typer.Option(help="Where recordings go.")] = _FOLDER,
    output: Annotated[
        Path | None, typer.Option(help="Write this very file instead of a BIDS name.")
    ] = None,
    duration: Annotated[
        float | None, typer.Option(min=0.1, help="Stop after so long, in s.")
    ] = None,
    as_json: JsonOption = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Record LSL streams together into one XDF file: signals, markers, predictions.

    Streams that appear later are added. Nothing is ever overwritten: each call is the next
    run. Whatever dies, what was written up to a second before can be read. Ctrl-C ends it.

    With --json, standard output has an event a line: recording, note, warning, recorded; or error.

    Example: bci record --subject 07 --session 1 --task motorimagery
    """
    from bci.cli.stopping import stop_on_signals
    from bci.recording.bids.names import Session
    from bci.recording.recorder import Recorder
    from bci.recording.xdf.writer import XdfWriter

    path = output or Session(subject, task, session).next_path(folder)
    writer = XdfWriter(path)
    if as_json:
        emit(RecordingEvent(file=str(path)))
    else:
        err.print(f"writing {path}")
    recorder = Recorder(writer, tuple(stream or ()), note)
    stop = stop_on_signals(with_parent)
    began = time.monotonic()

    def stop_when_due() -> None:
        if duration is not None and time.monotonic() - began >= duration:
            stop.set()

    try:
        recorder.run(stop, stop_when_due)
        if not recorder.streams:
            path.unlink()
            sought = f" called {' or '.join(stream)}" if stream else ""
            raise RecordingError(f"nothing was recorded: no stream{sought} was found")
    finally:
        elapsed_s = time.monotonic() - began
        if as_json and recorder.streams:
            _emit_recorded(recorder.status(elapsed_s))
        elif not as_json:
            _print_recorded(recorder, writer, elapsed_s)
    if not as_json:
        out.print(str(path))


def _emit_recorded(status: RecorderStatus) -> None:
    emit(
        RecordedEvent(
            file=status.file,
            elapsed_s=status.elapsed_s,
            n_bytes=status.n_bytes,
            streams=status.streams,
        )
    )


def _print_recorded(recorder: "Recorder", writer: "XdfWriter", elapsed_s: float) -> None:
    for recorded in recorder.streams:
        err.print(f"  {recorded.found.info.name}: {recorded.n_samples} samples")
    err.print(f"{writer.path}: {writer.n_bytes / 1e6:.1f} MB, {elapsed_s:.0f} s")


def info(
    file: Annotated[Path, typer.Argument(help="A recording of any format that can be read.")],
    as_json: JsonResult = False,
) -> None:
    """Tell what is in a recording: streams, channels, rates, gaps, drift, markers.

    Example: bci info recordings/sub-07/ses-1/eeg/sub-07_ses-1_task-motorimagery_run-01_eeg.xdf
    """
    from bci.channels.description import listed
    from bci.recording.summary import describe_recording

    reports = describe_recording(file)
    if as_json:
        print_result([dataclasses.asdict(report) for report in reports])
        return
    table = Table(
        "Stream", "Type", "Format", "Channels", "Samples", "Length (s)", "Rate: nominal",
        "effective", "Gaps", "Lost", "Longest (s)", "Clock set", "Drift (ppm)",
    )  # fmt: skip
    for r in reports:
        regular = r.nominal_hz > 0
        table.add_row(
            f"{r.name}{' (simulated)' if r.simulated else ''}", r.type, r.channel_format,
            str(r.n_channels), str(r.n_samples), f"{r.duration_s:.1f}",
            f"{r.nominal_hz:g}" if regular else "irregular",
            f"{r.effective_hz:.3f}" if r.effective_hz and r.n_samples else "",
            str(r.gaps) if regular else "", str(r.lost_samples) if regular else "",
            f"{r.longest_gap_s:.2f}" if r.gaps else "", str(r.clock_jumps) if regular else "",
            "" if r.drift_ppm is None else f"{r.drift_ppm:+.1f}",
        )  # fmt: skip
    out.print(table)
    for r in reports:
        if r.channels:
            out.print(f"channels of {r.name}: {listed(r.channels)}")
        for remark in r.findings:
            out.print(f"{r.name}: {remark}")
    for r in reports:
        if r.markers:
            shown = [f"{label:.60} x{n}" for label, n in r.markers.items()][:_MOST_LABELS]
            more = len(r.markers) - len(shown)
            kind = _KINDS_OF_LABELS.get(r.role, "markers")
            out.print(
                f"{kind} of {r.name}: {', '.join(shown)}{f' and {more} more' if more else ''}"
            )
        elif r.role == "own" and r.n_samples:
            out.print(f"{r.name}: {r.n_samples} messages of bci, no cues")


def repair(
    file: Annotated[Path, typer.Argument(help="A damaged XDF file; it is left as it is.")],
    output: Annotated[Path | None, typer.Option(help="Default: <name>_repaired.xdf.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Save what is whole of a truncated or damaged XDF file into a new one.

    Example: bci repair recordings/sub-07_task-rest_run-01_eeg.xdf
    """
    from bci.recording.xdf.repair import repair as salvage

    saved = salvage(file, output)
    for at, what in saved.damage:
        warn(f"damaged at byte {at}: {what}")
    if not saved.damage:
        note(f"{file} was whole")
    note(f"lost {saved.n_lost_bytes} bytes, saved {saved.n_bytes}; of each stream:")
    for name, n_samples in saved.n_samples.items():
        note(f"  {name}: {n_samples} samples")
    print_file(saved.path, as_json)


def export(
    file: Annotated[Path, typer.Argument(help="A recording of any format that can be read.")],
    subject: Annotated[str, typer.Option(help="Who: letters and digits.")],
    task: Annotated[str, typer.Option(help="What was done: letters and digits.")],
    session: Annotated[str | None, typer.Option(help="Which visit.")] = None,
    folder: Annotated[Path, typer.Option(help="The BIDS dataset; made if missing.")] = Path("bids"),
    run: Annotated[int | None, typer.Option(min=1, help="Default: the next free run.")] = None,
    stream: Annotated[
        str | None, typer.Option(help="Name or type of the signal, where a file holds several.")
    ] = None,
    markers: MarkersOption = None,
    rate: RateOption = None,
    line_hz: Annotated[float | None, typer.Option(help="Power line: 50 or 60 Hz.")] = None,
    bad: Annotated[
        list[str] | None, typer.Option(help="A channel to mark as bad; again for more.")
    ] = None,
    intracranial: Annotated[
        bool,
        typer.Option("--intracranial", help="The electrodes that the file calls EEG are sEEG."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Export a recording into a BIDS dataset: BrainVision for EEG and iEEG, FIF for MEG.

    Events are the markers and notes, never the decisions. Nothing is ever overwritten.
    With --json, standard output has an event a line: warning, at last file; or error.

    Example: bci export run.xdf --folder bids --subject 07 --task motorimagery --line-hz 50
    """
    from bci.clock.timekeeping import losses_of
    from bci.files.writable import require_folder
    from bci.recording.bids.export import export_bids, markers_outside
    from bci.recording.bids.names import Session
    from bci.recording.read import read_recording

    visit = Session(subject, task, session, "ieeg" if intracranial else "eeg")
    require_folder(folder, "--folder")
    recording = read_recording(file, stream, markers, given_hz=rate)
    path = export_bids(recording, visit, folder, run, tuple(bad or ()), line_hz)
    if lost := losses_of(recording):
        warn(f"{file}: {lost}")
    if n_outside := markers_outside(recording):
        warn(f"{n_outside} markers lie before or after the signal and were left out")
    print_file(path, as_json)
