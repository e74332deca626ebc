"""Send a stream whose samples hold the true time at which each was taken.

``python -m tests.clocks.send NAME SOURCE_ID SFREQ N_CHANNELS``, until standard input closes. The
first channel is the true time, the kernel's monotonic clock modulo `WRAP_S`; the others are noise.
Time stamps are liblsl's, whose clock `other_clock.c` moves.
"""

import sys
import threading
import time

import numpy as np
from pylsl import local_clock

from bci.lsl.outlet import SignalOutlet
from bci.signals import Channel, Chunk, StreamInfo

WRAP_S = 8.0
_CHUNK_S = 0.02
# Two clocks are read this close together, in seconds.
_TOGETHER_S = 20e-6


def both_clocks() -> tuple[float, float]:
    """Liblsl's clock and the true time at one moment, in seconds."""
    while True:
        before, here, after = time.monotonic(), local_clock(), time.monotonic()
        if after - before < _TOGETHER_S:
            return here, (before + after) / 2


def main(name: str, source_id: str, sfreq: float, n_channels: int) -> None:
    channels = (Channel("time", "misc", "s"),)
    channels += tuple(Channel(f"E{k}", "eeg", "uV") for k in range(1, n_channels))
    outlet = SignalOutlet(StreamInfo(name, "EEG", sfreq, channels, source_id, simulated=True))
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    noise = np.random.default_rng(len(source_id)).normal(0, 20, (1000, n_channels))
    n = round(_CHUNK_S * sfreq)
    began, began_true = both_clocks()
    first = 0
    while not stop.wait(max(0.0, began + (first + n) / sfreq - local_clock())):
        # Both clocks run evenly: two readings of each give the line between them.
        stamps = began + (first + np.arange(n)) / sfreq
        now, now_true = both_clocks()
        true = began_true + (stamps - began) * (now_true - began_true) / (now - began)
        data = noise[np.arange(first, first + n) % len(noise)].astype(np.float32)
        data[:, 0] = true % WRAP_S
        outlet.push(Chunk(data, stamps, first))
        first += n
    outlet.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
