"""Decisions from several windows: content, delay, and equality live and offline."""

import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decoders
from bci.decisions import RunningDecision
from bci.engine.evidence import Evidence
from bci.engine.loop import model_warnings
from bci.engine.running_model import RunningModel
from bci.evaluation.pseudo_online import evaluate
from bci.lsl.engine_streams import DecisionInlet, StatusInlet
from bci.lsl.outlet import SignalOutlet
from bci.messages import EngineStatus
from bci.models.card import evidence_span
from bci.profiles.profile import Output, Profile
from bci.signals import Prediction, Recording
from bci.training.calibrate import Calibration, calibrate
from tests.engines import end, start_engine
from tests.models import two_class_profile, two_class_runs
from tests.signals import chunked, stored, two_class_recording
from tests.streams import find, send, wait_until

WINDOW, HOP = 100, 10


def profile(evidence_s: float | None) -> Profile:
    # The runs contain 0.8 min of rest, too little to promise a much lower rate.
    return two_class_profile(output={"evidence_s": evidence_s, "false_positives_per_min": 20})


def faint(seed: int, n_trials: int = 24) -> Recording:
    """Return cued trials whose single windows are not always decoded correctly."""
    return two_class_recording(n_trials, seed, amplitude=5.0)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    return two_class_runs(tmp_path_factory.mktemp("runs"), amplitude=5.0)


@pytest.fixture(scope="module")
def trained(runs: list[Recording]) -> Calibration:
    return calibrate(runs, profile(1.0), lambda: decoders.create("log-power"), "me")


def prediction(number: int, *probabilities: float) -> Prediction:
    end = WINDOW + number * HOP
    return Prediction(("a", "b"), np.array(probabilities), end - WINDOW, end, end / 100)


def test_without_a_span_each_window_decides_alone() -> None:
    evidence = Evidence(0.0, 0.1, HOP)
    one = prediction(0, 0.3, 0.7)
    assert evidence.add(one) is one
    assert (evidence.span_s, evidence.delay_s) == (0.0, 0.0)


def test_evidence_is_the_geometric_mean_over_the_span_and_no_more() -> None:
    evidence = Evidence(0.3, 0.1, HOP)
    given = [(0.5, 0.5), (0.2, 0.8), (0.4, 0.6), (0.9, 0.1)]
    said = [evidence.add(prediction(i, *p)) for i, p in enumerate(given)]
    assert said[:2] == [None, None]
    for i in (2, 3):
        mean = np.prod(given[i - 2 : i + 1], axis=0) ** (1 / 3)
        np.testing.assert_allclose(said[i].probabilities, mean / mean.sum(), rtol=1e-12)
    assert said[3].taken == prediction(3, 1, 0).taken


def test_a_changed_decision_has_the_stated_delay() -> None:
    evidence = Evidence(2.1, 0.1, HOP)
    change = 50
    flips = next(
        i
        for i in range(200)
        if (said := evidence.add(prediction(i, *((0.9, 0.1) if i < change else (0.1, 0.9)))))
        and said.label == "b"
    )
    assert (flips - change) * 0.1 == pytest.approx(evidence.delay_s) == pytest.approx(1.0)


def test_evidence_begins_again_after_a_gap_but_bridges_single_windows() -> None:
    evidence = Evidence(0.5, 0.1, HOP)
    for i in range(5):
        said = evidence.add(prediction(i, 0.9, 0.1))
    assert said is not None
    # Windows 5 and 6 were withheld; the others of the span decide.
    assert evidence.add(prediction(7, 0.9, 0.1)) is not None
    # The next window without the lost samples ends more than a window later.
    after = 7 + WINDOW // HOP + 1
    said = [evidence.add(prediction(after + i, 0.1, 0.9)) for i in range(5)]
    assert said[:4] == [None] * 4
    assert said[4].label == "b"
    np.testing.assert_allclose(said[4].probabilities, [0.1, 0.9])


@given(st.lists(st.integers(1, 400), min_size=1, max_size=8), st.integers(0, 300))
@settings(max_examples=20, deadline=None)
def test_chunks_and_gaps_change_no_bit_of_a_decision(
    trained: Calibration, sizes: list[int], lost: int
) -> None:
    recording = two_class_recording(n_trials=3, seed=5)
    data, sfreq = recording.data, recording.info.sfreq

    def decided(sizes: list[int] | int) -> list[bytes | None]:
        decoding = RunningModel(trained.card, trained.decoder, recording.info, evidence_s=1.0)
        chunks = chunked(data[:900], sfreq, sizes)
        chunks += chunked(data[900 + lost :], sfreq, sizes, 900 + lost)
        each = [decoded for chunk in chunks for decoded in decoding.push(chunk)]
        return [one.evidence and one.evidence.probabilities.tobytes() for one in each]

    whole = decided(10_000)
    assert decided(sizes) == whole
    before_any = next(i for i, one in enumerate(whole) if one)
    assert before_any == 9
    assert whole.count(None) == (18 if lost else 9)


def test_the_threshold_is_chosen_for_the_evidence_that_is_served(
    runs: list[Recording], trained: Calibration, tmp_path: Path
) -> None:
    alone = calibrate(runs, profile(None), lambda: decoders.create("log-power"), "me").card
    sure = trained.card.confidence
    assert sure is not None
    assert alone.confidence is not None
    assert (sure.evidence_s, alone.confidence.evidence_s) == (1.0, 0.0)
    # Rest has no lasting evidence of either class.
    assert sure.threshold is not None
    assert alone.confidence.threshold is not None
    assert sure.threshold < alone.confidence.threshold
    assert evidence_span(Output(), trained.card) == 1.0
    assert evidence_span(Output(evidence_s=0), trained.card) == 0.0
    test_run = stored(faint(3), tmp_path / "3.bin")
    scores = {
        span: evaluate(trained.card, trained.decoder, test_run, sure.threshold, evidence_s=span)
        for span in (0.0, 1.0)
    }
    assert scores[1.0].evidence_delay_s == pytest.approx(0.45, abs=0.02)
    assert scores[1.0].window_accuracy == scores[0.0].window_accuracy
    assert scores[1.0].trial_accuracy.value >= scores[0.0].trial_accuracy.value
    assert scores[1.0].false_positives_per_min < scores[0.0].false_positives_per_min / 2
    assert scores[1.0].seconds_to_correct > scores[0.0].seconds_to_correct


@pytest.mark.slow
def test_live_decisions_are_those_of_the_evidence_offline(trained: Calibration) -> None:
    name = f"run-{uuid.uuid4().hex[:8]}"
    made = faint(3)
    recording = replace(made, info=replace(made.info, name=name, source_id=name))
    decoding = RunningModel(trained.card, trained.decoder, recording.info, evidence_s=1.0)
    threshold = trained.card.confidence.threshold
    assert decoding.threshold == threshold
    running, expected = RunningDecision(), []
    for decoded in (d for chunk in recording.chunks() for d in decoding.push(chunk)):
        event = running.add(decoded.decision, decoded.prediction.taken)
        expected += [event.label] if event else []
    expected += [None] if running.label else []
    assert len(expected) > 2
    assert None in expected
    outlet = SignalOutlet(recording.info)
    live = start_engine(trained, name, decision_threshold=None)
    wait_until(lambda: outlet.has_consumers, 20)
    decisions = DecisionInlet(find(f"{live.name}-decisions"))
    status = StatusInlet(find(f"{live.name}-status"))
    send(outlet, recording.data)
    told: list[EngineStatus] = []
    got: list[str | None] = []
    wait_until(
        lambda: (told.extend(status.pull(0.05)), told and told[-1].samples == len(made.data))[1],
        20,
    )
    wait_until(
        lambda: (got.extend(e.label for e in decisions.pull(0.05)), len(got) >= len(expected))[1]
    )
    assert got == expected
    assert told[-1].decision_threshold == threshold
    assert told[-1].evidence_s == pytest.approx(1.0, abs=0.02)
    assert told[-1].evidence_delay_s == pytest.approx(0.45, abs=0.02)
    end(live)
    decisions.close()
    status.close()
    outlet.close()


def test_a_threshold_that_was_chosen_for_other_evidence_is_reported(trained: Calibration) -> None:
    (warning,) = model_warnings(trained.card, Output(evidence_s=2.0))
    assert "me chose its threshold for decisions from 1 s of evidence, the profile wants 2 s" in (
        warning
    )
    assert model_warnings(trained.card, Output(evidence_s=1.0)) == []


def test_a_threshold_of_the_profile_is_reported_beside_the_one_that_was_chosen(
    trained: Calibration,
) -> None:
    (warning,) = model_warnings(trained.card, Output(decision_threshold=0.123))
    assert "output.decision_threshold has decisions from confidence 0.123 on" in warning
