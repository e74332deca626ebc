"""Many streams of noise from one process: ``python -m tests.benchmarks.many_sources N CH HZ``.

Streams have one name and the source ids ``headset-00``, ``headset-01`` and so on. Each sends
chunks of 20 ms, at a phase of its own, as independent amplifiers do. It ends with its standard
input; then it prints its use of the processor, in cores.
"""

import sys
import threading
import time

import numpy as np
from pylsl import local_clock

from bci.lsl.outlet import SignalOutlet
from bci.signals import Channel, Chunk, StreamInfo

_CHUNK_S = 0.02
_KEPT = 50


def main(n_streams: int, n_channels: int, sfreq: float) -> None:
    channels = tuple(Channel(f"E{k + 1}", "eeg", "uV") for k in range(n_channels))
    outlets = [
        SignalOutlet(StreamInfo("headset", "EEG", sfreq, channels, f"headset-{k:02d}", True))
        for k in range(n_streams)
    ]
    n = round(_CHUNK_S * sfreq)
    noise = np.random.default_rng(0).normal(0, 20, (_KEPT, n, n_channels)).astype(np.float32)
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    began, sent = local_clock(), 0
    cpu = time.process_time()
    while not stop.is_set():
        turn, k = divmod(sent, n_streams)
        due = began + (turn + k / n_streams) * _CHUNK_S
        if (wait := due - local_clock()) > 0:
            time.sleep(wait)
        stamps = due - (n - 1 - np.arange(n)) / sfreq
        outlets[k].push(Chunk(noise[(7 * turn + k) % _KEPT], stamps, turn * n))
        sent += 1
    print((time.process_time() - cpu) / (local_clock() - began), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
