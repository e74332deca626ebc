"""A federation of a server and three sites as processes on this machine, disturbed on purpose.

Prints the seconds from each event to the next: start, first round, a killed site, its return, a
killed server, its return, the end. Also starts a site whose kit another project made.

Run: python -m tests.benchmarks.federation_deployment [rounds]
"""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import yaml

from decoders.federation.agreement import load_federation
from decoders.federation.rounds import RoundsProgress
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.decoders.federation.kits import LEADER, make_kits, port_of

SITES = ("lab-a", "lab-b", "lab-c")
PATIENCE_S = 900


def main() -> None:
    n_rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for run in (1, 2):
            write_run(simulate_run(SubjectSettings(trials_per_class=3), run), folder / f"{run}.fif")
        agreed = {
            "name": "three labs",
            "model": {
                "trunk": "shallow", "n_virtual": 2, "sfreq": 64, "window_s": 3,
                "classes": ["left", "right"],
            },
            "training": {"rounds": n_rounds},
            "server": {"round_timeout_s": 120},
            "sites": [{"name": name} for name in SITES],
        }  # fmt: skip
        (folder / "partners.yaml").write_text(yaml.safe_dump(agreed))
        kits = make_kits(folder, SITES)
        elsewhere = make_kits(folder / "elsewhere", ("lab-a",), port_of(kits["lab-a"]))
        Story(folder, kits).run(elsewhere["lab-a"], n_rounds)


class Story:
    """Processes, and the clock."""

    def __init__(self, folder: Path, kits: dict[str, Path]) -> None:
        self.folder, self.kits, self.last = folder, kits, time.monotonic()

    def run(self, stranger: Path, n_rounds: int) -> None:
        processes = {"server": self.server()} | {name: self.site(name) for name in SITES}
        try:
            odd = self.site("lab-a", stranger, "strange")
            self.until("first round", lambda: self.n_rounds() >= 1)
            kill(processes["lab-c"])
            missing = lambda: "lab-c" in self.progress().rounds[-1].excluded  # noqa: E731
            self.until("lab-c killed; the round that excludes it", missing)
            n = self.n_rounds()
            self.until("next round without it", lambda: self.n_rounds() > n)
            processes["lab-c"] = self.site("lab-c")
            self.until(
                "lab-c started; first round with it",
                lambda: "lab-c" in self.progress().rounds[-1].accuracies,
            )
            n = self.n_rounds()
            kill(processes["server"])
            processes["server"] = self.server()
            self.until("server killed and started; next round", lambda: self.n_rounds() > n)
            for name, process in processes.items():
                code = process.wait(PATIENCE_S)
                print(f"{name}: exit code {code}, model {(self.folder / f'out-{name}').exists()}")
            self.until("end", lambda: True)
            progress = self.progress()
            print(f"{len(progress.rounds)} of {n_rounds} rounds, finished {progress.finished}")
            log = (stranger / "log.txt").read_text()
            print("strange kit joined:", "Successfully registered" in log, "model:", odd.poll())
            print(
                "\n".join(sorted({line[:160] for line in log.splitlines() if "ERROR" in line})[:3])
            )
        finally:
            for process in [*processes.values(), odd]:
                kill(process)
            for log in self.folder.glob("*.log"):
                print(f"-- {log.name}\n{log.read_text()[-600:]}")

    def server(self) -> subprocess.Popen[bytes]:
        return self.start(
            "server", "federate", "server", "partners.yaml", "--state", "state",
            "--kit", str(self.kits["localhost"]), "--leader", str(self.kits[LEADER]),
        )  # fmt: skip

    def site(self, name: str, kit: Path | None = None, called: str = "") -> subprocess.Popen[bytes]:
        called = called or name
        return self.start(
            called, "federate", "join", "partners.yaml", "--kit", str(kit or self.kits[name]),
            "--profile", "motor-imagery", "--data", "1.fif", "--data", "2.fif",
            "--state", f"state-{called}", "--out", f"out-{called}", "--timeout", str(PATIENCE_S),
        )  # fmt: skip

    def start(self, called: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{called}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "bci", *arguments], cwd=self.folder,
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def progress(self) -> RoundsProgress:
        agreed = load_federation(self.folder / "partners.yaml")
        return RoundsProgress.read(self.folder / "state", agreed)

    def n_rounds(self) -> int:
        return len(self.progress().rounds)

    def until(self, event: str, happened: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not happened():
            if time.monotonic() > ends:
                raise SystemExit(f"{event}: not within {PATIENCE_S} s")
            time.sleep(0.2)
        now = time.monotonic()
        print(f"{event}: {now - self.last:.1f} s (round {self.n_rounds()})", flush=True)
        self.last = now


def kill(process: subprocess.Popen[bytes]) -> None:
    """As a power cut does: the process and all that it started."""
    try:
        tree = [*psutil.Process(process.pid).children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for each in tree:
        try:
            each.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    process.wait()


if __name__ == "__main__":
    main()
