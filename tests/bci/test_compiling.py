"""Kernels compile without a home folder, and in a read-only installation."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import bci
from bci.commands import bci_command, python_command
from bci.compiling import make_private
from tests.unprivileged import run_unprivileged

ROOT = Path(bci.__file__).parents[1]
_KERNEL = (
    "import numpy as np; from bci.pipeline import kernels; out = np.zeros((1, 1), np.float32);"
    "kernels.take(np.ones((1, 1), np.float32), np.zeros(1, np.int64), out);"
    "print(out[0, 0], kernels.take.stats.cache_path)"
)


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder with read-only packages, a read-only home, and a folder ``tmp``."""
    for name in ("bci", "configs", "decoders", "devices", "gui"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / "installed" / name, ignore=ignored)
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    folders = [p for p in (tmp_path / "installed").rglob("*") if p.is_dir()]
    folders += [tmp_path / "installed", tmp_path / "home"]
    for folder in folders:
        folder.chmod(0o555)
    yield tmp_path
    for folder in folders:
        folder.chmod(0o755)


def run(installed: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user who may not write into the installation or the home."""
    return run_unprivileged(
        argv, installed, HOME=installed / "home", TMPDIR=installed / "tmp",
        PYTHONPATH=installed / "installed",
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_every_command_works_without_a_writable_cache(installed: Path) -> None:
    first = run(installed, *bci_command(), "doctor")
    assert first.returncode == 0, first.stderr
    assert f"are kept in {installed / 'tmp'}" in first.stdout.replace("\n", "")
    assert "compiled code is kept in" in first.stderr
    again = run(installed, *python_command(), "-c", _KERNEL)
    assert again.stdout.startswith("1.0")
    assert again.stderr == ""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_without_any_folder_kernels_are_compiled_at_each_start(installed: Path) -> None:
    (installed / "tmp" / f"bci-cache-{os.geteuid()}").write_text("somebody's")
    done = run(installed, *python_command(), "-c", _KERNEL)
    assert done.stdout.split() == ["1.0", "None"], done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "every start compiles it again" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_cache_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    assert make_private(tmp_path / "own")
    assert not make_private(tmp_path / "own")
    (tmp_path / "link").symlink_to(tmp_path / "own")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    for name in ("link", "open"):
        with pytest.raises(PermissionError, match=name):
            make_private(tmp_path / name)


def test_a_user_without_a_home_can_start(tmp_path: Path) -> None:
    # The error of pathlib if HOME is not set and the user is unknown.
    code = (
        "import pathlib, sys\n"
        "def home(): raise RuntimeError('Could not determine home directory.')\n"
        "pathlib.Path.home = home\n"
        "sys.argv = ['bci', '--version']\n"
        "from bci.cli import main\n"
        "main()\n"
    )
    env = {key: value for key, value in os.environ.items() if key != "LSLAPICFG"}
    done = subprocess.run(
        [*python_command(), "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_kernel_is_compiled_so_that_it_needs_no_cache() -> None:
    sources = [
        file
        for package in ("bci", "decoders", "devices", "gui")
        for file in (ROOT / package).rglob("*.py")
    ]
    assert [f.name for f in sources if "njit" in f.read_text(encoding="utf-8")] == ["compiling.py"]
