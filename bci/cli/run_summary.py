"""Lines that `bci run` prints about decisions, and at its end."""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable

from bci.cli.console import err, out
from bci.cli.events import emit
from bci.decisions import DecisionEvent
from bci.messages import DecidedEvent, EngineStatus, Event, StoppedEvent

_LAST_LINES_S = 1.0


class DecisionPrinter:
    """Count decisions, and optionally print each as a line or an event.

    A separate thread prints, so that a paused terminal does not block the engine. With ``shown``,
    each decision event gives a line. With ``as_json``, decisions and the end of the run are printed
    as events. ``on_gone`` is called in that thread when standard output is closed.
    """

    def __init__(
        self, shown: bool, as_json: bool = False, on_gone: Callable[[], None] = lambda: None
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._began = time.monotonic()
        self._as_json = as_json
        self._on_gone = on_gone
        self._lines: queue.SimpleQueue[str | Event | None] = queue.SimpleQueue()
        self._printer = threading.Thread(target=self._print, daemon=True)
        if shown or as_json:
            self._printer.start()

    def __call__(self, event: DecisionEvent) -> None:
        if event.label is not None:
            self.counts[event.label] += 1
        if self._as_json:
            decided = DecidedEvent(
                change=event.event, label=event.label, confidence=event.confidence,
                time=event.time, ended=event.ended,
            )  # fmt: skip
            self._lines.put(decided)
        elif self._printer.is_alive():
            what = f"end of {event.ended}" if event.label is None else event.label
            sure = "" if event.confidence is None else f"  {100 * event.confidence:.0f} %"
            self._lines.put(f"{time.monotonic() - self._began:8.1f} s  {what}{sure}")

    def _print(self) -> None:
        try:
            while (line := self._lines.get()) is not None:
                if isinstance(line, str):
                    out.print(line)
                else:
                    emit(line)
        # For a closed pipe, rich raises SystemExit.
        except (BrokenPipeError, SystemExit):
            self._on_gone()

    def print_summary(self, status: EngineStatus | None) -> None:
        """Print the numbers of windows and decisions at the end of a run."""
        if self._printer.is_alive():
            self._lines.put(None)
            self._printer.join(_LAST_LINES_S)
        if status is None:
            return
        if self._as_json:
            emit(StoppedEvent(status=status))
            return
        err.print(_windows(status))
        counts = ", ".join(f"{label} {n}" for label, n in self.counts.most_common())
        err.print(f"decisions: {counts or 'none'}")


def _windows(status: EngineStatus) -> str:
    windows = status.windows
    rejected = [
        f"{n} {name.removeprefix('rejected_').replace('_', ' ')}"
        for name, n in windows
        if name.startswith("rejected_") and n
    ]
    summary = (
        f"{windows.predicted} windows predicted, {windows.skipped} skipped, "
        f"rejected: {', '.join(rejected) or 'none'}; {status.lost_samples} samples lost"
    )
    if status.non_finite:
        summary += f"; {status.non_finite:,} values that are no numbers"
    p50, p99 = status.latency_p50_ms, status.latency_p99_ms
    return summary if p50 is None else f"{summary}; latency {p50} ms (p50), {p99} ms (p99)"
