"""Build the wheel and use it as a user does: in an environment of its own and an empty folder.

python .ci/wheel.py [PYTHON ...] [--lowest]
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What a user's folder may be called.
ODD = "Messung für Übung 1"


def run(*argv: str | Path, cwd: Path, **more: str) -> str:
    """Run a command that has to succeed; return what it printed."""
    print("+", *argv, flush=True)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        argv, cwd=cwd, env=environment | more, capture_output=True, text=True, timeout=900,
        encoding="utf-8",
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}\nexit code {done.returncode}")
    return done.stdout


def make_environment(python: str, folder: Path, wheel: Path, lowest: bool) -> Path:
    """Install the wheel with the dashboard; return the folder of its programs."""
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    wanted = f"bci[gui] @ {wheel.as_uri()}"
    if python == sys.executable:
        venv.create(folder, with_pip=True)
    else:
        run(python, "-m", "venv", folder, cwd=folder.parent)
    pip = (programs / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check")
    if lowest:
        run(*pip, "uv", cwd=folder.parent)
        run(programs / "uv", "pip", "install", "-q", "--resolution", "lowest-direct",
            "--python", programs / "python", wanted, cwd=folder.parent)  # fmt: skip
    else:
        run(*pip, wanted, cwd=folder.parent)
    return programs


def try_out(programs: Path, folder: Path) -> None:
    """Do a first user's work: look around, simulate, calibrate, score, watch the demo."""
    folder.mkdir(parents=True)
    bci = str(programs / "bci")
    home = folder.parent / "Heim"
    home.mkdir(exist_ok=True)
    own = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    print(run(bci, "doctor", cwd=folder, **own))
    assert "motor-imagery" in run(bci, "profiles", cwd=folder, **own)
    run(bci, "demo", "--screenshot", "bild.png", "--screenshot-after", "5", cwd=folder, **own)
    assert (folder / "bild.png").stat().st_size > 20_000
    runs = sorted((folder / "recordings").glob("sub-*_eeg.fif"))
    assert len(runs) == 3, runs
    run(bci, "calibrate", "motor-imagery", *map(str, runs[:2]), "--out", "modell ü",
        cwd=folder, **own)  # fmt: skip
    assert "accuracy" in run(bci, "evaluate", "modell ü", str(runs[2]), cwd=folder, **own).lower()


def main() -> None:
    pythons = [each for each in sys.argv[1:] if not each.startswith("--")] or [sys.executable]
    with tempfile.TemporaryDirectory() as made:
        work = Path(made) / ODD
        work.mkdir()
        run(sys.executable, "-m", "venv", work / "build", cwd=work)
        builder = work / "build" / ("Scripts" if os.name == "nt" else "bin") / "python"
        run(builder, "-m", "pip", "wheel", "-q", "--no-deps", "-w", work, ROOT, cwd=work)
        (wheel,) = work.glob("bci-*.whl")
        for number, python in enumerate(pythons):
            programs = make_environment(
                python, work / f"env {number}", wheel, "--lowest" in sys.argv
            )
            try_out(programs, work / f"leer {number}")
            print(f"the wheel works with {python}")


if __name__ == "__main__":
    main()
