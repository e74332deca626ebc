"""Run jobs in several processes of this computer, by joblib."""

import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from functools import cache
from typing import TypeVar

from bci.commands import SAFE_PATH
from bci.errors import JobError
from bci.jobs.workers import Done, do_one

# Interval at which a worker checks that its parent process runs, in seconds.
_LOOK_S = 0.5

J = TypeVar("J")
T = TypeVar("T")
Given = TypeVar("Given")


def run_in_processes(
    do: Callable[[Given, J], T], given: Given, jobs: Sequence[J], n_processes: int
) -> Generator[Done[T], None, None]:
    """Run jobs in ``n_processes`` processes; see `bci.jobs.workers.run_jobs`.

    Large arrays in ``given`` are memory-mapped, not copied.
    """
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import BrokenProcessPool

    with parallel_config("loky", n_jobs=n_processes, inner_max_num_threads=1):
        # Mode "c" is copy on write, since kernels are compiled for writable arrays.
        pool = Parallel(
            return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs + 1", mmap_mode="c"
        )
    os.environ.update(SAFE_PATH)
    parent = os.getpid()
    done = pool(
        delayed(_do_as_child)(parent, do, given, number, job) for number, job in enumerate(jobs)
    )
    try:
        yield from done
    except BrokenProcessPool as error:
        raise JobError(
            "a worker process ended, perhaps for want of memory; give fewer --jobs and run the "
            "same command again, which resumes"
        ) from error
    finally:
        done.close()


def _do_as_child(
    parent: int, do: Callable[[Given, J], T], given: Given, number: int, job: J
) -> Done[T]:
    # With a single process, joblib runs jobs in this one.
    if os.getpid() != parent:
        _end_with(parent)
    return do_one(do, given, number, job)


@cache
def _end_with(parent: int) -> None:
    """End this process when its ``parent`` has ended, even during a job.

    On Windows the parent's process number does not change, so a worker finishes its job first.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
