"""Build the wheel and use it as a user does: in an environment of its own and an empty folder.

python .ci/wheel.py [PYTHON ...] [--lowest]

The first Python is tried in full, the others without the demo. ``--lowest`` installs the lowest
versions that pyproject.toml admits. On Linux, started by root, the wheel is used by a user without
rights and without network.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What a user's folder may be called.
ODD = "Messung für Übung 1"
NOBODY = 65534
PROGRAMS = "Scripts" if os.name == "nt" else "bin"
# Nothing but the loopback interface; then, where root's home hides the Python, an empty home with
# the Python in it; then a user without rights.
APART = """
ip link set lo up
if [ -n "$hidden" ]; then
    mkdir "$held"
    mount --bind "$python" "$held"
    mount -t tmpfs -o mode=755 none "$hidden"
    mkdir -p "$python"
    mount --move "$held" "$python"
fi
exec setpriv --reuid=$user --regid=$user --clear-groups "$@"
"""


def run(*argv: str | Path, cwd: Path, **more: str) -> str:
    """Run a command that has to succeed; return its output."""
    environment = {
        k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "LSLAPICFG")
    }
    # As pip does, uv trusts the certificates of the computer; older versions know the second name.
    environment |= {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    done = subprocess.run(
        argv, cwd=cwd, env=environment | more, capture_output=True, text=True, timeout=900,
        encoding="utf-8",
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}\nexit code {done.returncode}")
    return done.stdout


def is_apart() -> bool:
    """Return True if the user's commands can run without rights and without network."""
    tools = ("unshare", "ip", "setpriv", "mount")
    if sys.platform != "linux" or os.geteuid() != 0 or not all(map(shutil.which, tools)):
        return False
    return subprocess.run(["unshare", "--mount", "--net", "true"], check=False).returncode == 0


class Installed:
    """The wheel in an environment of its own, and an empty folder of a user."""

    def __init__(self, python: str, wheel: Path, uv: Path, work: Path, lowest: bool) -> None:
        self.folder = work / "leer"
        self._home = work / "Heim"
        self._environment = work / "env"
        self._apart = is_apart()
        run(python, "-m", "venv", self._environment, cwd=work)
        own = self._environment / PROGRAMS / "python"
        # Ten times as fast as pip, which .ci/run installs with.
        install = (uv, "pip", "install", "-q", "-p", own)
        if lowest:
            run(*install, "--resolution", "lowest-direct", "-r", ROOT / "pyproject.toml",
                "--extra", "gui", cwd=work)  # fmt: skip
        # What is there and low enough stays.
        run(*install, f"bci[gui] @ {wheel.as_uri()}", cwd=work)
        self._base = Path(run(own, "-c", "import sys; print(sys.base_prefix)", cwd=work).strip())
        for made in (self.folder, self._home):
            made.mkdir()
            if self._apart:
                os.chown(made, NOBODY, NOBODY)

    def bci(self, *argv: str) -> str:
        """Run `bci` as its user; return its output."""
        began = time.monotonic()
        home = str(self._home)
        own = {
            "HOME": home, "XDG_CONFIG_HOME": f"{home}/.config", "XDG_CACHE_HOME": f"{home}/.cache",
            "QT_QPA_PLATFORM": "offscreen",
        }  # fmt: skip
        command = [str(self._environment / PROGRAMS / "bci"), *argv]
        if self._apart:
            hidden = [each for each in self._base.parents if not each.stat().st_mode & 0o001]
            own |= {
                "hidden": str(hidden[-1]) if hidden else "", "python": str(self._base),
                "held": f"{self.folder.parent}/held{time.time_ns()}", "user": str(NOBODY),
            }  # fmt: skip
            command = ["unshare", "--mount", "--net", "sh", "-euc", APART, "sh", *command]
        printed = run(*command, cwd=self.folder, **own)
        shown = [Path(part).name if Path(part).is_absolute() else part for part in argv]
        print(f"+ bci {' '.join(shown)}  ({time.monotonic() - began:.0f} s)", flush=True)
        return printed


def try_out(user: Installed, short: bool) -> None:
    """Do a first user's work: look around, simulate, calibrate, score, watch the demo."""
    print(user.bci("doctor"))
    assert "motor-imagery" in user.bci("profiles")
    if short:
        user.bci("simulate", "--runs", "3")
    else:
        user.bci("demo", "--screenshot", "bild.png", "--screenshot-after", "5")
        assert (user.folder / "bild.png").stat().st_size > 20_000
    runs = sorted(map(str, (user.folder / "recordings").glob("sub-*_eeg.fif")))
    assert len(runs) == 3, runs
    user.bci("calibrate", "motor-imagery", *runs[:2], "--out", "modell ü")
    assert "accuracy" in user.bci("evaluate", "modell ü", runs[2]).lower()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", nargs="*", default=[sys.executable])
    parser.add_argument("--lowest", action="store_true", help="install the lowest versions")
    asked = parser.parse_args()
    if not is_apart():
        print("used by this user and with the network; root on Linux would leave both out")
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        built = Path(made) / ODD
        built.mkdir()
        run(sys.executable, "-m", "venv", "build", cwd=built)
        builder = built / "build" / PROGRAMS / "python"
        run(builder, "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv", cwd=built)
        run(builder, "-m", "pip", "wheel", "-q", "--no-deps", "-w", built, ROOT, cwd=built)
        (wheel,) = built.glob("bci-*.whl")
        for number, python in enumerate(asked.python):
            began = time.monotonic()
            work = built / f"{number}"
            work.mkdir()
            user = Installed(python, wheel, builder.with_name("uv"), work, asked.lowest)
            installed = time.monotonic()
            try_out(user, short=number > 0)
            used = time.monotonic()
            took = f"installed in {installed - began:.0f} s, used for {used - installed:.0f} s"
            print(f"{wheel.name} works with {python}: {took}", flush=True)
            shutil.rmtree(work)


if __name__ == "__main__":
    main()
