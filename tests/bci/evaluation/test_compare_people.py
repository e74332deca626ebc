"""Protocols on people with the same rhythm but different head mixing."""

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import decoders
from bci.cli.benchmark.motor_imagery import streamed
from bci.evaluation.compare_people import (
    ComparedPerson,
    Outcome,
    paired_p,
    people_p,
    run_protocols,
    streamed_difference,
)
from bci.signals import Channel, Recording, Signal
from bci.training.epochs import Epochs, epochs_of, stream_run
from bci.training.fold_streams import decide_fold
from bci.training.trial_decisions import DecidedEpochs
from decoders.classical.tangent import TangentSpace
from tests.models import two_class_profile
from tests.signals import two_class_recording

PROFILE = two_class_profile(common_average=False)
SIGNAL = Signal(128.0, tuple(Channel(f"E{i}", "eeg", "uV") for i in range(4)))


def epochs(rng: np.random.Generator, head: np.ndarray, n_trials: int, known: bool) -> Epochs:
    """Return epochs of three runs, with five windows per trial; two sources differ."""
    labels = np.repeat(np.resize(["left", "right"], n_trials), 5)
    sources = rng.normal(size=(5 * n_trials, 4, 128))
    for window, label in zip(sources, labels, strict=True):
        window[0 if label == "left" else 1] *= 2.0
    labels = labels if known else rng.permutation(labels)
    trials = np.repeat(np.arange(n_trials), 5)
    return Epochs((head @ sources).astype(np.float32), labels, trials, trials * 3 // n_trials)


def people(n: int, known: bool = True) -> list[ComparedPerson]:
    rng = np.random.default_rng(0)
    made = []
    for k in range(n):
        head = np.eye(4) + 0.3 * rng.normal(size=(4, 4))
        made.append(ComparedPerson(f"P{k}", epochs(rng, head, 36, known)))
    return made


def run_protocol(protocol, person, others, make, signal) -> Outcome:
    return run_protocols([protocol], person, others, make, signal, PROFILE)[protocol]


def maker(start):
    return decoders.create("tangent-space", {"align": True}, start)


@pytest.mark.parametrize("protocol", ["within", "leave-one-out", "transfer"])
def test_what_people_share_carries_over(protocol: str) -> None:
    first, *others = people(4)
    outcome = run_protocol(protocol, first, others, maker, SIGNAL)
    assert outcome.accuracy > 0.9
    assert outcome.n_trials == 36
    assert 0 < outcome.inference_p50_ms <= outcome.inference_p99_ms
    # The base model's own windows are added.
    n_own = 16 + 1 + 2 * 10 + 2
    assert (outcome.n_parameters > n_own) == (protocol == "leave-one-out")


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["within", "leave-one-out", "transfer"])
def test_labels_that_mean_nothing_give_chance(protocol: str) -> None:
    scores = [
        run_protocol(protocol, person, [o for o in made if o is not person], maker, SIGNAL).accuracy
        for made in [people(4, known=False)]
        for person in made
    ]
    assert 0.3 < np.mean(scores) < 0.7


@pytest.mark.parametrize("protocol", ["within", "leave-one-out", "transfer"])
def test_a_persons_own_test_run_teaches_nothing(protocol: str) -> None:
    first, *others = people(4)
    windows = first.epochs.windows.copy()
    of_last = first.epochs.runs == 2
    windows[of_last] = np.random.default_rng(9).normal(size=windows[of_last].shape)
    spoilt = replace(first, epochs=replace(first.epochs, windows=windows))
    learnt = []
    for person in (first, spoilt):
        made = []

        def remembered(start, made=made):
            made.append(maker(start))
            return made[-1]

        run_protocol(protocol, person, others, remembered, SIGNAL)
        learnt.append({name: array.tobytes() for name, array in made[-1].arrays().items()})
    assert learnt[0] == learnt[1]


def test_a_decoder_that_cannot_carry_over_or_an_unknown_protocol_is_refused() -> None:
    first, *others = people(3)
    with pytest.raises(ValueError, match="does not carry over"):
        run_protocol(
            "transfer", first, others, lambda start: decoders.create("csp-lda", None, start), SIGNAL
        )
    with pytest.raises(ValueError, match="no protocol 'shuffled'"):
        run_protocol("shuffled", first, others, maker, SIGNAL)


def test_what_is_timed_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[int]] = []
    decide = TangentSpace.predict_proba

    def noting(self: TangentSpace, window: np.ndarray) -> np.ndarray:
        pools = threadpool_info()
        seen.append({pool["num_threads"] for pool in pools if pool["user_api"] == "blas"})
        return decide(self, window)

    monkeypatch.setattr(TangentSpace, "predict_proba", noting)
    first, *_ = people(1)
    with threadpool_limits(limits=2, user_api="blas"):
        run_protocol("within", first, [], maker, SIGNAL)
    assert set.union(*seen[-50:]) == {1}


def test_all_trials_together_are_tested_against_guessing() -> None:
    rng = np.random.default_rng(0)
    reference = rng.uniform(0.4, 0.8, 11)
    assert paired_p(reference + 0.1, reference) < 0.01
    assert people_p(np.full(11, 0.5), np.full(11, 15), 0.5) > 0.4
    assert people_p(np.full(11, 0.9), np.full(11, 15), 0.5) < 1e-6


def test_a_base_trained_once_gives_what_two_give() -> None:
    first, *others = people(3)
    together = run_protocols(["leave-one-out", "transfer"], first, others, maker, SIGNAL, PROFILE)
    for protocol, outcome in together.items():
        alone = run_protocol(protocol, first, others, maker, SIGNAL)
        assert outcome.accuracy == alone.accuracy


@pytest.mark.parametrize("params", [{}, {"align": True}])
def test_streamed_windows_equal_decided_ones_and_a_difference_is_found(
    params: dict[str, object],
) -> None:
    made = two_class_recording(n_trials=8)
    run = stream_run(made, PROFILE.pipeline, PROFILE.paradigm)
    cut = epochs_of([run], PROFILE.paradigm)
    decoder = decoders.create("tangent-space", params)
    decoder.fit(cut.windows, cut.labels)
    assert cut.ends is not None
    decided = DecidedEpochs(decoder, cut, decide_fold(decoder, run, cut.ends, PROFILE))

    def difference(recording: Recording) -> float:
        other = stream_run(recording, PROFILE.pipeline, PROFILE.paradigm)
        return streamed_difference(decoder, decided, other, PROFILE)

    assert difference(made) == 0
    bent = made.data * np.linspace(1, 1.5, made.data.shape[1], dtype=np.float32)
    assert difference(replace(made, data=bent)) > 0
    assert difference(replace(made, markers=made.markers[:-2])) == np.inf


def test_a_difference_of_what_was_streamed_is_shown() -> None:
    assert streamed([0.0, 0.0]) == "equal"
    assert streamed([0.0, 2e-7]) == "2e-07"


def test_equal_differences_are_equal_to_the_paired_test_whatever_their_last_bits() -> None:
    right = np.array([10, 5, 8, 11, 9, 5, 11, 10, 11, 6, 5])
    more = right + np.array([2, -2, 0, -2, -1, 0, 0, 0, -2, -2, -2])
    exact = paired_p(more.astype(float), right.astype(float))
    assert paired_p(more / 15, right / 15) == exact
    assert np.isnan(paired_p(right / 15, right / 15))
