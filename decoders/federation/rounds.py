"""The server's part: asks sites, checks what comes, adds it up, and can go on after a stop."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from flwr.app import Message
from flwr.serverapp import Grid
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bci.errors import BciError, ProfileError
from bci.federation import Federation
from decoders.federated import Arrays, add_mean_change, initial_weights, what_is_wrong
from decoders.federation.messages import (
    ANSWERS,
    FINISH,
    HELLO,
    TRAIN,
    NotUnderstoodError,
    is_refusal,
    read,
    write,
)
from decoders.networks.fleeg import FleegSettings

_HISTORY, _WEIGHTS = "rounds.json", "shared-{:05d}.safetensors"
_MOST_TRIALS = 1_000_000
_LOOK_AGAIN_S = 0.2


class FederationError(BciError):
    """Too few sites are left to go on."""


@dataclass(frozen=True)
class Round:
    """What happened in a round.

    ``received`` and ``trained`` are sites' accuracies on their held-out trials, before and after
    their training; ``excluded`` tells why a site's change was left out.
    """

    number: int
    received: dict[str, float]
    trained: dict[str, float]
    excluded: dict[str, str]


@dataclass
class Progress:
    """How far a federation is; ``banned`` are sites that returned garbage."""

    agreement: int
    rounds: list[Round] = field(default_factory=list)
    banned: dict[str, str] = field(default_factory=dict)


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

    Goes on after the last round that ``folder`` knows of.

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
    shared, progress = _resume(folder, agreed)
    known = _Sites(grid, agreed, names, progress, on_join)
    known.wait()
    for number in range(len(progress.rounds) + 1, agreed.training.rounds + 1):
        shared, done = _one_round(grid, agreed, known, shared, number)
        progress.rounds.append(done)
        _save(folder, shared, progress)
        on_round(done)
    return _finish(grid, agreed, known, shared)


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
        server = self._agreed.server
        ends = time.monotonic() + server.join_timeout_s
        while len(self.present()) < len(self._agreed.sites) - len(self.progress.banned):
            if time.monotonic() > ends:
                break
            time.sleep(_LOOK_AGAIN_S)
        self.require(len(self.present()), "joined")

    def require(self, n: int, what: str, excluded: Mapping[str, str] | None = None) -> None:
        least = self._agreed.server.min_sites
        if n >= least:
            return
        reasons = {**self.progress.banned, **(excluded or {})}
        there = {self._names[node] for node in self._joined}
        for site in self._agreed.sites:
            if site.name not in there:
                reasons.setdefault(site.name, "not there")
        told = "; ".join(f"{name}: {why}" for name, why in reasons.items())
        raise FederationError(f"{n} of at least {least} sites {what} ({told})")

    def present(self) -> list[int]:
        """Nodes that are there and were not excluded for good; new ones are greeted."""
        there = [node for node in self._grid.get_node_ids() if node in self._names]
        new = [n for n in there if n not in self._joined and not self._is_banned(n)]
        if new:
            numbers = {"agreement": self._agreed.digest()}
            asked = [Message(write(numbers), node, HELLO) for node in new]
            for node, answer in _replies(self._grid, asked, self._agreed):
                try:
                    _understood(answer, HELLO)
                except NotUnderstoodError as error:
                    self.ban(node, str(error))
                else:
                    self._joined.add(node)
                    self._on_join(self._names[node])
        return [node for node in there if node in self._joined and not self._is_banned(node)]

    def name(self, node: int) -> str:
        return self._names[node]

    def ban(self, node: int, why: str) -> None:
        self.progress.banned[self._names[node]] = why

    def _is_banned(self, node: int) -> bool:
        return self._names[node] in self.progress.banned


def _one_round(
    grid: Grid, agreed: Federation, sites: _Sites, shared: Arrays, number: int
) -> tuple[Arrays, Round]:
    nodes = sites.present()
    sites.require(len(nodes), f"are left in round {number}")
    numbers = {"agreement": agreed.digest(), "round": number}
    asked = [Message(write(numbers, shared), node, TRAIN) for node in nodes]
    done = Round(number, {}, {}, {sites.name(node): "no answer in time" for node in nodes})
    changes: dict[str, Arrays] = {}
    trials: dict[str, int] = {}
    for node, answer in _replies(grid, asked, agreed):
        name = sites.name(node)
        try:
            told, change = _checked(answer, shared, agreed.server.max_change)
        except NotUnderstoodError as error:
            done.excluded[name] = str(error)
            if not answer.has_error():
                sites.ban(node, str(error))
            continue
        del done.excluded[name]
        changes[name], trials[name] = change, int(told["trials"])
        done.received[name], done.trained[name] = told["received"], told["trained"]
    # Sites answer in any order; sums of rounded numbers depend on it.
    order = sorted(changes)
    sites.require(len(order), f"gave something sound in round {number}", done.excluded)
    total = add_mean_change(shared, [changes[n] for n in order], [trials[n] for n in order])
    return total, done


def _finish(grid: Grid, agreed: Federation, sites: _Sites, shared: Arrays) -> dict[str, float]:
    nodes = sites.present()
    numbers = {
        "agreement": agreed.digest(), "rounds": agreed.training.rounds, "partners": len(nodes),
    }  # fmt: skip
    asked = [Message(write(numbers, shared), node, FINISH) for node in nodes]
    accuracies = {}
    for node, answer in _replies(grid, asked, agreed):
        try:
            accuracies[sites.name(node)] = _understood(answer, FINISH)[0]["accuracy"]
        except NotUnderstoodError as error:
            sites.ban(node, str(error))
    sites.require(len(accuracies), "finished")
    return accuracies


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
        raise NotUnderstoodError(f"no sound answer came ({answer.error.reason:.100})")
    refusal = is_refusal(answer.content)
    if refusal is not None:
        raise NotUnderstoodError(refusal)
    return read(answer.content, ANSWERS[kind], with_arrays=kind == TRAIN)


def _checked(answer: Message, shared: Arrays, longest: float) -> tuple[dict[str, float], Arrays]:
    told, arrays = _understood(answer, TRAIN)
    if not 1 <= told["trials"] <= _MOST_TRIALS:
        raise NotUnderstoodError(f"it says that it has {told['trials']:g} trials")
    wrong = what_is_wrong(arrays, shared, longest)
    if wrong is not None:
        raise NotUnderstoodError(wrong)
    return told, {name: np.asarray(array, dtype=np.float32) for name, array in arrays.items()}


def _resume(folder: Path, agreed: Federation) -> tuple[Arrays, Progress]:
    fresh = initial_weights(common_space(agreed), agreed.training.seed)
    file = folder / _HISTORY
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        return fresh, Progress(agreed.digest())
    try:
        stored: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        rounds = [Round(**each) for each in stored["rounds"]]
        progress = Progress(int(stored["agreement"]), rounds, dict(stored["banned"]))
        weights = load_file(folder / _WEIGHTS.format(len(rounds)))
    except (ValueError, TypeError, KeyError, OSError, SafetensorError) as error:
        raise ProfileError(
            f"{folder}: its rounds cannot be gone on with ({error}); give another --state"
        ) from error
    wrong = what_is_wrong(weights, fresh)
    if progress.agreement != agreed.digest() or wrong is not None:
        raise ProfileError(
            f"{folder} holds rounds of a federation with another model, training or privacy; "
            "give another --state"
        )
    return weights, progress


def _save(folder: Path, shared: Arrays, progress: Progress) -> None:
    number = len(progress.rounds)
    save_file(shared, folder / _WEIGHTS.format(number))
    new = folder / f".{_HISTORY}.new"
    new.write_text(json.dumps(asdict(progress), indent=1), encoding="utf-8")
    new.replace(folder / _HISTORY)
    (folder / _WEIGHTS.format(number - 1)).unlink(missing_ok=True)
