"""Processes of NVIDIA FLARE: from start-up kits to a finished federation.

FLARE's own commands make the kits (docs/how-to/federation.md). Each side writes its own policy into
its kit before every start, so that no kit from elsewhere widens it: a job may carry no code, and
may build one class.
"""

import contextlib
import ctypes
import io
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
from nvflare.fuel.flare_api.api_spec import InternalError, JobNotRunning
from nvflare.fuel.flare_api.flare_api import Session, new_secure_session

from bci.commands import SAFE_PATH
from bci.errors import ProfileError, StreamError
from decoders.federation.agreement import Federation
from decoders.federation.flare import SETTINGS, ServerEnd, SiteEnd
from decoders.federation.rounds import (
    DONE,
    FederationError,
    Round,
    RoundsProgress,
    read_progress,
    resume,
)
from decoders.federation.site import read_state

_POLL_S = 0.5
# Jobs without one more round before the federation ends.
_TRIES = 3
# A silent site counts as gone after this, and has twice as long to come back.
_FORGOTTEN_S = 30
# Rights of a leader's certificate at a site and at the server; no other role has any.
_RIGHTS = {
    "submit_job": "any", "manage_job": "any", "view": "any", "operate": "none",
    "shell_commands": "none", "clone_job": "none", "download_job": "none", "byoc": "none",
}  # fmt: skip
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
SITE, SERVER = (f"{each.__module__}.{each.__qualname__}" for each in (SiteEnd, ServerEnd))


def write_policy(kit: Path, component: str, settings: Mapping[str, Any]) -> None:
    """Write a kit's folder ``local``: rights, the one class that a job may build, own settings.

    Raises
    ------
    ProfileError
        If the folder is not a start-up kit.
    """
    local = kit / "local"
    try:
        defaults = (local / "resources.json.default").read_text(encoding="utf-8")
        # FLARE's defaults keep jobs in a folder that all users of a machine share.
        resources = json.loads(defaults.replace("/tmp/nvflare", str(kit / "store")))  # noqa: S108
        resources |= {"class_allow_list": [component], "class_list_enforcement_mode": "enforce"}
        resources["allow_log_streaming"] = False
        unwanted = {"site_log_streamer", "log_receiver"}
        resources["components"] = [c for c in resources["components"] if c["id"] not in unwanted]
        for server in resources.get("servers", ()):
            server |= {"heart_beat_timeout": _FORGOTTEN_S, "max_num_clients": 1000}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProfileError(
            f"{kit} is not a start-up kit; `nvflare package` makes one (docs/how-to/federation.md)"
        ) from error
    rights = {"format_version": "1.0", "permissions": {"lead": _RIGHTS}}
    files = {"resources.json": resources, "authorization.json": rights, SETTINGS: settings}
    for name, content in files.items():
        (local / name).write_text(json.dumps(content, indent=1), encoding="utf-8")


def _end_with_parent() -> None:
    """Let Linux kill this process when its parent ends, even by a kill; `exec` keeps that."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def running(kit: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a kit's process while in the context; it and its jobs' processes end with it.

    On Linux that holds for a kill of this process too: the script becomes FLARE's process, and
    FLARE's jobs watch theirs.
    """
    python = Path(sys.executable).parent
    path = f"{python}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = os.environ | SAFE_PATH | {"PATH": path}
    with (kit / "console.txt").open("wb") as console:
        process = subprocess.Popen(
            ["bash", str(kit / "startup" / "sub_start.sh"), "--once"], env=environment,
            stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
            preexec_fn=_end_with_parent if _LIBC is not None else None,
        )  # fmt: skip
    try:
        yield process
    finally:
        # All at once: rounds are on disk, and FLARE would take seconds to disconnect.
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        process.kill()
        process.wait()


def take_part(
    kit: Path, settings: Mapping[str, Any], timeout_s: float,
    on_round: Callable[[int, float], None],
) -> None:  # fmt: skip
    """Run a site, whose policy is written, until its model is.

    Raises
    ------
    StreamError
        If FLARE ends, or nothing happens for ``timeout_s``.
    ProfileError
        If this site refuses; the message has the reason.
    """
    folder, log = Path(settings["state"]), kit / "log.txt"
    changed, seen = time.monotonic(), read_state(folder)
    with running(kit) as process:
        while True:
            time.sleep(_POLL_S)
            found = read_state(folder)
            if found != seen:
                for number, accuracy in found["accuracies"].items():
                    if number not in seen["accuracies"]:
                        on_round(number, accuracy)
                if "refused" in found:
                    raise ProfileError(f"{kit.name} is left out: {found['refused']} ({log})")
                changed, seen = time.monotonic(), found
            # The server has the answer when its job, and so this site's, is over.
            if "accuracy" in found and not psutil.Process(process.pid).children():
                return
            if process.poll() is not None:
                raise StreamError(f"{kit.name}: FLARE ended; the reason is in {log}")
            if time.monotonic() - changed > timeout_s:
                raise StreamError(f"{kit.name}: no request for {timeout_s:g} s; see {log}")


def lead(
    kit: Path, leader: Path, config: Path, agreed: Federation, state: Path,
    on_join: Callable[[str], None], on_round: Callable[[Round], None],
) -> RoundsProgress:  # fmt: skip
    """Run the server and its rounds until every site that can has its model.

    ``kit`` and ``leader`` are the start-up kits of the server and of the person who leads. Each
    job of FLARE covers all rounds that are left; a new one starts when a lost site is back.

    Raises
    ------
    StreamError
        If the server does not start.
    FederationError
        If too few sites join, or give sound changes.
    """
    _, progress = resume(state, agreed)
    if not progress.missing(agreed):
        return progress
    own = {"agreement": str(config.resolve()), "state": str(state.resolve())}
    write_policy(kit, SERVER, own)
    # Jobs of a server that was killed; the rounds themselves are in the state folder.
    shutil.rmtree(kit / "store", ignore_errors=True)
    with running(kit) as process:
        session = _session(leader, process, kit, agreed.server.join_timeout_s)
        with contextlib.closing(session):
            return _Jobs(session, agreed, state, on_join, on_round, len(progress.rounds)).run()


def _session(
    leader: Path, process: subprocess.Popen[bytes], kit: Path, timeout_s: float
) -> Session:
    try:
        written = json.loads((leader / "startup" / "fed_admin.json").read_text(encoding="utf-8"))
        user = str(written["admin"]["username"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProfileError(f"{leader} is not a leader's start-up kit") from error
    # FLARE prints and logs every try.
    logging.getLogger().addHandler(logging.NullHandler())
    ends, why = time.monotonic() + timeout_s, "it ended"
    while process.poll() is None and time.monotonic() < ends:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                return new_secure_session(user, str(leader), timeout=10.0)
        except Exception as error:  # noqa: BLE001 - FLARE raises many kinds while a server starts
            why = f"{type(error).__name__}: {error}"
            time.sleep(_POLL_S)
    raise StreamError(f"the server does not start ({why}); see {kit / 'log.txt'}")


def _patiently(call: Callable[..., Any], *arguments: Any) -> Any:
    """Ask FLARE's server again while it is too busy to answer."""
    ends = time.monotonic() + _FORGOTTEN_S
    while True:
        try:
            return call(*arguments)
        except (ConnectionError, InternalError) as error:
            if time.monotonic() > ends:
                raise StreamError(f"the server gives no answer ({error})") from error
            time.sleep(_POLL_S)


class _Jobs:
    """Jobs of one federation, one after the other."""

    def __init__(
        self, session: Session, agreed: Federation, state: Path,
        on_join: Callable[[str], None], on_round: Callable[[Round], None], n_reported: int,
    ) -> None:  # fmt: skip
        self._session, self._agreed, self._state = session, agreed, state
        self._on_join, self._on_round, self._n_reported = on_join, on_round, n_reported
        self._joined: set[str] = set()

    def run(self) -> RoundsProgress:
        waits_s, fruitless = self._agreed.server.join_timeout_s, 0
        while True:
            n_before = self._n_reported
            self._one_job(self._gather(waits_s))
            progress = self._report()
            if progress.end == DONE:
                return progress
            fruitless = 0 if self._n_reported > n_before else fruitless + 1
            if fruitless == _TRIES:
                raise FederationError(progress.end or "sites are lost before a round is over")
            waits_s = 2.0 * _FORGOTTEN_S

    def _gather(self, waits_s: float) -> set[str]:
        """Wait for every site that has no model yet, or until the time is up and enough are."""
        began = time.monotonic()
        while True:
            progress, there = self._report(), self._connected()
            absent = progress.missing(self._agreed) - there
            waited_s = time.monotonic() - began
            enough = len(there) + len(progress.finished) >= self._agreed.server.min_sites
            if not absent or (enough and there and waited_s > waits_s):
                return there
            if waited_s > waits_s + self._agreed.server.join_timeout_s:
                raise FederationError(f"too few sites; not there: {', '.join(sorted(absent))}")
            time.sleep(_POLL_S)

    def _one_job(self, sites: set[str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            job = self._session.submit_job(str(write_job(Path(folder) / "federation", sites)))
        ended, n_before = False, self._n_reported
        while not ended:
            rounds = self._report().rounds[n_before:]
            if self._connected() - (rounds[-1].accuracies.keys() if rounds else sites):
                with contextlib.suppress(JobNotRunning):
                    _patiently(self._session.abort_job, job)
            time.sleep(_POLL_S)
            meta = _patiently(self._session.get_job_meta, job)
            ended = str(meta.get("status", "")).startswith("FINISHED")
            self._report()

    def _connected(self) -> set[str]:
        """Sites that are there and have no model yet."""
        names = {each.name for each in _patiently(self._session.get_connected_client_list)}
        there = names & self._report().missing(self._agreed)
        for name in sorted(there - self._joined):
            self._on_join(name)
        self._joined |= there
        return there

    def _report(self) -> RoundsProgress:
        progress = read_progress(self._state, self._agreed)
        for done in progress.rounds[self._n_reported :]:
            self._on_round(done)
        self._n_reported = len(progress.rounds)
        return progress


def write_job(folder: Path, sites: set[str]) -> Path:
    """Write a job that names the two ends, and holds nothing else."""
    config = folder / "app" / "config"
    config.mkdir(parents=True)
    server = {"workflows": [{"id": "rounds", "path": SERVER}], "dead_client_grace_period": 5.0}
    site = {"executors": [{"tasks": ["*"], "executor": {"path": SITE}}]}
    where = {"app": ["server", *sorted(sites)]}
    meta = {"name": "federation", "resource_spec": {}, "min_clients": 1, "deploy_map": where}
    common = {"format_version": 2, "components": []}
    files = {
        config / "config_fed_server.json": common | server,
        config / "config_fed_client.json": common | site, folder / "meta.json": meta,
    }  # fmt: skip
    for file, content in files.items():
        file.write_text(json.dumps(content), encoding="utf-8")
    return folder
