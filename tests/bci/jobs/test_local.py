"""Jobs in several processes: same results, stored at once, even if a process dies."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

import decoders
from bci.cli.benchmark.study import fill
from bci.errors import JobError
from bci.jobs.workers import THIS_PROCESS, Workers, run_jobs
from bci.signals import Channel, Signal
from bci.training.epochs import Epochs
from bci.training.learning_curve import learning_curve
from tests.streams import wait_until
from tests.studied import WANTED, Counted, do, given, memory_while_reading, results, scale


def test_two_processes_make_the_same_file_as_one(tmp_path: Path) -> None:
    files = {}
    for n in (1, 2):
        folder = tmp_path / str(n)
        folder.mkdir()
        files[n] = tmp_path / f"{n}.json"
        n_rows = fill(results(files[n]), WANTED, do, Workers(n), lambda _, own=folder: given(own))
        assert n_rows == len(WANTED)
        assert len({each.read_text() for each in folder.iterdir()}) == n
    assert files[1].read_bytes() == files[2].read_bytes()


def test_shared_data_are_read_once_per_process_and_can_be_written_to(tmp_path: Path) -> None:
    shared = Counted(np.arange(5.0), tmp_path / "log.txt")
    done = list(run_jobs(scale, shared, range(8), Workers(2)))
    assert len(shared.log.read_text().splitlines()) <= 2
    assert shared.array[0] == 0
    for one in done:
        np.testing.assert_array_equal(one.result, np.arange(1.0, 5.0) * one.number)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux frees the pages at once")
def test_a_worker_keeps_none_of_the_shared_data_in_memory_after_a_job() -> None:
    shared = np.zeros(10_000_000)
    done = run_jobs(memory_while_reading, shared, range(6), Workers(2))
    of_process: dict[int, list[tuple[int, int]]] = {}
    for process, before, after in (one.result for one in done):
        of_process.setdefault(process, []).append((before, after))
    for first, *others in of_process.values():
        assert first[1] - first[0] > shared.nbytes / 2
        for before, _ in others:
            assert before < first[1] - shared.nbytes / 2


@pytest.mark.slow
def test_rows_are_kept_when_a_worker_dies_and_only_the_others_are_made_again(
    tmp_path: Path,
) -> None:
    file, folder = tmp_path / "study.json", tmp_path / "made"
    folder.mkdir()
    with pytest.raises(JobError, match=r"a worker process ended, .* which resumes"):
        fill(results(file), WANTED, do, Workers(2), lambda _: given(folder, 0.05, fatal="b30"))
    kept = {row[:3] for row in results(file).rows}
    assert kept
    assert kept < set(WANTED)

    for each in folder.iterdir():
        each.unlink()
    fill(results(file), WANTED, do, THIS_PROCESS, lambda _: given(folder))
    made = {each.name for each in folder.iterdir()}
    assert made == {"".join(map(str, each)) for each in set(WANTED) - kept}
    assert [row[:3] for row in results(file).rows] == WANTED


@pytest.mark.slow
def test_workers_end_in_the_middle_of_their_jobs_when_the_command_is_killed(tmp_path: Path) -> None:
    code = (
        "from bci.jobs.local import run_in_processes; from tests.studied import wait_in; "
        f"list(run_in_processes(wait_in, {str(tmp_path)!r}, [1, 2], 2))"
    )
    command = subprocess.Popen([sys.executable, "-c", code])
    try:
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2, 60)
    finally:
        command.kill()
        command.wait()
    numbers = [int(file.name) for file in tmp_path.iterdir()]
    wait_until(lambda: not any(psutil.pid_exists(number) for number in numbers), 60)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_learning_curve_is_the_same_of_two_processes() -> None:
    rng = np.random.default_rng(0)
    labels = np.tile(np.repeat(["left", "right"], 2), 12)
    windows = rng.standard_normal((48, 4, 100)).astype(np.float32)
    windows[labels == "left", 0] *= 1.5
    trials = np.arange(48) // 2
    epochs = Epochs(windows, labels, trials, np.repeat([0, 1, 2], 16))
    signal = Signal(100.0, tuple(Channel(f"C{k}", "eeg", "microvolts") for k in range(4)))
    curves = []
    for workers in (THIS_PROCESS, Workers(2)):
        seen: list = []
        curve = learning_curve(
            epochs, partial(decoders.create, "log-power"), signal, on_point=seen.append,
            workers=workers,
        )  # fmt: skip
        assert seen == curve
        curves.append(curve)
    assert curves[0] == curves[1]
    assert len(curves[0]) > 1
