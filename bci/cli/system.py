"""Commands about this machine: doctor, simulate."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from bci.cli.console import out
from bci.types import Task

_LIBRARIES = (
    "numpy", "scipy", "numba", "pylsl", "mne", "pyxdf", "pyriemann", "scikit-learn",
    "safetensors", "PySide6-Essentials",
)  # fmt: skip


def add_commands(app: typer.Typer) -> None:
    app.command()(simulate)
    app.command()(doctor)


def simulate(
    folder: Annotated[Path, typer.Argument(help="Where to write the runs.")] = Path("recordings"),
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same subject, same bits.")] = 1,
    runs: Annotated[int, typer.Option(min=1, max=20, help="How many runs.")] = 3,
    task: Annotated[
        Task, typer.Option(help="What the subject does; emotion is EEG, speech sEEG, images MEG.")
    ] = "motor-imagery",
) -> None:
    """Write a simulated subject: a few runs of a task with its cues.

    Files that are already there are left as they are.

    Example: bci simulate recordings --seed 1
    """
    from devices.simulated_subject import write_subject

    for path in write_subject(folder, seed, runs, task):
        out.print(f"{path} (simulated)")


def doctor() -> None:
    """Check that this machine can do what bci needs; exit code 1 if something cannot."""
    out.print(f"Python {platform.python_version()} on {platform.platform()}")
    for library in _LIBRARIES:
        try:
            out.print(f"  {library} {version(library)}")
        except PackageNotFoundError:
            out.print(f"  {library} not installed", style="yellow")
    passed = [check() for check in (_check_lsl, _check_clock, _check_numba, _check_qt)]
    sys.exit(0 if all(passed) else 1)


def _report(passed: bool, what: str) -> bool:
    out.print(Text("ok  ", "green") if passed else Text("fail", "red"), what)
    return passed


def _check_lsl() -> bool:
    """Open an outlet, find it and receive a sample."""
    import uuid

    import pylsl

    name = f"bci-doctor-{uuid.uuid4().hex[:8]}"
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Test", 1, 0, "float32", name))
    began = pylsl.local_clock()
    found = pylsl.resolve_byprop("name", name, 1, 3.0)
    took = pylsl.local_clock() - began
    library = pylsl.library_version()
    if not found:
        del outlet
        return _report(
            False,
            f"liblsl {library // 100}.{library % 100}: discovery did not find our own stream in "
            "3 s; is multicast or the loopback interface blocked by a firewall?",
        )
    inlet = pylsl.StreamInlet(found[0], recover=False)
    inlet.open_stream(timeout=3.0)
    outlet.push_sample([1.0])
    sample, _ = inlet.pull_sample(timeout=3.0)
    inlet.close_stream()
    return _report(
        sample is not None,
        f"liblsl {library // 100}.{library % 100}: discovery in {1000 * took:.0f} ms"
        + ("" if sample else ", but no sample came through"),
    )


def _check_clock() -> bool:
    """The LSL clock has to advance, finely."""
    from pylsl import local_clock

    ticks = [local_clock() for _ in range(2000)]
    steps = [later - now for now, later in pairwise(ticks)]
    finest = min((step for step in steps if step > 0), default=float("inf"))
    return _report(
        min(steps) >= 0 and finest < 1e-3, f"LSL clock is monotonic, in steps of {finest:.0e} s"
    )


def _check_numba() -> bool:
    """The kernels have to compile here."""
    import numpy as np

    from bci import filters

    data = np.ones((4, 2), dtype=np.float32)
    filters.SosFilter(filters.bandpass(8, 30, 250), 2, 250).process(data, 0)
    return _report(bool(np.isfinite(data).all()), "filter kernels compile")


def has_screen() -> bool:
    """Whether Qt has a screen to draw on, or was told to do without."""
    return sys.platform != "linux" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    )


def _check_qt() -> bool:
    """The dashboard needs PySide6 and a platform to draw on."""
    if find_spec("PySide6") is None:
        return _report(True, "no dashboard here: pip install 'bci[gui]' adds it")
    if not has_screen():
        return _report(True, "no screen here: bci run works, bci gui and bci demo do not")
    # Qt ends the process where it finds no platform, so a child tries it.
    import subprocess

    code = "from PySide6.QtGui import QGuiApplication as A; print(A([]).platformName())"
    try:
        child = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False
        )
    except subprocess.TimeoutExpired:
        return _report(False, "Qt did not start within 20 s")
    if child.returncode:
        detail = child.stderr.strip().splitlines()
        return _report(False, f"Qt cannot start: {detail[0] if detail else 'no message'}")
    return _report(True, f"Qt platform {child.stdout.strip()}")
