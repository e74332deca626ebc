"""A base model of many people, scored on held-out people."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.jobs.workers import Workers
from bci.profiles.profile import Profile
from bci.signals import Recording
from bci.training.epochs import cut_epochs
from bci.training.others.pretrain import base_arrays, pretrain
from tests.signals import stored, two_class_recording

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {"filters": [{"kind": "common_average"}], "window_s": 1.0, "hop_s": 0.5},
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    }
)
Seen = set[bytes]


class Spy:
    """A decoder that stores its windows of training, adaptation and prediction."""

    classes: tuple[str, ...] = ("left", "right")

    def __init__(self) -> None:
        self.learnt: Seen = set()
        self.adapted: list[Seen] = []
        self.decided: Seen = set()

    def fit(self, windows: np.ndarray, _labels: np.ndarray, **_: object) -> None:
        self.learnt |= _each(windows)

    def adapt(self, windows: np.ndarray) -> None:
        self.adapted.append(_each(windows))

    def predict_proba(self, window: np.ndarray) -> np.ndarray:
        self.decided.add(window.tobytes())
        return np.array([1.0, 0.0])

    def arrays(self) -> dict[str, np.ndarray]:
        return {}


def _each(windows: np.ndarray) -> Seen:
    return {window.tobytes() for window in windows}


def windows_of(runs: list[Recording]) -> Seen:
    return _each(cut_epochs(runs, PROFILE.pipeline, PROFILE.paradigm).windows)


@pytest.mark.parametrize("n_folds", [2, 3, 5])
def test_the_scored_person_is_never_trained_on(tmp_path: Path, n_folds: int) -> None:
    people = {
        f"P{person}": [
            stored(two_class_recording(4, seed=10 * person + run), tmp_path / f"{person}-{run}.bin")
            for run in (1, 2)
        ]
        for person in (1, 2, 3)
    }
    own = {person: windows_of(runs) for person, runs in people.items()}
    made: list[Spy] = []

    def make() -> Spy:
        made.append(Spy())
        return made[-1]

    base = pretrain(people, PROFILE, make, "base", lambda *_: None, n_folds)
    scoring = [spy for spy in made if spy.decided]
    assert len(scoring) == min(n_folds, 3)
    scored: list[str] = []
    for spy in scoring:
        held_out = [person for person, theirs in own.items() if theirs & spy.decided]
        assert spy.learnt == set.union(*(own[p] for p in own if p not in held_out))
        assert not spy.learnt & spy.decided
        assert spy.adapted == [own[person] for person in held_out]
        scored += held_out
    assert sorted(scored) == list(people)
    assert made[-1] is base.decoder
    assert made[-1].learnt == set.union(*own.values())
    assert base.card.score.trials == 24
    assert base.card.score.accuracy == 0.5


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_two_processes_train_the_same_base_as_one(tmp_path: Path) -> None:
    people = {
        f"P{person}": [stored(two_class_recording(4, seed=person), tmp_path / f"{person}.bin")]
        for person in (1, 2)
    }
    make = partial(decoders.create, "tangent-space")
    one, two = (
        pretrain(people, PROFILE, make, "base", lambda *_: None, 2, workers=Workers(n))
        for n in (1, 2)
    )
    assert one.card.score == two.card.score
    arrays, same = base_arrays(one.decoder), base_arrays(two.decoder)
    assert arrays.keys() == same.keys()
    assert all(np.array_equal(arrays[name], same[name]) for name in arrays)


def test_executed_runs_of_other_people_are_trained_on_and_none_is_scored(tmp_path: Path) -> None:
    def read(seed: int) -> Recording:
        return stored(two_class_recording(4, seed=seed), tmp_path / f"{seed}.bin")

    people = {"P1": [read(1)], "P2": [read(2)], "P3": [read(3)]}
    executed = {"P1": [read(4)], "P2": [], "P3": [read(5), read(6)]}
    own = {person: windows_of(runs) for person, runs in people.items()}
    moved = {person: windows_of(runs) if runs else set() for person, runs in executed.items()}
    made: list[Spy] = []
    counted: list[object] = []

    def make() -> Spy:
        made.append(Spy())
        return made[-1]

    base = pretrain(
        people, PROFILE, make, "base", lambda *_: None, 3, on_runs=counted.extend, executed=executed
    )
    scoring = [spy for spy in made if spy.decided]
    for spy in scoring:
        (held_out,) = [person for person, theirs in own.items() if theirs & spy.decided]
        others = [person for person in people if person != held_out]
        assert spy.learnt == set.union(*(own[p] | moved[p] for p in others))
        assert spy.adapted == [own[held_out]]
    assert made[-1].learnt == set.union(*own.values(), *moved.values())
    assert [source.executed for source in base.card.sources] == [False] * 3 + [True] * 3
    assert base.card.score.trials == 12
    assert base.card.trained_on() == "12 imagined and 12 executed trials"
    assert len(counted) == 6


@pytest.mark.slow
@pytest.mark.parametrize(("decoder", "across"), [("shallow", True), ("tangent-space", False)])
def test_base_of_a_network_keeps_its_electrodes(tmp_path: Path, decoder: str, across: bool) -> None:
    people = {
        f"P{person}": [
            stored(two_class_recording(4, seed=10 * person + run), tmp_path / f"{person}-{run}.bin")
            for run in (1, 2)
        ]
        for person in (1, 2)
    }
    params = {"epochs": 1} if across else {"align": True}
    made = pretrain(
        people, PROFILE, lambda: decoders.create(decoder, params), "base", lambda *_: None
    )
    assert made.card.people is not None
    assert made.card.people.across_montages is across
    assert ("electrodes" in base_arrays(made.decoder)) is across
    assert "electrodes" not in made.decoder.arrays()
