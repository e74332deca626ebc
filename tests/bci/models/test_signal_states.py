"""States of the signal: found without labels, tracked live, some suppress decisions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

import decoders
from bci.engine.provenance import card_hash
from bci.engine.running_model import RunningModel
from bci.errors import RecordingError
from bci.evaluation.pseudo_online import evaluate
from bci.interfaces import Decoder
from bci.messages import EngineStatus
from bci.models.card import Card
from bci.models.signal_states import FEWEST_CUES, SignalStates
from bci.pipeline.pipeline import Window
from bci.profiles.profile import Output, Profile
from bci.signals import Recording
from bci.training.calibrate import Calibration, calibrate
from bci.training.epochs import stream_run
from bci.training.signal_states import describe_states
from tests.models import two_class_profile, two_class_runs
from tests.signals import chunked, stored, two_class_recording

SFREQ = 128


def with_alpha(made: Recording) -> Recording:
    """Return the recording with a strong 10 Hz rhythm, as with closed eyes."""
    times = np.arange(len(made.data)) / made.info.sfreq
    alpha = 60 * np.sin(2 * np.pi * 10 * times)
    gains = np.linspace(0.5, 1.5, made.data.shape[1])
    data = made.data + (alpha[:, None] * gains).astype(np.float32)
    return replace(made, data=data, source="alpha")


def closed_eyes() -> Recording:
    """Return 50 s of rest with closed eyes, without a marker."""
    return replace(with_alpha(two_class_recording(10, seed=9)), markers=())


def gated(**pipeline: object) -> Profile:
    return two_class_profile(
        common_average=False, output={"state_gate": True, "evidence_s": 0.5}, pipeline=pipeline
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    folder = tmp_path_factory.mktemp("runs")
    rest = stored(closed_eyes(), folder / "rest.bin")
    runs = two_class_runs(folder)
    return calibrate(runs, gated(), lambda: decoders.create("log-power"), "me", rest=[rest])


def followed(card: Card, recording: Recording, trained: Calibration, sizes: object) -> list[object]:
    decoding = RunningModel(card, trained.decoder, recording.info, evidence_s=0.5, threshold=0.6)
    chunks = chunked(recording.data, recording.info.sfreq, sizes)
    assert decoding.states is not None
    seen = []
    for chunk in chunks:
        for each in decoding.push(chunk):
            seen.append((each.decision, each.held_back, decoding.states.state))
    return seen


def test_a_state_of_rest_alone_holds_decisions_back(trained: Calibration) -> None:
    states = trained.card.states
    assert states is not None
    assert sum(states.cues) == 48
    assert states.held == tuple(n < FEWEST_CUES for n in states.cues)
    assert min(states.cues) == 0
    assert max(states.cues) > 40
    assert "Decisions are suppressed in state" in states.summary()
    cued = two_class_recording(n_trials=8, seed=5)
    working = followed(trained.card, cued, trained, 10_000)
    at_rest = followed(trained.card, with_alpha(cued), trained, 10_000)
    assert sum(held for _, held, _ in working) < 0.1 * len(working)
    assert sum(held for _, held, _ in at_rest) > 0.8 * len(at_rest)
    assert not any(decision and decision.label for decision, held, _ in at_rest if held)
    # The confidence is still known, to be shown.
    assert all(decision.confidence >= 0.5 for decision, _, _ in at_rest if decision)


def test_false_decisions_are_counted_after_the_gate(trained: Calibration) -> None:
    closed = with_alpha(two_class_recording(n_trials=8, seed=5))
    card = trained.card.model_copy(update={"states": None})
    without = evaluate(card, trained.decoder, closed, 0.6, evidence_s=0.5)
    within = evaluate(trained.card, trained.decoder, closed, 0.6, evidence_s=0.5)
    assert without.false_positives >= 5
    assert within.false_positives <= without.false_positives / 5
    assert within.trial_accuracy == without.trial_accuracy


def test_the_threshold_is_chosen_on_rest_outside_of_held_back_states(
    trained: Calibration, tmp_path: Path
) -> None:
    rest = stored(closed_eyes(), tmp_path / "rest.bin")
    runs = two_class_runs(tmp_path)
    free = gated().model_copy(update={"output": Output(evidence_s=0.5)})
    without = calibrate(runs, free, lambda: decoders.create("log-power"), "me", rest=[rest]).card
    sure, plain = trained.card.confidence, without.confidence
    assert sure is not None
    assert plain is not None
    assert sure.rest_min < plain.rest_min - 0.7
    assert sure.false_positives < plain.false_positives


def test_chunks_change_no_state_and_no_decision(trained: Calibration) -> None:
    recording = with_alpha(two_class_recording(n_trials=3, seed=5))
    whole = followed(trained.card, recording, trained, 10_000)
    assert followed(trained.card, recording, trained, [1, 7, 300, 40]) == whole


def test_a_pause_begins_again(trained: Calibration) -> None:
    assert trained.card.states is not None
    rng = np.random.default_rng(0)
    n_channels = len(trained.card.stream.channels)

    def window(end: int, gain: float) -> Window:
        data = gain * rng.normal(size=(n_channels, SFREQ)).astype(np.float32)
        return Window(data, end - SFREQ, end, end / SFREQ)

    def belief(states: SignalStates, after: int) -> list[bytes | None]:
        rng.bit_generator.state = np.random.default_rng(1).bit_generator.state
        states.add(window(after, 1.0))
        states.add(window(after + SFREQ, 1.0))
        return [None if states._belief is None else states._belief.tobytes()]

    fresh = SignalStates(trained.card.states, SFREQ, SFREQ)
    used = SignalStates(trained.card.states, SFREQ, SFREQ)
    for second in range(1, 20):
        used.add(window(second * SFREQ, 30.0))
    rng.bit_generator.state = np.random.default_rng(1).bit_generator.state
    window(0, 1.0)
    used.add(window(40 * SFREQ, 1.0))
    expected = belief(fresh, 0)
    assert [used._belief.tobytes()] == expected


def test_too_little_signal_is_refused_in_a_sentence(tmp_path: Path) -> None:
    runs = two_class_runs(tmp_path, n_trials=8)
    with pytest.raises(RecordingError, match=r"finds states in 2 min .* and there are 1\.\d min"):
        calibrate(runs, gated(), lambda: decoders.create("log-power"), "me")


def first_samples(recording: Recording, n: int) -> Recording:
    return replace(
        recording,
        data=recording.data[:n],
        timestamps=recording.timestamps[:n],
        indices=recording.indices[:n],
    )


@pytest.mark.parametrize("profile", [gated(), two_class_profile()], ids=["gated", "plain"])
def test_rest_without_a_window_is_refused_before_any_training(
    profile: Profile, tmp_path: Path
) -> None:
    rest = stored(first_samples(closed_eyes(), 100), tmp_path / "rest.bin")
    with pytest.raises(RecordingError, match=r"rest\.bin: no sound window of 1 s lies within"):
        calibrate(two_class_runs(tmp_path), profile, _never_made, "me", rest=[rest])


def _never_made() -> Decoder:
    raise AssertionError("a decoder was made")


def test_a_run_without_a_window_adds_no_state(tmp_path: Path) -> None:
    runs = [stream_run(run, gated().pipeline, None) for run in two_class_runs(tmp_path)]
    short = stream_run(first_samples(closed_eyes(), 100), gated().pipeline, None)
    assert describe_states([*runs, short], []) == describe_states(runs, [])


def test_windows_at_cues_have_no_states() -> None:
    with pytest.raises(ValidationError, match="state_gate follows the signal second by"):
        two_class_profile(output={"state_gate": True}, pipeline={"at_cues": True})


def test_old_cards_have_no_states_and_keep_their_hash(trained: Calibration) -> None:
    content = trained.card.model_dump(mode="json")
    content.pop("states")
    old = Card.model_validate(content)
    assert old.states is None
    assert card_hash(old) != card_hash(trained.card)
    assert card_hash(old) == card_hash(trained.card.model_copy(update={"states": None}))
    assert Card.model_validate_json(trained.card.model_dump_json()) == trained.card


@pytest.mark.parametrize(
    ("update", "why"),
    [({"cues": [1]}, "not of every state"), ({"scale": [0, 1, 1, 1]}, "must be above 0"),
     ({"moves": [[1, 1, 1]] * 3}, "moves are not probabilities")],
)  # fmt: skip
def test_a_damaged_card_is_refused(trained: Calibration, update: dict, why: str) -> None:
    content = trained.card.model_dump(mode="json")
    content["states"] |= update
    with pytest.raises(ValidationError, match=why):
        Card.model_validate(content)


def test_the_status_has_the_state() -> None:
    status = EngineStatus(state="running", model="me", signal_state=2, held_back=True)
    assert EngineStatus.model_validate_json(status.model_dump_json()) == status
