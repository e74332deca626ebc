"""Run jobs on a Ray cluster.

Data is sent once per node, and jobs of a lost worker are repeated.
"""

import hashlib
import logging
import socket
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from bci.errors import JobError, first_line
from bci.jobs.workers import Done, Workers, do_one

J = TypeVar("J")
T = TypeVar("T")
Given = TypeVar("Given")

# A job whose worker or node ends is repeated on another one up to this number of times.
_RETRIES = 3
_CONNECT_S = 5.0
# Interval at which Ctrl-C is noticed, in seconds.
_WAIT_S = 0.5


def run_on_ray(
    do: Callable[[Given, J], T], given: Given, jobs: Sequence[J], workers: Workers
) -> Generator[Done[T], None, None]:
    """Run jobs on the Ray cluster of ``workers``; see `bci.jobs.workers.run_jobs`."""
    with _connected(workers) as ray:
        remote = ray.remote(num_cpus=1, num_gpus=workers.n_gpus, max_retries=_RETRIES)(_do_there)
        # In Ray's object store: each node fetches the data once, and its workers map it.
        shared = ray.put((do, given))
        code = code_digest()
        waiting = {remote.remote(shared, code, *each): each[0] for each in enumerate(jobs)}
        while waiting:
            ready, _ = ray.wait(list(waiting), timeout=_WAIT_S)
            for reference in ready:
                number = waiting.pop(reference)
                yield _fetched(ray, reference, number)


def _do_there(shared: Any, code: str, number: int, job: Any) -> Done[Any]:
    if code_digest() != code:
        raise JobError(
            f"{socket.gethostname()} has another version of bci than this machine; install the "
            "same one on every node"
        )
    do, given = shared
    return do_one(do, given, number, job)


def _fetched(ray: Any, reference: Any, number: int) -> Done[Any]:
    try:
        done: Done[Any] = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.RayError as error:
        raise JobError(
            f"job {number + 1} ended {1 + _RETRIES} workers, perhaps for want of memory: "
            f"{first_line(error)}; run the same command again, which resumes"
        ) from error
    return done


@contextmanager
def _connected(workers: Workers) -> Iterator[Any]:
    """Connect to the cluster for the duration of the block; yield the module ``ray``."""
    address = workers.address
    if find_spec("ray") is None:
        raise JobError("--address needs Ray: pip install 'bci[cluster]'")
    host, _, port = address.rpartition(":")
    try:
        # Checked first, since Ray would try for half a minute and then end the process.
        socket.create_connection((host, int(port)), _CONNECT_S).close()
    except (OSError, ValueError, OverflowError) as error:
        raise JobError(
            f"no Ray cluster at {address!r} ({first_line(error)}); give HOST:PORT as 'ray start "
            "--head' prints it"
        ) from error
    import ray

    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
        raise JobError(
            f"the Ray cluster at {address} cannot be joined: {first_line(error)}; this machine "
            "has to be one of its nodes (ray start)"
        ) from error
    try:
        n_gpus = ray.cluster_resources().get("GPU", 0)
        if n_gpus < workers.n_gpus:
            raise JobError(f"the Ray cluster at {address} has no GPU; give --device cpu")
        yield ray
    finally:
        ray.shutdown()


@cache
def code_digest() -> str:
    """Return eight characters of a hash of the source code.

    It is for comparing versions between nodes.
    """
    digest = hashlib.sha256()
    root = Path(__file__).parents[2]
    for package in ("bci", "decoders", "devices"):
        for file in sorted((root / package).rglob("*.py")):
            digest.update(str(file.relative_to(root)).encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
