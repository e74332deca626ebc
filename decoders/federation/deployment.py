"""NVIDIA FLARE's processes, from start-up kits to a finished federation.

FLARE's own commands make the kits (docs/how-to/federation.md).
"""

import contextlib
import io
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from nvflare.fuel.flare_api.api_spec import InternalError, JobNotRunning
from nvflare.fuel.flare_api.flare_api import Session, new_secure_session

from bci.commands import SAFE_PATH
from bci.errors import ProfileError, StreamError
from decoders.federation.agreement import Federation
from decoders.federation.policy import FORGOTTEN_S, SERVER, write_job, write_policy
from decoders.federation.rounds import DONE, FederationError, Round, RoundsProgress, resume
from decoders.federation.site import SiteState

_POLL_S = 0.5
# Number of jobs without a new round after which the federation ends.
_TRIES = 3
# Program that becomes the command of its arguments, which Linux kills when its parent ends
# (PR_SET_PDEATHSIG, SIGKILL). Not a ``preexec_fn``, since a fork of a process with threads of gRPC
# can crash.
_WITH_PARENT = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"
)


@contextlib.contextmanager
def running(kit: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a kit's process during the ``with`` block; then end it and its jobs' processes.

    On Linux, they also end if this process is killed: the start script is replaced by FLARE's
    process, and FLARE's jobs end with their parent.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    start = ["bash", str(kit / "startup" / "sub_start.sh"), "--once"]
    if sys.platform == "linux":
        start = [sys.executable, "-I", "-S", "-c", _WITH_PARENT, *start]
    with (kit / "console.txt").open("wb") as console:
        process = subprocess.Popen(
            start, env=os.environ | SAFE_PATH | {"PATH": path}, stdin=subprocess.DEVNULL,
            stdout=console, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield process
    finally:
        # Killed at once: rounds are on the disk, and FLARE would take seconds to disconnect.
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        process.kill()
        process.wait()


def take_part(
    kit: Path, agreed: Federation, state: Path, timeout_s: float, on_round: Callable[[Round], None]
) -> None:
    """Run a site until its model is written; `write_policy` must have been called before.

    Raises StreamError if FLARE ends or there is no progress for ``timeout_s`` seconds, and
    ProfileError with the reason if this site refuses a request.
    """
    changed, seen = time.monotonic(), SiteState.read(state, agreed)
    log = f"see {kit / 'log.txt'}"
    with running(kit) as process:
        while True:
            time.sleep(_POLL_S)
            found = SiteState.read(state, agreed)
            if found != seen:
                for number in sorted(found.accuracies.keys() - seen.accuracies.keys()):
                    score = {kit.name: found.accuracies[number]}
                    on_round(Round(number=number, accuracies=score, excluded={}))
                if found.refused:
                    raise ProfileError(f"{kit.name} is left out: {found.refused}; {log}")
                changed, seen = time.monotonic(), found
            # The server has received the answer when its job, and with it this site's job, ends.
            if found.accuracy is not None and not psutil.Process(process.pid).children():
                return
            if process.poll() is not None:
                raise StreamError(f"{kit.name}: FLARE ended; {log}")
            if time.monotonic() - changed > timeout_s:
                raise StreamError(f"{kit.name}: no request for {timeout_s:g} s; {log}")


def lead(
    kit: Path, leader: Path, config: Path, agreed: Federation, state: Path,
    on_join: Callable[[str], None], on_round: Callable[[Round], None],
) -> RoundsProgress:  # fmt: skip
    """Run the server and its rounds until every remaining site has its model.

    ``kit`` and ``leader`` are the start-up kits of the server and of the leading person. A FLARE
    job covers all remaining rounds; a new job starts when a lost site returns.

    Raises StreamError if the server does not start, and FederationError if too few sites join or
    send valid changes.
    """
    _, progress = resume(state, agreed)
    if not progress.missing(agreed):
        if progress.end != DONE:
            raise FederationError(progress.end)
        return progress
    own = {"agreement": str(config.resolve()), "state": str(state.resolve())}
    write_policy(kit, SERVER, own)
    # Remove jobs of a killed server; the rounds themselves are in the state folder.
    shutil.rmtree(kit / "store", ignore_errors=True)
    with running(kit) as process:
        session = open_session(leader, process, agreed.server.join_timeout_s)
        with contextlib.closing(session):
            return _Jobs(session, agreed, state, on_join, on_round).run()


def open_session(leader: Path, server: subprocess.Popen[bytes], timeout_s: float) -> Session:
    """Log in at a server that is starting; the folder of the leader's kit has the person's name.

    Raises StreamError if the server ends or does not answer within ``timeout_s`` seconds.
    """
    if not (leader / "startup" / "fed_admin.json").exists():
        raise ProfileError(f"{leader} is not a leader's start-up kit")
    # FLARE prints and logs every attempt.
    logging.getLogger().addHandler(logging.NullHandler())
    ends = time.monotonic() + timeout_s
    while True:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                return new_secure_session(leader.resolve().name, str(leader), timeout=10.0)
        except Exception as error:  # FLARE raises various exceptions while a server starts
            if server.poll() is not None or time.monotonic() > ends:
                raise StreamError(
                    f"the server does not start ({error}); see its log.txt"
                ) from error
            time.sleep(_POLL_S)


def _patiently(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of FLARE's session; repeat it while the server is too busy to answer."""
    ends = time.monotonic() + FORGOTTEN_S
    while True:
        try:
            return call(*arguments)
        except (ConnectionError, InternalError) as error:
            if time.monotonic() > ends:
                raise StreamError(f"the server gives no answer ({error})") from error
            time.sleep(_POLL_S)


class _Jobs:
    """The FLARE jobs of one federation, one after another."""

    def __init__(
        self, session: Session, agreed: Federation, state: Path,
        on_join: Callable[[str], None], on_round: Callable[[Round], None],
    ) -> None:  # fmt: skip
        self._session, self._agreed, self._state = session, agreed, state
        self._on_join, self._on_round = on_join, on_round
        self._progress, self._joined = RoundsProgress.read(state, agreed), set[str]()
        # Sites that were connected during the whole job before and did not answer in it.
        self._silent = set[str]()

    def run(self) -> RoundsProgress:
        waits_s, fruitless = self._agreed.server.join_timeout_s, 0
        while fruitless < _TRIES:
            n_before = len(self._progress.rounds)
            self._one_job(self._gather(waits_s), n_before)
            if self._progress.end == DONE:
                return self._progress
            fruitless = 0 if len(self._progress.rounds) > n_before else fruitless + 1
            # A lost site has twice the time to return after which it counted as lost.
            waits_s = 2.0 * FORGOTTEN_S
        raise FederationError(self._progress.end or "sites are lost before a round is over")

    def _gather(self, waits_s: float) -> set[str]:
        """Wait for all sites without a model; after ``waits_s``, enough sites are sufficient."""
        began, server = time.monotonic(), self._agreed.server
        while True:
            there = self._connected()
            absent = self._progress.missing(self._agreed) - there
            waited_s = time.monotonic() - began
            enough = len(there) + len(self._progress.finished) >= server.min_sites
            if not absent or (enough and there and waited_s > waits_s):
                return there
            if waited_s > waits_s + server.join_timeout_s:
                raise FederationError(f"too few sites; not there: {', '.join(sorted(absent))}")
            time.sleep(_POLL_S)

    def _one_job(self, sites: set[str], n_before: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            job = self._session.submit_job(str(write_job(Path(folder) / "federation", sites)))
        ended, silent = False, set(sites)
        while not ended:
            there, rounds = self._connected(), self._progress.rounds[n_before:]
            silent = (silent & there).difference(*(each.accuracies for each in rounds))
            returned = there - (rounds[-1].accuracies.keys() if rounds else sites)
            # A site that stays and does not answer in two jobs would not in a third one.
            if returned - (silent & self._silent):
                with contextlib.suppress(JobNotRunning):
                    _patiently(self._session.abort_job, job)
            time.sleep(_POLL_S)
            ended = str(_patiently(self._session.get_job_status, job)).startswith("FINISHED")
        self._silent = silent
        self._follow()

    def _connected(self) -> set[str]:
        """Return the connected sites that have no model yet."""
        self._follow()
        names = {each.name for each in _patiently(self._session.get_connected_client_list)}
        there = names & self._progress.missing(self._agreed)
        for name in sorted(there - self._joined):
            self._on_join(name)
        self._joined |= there
        return there

    def _follow(self) -> None:
        """Read the rounds that the job's process has written; pass new ones to ``on_round``."""
        n_known = len(self._progress.rounds)
        self._progress = RoundsProgress.read(self._state, self._agreed)
        for done in self._progress.rounds[n_known:]:
            self._on_round(done)
