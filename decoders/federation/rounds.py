"""The server's rounds: requests, checks of answers, mean changes, resuming after a stop."""

import logging
from collections.abc import Callable, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, Field
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bci.errors import BciError, ProfileError
from bci.files.writable import appearing, require_folder
from decoders.federation import messages
from decoders.federation.agreement import Federation
from decoders.federation.messages import Arrays, Understood
from decoders.federation.participant import Participant
from decoders.federation.site import add_mean_change, initial_weights, longest_noise
from decoders.federation.state_file import StateFile

_log = logging.getLogger(__name__)
DONE = "done"
_WEIGHTS = "shared-{:05d}.safetensors"


class FederationError(BciError):
    """Error: too few sites are left to continue."""


class SiteWire(Protocol):
    """Connection to the sites."""

    def present(self) -> Sequence[str]:
        """List the names of the connected sites."""

    def ask(self, kind: str, request: bytes, names: Sequence[str]) -> Mapping[str, object]:
        """Send a request to sites; return the answers by site, without sites that are too late."""


class LocalWire:
    """Connection to sites in this process, with the same messages as a deployment."""

    def __init__(self, participants: Mapping[str, Participant]) -> None:
        self._participants = participants

    def present(self) -> Sequence[str]:
        return list(self._participants)

    def ask(self, kind: str, request: bytes, names: Sequence[str]) -> Mapping[str, object]:
        return {name: self._participants[name].answer(kind, request) for name in names}


class Round(BaseModel):
    """One round.

    ``accuracies`` has each site's accuracy on its held-out trials, with the weights that the round
    began with. ``excluded`` has the reasons why sites' changes were left out.
    """

    number: int
    accuracies: dict[str, float]
    excluded: dict[str, str]


class RoundsProgress(StateFile):
    """The state of a federation.

    ``banned`` has the sites with invalid answers, and the reasons. ``finished`` has the sites with
    a model, and its accuracy. ``end`` is `DONE`, or the reason why the rounds ended.
    """

    NAME = "rounds.json"
    rounds: list[Round] = Field(default_factory=list)
    banned: dict[str, str] = Field(default_factory=dict)
    finished: dict[str, float] = Field(default_factory=dict)
    end: str = ""

    def missing(self, agreed: Federation) -> set[str]:
        """Return the sites that are neither banned nor finished."""
        return {site.name for site in agreed.sites} - self.banned.keys() - self.finished.keys()


def run_rounds(
    wire: SiteWire, agreed: Federation, folder: Path, on_round: Callable[[Round], None]
) -> RoundsProgress:
    """Train until the last round, then let the sites write their models.

    It resumes after the last round in ``folder``.

    Raises FederationError if fewer than ``min_sites`` sites give a valid answer; the message names
    the others. Raises ProfileError if the folder belongs to another federation.
    """
    shared, progress = resume(folder, agreed)
    leader = _Leader(wire, agreed, progress)
    progress.end = ""
    try:
        for number in range(len(progress.rounds) + 1, agreed.training.rounds + 1):
            shared, done = leader.one_round(shared, number)
            progress.rounds.append(done)
            _save(folder, shared, progress)
            on_round(done)
        leader.finish(shared)
        progress.end = DONE
    except FederationError as error:
        progress.end = str(error)
        raise
    finally:
        # Stored, so that a banned site remains banned after a restart of the server.
        _save(folder, shared, progress)
    return progress


class _Leader:
    def __init__(self, wire: SiteWire, agreed: Federation, progress: RoundsProgress) -> None:
        self._wire, self._agreed, self._progress = wire, agreed, progress

    def one_round(self, shared: Arrays, number: int) -> tuple[Arrays, Round]:
        longest, privacy = self._agreed.server.max_change, self._agreed.privacy
        if privacy is not None:
            longest += longest_noise(privacy, sum(array.size for array in shared.values()))
        found, excluded = self._ask(messages.TRAIN, {"round": number}, shared, shared, longest)
        self._require(len(found), f"gave a sound change in round {number}", excluded)
        # Sorted, because sites answer in any order and floating-point sums depend on the order.
        names = sorted(found)
        changes = [found[name][1] for name in names]
        n_trials = [int(found[name][0]["trials"]) for name in names]
        accuracies = {name: found[name][0]["accuracy"] for name in names}
        done = Round(number=number, accuracies=accuracies, excluded=excluded)
        return add_mean_change(shared, changes, n_trials), done

    def finish(self, shared: Arrays) -> None:
        """Let the sites without a model write theirs."""
        partners = {name for each in self._progress.rounds for name in each.accuracies}
        found, excluded = self._ask(messages.FINISH, {"partners": len(partners)}, shared, {}, inf)
        for name, (numbers, _) in found.items():
            self._progress.finished[name] = numbers["accuracy"]
        self._require(0, "finished", excluded)

    def _ask(
        self, kind: str, numbers: Mapping[str, float], shared: Arrays, like: Arrays, longest: float
    ) -> tuple[dict[str, Understood], dict[str, str]]:
        """Send a request; return the valid answers by site, and the reasons of the other sites."""
        names = sorted(self._progress.missing(self._agreed) & set(self._wire.present()))
        request = messages.pack({"agreement": self._agreed.digest(), **numbers}, shared)
        given = self._wire.ask(kind, request, names)
        sound: dict[str, Understood] = {}
        excluded = {name: "no answer in time" for name in names if name not in given}
        for name in given:
            try:
                sound[name] = messages.unpack_answer(given[name], kind, like, longest)
            except messages.NotUnderstoodError as error:
                excluded[name] = self._progress.banned[name] = str(error)
                _log.warning("%s is left out for good: %s", name, error)
        return sound, excluded

    def _require(self, n: int, what: str, excluded: Mapping[str, str]) -> None:
        """Raise FederationError if ``n`` plus the finished sites are fewer than ``min_sites``."""
        n, least = n + len(self._progress.finished), self._agreed.server.min_sites
        if n < least:
            reasons = {**self._progress.banned, **excluded}
            named = "; ".join(f"{name}: {why}" for name, why in reasons.items())
            raise FederationError(f"{n} of at least {least} sites {what} ({named or 'none there'})")


def resume(folder: Path, agreed: Federation) -> tuple[Arrays, RoundsProgress]:
    """Read the shared weights and the rounds of a folder; see `StateFile.read`.

    Without rounds, the weights are initial ones. Also raises ProfileError if no network fits the
    agreement.
    """
    require_folder(folder, "--state")
    progress = RoundsProgress.read(folder, agreed)
    if not progress.rounds:
        try:
            return initial_weights(agreed.model, agreed.training.seed), progress
        except ValueError as error:
            raise ProfileError(f"model: {error}") from error
    try:
        return load_file(folder / _WEIGHTS.format(len(progress.rounds))), progress
    except (OSError, SafetensorError) as error:
        raise ProfileError(f"{folder}: its weights cannot be read; give another folder") from error


def _save(folder: Path, shared: Arrays, progress: RoundsProgress) -> None:
    """Write weights and progress so that the last complete round survives a stop at any time."""
    number = len(progress.rounds)
    with appearing(folder / _WEIGHTS.format(number)) as weights:
        save_file(dict(shared), weights)
    progress.write(folder)
    (folder / _WEIGHTS.format(number - 1)).unlink(missing_ok=True)
