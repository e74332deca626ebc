"""Child processes import this project's modules, whatever is in the current folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bci
from bci.commands import bci_command, python_command

ROOT = Path(bci.__file__).parents[1]
# This project's packages, and standard modules whose names people often give to files.
NAMES = ("bci", "decoders", "devices", "gui", "tests", "queue", "random", "select", "calendar")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return a folder whose files leave a trace when they are imported."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(
            f"import pathlib\npathlib.Path('ran-{name}').touch()\nraise RuntimeError('{name}')\n"
        )
    return tmp_path


def run(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        argv, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=110
    )


@pytest.mark.slow
def test_a_child_imports_nothing_of_the_current_folder(hostile: Path) -> None:
    done = run(hostile, *bci_command(), "devices", "--json")
    assert done.returncode == 0, done.stderr
    done = run(hostile, *python_command(), "-c", "import queue, decoders, gui, devices.catalogue")
    assert done.returncode == 0, done.stderr
    assert list(hostile.glob("ran-*")) == []


@pytest.mark.slow
def test_a_module_started_by_hand_imports_nothing_of_the_current_folder(hostile: Path) -> None:
    # Removed, since with ``-m`` Python itself would find this file before the package.
    (hostile / "bci.py").unlink()
    done = run(hostile, sys.executable, "-m", "bci", "devices", "--json")
    assert done.returncode == 0, done.stderr
    assert list(hostile.glob("ran-*")) == []


@pytest.mark.slow
def test_a_worker_of_a_study_imports_nothing_of_the_current_folder(hostile: Path) -> None:
    code = "from bci.jobs.local import run_in_processes as run; print(list(run(pow, 2, [3], 2)))"
    done = run(hostile, *python_command(), "-c", code)
    assert done.returncode == 0, done.stderr
    assert "8" in done.stdout
    assert list(hostile.glob("ran-*")) == []


def test_every_child_is_started_by_these_commands() -> None:
    started = re.compile(r"sys\.executable|multiprocessing|ProcessPool")
    sources = [
        file
        for package in ("bci", "decoders", "devices", "gui")
        for file in (ROOT / package).rglob("*.py")
        if file != ROOT / "bci" / "commands.py"
    ]
    texts = {file: file.read_text(encoding="utf-8") for file in sources}
    starting = [file for file, text in texts.items() if started.search(text)]
    # Modules that let a library start Python also exclude the current folder.
    assert [file for file in starting if "SAFE_PATH" not in texts[file]] == []
