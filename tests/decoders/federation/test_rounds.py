"""Rounds at the server: sites that are left out, the cost of a stop, and refusals."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from bci.errors import ProfileError
from decoders.federation.agreement import Federation, Rounds
from decoders.federation.messages import TRAIN, pack, refuse
from decoders.federation.rounds import (
    DONE,
    FederationError,
    LocalWire,
    Round,
    RoundsProgress,
    resume,
    run_rounds,
)
from decoders.federation.site import initial_weights
from tests.decoders.federation.labs import SPACE, Lab, agreement, site

SHAPES = initial_weights(SPACE, 0)
SCORES = {"trials": 40, "accuracy": 0.5}


def labs(folder: Path, agreed: Federation) -> dict[str, Lab]:
    return {
        name: Lab(site(folder / name, name, agreed, seed), agreed)
        for seed, name in enumerate(("a", "b", "c"))
    }


class Answers:
    """A lab with given answers to training, which finishes like any other."""

    def __init__(self, lab: Lab, blob: bytes) -> None:
        self._lab, self._blob = lab, blob

    def answer(self, kind: str, request: object) -> object:
        return self._blob if kind == TRAIN else self._lab.answer(kind, request)


@pytest.mark.slow
def test_sites_of_unlike_format_learn_together(tmp_path: Path) -> None:
    agreed = agreement(n_rounds=8)
    rounds: list[Round] = []
    progress = run_rounds(
        LocalWire(labs(tmp_path, agreed)), agreed, tmp_path / "server", rounds.append
    )
    assert [done.number for done in rounds] == list(range(1, 9))
    assert progress.end == DONE
    assert min(progress.finished.values()) > 0.8
    assert RoundsProgress.read(tmp_path / "server", agreed) == progress


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({k: np.full_like(v, np.nan) for k, v in SHAPES.items()}, "is not finite"),
        ({k: np.full_like(v, 1e3) for k, v in SHAPES.items()}, "the norm of its arrays"),
        ({k: np.zeros((1, 1, 1), np.float32) for k in SHAPES}, "is float32 (1, 1, 1), not"),
    ],
)
def test_a_poisoned_change_is_excluded_with_its_reason(
    tmp_path: Path, change: dict, reason: str
) -> None:
    agreed = agreement(n_rounds=2, epochs=1)
    sites = labs(tmp_path, agreed)
    poisoned = sites | {"b": Answers(sites["b"], pack(SCORES, change))}
    rounds: list[Round] = []
    progress = run_rounds(LocalWire(poisoned), agreed, tmp_path / "server", rounds.append)

    assert reason in rounds[0].excluded["b"]
    assert progress.banned == {"b": rounds[0].excluded["b"]}
    assert set(rounds[0].accuracies) == set(rounds[1].accuracies) == {"a", "c"}
    assert not rounds[1].excluded
    assert set(progress.finished) == {"a", "c"}
    weights, _ = resume(tmp_path / "server", agreed)
    assert all(np.isfinite(array).all() for array in weights.values())


def test_too_few_sound_changes_end_the_rounds_with_every_reason(tmp_path: Path) -> None:
    agreed = agreement(min_sites=3)
    sites = labs(tmp_path, agreed)
    refusing = sites | {"b": Answers(sites["b"], refuse(3))}
    with pytest.raises(FederationError, match=r"2 of at least 3 sites gave .* \(b: it failed"):
        run_rounds(LocalWire(refusing), agreed, tmp_path / "server", lambda _: None)
    kept = RoundsProgress.read(tmp_path / "server", agreed)
    assert "b" in kept.banned
    assert kept.end.startswith("2 of at least 3")
    assert kept.rounds == []


class StopError(Exception):
    pass


class Stopping:
    """A connection that breaks in a round, after the answer of its first site."""

    def __init__(self, wire: LocalWire, round_of_stop: int) -> None:
        self._wire, self._left = wire, round_of_stop

    def present(self) -> Sequence[str]:
        return self._wire.present()

    def ask(self, kind: str, request: bytes, names: Sequence[str]) -> Mapping[str, object]:
        self._left -= 1
        if self._left == 0:
            self._wire.ask(kind, request, names[:1])
            raise StopError
        return self._wire.ask(kind, request, names)


def test_a_stop_in_mid_round_costs_that_round_and_changes_nothing(tmp_path: Path) -> None:
    agreed = agreement(n_rounds=3, epochs=1)
    whole = run_rounds(
        LocalWire(labs(tmp_path / "whole", agreed)), agreed, tmp_path / "w", lambda _: None
    )
    stopped = Stopping(LocalWire(labs(tmp_path / "parts", agreed)), 2)
    with pytest.raises(StopError):
        run_rounds(stopped, agreed, tmp_path / "p", lambda _: None)
    again: list[Round] = []
    wire = LocalWire(labs(tmp_path / "parts", agreed))
    resumed = run_rounds(wire, agreed, tmp_path / "p", again.append)

    assert [done.number for done in again] == [2, 3]
    assert resumed == whole
    one, other = (resume(tmp_path / folder, agreed)[0] for folder in ("w", "p"))
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_rounds_of_another_federation_are_refused(tmp_path: Path) -> None:
    agreed = agreement(n_rounds=1, epochs=1)
    run_rounds(LocalWire(labs(tmp_path, agreed)), agreed, tmp_path / "server", lambda _: None)
    other = agreed.model_copy(update={"training": Rounds(rounds=7)})
    with pytest.raises(ProfileError, match="another model, training or privacy"):
        resume(tmp_path / "server", other)
    (tmp_path / "server" / "rounds.json").write_text("[]")
    with pytest.raises(ProfileError, match=r"rounds\.json cannot be read"):
        resume(tmp_path / "server", agreed)


def test_a_trunk_that_does_not_exist_is_named(tmp_path: Path) -> None:
    agreed = agreement()
    space = agreed.model.model_copy(update={"trunk": "nosuch"})
    with pytest.raises(ProfileError, match="there is no trunk 'nosuch'"):
        resume(tmp_path, agreed.model_copy(update={"model": space}))
