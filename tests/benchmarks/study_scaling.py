"""Speed-up of a study by a second process, in CPU time, which other work on the machine spares.

``python -m tests.benchmarks.study_scaling ../shared/data/eegmmidb --people 4``

One process needs the CPU seconds of its trainings. Two take as long as the busier one, and what
the parent does beside. The start of the processes counts, reading the recordings does not.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import psutil

from bci.cli.benchmark import motor_imagery as study
from bci.cli.benchmark.study import fill
from bci.jobs.workers import Workers


def measure(folder: Path, decoder: str, jobs: int, out: Path) -> dict[str, float]:
    """CPU seconds of the parent and of each worker in the trainings, and their wall time."""
    spent: dict[str, float] = {}

    def timed(*given: object, **named: object) -> int:
        began, cpu = time.perf_counter(), time.process_time()
        n_rows = fill(*given, **named)  # type: ignore[arg-type]
        spent["wall"] = time.perf_counter() - began
        spent["parent"] = time.process_time() - cpu
        for child in psutil.Process().children(recursive=True):
            spent[f"worker {child.pid}"] = _cpu(child)
        return n_rows

    study.fill = timed  # type: ignore[assignment]
    study.motor_imagery(folder, [decoder], ["within"], 1, out, Workers(jobs))
    return spent


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--decoder", default="tangent-space")
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--jobs", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.jobs:
        print(json.dumps(measure(given.folder, given.decoder, given.jobs, given.out)))
        return
    with tempfile.TemporaryDirectory() as place:
        few = Path(place) / "people"
        few.mkdir()
        for subject in sorted(given.folder.glob("S*"))[: given.people]:
            (few / subject.name).symlink_to(subject.resolve())
        run = partial(_in_fresh_process, few, given.decoder, Path(place))
        one, two = run(1), run(2)
        busiest = max(value for name, value in two.items() if name.startswith("worker"))
        same = _rows(Path(place) / "1.json") == _rows(Path(place) / "2.json")
    print(f"one process: {one['parent']:.1f} CPU s, {one['wall']:.1f} s on this machine")
    print(f"two: {json.dumps({name: round(value, 1) for name, value in two.items()})}")
    print(f"speed-up: {one['parent'] / (two['parent'] + busiest):.2f} in CPU time, "
          f"{one['wall'] / two['wall']:.2f} on this machine as it was")  # fmt: skip
    print(f"rows but for measured times: {'the same' if same else 'DIFFERENT'}")


def _in_fresh_process(folder: Path, decoder: str, place: Path, jobs: int) -> dict[str, float]:
    command = [
        sys.executable, "-m", "tests.benchmarks.study_scaling", str(folder), "--decoder", decoder,
        "--jobs", str(jobs), "--out", str(place / f"{jobs}.json"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    spent: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return spent


def _rows(file: Path) -> list[list]:
    """Without the columns that are times: training, median and 99th percentile of a window."""
    rows = json.loads(file.read_text())["rows"]
    return [[*row[:6], *row[9:]] for row in rows]


if __name__ == "__main__":
    main()
