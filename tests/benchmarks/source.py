"""A load generator: pushes noise over LSL in 10 ms chunks, on schedule, until its input closes."""

import sys
import threading
import time

import numpy as np
from pylsl import local_clock

from bci.lsl.outlet import SignalOutlet
from bci.signals import Channel, Chunk, StreamInfo


def main(name: str, n_channels: int, sfreq: float) -> None:
    channels = tuple(Channel(f"E{i + 1}", "eeg", "uV") for i in range(n_channels))
    outlet = SignalOutlet(StreamInfo(name, "EEG", sfreq, channels, name, simulated=True))
    n = round(0.01 * sfreq)
    second = np.random.default_rng(0).normal(0, 20, (100 * n, n_channels)).astype(np.float32)
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    began, k = local_clock(), 0
    while not stop.is_set():
        k += 1
        due = began + k * 0.01
        if (wait := due - local_clock()) > 0:
            time.sleep(wait)
        rows = slice((k - 1) % 100 * n, ((k - 1) % 100 + 1) * n)
        stamps = due - (n - 1 - np.arange(n)) / sfreq
        outlet.push(Chunk(second[rows], stamps, (k - 1) * n))
    outlet.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
