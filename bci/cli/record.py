"""Command ``bci record``: LSL streams into an XDF file."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bci.cli.console import err, note, out
from bci.cli.events import JsonOption, emit
from bci.errors import RecordingError
from bci.messages import RecordedEvent, RecordingEvent

if TYPE_CHECKING:
    from bci.recording.bids.names import Session
    from bci.recording.recorder import Recorder
    from bci.recording.xdf.writer import XdfWriter

RECORDINGS = Path("recordings")
# Fields of the recorder's status in the event at its end.
_RECORDED = ("file", "elapsed_s", "n_bytes", "streams")


def record(
    stream: Annotated[
        list[str] | None,
        typer.Option(help="Name of a stream to record; again for more. Default: all there are."),
    ] = None,
    subject: Annotated[str, typer.Option(help="Who, as in BIDS: letters and digits.")] = "01",
    task: Annotated[str, typer.Option(help="What is done.")] = "rest",
    session: Annotated[str | None, typer.Option(help="Which visit.")] = None,
    folder: Annotated[Path, typer.Option(help="Where recordings go.")] = RECORDINGS,
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

    if output is None:
        writer = _next_run(Session(subject, task, session), folder)
    else:
        writer = XdfWriter(output)
    path = writer.path
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
            status = recorder.status(elapsed_s)
            kept = {name: getattr(status, name) for name in _RECORDED}
            emit(RecordedEvent(**kept))
        elif not as_json:
            _print_recorded(recorder, writer, elapsed_s)
    if not as_json:
        out.print(str(path))


def _next_run(session: "Session", folder: Path) -> "XdfWriter":
    """Create the file of the next free run, even if other recorders start at the same time."""
    from bci.recording.xdf.writer import XdfWriter

    while True:
        path = session.next_path(folder)
        try:
            return XdfWriter(path)
        except RecordingError:
            if not path.exists():
                raise


def _print_recorded(recorder: "Recorder", writer: "XdfWriter", elapsed_s: float) -> None:
    for recorded in recorder.streams:
        err.print(f"  {recorded.found.info.name}: {recorded.n_samples} samples")
    err.print(f"{writer.path}: {writer.n_bytes / 1e6:.1f} MB, {elapsed_s:.0f} s")
