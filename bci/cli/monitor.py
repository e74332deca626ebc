"""Command ``bci monitor``: signal quality of a stream."""

import math
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bci.cli.console import err, out, printable
from bci.cli.events import JsonOption, emit
from bci.cli.options import GivenNames, GivenUnit, given_options
from bci.messages import JudgedChannel, QualityEvent

if TYPE_CHECKING:
    from bci.quality.channel_quality import ChannelQuality
    from bci.quality.monitor import StreamQuality

# Indexed by state: good, doubtful, bad; the index -1 (not judged) is the last.
_COLOURS = ("green", "yellow", "red", "dim")
_MARKS = ("o", "?", "x", "-")
# With more channels than this, good channels are only counted.
_MOST_ROWS = 32
_USUAL_LINE_HZ = 50.0
_FIGURES = ("rms", "line_share", "high", "drift", "kurtosis", "correlation", "impedance_kohm")


def monitor(
    stream: Annotated[
        str | None, typer.Option(help="Name of the stream; default: the only EEG, MEG or iEEG.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Take the stream and the power line from this profile.")
    ] = None,
    line_hz: Annotated[
        float | None,
        typer.Option(min=40, max=70, help="Frequency of the power line, in Hz; default: 50."),
    ] = None,
    duration: Annotated[float | None, typer.Option(min=1, help="Stop after so long, in s.")] = None,
    unit: GivenUnit = None,
    names: GivenNames = None,
    as_json: JsonOption = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Watch how good each electrode is, and what a stream loses; publishes it over LSL too.

    With --json, standard output has an event a line: quality, once a second; or error.

    Example: bci monitor --stream cyton --line-hz 60
    """
    from bci.cli.stopping import stop_on_signals
    from bci.lsl.discovery import StreamQuery
    from bci.lsl.losses import LossLog
    from bci.profiles.pipeline_settings import PipelineSettings
    from bci.quality.monitor import monitor as watch

    query = StreamQuery(predicate="type='EEG' or type='MEG' or type='iEEG'")
    options = PipelineSettings.model_validate({"window_s": 1.0})
    if profile is not None:
        from bci.profiles.profile import load_profile

        chosen = load_profile(profile)
        query = StreamQuery(**chosen.stream.model_dump())
        line_hz = line_hz or chosen.line_hz
        options = chosen.pipeline
    query = StreamQuery(name=stream) if stream else query
    options = options.model_copy(update=given_options(unit, names))
    hz = line_hz or _USUAL_LINE_HZ
    stop = stop_on_signals(with_parent)
    if duration is not None:
        timer = threading.Timer(duration, stop.set)
        timer.daemon = True
        timer.start()
    last: list[StreamQuality] = []
    losses: dict[str, LossLog] = {}
    live = Live(console=out, auto_refresh=False) if sys.stdout.isatty() and not as_json else None

    def show(report: "StreamQuality") -> None:
        if as_json:
            emit(quality_event(report))
            return
        if live is None:
            _note_changes(last[0] if last else None, report)
            logs = losses.setdefault(report.info.name, LossLog(report.info.name))
            for sentence in logs.news(report.stats):
                err.print(sentence)
        last[:] = [report]
        if live is not None:
            live.update(_render(report), refresh=True)

    if live is not None:
        with live:
            watch(query, stop, show, hz, options=options)
    else:
        watch(query, stop, show, hz, options=options)
        for report in last:
            out.print(_render(report))


def _note_changes(before: "StreamQuality | None", now: "StreamQuality") -> None:
    """Print one line per change, for output that is no terminal."""
    from bci.quality.quality_stream import to_text

    if before is not None and before.connected != now.connected:
        err.print(f"{now.info.name} {'is back' if now.connected else 'was lost'}")
    known = {} if before is None else {c.name: (c.state, c.text) for c in before.channels}
    for channel in now.channels:
        if known.get(channel.name, (0, "")) != (channel.state, channel.text):
            err.print(f"{channel.name} {to_text(channel)}")


def _render(report: "StreamQuality") -> Group:
    from bci.quality.channel_quality import State
    from bci.quality.quality_stream import n_in_state

    counts = n_in_state(report.channels)
    stats, info = report.stats, report.info
    drift = "" if stats.clock_drift_ppm != stats.clock_drift_ppm else (
        f", clock drift {stats.clock_drift_ppm:+.1f} ppm"
    )  # fmt: skip
    head = Text(
        f"{printable(info.name)}{' (simulated)' if info.simulated else ''}: "
        f"{'' if report.connected else 'LOST, waiting for it; '}"
        f"{stats.effective_rate:.2f} Hz of {info.sfreq:g}, jitter {1000 * stats.jitter_s:.2f} ms, "
        f"{stats.lost_samples} samples lost in {stats.gaps} gaps, "
        f"{stats.clock_jumps} clock jumps, {stats.reconnects} reconnects, "
        f"clock offset {1000 * stats.clock_offset_s:+.2f} ms{drift}"
    )
    tally = Text.assemble(
        *[
            (f"{counts[state]} {state.word}  ", _COLOURS[state])
            for state in State
            if counts[state] or state != State.NOT_JUDGED
        ]
    )
    table = Table(
        "", "Channel", "Why", "rms", "Line", ">35 Hz", "Drift/s", "Kurtosis", "r", "kOhm"
    )  # fmt: skip
    rows = report.channels
    if len(rows) > _MOST_ROWS:
        rows = [channel for channel in rows if channel.state != State.GOOD][:_MOST_ROWS]
    for channel in rows:
        table.add_row(*_row(channel))
    found = [Text(f"{info.name}: {finding}", style=_COLOURS[1]) for finding in stats.findings]
    return Group(head, *found, tally, table) if rows else Group(head, *found, tally)


def _row(channel: "ChannelQuality") -> list[Text]:
    colour = _COLOURS[channel.state]
    correlation = channel.correlation
    values = (
        f"{channel.rms:.3g}", f"{channel.line_share:.0%}", f"{channel.high:.3g}",
        f"{channel.drift:+.3g}", f"{channel.kurtosis:.1f}",
        "" if correlation != correlation else f"{correlation:.2f}",
        "" if channel.impedance_kohm != channel.impedance_kohm else f"{channel.impedance_kohm:.0f}",
    )  # fmt: skip
    lead = (_MARKS[channel.state], channel.name, channel.text)
    return [Text(printable(text), style=colour) for text in lead] + [Text(text) for text in values]


def quality_event(report: "StreamQuality") -> QualityEvent:
    """Make the event of one second of a stream."""
    info, stats = report.info, report.stats
    return QualityEvent(
        stream=info.name, simulated=info.simulated, connected=report.connected,
        samples=stats.samples, lost_samples=stats.lost_samples, gaps=stats.gaps,
        clock_jumps=stats.clock_jumps, reconnects=stats.reconnects,
        rate_hz=_known(stats.effective_rate), jitter_s=_known(stats.jitter_s),
        clock_offset_s=_known(stats.clock_offset_s),
        clock_drift_ppm=_known(stats.clock_drift_ppm), findings=stats.findings,
        channels=tuple(map(_judged, report.channels)),
    )  # fmt: skip


def _judged(channel: "ChannelQuality") -> JudgedChannel:
    figures = {name: _known(getattr(channel, name)) for name in _FIGURES}
    return JudgedChannel(
        name=channel.name, state=channel.state.word, reason=channel.reason, text=channel.text,
        **figures,
    )  # fmt: skip


def _known(value: float) -> float | None:
    """Return None for a value that is not finite."""
    return float(value) if math.isfinite(value) else None
