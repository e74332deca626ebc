"""Profiles of several people, whose streams are told apart by their source ids."""

from argparse import Namespace
from pathlib import Path

from tests.benchmarks import twenty_streams

N_CHANNELS = 4
SFREQ = 500.0


def write_profiles(folder: Path, n: int) -> list[Path]:
    """Profiles ``person-00`` and so on, of streams with the source ids ``headset-00`` and so on.

    Their model takes the channels ``E1`` to ``E4`` at 500 Hz.
    """
    options = Namespace(people=n, channels=N_CHANNELS, rate=SFREQ, decoder="log-power")
    return twenty_streams.write_profiles(options, folder)
