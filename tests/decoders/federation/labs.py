"""Small sites with different headsets, on simulated windows."""

from pathlib import Path

import numpy as np

from bci.signals import Channel, Signal
from bci.training.epochs import Epochs
from decoders.federation.agreement import CommonSpace, Federation, Partner, Privacy, Rounds, Server
from decoders.federation.site import Site
from decoders.neural.fleeg_decoder import FleegDecoder

SPACE = CommonSpace(
    trunk="shallow", n_virtual=4, sfreq=64.0, window_s=2.0, classes=("left", "right")
)
FORMATS = {"a": (6, 128.0, 1.5), "b": (3, 100.0, 2.0), "c": (4, 64.0, 2.0)}


def agreement(
    n_rounds: int = 3, min_sites: int = 2, epochs: int = 2, privacy: Privacy | None = None
) -> Federation:
    return Federation(
        name="labs", model=SPACE, privacy=privacy,
        training=Rounds(rounds=n_rounds, epochs=epochs, batch=16, lr=3e-3),
        sites=tuple(Partner(name=name) for name in FORMATS), server=Server(min_sites=min_sites),
    )  # fmt: skip


def rhythm(n_trials: int, n_channels: int, sfreq: float, seconds: float, seed: int) -> Epochs:
    """Return windows with a 12 Hz rhythm on the first or on the last channel."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * sfreq)) / sfreq
    windows = rng.normal(0, 5, (n_trials, n_channels, len(time)))
    labels = np.resize(["left", "right"], n_trials)
    for window, label in zip(windows, labels, strict=True):
        window[0 if label == "left" else -1] += 9 * np.sin(
            2 * np.pi * 12 * time + rng.uniform(0, 6)
        )
    return Epochs(
        windows.astype(np.float32), labels, np.arange(n_trials), np.zeros(n_trials, np.int64)
    )


def site(folder: Path, name: str = "a", agreed: Federation | None = None, seed: int = 0) -> Site:
    agreed = agreed or agreement()
    n_channels, sfreq, seconds = FORMATS[name]
    decoder = FleegDecoder(SPACE.trunk, SPACE.n_virtual, SPACE.sfreq, SPACE.window_s, seed=seed)
    signal = Signal(sfreq, tuple(Channel(f"E{i}", "eeg", "uV") for i in range(n_channels)))
    training = rhythm(40, n_channels, sfreq, seconds, seed)
    held_out = rhythm(30, n_channels, sfreq, seconds, seed + 100)
    return Site(decoder, training, held_out, signal, agreed, folder)


class Lab:
    """A participant without recordings, which answers like a real one."""

    def __init__(self, site: Site, agreed: Federation) -> None:
        self.site, self._agreed = site, agreed

    def answer(self, kind: str, request: object) -> object:
        from decoders.federation.messages import ASKED, FINISH, pack, unpack

        numbers, shared = unpack(request, ASKED[kind], self.site.shapes)
        if kind == FINISH:
            return pack({"accuracy": self.site.finish(shared)}, {})
        accuracy, change = self.site.train(int(numbers["round"]), shared)
        return pack({"trials": 40, "accuracy": accuracy}, change)
