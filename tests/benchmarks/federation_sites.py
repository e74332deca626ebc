"""Many simulated sites on one machine: what a round costs in time and memory.

Trains n sites in turn, as `bci federate simulate` does, on windows of 16, 32 or 64 channels, 30
trials each, and prints seconds a round and megabytes.

Run: python -m tests.benchmarks.federation_sites [n sites] [n rounds]
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from bci.signals import Channel, Signal
from bci.training.epochs import Epochs
from decoders.federation.agreement import CommonSpace, Federation, Partner, Rounds
from decoders.federation.rounds import LocalWire, Round, run_rounds
from decoders.federation.site import Site
from decoders.neural.fleeg_decoder import FleegDecoder
from tests.decoders.federation.labs import Lab

SPACE = CommonSpace(trunk="ifnet", classes=("left", "right"))
N_WINDOWS, N_TRIALS = 270, 30


def main() -> None:
    given = [int(each) for each in sys.argv[1:]]
    n_sites, n_rounds = (*given, *(100, 2)[len(given) :])
    names = tuple(f"site-{k}" for k in range(n_sites))
    agreed = Federation(
        name="many", model=SPACE, training=Rounds(rounds=n_rounds),
        sites=tuple(Partner(name=name) for name in names),
    )  # fmt: skip
    me = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        before, began = me.memory_info().rss, time.monotonic()
        labs = {n: lab(n, k, agreed, Path(folder) / n) for k, n in enumerate(names)}
        print(f"{n_sites} sites made in {time.monotonic() - began:.1f} s")
        last = time.monotonic(), time.process_time()

        def report(done: Round) -> None:
            nonlocal last
            now = time.monotonic(), time.process_time()
            print(
                f"round {done.number}: {now[0] - last[0]:.1f} s, {now[1] - last[1]:.1f} s of "
                f"processor, {(me.memory_info().rss - before) / 1e6:.0f} MB for all sites, "
                f"{len(done.accuracies)} changes",
                flush=True,
            )
            last = now

        run_rounds(LocalWire(labs), agreed, Path(folder) / "server", report)


def lab(name: str, number: int, agreed: Federation, folder: Path) -> Lab:
    rng = np.random.default_rng(number)
    n_channels, sfreq = (16, 32, 64)[number % 3], (128.0, 160.0)[number % 2]
    windows = rng.normal(0, 5, (N_WINDOWS, n_channels, int(2 * sfreq))).astype(np.float32)
    trials = np.arange(N_WINDOWS) % N_TRIALS
    labels = np.array(["left", "right"])[trials % 2]
    epochs = Epochs(windows, labels, trials, np.zeros(N_WINDOWS, np.int64))
    decoder = FleegDecoder(SPACE.trunk, seed=number)
    signal = Signal(sfreq, tuple(Channel(f"E{i}", "eeg", "uV") for i in range(n_channels)))
    held_out = epochs.only(np.arange(N_WINDOWS) < 15)
    return Lab(Site(decoder, epochs, held_out, signal, agreed, folder), agreed)


if __name__ == "__main__":
    main()
