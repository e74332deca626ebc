"""Commands run by a user who may write only where the permissions say so."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

_CAPABILITIES = "-dac_override,-dac_read_search"


def run_unprivileged(
    argv: Sequence[str], folder: Path, **environment: object
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in a folder, with a small environment of its own."""
    if os.name != "posix":
        pytest.skip("permissions are POSIX's")
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root can write everywhere, and there is no setpriv")
        dropped = (f"--bounding-set={_CAPABILITIES}", f"--inh-caps={_CAPABILITIES}")
        argv = ("setpriv", *dropped, *argv)
    kept = ("PATH", "LSLAPICFG", "PYTHONPATH", "HOME")
    env = {key: os.environ[key] for key in kept if key in os.environ}
    env |= {"QT_QPA_PLATFORM": "offscreen", **{key: str(v) for key, v in environment.items()}}
    return subprocess.run(
        argv, env=env, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=110,
    )  # fmt: skip
