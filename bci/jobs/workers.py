"""Processes that do independent jobs, and the one call that gives them the jobs."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from threadpoolctl import threadpool_limits

J = TypeVar("J")
T = TypeVar("T")
Given = TypeVar("Given")


@dataclass(frozen=True)
class Workers:
    """Processes of this machine, or of a Ray cluster.

    ``jobs`` processes work at a time; with 1 it is this one. With ``address``, the ``HOST:PORT``
    of a Ray cluster, that has as many as it has free cores, and each job holds ``n_gpus`` GPUs.
    """

    jobs: int = 1
    address: str = ""
    n_gpus: int = 0


class Done(NamedTuple, Generic[T]):
    """The result of the job of a ``number``, and the seconds that it took its worker."""

    number: int
    result: T
    seconds: float


THIS_PROCESS = Workers()


def run_jobs(
    do: Callable[[Given, J], T], given: Given, jobs: Sequence[J], workers: Workers
) -> Generator[Done[T], None, None]:
    """Do ``do(given, job)`` for each job; yield results in the order in which they are done.

    Every job computes on one thread, wherever it runs, so that results are equal to the last bit
    on like processors. Close the iterator to stop what is still running.

    Parameters
    ----------
    do : callable
        Without state of its own: a function of a module, or a partial of one.
    given : object
        Data that all jobs read and none changes; it is loaded once a machine.
    jobs : sequence
        Small picklable descriptions.
    workers : Workers

    Raises
    ------
    JobError
        If a worker process ended again and again, or the cluster cannot be used.
    """
    if workers.address:
        from bci.jobs.cluster import run_on_ray

        return run_on_ray(do, given, jobs, workers)
    if workers.jobs > 1 and len(jobs) > 1:
        from bci.jobs.local import run_in_processes

        return run_in_processes(do, given, jobs, workers.jobs)
    return (do_one(do, given, number, job) for number, job in enumerate(jobs))


def do_one(do: Callable[[Given, J], T], given: Given, number: int, job: J) -> Done[T]:
    """Do a job on one thread and time it."""
    began = time.perf_counter()
    with threadpool_limits(limits=1):
        result = do(given, job)
    return Done(number, result, time.perf_counter() - began)
