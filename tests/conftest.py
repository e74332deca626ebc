"""Set-up that every test shares: a private LSL session, Qt without a screen, real recordings."""

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pytestqt.qtbot import QtBot

# liblsl reads its configuration once, at import: a session of our own keeps these tests from
# seeing, or being seen by, any other LSL program on the machine or the network.
_lsl_config = Path(tempfile.mkdtemp(prefix="bci-lsl-")) / "lsl_api.cfg"
_lsl_config.write_text(
    f"""[lab]
SessionID = test-{uuid.uuid4().hex}
[log]
level = -3
; Clocks of one computer agree: more than half a second is saved at each connection.
[tuning]
TimeProbeInterval = 0.004
TimeProbeMaxRTT = 0.04
TimeUpdateMinProbes = 3
ContinuousResolveInterval = 0.2
"""
)
os.environ["LSLAPICFG"] = str(_lsl_config)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# How long an example takes is the machine's affair.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

ROOT = Path(__file__).parents[1]
# By which the kernels are compiled while processes that run tests collect them.
COMPILING = pytest.StashKey[subprocess.Popen[bytes]]()

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    """Begin to compile the kernels where several processes are to run the tests."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        config.stash[COMPILING] = subprocess.Popen(
            (sys.executable, "-m", "tests.kernels"), cwd=ROOT, stderr=subprocess.DEVNULL
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what still compiles."""
    if (compiling := config.stash.get(COMPILING, None)) is not None:
        compiling.kill()
        compiling.wait()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that run most of the program, so that no process is left with one."""
    # The order by name is kept within a depth, and with it a file's tests stay together.
    items.sort(key=lambda item: len(item.path.parts))


class PatientBot(QtBot):
    """Waits for a condition no shorter than a minute: a busy computer fails no test by that."""

    PATIENCE_MS = 60_000

    def waitUntil(self, callback: Callable[[], object], *, timeout: int = 0) -> None:  # noqa: N802
        super().waitUntil(callback, timeout=max(timeout, self.PATIENCE_MS))

    def waitSignal(self, signal: Any, *, timeout: int = 0, **options: Any) -> Any:  # noqa: N802
        return super().waitSignal(signal, timeout=max(timeout, self.PATIENCE_MS), **options)

    def waitExposed(self, widget: Any, *, timeout: int = 0) -> Any:  # noqa: N802
        return super().waitExposed(widget, timeout=max(timeout, self.PATIENCE_MS))

    def waitActive(self, widget: Any, *, timeout: int = 0) -> Any:  # noqa: N802
        return super().waitActive(widget, timeout=max(timeout, self.PATIENCE_MS))


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings; the test is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real recordings at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture
def eegmmidb(shared_data: Path) -> Path:
    return shared_data / "eegmmidb"
