"""The prior of word sequences: bigram, its file, its evaluation and its stream."""

import threading
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

import decoders
from bci.engine.engine import Engine
from bci.errors import ProfileError
from bci.evaluation.pseudo_online import evaluate
from bci.lsl.device_stream import stream_device
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import DecisionInlet, PredictionInlet
from bci.profiles.profile import Output, Profile
from bci.signals import Prediction, Recording
from bci.tasks.word_prior import WordBigram, WordPrior, read_sentences
from bci.training.calibrate import Calibration, calibrate
from devices.file import ReplayDevice
from tests.bci.pipeline.test_window_schedule import AT_CUES
from tests.signals import stored, two_class_recording
from tests.streams import find, wait_until

WORDS = ("no", "water", "yes")


def said(*probabilities: float) -> Prediction:
    return Prediction(WORDS, np.array(probabilities), 0, 1, 0.0)


def test_what_follows_is_weighed_as_a_plain_sum_over_all_histories_does(tmp_path: Path) -> None:
    counts = np.array([[0, 2, 1, 1], [3, 0, 0, 2], [1, 1, 0, 0], [2, 1, 4, 0]], dtype=float)
    prior = WordPrior(WordBigram(counts))
    spoken = [said(0.5, 0.3, 0.2), said(0.2, 0.2, 0.6), said(0.1, 0.45, 0.45)]

    got = [prior.weigh(each).probabilities for each in spoken]

    first = [(counts[3, k] + 1) / (counts[3, :3].sum() + 3) for k in range(3)]
    following = np.zeros((3, 3))
    for one in range(3):
        row = [counts[one, k] + counts[one, 3] * first[k] + 1 for k in range(3)]
        following[one] = np.array(row) / sum(row)
    for length in (1, 2, 3):
        expected = np.zeros(3)
        for history in np.ndindex(*(3,) * length):
            weight = first[history[0]] * spoken[0].probabilities[history[0]]
            for step in range(1, length):
                weight *= following[history[step - 1], history[step]]
                weight *= spoken[step].probabilities[history[step]]
            expected[history[-1]] += weight
        np.testing.assert_allclose(got[length - 1], expected / expected.sum())


def test_sentences_teach_what_follows_what(tmp_path: Path) -> None:
    file = tmp_path / "sentences.txt"
    file.write_text("Yes, some water!\nyes water please\n\nno\n", encoding="utf-8")

    prior = read_sentences(file, WORDS)

    undecided = said(1 / 3, 1 / 3, 1 / 3)
    assert prior.weigh(undecided).label == "yes"
    assert prior.weigh(said(0, 0, 1)).label == "yes"
    assert prior.weigh(undecided).label == "water"
    assert undecided.probabilities.tolist() == [1 / 3] * 3


def test_a_phrase_is_not_taken_for_its_words(tmp_path: Path) -> None:
    file = tmp_path / "sentences.txt"
    file.write_text("thank you\n" * 9)

    prior = read_sentences(file, ("thank", "thank you", "thanks"))

    np.testing.assert_allclose(
        prior.weigh(Prediction(("a", "b", "c"), np.full(3, 1 / 3), 0, 1, 0.0)).probabilities,
        [1 / 12, 10 / 12, 1 / 12],
    )


def test_evidence_without_any_likely_word_stands_alone() -> None:
    prior = WordPrior(WordBigram(np.zeros((4, 4))))

    assert prior.weigh(said(0, 0, 0)).probabilities.tolist() == [0, 0, 0]


def test_a_file_that_cannot_help_is_named(tmp_path: Path) -> None:
    other, binary = tmp_path / "other.txt", tmp_path / "binary.txt"
    other.write_text("good morning")
    binary.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ProfileError, match=r"other\.txt: none of the model's words.*no, water"):
        read_sentences(other, WORDS)
    for file in (binary, tmp_path / "absent.txt"):
        with pytest.raises(ProfileError, match="cannot be read as sentences"):
            read_sentences(file, WORDS)


def test_a_profile_without_cues_has_no_prior() -> None:
    sliding = AT_CUES.model_dump() | {"output": {"sentences": "words.txt"}}
    sliding["pipeline"]["at_cues"] = False

    with pytest.raises(ValidationError, match=r"output\.sentences needs pipeline\.at_cues"):
        Profile.model_validate(sliding)


def faint(n_trials: int, seed: int) -> Recording:
    """Return a run whose classes are hard to decode, so that a prior has an effect."""
    return two_class_recording(n_trials, seed, amplitude=2.0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    folder = tmp_path_factory.mktemp("runs")
    runs = [stored(faint(24, seed), folder / f"{seed}.bin") for seed in (1, 2)]
    return calibrate(runs, AT_CUES, lambda: decoders.create("csp-lda"), "words")


def test_evaluation_reports_both_and_the_signals_own_stays_the_same(
    trained: Calibration, tmp_path: Path
) -> None:
    recording = faint(24, 3)
    alone = evaluate(trained.card, trained.decoder, recording, 0.5)
    # All sentences consist of the word left, hundreds of times.
    file = tmp_path / "sentences.txt"
    file.write_text("left " * 100_000)

    both = evaluate(
        trained.card, trained.decoder, recording, 0.5,
        prior=read_sentences(file, trained.card.classes),
    )  # fmt: skip

    assert both.trial_accuracy == alone.trial_accuracy
    assert [trial.decision for trial in both.trials] == [trial.decision for trial in alone.trials]
    assert both.prior_accuracy is not None
    weighed = [trial.with_prior for trial in both.trials]
    assert weighed.count("left") > [trial.decision for trial in both.trials].count("left")
    assert both.prior_accuracy.value == np.mean(
        [trial.with_prior == trial.label for trial in both.trials]
    )


@pytest.mark.slow
def test_predictions_stay_the_signals_and_the_prior_has_a_stream_of_its_own(
    trained: Calibration, tmp_path: Path
) -> None:
    whole = faint(20, 3)
    file = tmp_path / "sentences.txt"
    file.write_text("left " * 100_000)
    name, heard = f"run-{uuid.uuid4().hex[:8]}", f"engine-{uuid.uuid4().hex[:8]}"
    live = replace(whole, info=replace(whole.info, name=name, source_id=name))
    engine = Engine(
        trained.card, trained.decoder, StreamQuery(name=name),
        Output(name=heard, decision_threshold=0.0, sentences=str(file)), lambda _said: None,
        StreamQuery(name=f"{name}-markers"),
    )  # fmt: skip
    stop = threading.Event()
    decoding = threading.Thread(target=engine.run, args=(stop, 20.0))
    streaming = threading.Thread(
        target=stream_device, args=(ReplayDevice(live, 8.0), stop),
        kwargs={"wait_for_consumers_s": 20.0},
    )  # fmt: skip
    decoding.start()
    streaming.start()
    inlets = {
        "with prior": DecisionInlet(find(f"{heard}-decisions-with-prior")),
        "alone": DecisionInlet(find(f"{heard}-decisions")),
        "predictions": PredictionInlet(find(f"{heard}-predictions")),
    }
    got: dict[str, list] = {key: [] for key in inlets}

    def all_heard() -> bool:
        for key, inlet in inlets.items():
            got[key] += inlet.pull(0.02)
        return min(map(len, got.values())) >= 6

    try:
        wait_until(all_heard, 30.0)
    finally:
        stop.set()
        decoding.join(5)
        streaming.join(5)
        for inlet in inlets.values():
            inlet.close()
    classes = trained.card.classes
    by_time = {
        round(each.taken, 3): classes[int(each.probabilities.argmax())]
        for each in got["predictions"]
    }
    both = [m for m in got["alone"] if round(m.time, 3) in by_time]
    assert len(both) >= 5
    assert all(marker.label == by_time[round(marker.time, 3)] for marker in both)
    # The same word at the next cue is a new decision, so that no cue is left out.
    prior = {round(marker.time, 3) for marker in got["with prior"]}
    assert len(prior & by_time.keys()) >= 5
    assert {marker.label for marker in got["with prior"]} != {marker.label for marker in both}
