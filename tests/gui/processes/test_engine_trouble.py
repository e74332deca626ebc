"""An engine that was started in a terminal freezes, is killed and comes back."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import decoders
from bci.lsl.engine_streams import StatusOutlet
from bci.messages import EngineStatus
from bci.models.bundle import save_bundle
from bci.profiles.profile import load_profile
from bci.quality.channel_quality import State
from bci.recording.read import read_recording
from bci.training.calibrate import calibrate
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from gui.main_window import MainWindow
from gui.processes.child import Command
from tests.gui.conftest import NO_DEVICES
from tests.gui.guided import QUICK
from tests.gui.simulator import simulator

OpenWindow = Callable[..., MainWindow]
LONG = 40_000


@contextmanager
def engine(folder: Path, stream: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run an engine until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bci", "run", str(folder / "quick.yaml"),
         f"--model={folder / 'model'}", f"--stream={stream}", "--with-parent"],
        stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=40)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a profile and a model for the simulator."""
    (tmp_path / "quick.yaml").write_text(QUICK)
    run_file = tmp_path / "run-01_eeg.fif"
    write_run(simulate_run(SubjectSettings(trials_per_class=5), 1), run_file)
    trained = calibrate(
        [read_recording(run_file)], load_profile(tmp_path / "quick.yaml"),
        lambda: decoders.create("tangent-space"), "model",
    )  # fmt: skip
    save_bundle(tmp_path / "model", trained.card, trained.decoder.arrays())
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="freezes it by a signal")
def test_a_frozen_or_killed_engine_of_elsewhere_is_reported(
    open_window: OpenWindow, qtbot: QtBot, name: str, folder: Path
) -> None:
    with simulator(name):
        window = open_window(bci=NO_DEVICES, engine_name="bci")

        def is_well() -> bool:
            decoded = f"{name} is decoded by model" in window.state.text()
            return decoded and window.state_mark.state == State.GOOD

        with engine(folder, name) as process:
            qtbot.waitUntil(is_well, timeout=LONG)
            process.send_signal(signal.SIGSTOP)
            qtbot.waitUntil(lambda: "has not answered for" in window.state.text(), timeout=LONG)
            assert window.state_mark.state == State.DOUBTFUL
            # The engine may continue, so the user has nothing to do yet.
            assert not window.banner.isVisible()
            process.send_signal(signal.SIGCONT)
            qtbot.waitUntil(is_well, timeout=LONG)
            process.kill()
            qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
            assert "The engine is gone" in window.banner_text.text()
            qtbot.waitUntil(lambda: "the engine is gone" in window.state.text(), timeout=LONG)
            assert window.state_mark.state == State.DOUBTFUL
        with engine(folder, name):
            qtbot.waitUntil(is_well, timeout=LONG)
            assert not window.banner.isVisible()


@pytest.mark.slow
def test_while_an_engine_of_our_own_is_starting_the_one_before_is_not_missed(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    refuses = "import sys; input(); sys.exit(2)"
    command = Command("engine", (sys.executable, "-c", refuses))
    window = open_window(bci=NO_DEVICES, commands=(command,))
    child, button = window.processes[0], window.buttons["engine"]

    def found() -> StatusOutlet:
        with qtbot.waitSignal(window.feed.engine_there, timeout=LONG):
            return StatusOutlet(f"{name}-engine", name)

    def lost(status: StatusOutlet) -> None:
        with qtbot.waitSignal(window.feed.engine_there, timeout=LONG):
            status.close()

    button.click()
    status = found()
    button.click()
    qtbot.waitUntil(lambda: not child.is_running, timeout=LONG)
    button.click()
    lost(status)
    assert child.is_running
    assert not window.situation.engine_lost
    # An engine that ended by itself is reported as lost until the next one starts.
    status = found()
    child.write_line("end")
    qtbot.waitUntil(lambda: not child.is_running, timeout=LONG)
    lost(status)
    assert window.situation.engine_lost
    button.click()
    assert not window.situation.engine_lost


def test_an_engine_of_another_version_is_marked(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    window = open_window(bci=NO_DEVICES)
    status = StatusOutlet(f"{name}-engine", name)
    qtbot.waitUntil(lambda: status._outlet.have_consumers(), timeout=LONG)
    later = EngineStatus(state="running", model="me").model_copy(update={"version": 2})
    for _ in range(3):
        status.push(later)
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    said = window.banner_text.toolTip() or window.banner_text.text()
    assert "cannot be read (version 2 of the message" in said
    assert "from the same version of bci" in said
    assert window.situation.status is None
    status.close()


@pytest.mark.slow
def test_an_engine_that_ends_before_it_decodes_is_reported_too(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    window = open_window(bci=NO_DEVICES)
    status = StatusOutlet(f"{name}-engine", name)
    with qtbot.waitSignal(window.feed.engine_there, timeout=LONG):
        pass
    assert not window.banner.isVisible()
    status.close()
    qtbot.waitUntil(window.banner.isVisible, timeout=LONG)
    assert "The engine is gone" in window.banner_text.text()
    status = StatusOutlet(f"{name}-engine", name)
    qtbot.waitUntil(lambda: not window.banner.isVisible(), timeout=LONG)
    status.close()
