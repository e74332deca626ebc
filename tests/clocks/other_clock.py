"""A process that sends on another clock, and the error of time stamps that were corrected."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clocks.send import WRAP_S


@functools.cache
def _library() -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs Linux and a C compiler to give a process another clock")
    built = Path(tempfile.mkdtemp(prefix="bci-clock-")) / "other_clock.so"
    source = Path(__file__).with_suffix(".c")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", built, source, "-ldl"], check=True, timeout=60
    )
    return built


@contextmanager
def sender_on_another_clock(
    name: str,
    source_id: str,
    offset_s: float,
    ppm: float,
    sfreq: float = 500.0,
    n_channels: int = 2,
) -> Iterator[None]:
    """A stream of `tests.clocks.send` by a computer whose clock differs by so much."""
    moved = {
        "LD_PRELOAD": str(_library()),
        "OTHER_CLOCK_OFFSET_S": str(offset_s),
        "OTHER_CLOCK_PPM": str(ppm),
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.clocks.send", name, source_id, str(sfreq), str(n_channels)],
        stdin=subprocess.PIPE,
        env=os.environ | moved,
    )
    assert child.stdin is not None
    try:
        yield
    finally:
        child.stdin.close()
        child.wait(10)


def errors(stamps: NDArray[np.float64], true: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distance of corrected stamps from the true time of each sample, in seconds."""
    away = (stamps - true) % WRAP_S
    wrapped: NDArray[np.float64] = np.where(away > WRAP_S / 2, away - WRAP_S, away)
    return wrapped
