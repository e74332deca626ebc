"""Settings of worker processes, and the function that runs jobs in them."""

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
    """Worker processes of this computer or of a Ray cluster.

    ``jobs`` is the number of processes; 1 uses this process. ``address`` is the ``HOST:PORT`` of a
    Ray cluster, which then runs one job per free core. Each of these jobs uses ``n_gpus`` GPUs.
    """

    jobs: int = 1
    address: str = ""
    n_gpus: int = 0


class Done(NamedTuple, Generic[T]):
    """Result of one job: its ``number`` in the sequence, its result, and its duration."""

    number: int
    result: T
    seconds: float


THIS_PROCESS = Workers()


def run_jobs(
    do: Callable[[Given, J], T], given: Given, jobs: Sequence[J], workers: Workers
) -> Generator[Done[T], None, None]:
    """Call ``do(given, job)`` for each job.

    Yield the results in the order of completion.

    Every job computes on one thread, so that results are identical on equal processors. Close the
    iterator to stop the running jobs.

    Parameters
    ----------
    do : callable
        Function without state: one of a module, or a partial of one.
    given : object
        Data that all jobs read and none changes; loaded once per computer.
    jobs : sequence
        Small picklable descriptions of the jobs.
    workers : Workers
        Processes that run the jobs.

    Raises
    ------
    JobError
        If worker processes end repeatedly, or the cluster cannot be used.
    """
    if workers.address:
        from bci.jobs.cluster import run_on_ray

        return run_on_ray(do, given, jobs, workers)
    if workers.jobs > 1 and len(jobs) > 1:
        from bci.jobs.local import run_in_processes

        return run_in_processes(do, given, jobs, workers.jobs)
    return (do_one(do, given, number, job) for number, job in enumerate(jobs))


def do_one(do: Callable[[Given, J], T], given: Given, number: int, job: J) -> Done[T]:
    """Run a job on one thread and measure its duration."""
    began = time.perf_counter()
    with threadpool_limits(limits=1):
        result = do(given, job)
    return Done(number, result, time.perf_counter() - began)
