"""A small study whose rows hang on every bit of what is computed, for tests of the runner."""

import os
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil

from bci.cli.benchmark.runner import Results, version
from bci.profiles.profile import load_profile


class Given(NamedTuple):
    """A recording, and a folder in which each row leaves the number of its process."""

    signal: np.ndarray
    folder: Path
    pause_s: float = 0.0
    fatal: str = ""


class StudiedRow(NamedTuple):
    """A figure of one decoder on one person."""

    decoder: str
    person: int
    seed: int
    figure: float


WANTED = [(name, person, seed) for seed in (0, 1) for name in ("a", "b") for person in (1, 2, 3)]


def given(folder: Path, pause_s: float = 0.0, fatal: str = "") -> Given:
    """A signal that is large enough to be mapped rather than copied."""
    signal = np.random.default_rng(0).standard_normal((300, 600))
    return Given(signal, folder, pause_s, fatal)


def do(data: Given, group: list) -> list[StudiedRow]:
    """Rows by BLAS and LAPACK, whose last bits depend on threads; one may end its process."""
    rows = []
    for decoder, person, seed in group:
        if data.fatal == f"{decoder}{person}{seed}":
            os._exit(1)
        time.sleep(data.pause_s)
        own = data.signal[:, seed::2] * (person + (decoder == "b"))
        figure = float(np.linalg.eigvalsh(own @ own.T)[-1] / np.linalg.norm(own))
        rows.append(StudiedRow(decoder, person, seed, figure))
        (data.folder / f"{decoder}{person}{seed}").write_text(str(os.getpid()))
    return rows


def wait_in(folder: str, _job: int) -> None:
    """Leave the number of this process, and go on for longer than any test."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(600)


def results(file: Path, number: int = 1) -> Results[StudiedRow]:
    """The study's file; ``number`` is the version of its code."""
    profile = load_profile("motor-imagery-eegmmidb")
    return Results(
        "studied", StudiedRow, 3, file, version_of=lambda row: version(number, profile, row.decoder)
    )


class Counted:
    """Array that notes in a file each time that a process reads it."""

    def __init__(self, array: np.ndarray, log: Path) -> None:
        self.array, self.log = array, log

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        with self.log.open("a") as file:
            file.write("read\n")


def scale(counted: Counted, factor: int) -> np.ndarray:
    """Change the array of this process only."""
    counted.array[0] += 1
    return counted.array[1:] * factor


def memory_while_reading(array: np.ndarray, _job: int) -> tuple[int, int, int]:
    """This process's number, and its resident memory in bytes before and after reading."""
    process = psutil.Process()
    before = process.memory_info().rss
    array.sum()
    time.sleep(0.05)
    return process.pid, before, process.memory_info().rss
