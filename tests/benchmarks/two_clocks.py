"""Error in time between two streams whose senders' clocks drift apart, live and recorded.

``python -m tests.benchmarks.two_clocks [--seconds 45]``. Each sample holds its true time, so two
streams are compared sample by sample (see `tests.clocks`). Needs Linux and a C compiler.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pyxdf

from bci.lsl.discovery import StreamQuery, resolve
from bci.lsl.inlet import SignalInlet
from bci.recording.recorder import Recorder
from bci.recording.xdf.writer import XdfWriter
from tests.benchmarks.latency import isolate
from tests.clocks.other_clock import errors, sender_on_another_clock

_DRIFT_KNOWN_S = 32.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=45.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        file = Path(folder) / "both.xdf"
        with (
            sender_on_another_clock("headset", "a", 3.5, 90.0),
            sender_on_another_clock("headset", "b", -20.0, -60.0),
        ):
            measure(file, seconds)
        show("recording", recorded(file))


def measure(file: Path, seconds: float) -> None:
    inlets = [SignalInlet(resolve(StreamQuery(source_id=each), 30)) for each in ("a", "b")]
    stop, recorder = threading.Event(), Recorder(XdfWriter(file))
    thread = threading.Thread(target=recorder.run, args=(stop,))
    thread.start()
    began, live, late, bounds = time.monotonic(), [], [], []
    while (spent := time.monotonic() - began) < seconds:
        away = [
            np.concatenate(
                [errors(c.timestamps, c.data[:, 0]) for c in inlet.pull(250, 3.0)] or [[]]
            )
            for inlet in inlets
        ]
        n = min(map(len, away))
        between = np.abs(away[0][:n] - away[1][:n])
        live.append(between)
        if spent > _DRIFT_KNOWN_S:
            late.append(between)
        bounds.append(sum(inlet.stats.clock_error_s for inlet in inlets))
    print("drifts (ppm):", *(f"{inlet.stats.clock_drift_ppm:.1f}" for inlet in inlets))
    stop.set()
    thread.join()
    for inlet in inlets:
        inlet.close()
    show("live", np.concatenate(live))
    show("live, drift known", np.concatenate(late or [np.zeros(1)]))
    show("bound", np.array(bounds))
    pairs = zip(live[1:], map(max, bounds, bounds[1:]), strict=True)
    covered = np.mean([each.max(initial=0) <= bound for each, bound in pairs])
    print(f"the bound covers the error in {100 * covered:.0f} % of {len(bounds) - 1} looks")


def look(inlet: SignalInlet) -> np.ndarray:
    chunks = inlet.pull(250, 3.0)
    return np.concatenate([np.empty(0), *(errors(c.timestamps, c.data[:, 0]) for c in chunks)])


def recorded(file: Path) -> np.ndarray:
    away = {
        stream["info"]["source_id"][0]: errors(stream["time_stamps"], stream["time_series"][:, 0])
        for stream in pyxdf.load_xdf(file)[0]
    }
    n = min(map(len, away.values()))
    return np.abs(away["a"][-n:] - away["b"][-n:])


def show(what: str, seconds: np.ndarray) -> None:
    p50, p99, most = 1000 * np.percentile(seconds, [50, 99, 100])
    print(f"{what}: median {p50:.3f} ms, p99 {p99:.3f}, largest {most:.3f}, n {len(seconds):,}")


if __name__ == "__main__":
    main()
