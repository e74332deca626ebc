"""Run jobs in several processes of this computer, by joblib."""

import mmap
import os
import pickle
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from bci.commands import SAFE_PATH
from bci.errors import JobError
from bci.jobs.workers import Done, do_one

# Interval at which a worker checks that its parent process runs, in seconds.
_LOOK_S = 0.5
_GIVEN, _ARRAYS = "given", "arrays"
# Bytes at whose multiples arrays begin in their file.
_ALIGNED = 64

J = TypeVar("J")
T = TypeVar("T")
Given = TypeVar("Given")


def run_in_processes(
    do: Callable[[Given, J], T], given: Given, jobs: Sequence[J], n_processes: int
) -> Generator[Done[T], None, None]:
    """Run jobs in ``n_processes`` processes; see `bci.jobs.workers.run_jobs`.

    ``given`` is written to a temporary folder, which each process reads once. Its arrays are
    memory-mapped, not copied.
    """
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import BrokenProcessPool

    with parallel_config("loky", n_jobs=n_processes, inner_max_num_threads=1):
        pool = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs + 1")
    os.environ.update(SAFE_PATH)
    parent = os.getpid()
    with tempfile.TemporaryDirectory(prefix="bci-jobs-", ignore_cleanup_errors=True) as folder:
        _write(given, Path(folder))
        done = pool(
            delayed(_do_as_child)(parent, do, folder, number, job)
            for number, job in enumerate(jobs)
        )
        try:
            yield from done
        except BrokenProcessPool as error:
            raise JobError(
                "a worker process ended, perhaps for want of memory; give fewer --jobs and run "
                "the same command again, which resumes"
            ) from error
        finally:
            done.close()


def _do_as_child(
    parent: int, do: Callable[[Given, J], T], folder: str, number: int, job: J
) -> Done[T]:
    # With a single process, joblib runs jobs in this one.
    if os.getpid() != parent:
        _end_with(parent)
    given, arrays = _read(folder)
    done = do_one(do, given, number, job)
    # joblib ends a worker whose memory grows by 300 MB, and counts the pages that it has read.
    # Linux frees them at once, other systems when they need memory.
    if arrays is not None and hasattr(mmap, "MADV_DONTNEED"):
        arrays.madvise(mmap.MADV_DONTNEED)
    return done


def _write(given: object, folder: Path) -> None:
    """Pickle ``given``, its arrays beside it so that they can be mapped."""
    import cloudpickle

    buffers: list[pickle.PickleBuffer] = []
    pickled = cloudpickle.dumps(given, protocol=5, buffer_callback=buffers.append)
    spans = []
    with Path(folder, _ARRAYS).open("wb") as file:
        for buffer in buffers:
            file.write(bytes(-file.tell() % _ALIGNED))
            with buffer.raw() as raw:
                spans.append((file.tell(), raw.nbytes))
                file.write(raw)
    Path(folder, _GIVEN).write_bytes(pickle.dumps((pickled, spans)))


@lru_cache(maxsize=1)
def _read(folder: str) -> tuple[Any, mmap.mmap | None]:
    """Read what `_write` wrote; return it and the map of its arrays, None if it has none."""
    # Our own file, in a folder that only this user can read.
    pickled, spans = pickle.loads(Path(folder, _GIVEN).read_bytes())  # noqa: S301
    arrays, whole = None, memoryview(b"")
    if any(n_bytes for _, n_bytes in spans):
        with Path(folder, _ARRAYS).open("rb") as file:
            # Copy on write, since kernels are compiled for writable arrays.
            arrays = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            whole = memoryview(arrays)
    parts = [whole[start : start + n_bytes] for start, n_bytes in spans]
    return pickle.loads(pickled, buffers=parts), arrays  # noqa: S301


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
