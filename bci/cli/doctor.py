"""Command ``bci doctor``: check this machine."""

import os
import platform
import re
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from rich.text import Text

from bci.cli.console import out
from bci.cli.events import JsonResult, print_result
from bci.cli.models import MODELS
from bci.cli.record import RECORDINGS
from bci.cli.screen import dead_display
from bci.commands import python_command
from bci.errors import first_line
from bci.files.writable import obstacle

_LIBRARIES = (
    "numpy", "scipy", "numba", "pylsl", "mne", "pyxdf", "pyriemann", "scikit-learn",
    "safetensors", "PySide6-Essentials",
)  # fmt: skip


_FOR_DEVELOPERS = ("dev", "docs", "test")


def doctor(
    as_json: JsonResult = False,
) -> None:
    """Check that this machine can do what bci needs; exit code 1 if something cannot.

    Lists the optional parts and the packages that each lacks, and the folders of your files.
    """
    libraries = {library: _version(library) for library in _LIBRARIES}
    optional = missing_of_extras()
    folders = user_folders()
    checks = [
        check() for check in (_check_lsl, _check_clock, _check_numba, _check_device, _check_qt)
    ]
    checks += _check_plugins()
    passed = all(check.passed for check in checks)
    if as_json:
        report = {
            "python": platform.python_version(), "platform": platform.platform(),
            "libraries": libraries, "missing_of_extras": optional,
            "folders": {name: folder._asdict() for name, folder in folders.items()},
            "checks": [check._asdict() for check in checks], "passed": passed,
        }  # fmt: skip
        print_result(report)
        sys.exit(0 if passed else 1)
    out.print(f"Python {platform.python_version()} on {platform.platform()}")
    for library, found in libraries.items():
        style = None if found else "yellow"
        out.print(f"  {library} {found or 'not installed'}", style=style)
    out.print("optional parts (pip install 'bci[NAME]'):")
    for extra, missing in optional.items():
        state = f"lacks {', '.join(missing)}" if missing else "installed"
        out.print(f"  {extra}: {state}", style="yellow" if missing else None)
    out.print("folders of your files:")
    for name, folder in folders.items():
        state = f"cannot be written: {folder.problem}" if folder.problem else "can be written"
        style = "yellow" if folder.problem else None
        out.print(f"  {name}: {folder.path} ({state})", style=style, soft_wrap=True)
    for check in checks:
        out.print(Text("ok  ", "green") if check.passed else Text("fail", "red"), check.what)
    sys.exit(0 if passed else 1)


def missing_of_extras() -> dict[str, list[str]]:
    """Return the missing packages of each optional part of `bci`, by the part's name."""
    try:
        required = requires("bci") or []
    except PackageNotFoundError:
        return {}
    missing: dict[str, list[str]] = {}
    for requirement in required:
        package = re.match(r"[A-Za-z0-9._-]+", requirement)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", requirement)
        if package is None or extra is None or extra[1] in _FOR_DEVELOPERS:
            continue
        lacking = missing.setdefault(extra[1], [])
        if _version(package[0]) is None and package[0] not in lacking:
            lacking.append(package[0])
    return missing


class Folder(NamedTuple):
    """A folder of the user's files; ``problem`` is empty if it can be written to."""

    path: str
    problem: str


def user_folders() -> dict[str, Folder]:
    """Return the default folders of the user's files.

    Recordings and models are below the current folder. Logs are those of recorders and engines that
    another program starts.
    """
    folders = {
        "recordings": RECORDINGS.absolute(),
        "models": MODELS.absolute(),
        "logs": Path(tempfile.gettempdir()),
    }
    if find_spec("platformdirs") is not None:
        from gui.settings import settings_file

        folders["settings"] = settings_file().parent
    return {name: Folder(str(each), obstacle(each / "file")) for name, each in folders.items()}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


class Check(NamedTuple):
    """Result of one check, and a sentence ``what`` about it."""

    passed: bool
    what: str


def _check_lsl() -> Check:
    """Check LSL: open an outlet, find it and receive a sample."""
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
        return Check(
            False,
            f"liblsl {library // 100}.{library % 100}: discovery did not find our own stream in "
            "3 s; is multicast or the loopback interface blocked by a firewall?",
        )
    inlet = pylsl.StreamInlet(found[0], recover=False)
    inlet.open_stream(timeout=3.0)
    # Older versions of liblsl lose samples sent before the consumer is connected.
    outlet.wait_for_consumers(3.0)
    outlet.push_sample([1.0])
    sample, _ = inlet.pull_sample(timeout=3.0)
    inlet.close_stream()
    return Check(
        sample is not None,
        f"liblsl {library // 100}.{library % 100}: discovery in {1000 * took:.0f} ms"
        + ("" if sample else ", but no sample came through"),
    )


def _check_clock() -> Check:
    """Check that the LSL clock is monotonic, in steps below 1 ms."""
    from pylsl import local_clock

    ticks = [local_clock() for _ in range(2000)]
    steps = [later - now for now, later in pairwise(ticks)]
    finest = min((step for step in steps if step > 0), default=float("inf"))
    return Check(
        min(steps) >= 0 and finest < 1e-3, f"LSL clock is monotonic, in steps of {finest:.0e} s"
    )


def _check_numba() -> Check:
    """Check that the Numba kernels compile."""
    import numpy as np

    from bci.pipeline import filters, kernels

    data = np.ones((4, 2), dtype=np.float32)
    filters.SosFilter(filters.bandpass(8, 30, 250), 2, 250).process(data, 0)
    folder = kernels.sosfilt.stats.cache_path
    kept = f"and are kept in {folder}" if folder else "but cannot be kept: each start takes longer"
    return Check(bool(np.isfinite(data).all()), f"filter kernels compile, {kept}")


def _check_device() -> Check:
    """Describe the device on which networks are trained."""
    if find_spec("torch") is None:
        return Check(True, "no networks here: pip install 'bci[networks]' adds them")
    try:
        from decoders.neural.device import describe_device

        return Check(True, f"networks are trained on {describe_device()}")
    except (ImportError, OSError, RuntimeError) as error:
        return Check(False, f"PyTorch cannot be used: {first_line(error)}")


def _check_plugins() -> list[Check]:
    """Check that plug-ins of other packages can be loaded.

    Missing packages of this project's plug-ins are in the list of optional parts.
    """
    from bci.plugins.registry import GROUPS, plugins

    foreign = [each for group in GROUPS for each in plugins(group).values() if not each.is_ours]
    return [
        Check(
            not (problem := each.problem()),
            problem or f"{GROUPS[each.group]} {each.name} of {each.distribution} loads",
        )
        for each in foreign
    ]


def has_screen() -> bool:
    """Return True if Qt has a screen, or is configured to run without one."""
    return sys.platform != "linux" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    )


def _check_qt() -> Check:
    """Check that the dashboard has PySide6 and a working Qt platform."""
    if find_spec("PySide6") is None:
        return Check(True, "no dashboard here: pip install 'bci[gui]' adds it")
    if not has_screen():
        return Check(True, "no screen here: bci run works, bci gui and bci demo do not")
    if display := dead_display():
        return Check(False, f"the screen {display} does not answer (DISPLAY): no dashboard")
    # Qt ends the process if it finds no platform, so the check runs in a child process.
    import subprocess

    code = (
        "from PySide6.QtGui import QGuiApplication; from gui.theme import font_problem; "
        "app = QGuiApplication([]); print(app.platformName(), font_problem())"
    )
    try:
        child = subprocess.run(
            [*python_command(), "-c", code],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Check(False, "Qt did not start within 20 s")
    if child.returncode:
        detail = child.stderr.strip().splitlines()
        return Check(False, f"Qt cannot start: {detail[0] if detail else 'no message'}")
    platform_name, _, problem = child.stdout.strip().partition(" ")
    if problem:
        return Check(False, f"Qt platform {platform_name}: {problem}")
    return Check(True, f"Qt platform {platform_name}")
