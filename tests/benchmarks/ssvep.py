"""Filter-bank CCA of 8 channels x 1 s x 40 targets, one core: ``python -m tests.benchmarks.ssvep``.

Beside a plain implementation in the same run: its ratio does not depend on the machine.
"""

import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

import decoders
from bci.profiles.flicker import Flicker, stimuli_of
from bci.signals import Channel, Signal
from bci.stimulus.flicker import joint_frequency_phase
from tests.benchmarks.plain_cca import plain_fbcca

_N_CHANNELS, _N_SAMPLES, _SFREQ, _HIGH_HZ = 8, 250, 250.0, 90.0
_LIMIT_MS = 10.0


def milliseconds(work: Callable[[], object], n: int) -> np.ndarray:
    """Times of single calls by the clock, and by the core alone, after a warm-up; (2, n).

    Other programs on the machine lengthen the first, not the second.
    """
    for _ in range(5):
        work()
    times = []
    for _ in range(n):
        begin, cpu = time.perf_counter(), time.thread_time()
        work()
        times.append((time.perf_counter() - begin, time.thread_time() - cpu))
    return 1000 * np.array(times).T


def _add(table: Table, name: str, times: np.ndarray, ratio: str) -> None:
    p50, p99 = np.percentile(times[0], [50, 99])
    table.add_row(name, f"{p50:.2f}", f"{p99:.2f}", f"{np.median(times[1]):.2f}", ratio)


def main() -> None:
    names = tuple(f"T{k:02d}" for k in range(40))
    targets = joint_frequency_phase(names)
    stimuli = stimuli_of(Flicker(targets=targets), None, _HIGH_HZ)
    assert stimuli is not None
    signal = Signal(_SFREQ, tuple(Channel(f"E{k}") for k in range(_N_CHANNELS)))
    rng = np.random.default_rng(0)
    window = rng.normal(0, 10, (_N_CHANNELS, _N_SAMPLES)).astype(np.float32)
    table = Table("decoder", "p50 (ms)", "p99 (ms)", "p50 of the core (ms)", "plain / this")
    with threadpool_limits(limits=1):
        plain = milliseconds(lambda: plain_fbcca(window, stimuli.frequencies, _SFREQ, _HIGH_HZ), 20)
        _add(table, "plain fbcca", plain, "1")
        for name in ("cca", "fbcca", "trca"):
            decoder = decoders.create(name, stimuli=stimuli)
            trials = rng.normal(0, 10, (80, _N_CHANNELS, _N_SAMPLES)).astype(np.float32)
            decoder.fit(trials, np.array(names * 2), signal=signal)
            times = milliseconds(lambda d=decoder: d.predict_proba(window), 300)
            p50, own = np.median(times, axis=1)
            _add(table, name, times, f"{np.median(plain[1]) / own:.0f}" if name == "fbcca" else "")
            if name == "fbcca":
                verdict = "kept" if p50 <= _LIMIT_MS else "not kept"
    Console().print(table)
    print(f"limit of fbcca, p50 at most {_LIMIT_MS:g} ms: {verdict}")


if __name__ == "__main__":
    main()
