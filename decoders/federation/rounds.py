"""The server's part: asks sites, checks what comes, adds it up, and can go on after a stop."""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from flwr.app import Message
from flwr.serverapp import Grid
from numpy.typing import NDArray

from bci.errors import BciError, ProfileError
from decoders.federation.agreement import Federation
from decoders.federation.messages import (
    ACCURACIES,
    ANSWERS,
    FINISH,
    HELLO,
    TRAIN,
    NotUnderstoodError,
    is_refusal,
    read,
    write,
)
from decoders.federation.progress import Progress, Round, resume, save
from decoders.federation.site import (
    Arrays,
    Clipping,
    add_mean_change,
    initial_weights,
    longest_noise,
    what_is_wrong,
)
from decoders.networks.fleeg import FleegSettings

_log = logging.getLogger(__name__)

_MOST_TRIALS = 1_000_000
_LOOK_AGAIN_S = 0.2
# How often a round is begun whose sites do not answer.
_TRIES = 3


class FederationError(BciError):
    """Too few sites are left to go on."""


OnRound = Callable[[Round], None]


def common_space(agreed: Federation) -> FleegSettings:
    """The settings of the network that the partners agreed on.

    Raises
    ------
    ProfileError
        If no network can be made of them.
    """
    space = agreed.model
    settings = FleegSettings(space.trunk, space.n_virtual, space.sfreq, space.window_s)
    try:
        initial_weights(settings, agreed.training.seed)
    except ValueError as error:
        raise ProfileError(f"model: {error}") from error
    return settings


def run_rounds(
    grid: Grid,
    agreed: Federation,
    names: Mapping[int, str],
    folder: Path,
    on_round: OnRound,
    on_join: Callable[[str], None] = lambda _name: None,
) -> dict[str, float]:
    """Train until the last round and let the sites finish; their accuracies on held-out trials.

    Goes on after the last round that ``folder`` knows of. A round in which too few answer is begun
    again when enough are there.

    Parameters
    ----------
    grid : Grid
        Flower's way to the sites.
    agreed : Federation
    names : mapping of int to str
        Site of each node.
    folder : Path
        For the shared weights and what happened; made if it is missing.
    on_round, on_join : callable

    Raises
    ------
    FederationError
        If fewer sites than agreed joined, or were left in a round; the message names the others.
    ProfileError
        If the folder is of another federation.
    """
    fresh = initial_weights(common_space(agreed), agreed.training.seed)
    shared, progress = resume(folder, agreed.digest(), fresh)
    known = _Sites(grid, agreed, names, progress, on_join)
    try:
        known.wait()
        for number in range(len(progress.rounds) + 1, agreed.training.rounds + 1):
            shared, done = _one_round(grid, agreed, known, shared, number)
            progress.rounds.append(done)
            save(folder, shared, progress)
            on_round(done)
    except FederationError:
        # Who is left out for good stays so when the server is started again.
        save(folder, shared, progress)
        raise
    _finish(grid, agreed, known, shared)
    save(folder, shared, progress)
    known.require(0, "finished")
    return progress.finished


class _Sites:
    """Which sites are there, and which are no longer asked."""

    def __init__(
        self, grid: Grid, agreed: Federation, names: Mapping[int, str], progress: Progress,
        on_join: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._grid, self._agreed, self._names = grid, agreed, names
        self.progress, self._on_join = progress, on_join
        self._joined: set[int] = set()

    def wait(self) -> None:
        """Until all are there, or the time is up and enough are."""
        self._wait_for(self._expected())
        self.require(len(self.present()), "joined")

    def wait_for_enough(self, excluded: Mapping[str, str]) -> None:
        """Until enough are there for a round."""
        least = self._agreed.server.min_sites
        if self._expected() >= least:
            self._wait_for(least)
        self.require(len(self.present()), "are left", excluded)

    def _expected(self) -> int:
        progress = self.progress
        return len(self._agreed.sites) - len(progress.banned) - len(progress.finished)

    def _wait_for(self, n: int) -> None:
        ends = time.monotonic() + self._agreed.server.join_timeout_s
        while len(self.present()) < min(n, self._expected()) and time.monotonic() < ends:
            time.sleep(_LOOK_AGAIN_S)

    def too_few(self, n: int) -> bool:
        return n + len(self.progress.finished) < self._agreed.server.min_sites

    def require(self, n: int, what: str, excluded: Mapping[str, str] | None = None) -> None:
        """Raise if fewer than agreed did something; who has finished counts."""
        if self.too_few(n):
            raise self.failure(n, what, excluded)

    def failure(
        self, n: int, what: str, excluded: Mapping[str, str] | None = None
    ) -> FederationError:
        least, n = self._agreed.server.min_sites, n + len(self.progress.finished)
        reasons = {**self.progress.banned, **(excluded or {})}
        there = {self._names[node] for node in self._joined} | set(self.progress.finished)
        for site in self._agreed.sites:
            if site.name not in there:
                reasons.setdefault(site.name, "not there")
        told = "; ".join(f"{name}: {why}" for name, why in reasons.items())
        return FederationError(f"{n} of at least {least} sites {what} ({told})")

    def present(self) -> list[int]:
        """Nodes that are there and not done or excluded for good; new ones are greeted."""
        there = [node for node in self._grid.get_node_ids() if node in self._names]
        new = [n for n in there if n not in self._joined and not self._is_over(n)]
        if new:
            numbers = {"agreement": self._agreed.digest()}
            asked = [Message(write(numbers), node, HELLO) for node in new]
            for node, answer in _replies(self._grid, asked, self._agreed):
                try:
                    _understood(answer, HELLO)
                except NotUnderstoodError as error:
                    # Who went away before answering is greeted anew when it is back.
                    if not answer.has_error():
                        self.ban(node, str(error))
                else:
                    self._joined.add(node)
                    self._on_join(self._names[node])
        return [node for node in there if node in self._joined and not self._is_over(node)]

    def name(self, node: int) -> str:
        return self._names[node]

    def ban(self, node: int, why: str) -> None:
        self.progress.banned[self._names[node]] = why

    def _is_over(self, node: int) -> bool:
        name = self._names[node]
        return name in self.progress.banned or name in self.progress.finished


def _one_round(
    grid: Grid, agreed: Federation, sites: _Sites, shared: Arrays, number: int
) -> tuple[Arrays, Round]:
    excluded: dict[str, str] = {}
    for _ in range(_TRIES):
        sites.wait_for_enough(excluded)
        changes, trials, done = _ask_all(grid, agreed, sites, shared, number)
        excluded = done.excluded
        if not sites.too_few(len(changes)):
            # Sites answer in any order; sums of rounded numbers depend on it.
            order = sorted(changes)
            given = [changes[name] for name in order]
            return add_mean_change(shared, given, [trials[name] for name in order]), done
        for name, why in excluded.items():
            _log.warning("round %d is begun again: %s: %s", number, name, why)
    raise sites.failure(len(changes), f"gave something sound in round {number}", excluded)


def _ask_all(
    grid: Grid, agreed: Federation, sites: _Sites, shared: Arrays, number: int
) -> tuple[dict[str, Arrays], dict[str, int], Round]:
    """The changes and numbers of trials of the sites that gave something sound."""
    nodes = sites.present()
    numbers = {"agreement": agreed.digest(), "round": number}
    asked = [Message(write(numbers, shared), node, TRAIN) for node in nodes]
    done = Round(number, {}, {}, {sites.name(node): "no answer in time" for node in nodes})
    longest = _longest_change(agreed, shared)
    changes: dict[str, Arrays] = {}
    trials: dict[str, int] = {}
    for node, answer in _replies(grid, asked, agreed):
        name = sites.name(node)
        try:
            told, change = _checked(answer, shared, longest)
        except NotUnderstoodError as error:
            done.excluded[name] = str(error)
            if not answer.has_error():
                sites.ban(node, str(error))
            continue
        del done.excluded[name]
        changes[name], trials[name] = change, int(told["trials"])
        done.received[name], done.trained[name] = told["received"], told["trained"]
    return changes, trials, done


def _longest_change(agreed: Federation, shared: Arrays) -> float:
    """What is allowed, and the noise that was agreed on besides."""
    if agreed.privacy is None:
        return agreed.server.max_change
    clipping = Clipping(agreed.privacy.clip_norm, agreed.privacy.noise_multiplier)
    n_numbers = sum(array.size for array in shared.values())
    return agreed.server.max_change + longest_noise(clipping, n_numbers)


def _finish(grid: Grid, agreed: Federation, sites: _Sites, shared: Arrays) -> None:
    """Let the sites that have no model yet make theirs."""
    nodes, finished = sites.present(), sites.progress.finished
    partners = {name for each in sites.progress.rounds for name in each.trained}
    numbers = {
        "agreement": agreed.digest(), "rounds": agreed.training.rounds, "partners": len(partners)
    }  # fmt: skip
    asked = [Message(write(numbers, shared), node, FINISH) for node in nodes]
    for node, answer in _replies(grid, asked, agreed):
        try:
            finished[sites.name(node)] = _understood(answer, FINISH)[0]["accuracy"]
        except NotUnderstoodError as error:
            if not answer.has_error():
                sites.ban(node, str(error))


def _replies(grid: Grid, asked: list[Message], agreed: Federation) -> list[tuple[int, Message]]:
    answers = grid.send_and_receive(asked, timeout=agreed.server.round_timeout_s)
    nodes = {message.metadata.dst_node_id for message in asked}
    return [
        (answer.metadata.src_node_id, answer)
        for answer in answers
        if answer.metadata.src_node_id in nodes
    ]


def _understood(
    answer: Message, kind: str
) -> tuple[dict[str, float], dict[str, NDArray[np.generic]]]:
    if answer.has_error():
        reason = answer.error.reason or f"error {answer.error.code}"
        raise NotUnderstoodError(f"no sound answer came ({reason!r:.100})")
    refusal = is_refusal(answer.content)
    if refusal is not None:
        raise NotUnderstoodError(refusal)
    told, arrays = read(answer.content, ANSWERS[kind], with_arrays=kind == TRAIN)
    for name in told.keys() & ACCURACIES:
        if not 0 <= told[name] <= 1:
            raise NotUnderstoodError(f"its accuracy ({name}) is {told[name]:g}")
    return told, arrays


def _checked(answer: Message, shared: Arrays, longest: float) -> tuple[dict[str, float], Arrays]:
    told, arrays = _understood(answer, TRAIN)
    if not 1 <= told["trials"] <= _MOST_TRIALS:
        raise NotUnderstoodError(f"it says that it has {told['trials']:g} trials")
    wrong = what_is_wrong(arrays, shared, longest)
    if wrong is not None:
        raise NotUnderstoodError(wrong)
    return told, {name: np.asarray(array, dtype=np.float32) for name, array in arrays.items()}
