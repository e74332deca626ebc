"""Jobs in several processes of this machine, by joblib."""

import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from functools import cache
from typing import TypeVar

from bci.commands import SAFE_PATH
from bci.errors import JobError
from bci.jobs.workers import Done, do_one

# Between two looks at the parent.
_LOOK_S = 0.5

J = TypeVar("J")
T = TypeVar("T")
Given = TypeVar("Given")


def run_in_processes(
    do: Callable[[Given, J], T], given: Given, jobs: Sequence[J], n_processes: int
) -> Generator[Done[T], None, None]:
    """See `bci.jobs.workers.run_jobs`. Large arrays of ``given`` are mapped, not copied."""
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import BrokenProcessPool

    with parallel_config("loky", n_jobs=n_processes, inner_max_num_threads=1):
        # Copy on write: kernels are compiled for arrays that can be written.
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
    # A single process is this one.
    if os.getpid() != parent:
        _end_with(parent)
    return do_one(do, given, number, job)


@cache
def _end_with(parent: int) -> None:
    """End this process when its parent is gone, also in the middle of a job of hours.

    Windows keeps the number of a parent that ended: there a worker finishes its job first.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
