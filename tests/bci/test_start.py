"""The first moments of a command's process."""

import os
import signal
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from bci.lsl.outlet import SignalOutlet
from tests.commands import BCI
from tests.signals import eeg_info


def test_ctrl_c_while_modules_load_ends_without_a_traceback() -> None:
    # The signal is sent by the first imported module of the command line.
    program = (
        "import os, signal, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'bci.cli': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from bci.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == -signal.SIGINT
    assert done.stderr == ""


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> set[str]:
    return {stat.filemode(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}


@pytest.mark.slow
def test_what_is_written_is_for_its_user_alone(
    umask: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BCI_SHARED", raising=False)
    outlet = SignalOutlet(eeg_info(4, 100.0, f"amp-{uuid.uuid4().hex[:8]}"))
    for arguments, folder in (((), "private"), (("--shared",), "shared")):
        recorder = subprocess.Popen(
            [
                *BCI, *arguments, "record", "--stream", outlet.info.name,
                "--folder", str(tmp_path / folder),
            ],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert recorder.stderr is not None
            # The output, if it ends; on a busy machine, streams are found late.
            assert any(line.startswith("recording ") for line in recorder.stderr)
            recorder.send_signal(signal.SIGINT)
            assert recorder.wait(30) == 0
        finally:
            recorder.kill()
            recorder.communicate()
    outlet.close()
    assert modes(tmp_path / "private") == {"drwx------", "-rw-------"}
    assert modes(tmp_path / "shared") == {"drwxr-xr-x", "-rw-r--r--"}
