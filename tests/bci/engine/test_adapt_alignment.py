"""Adaptive alignment: it helps if the signal changes, and is off by default."""

import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pylsl
import pytest

import decoders
from bci.engine.adapt_alignment import Adaptation
from bci.engine.running_model import RunningModel
from bci.errors import MismatchError
from bci.evaluation.pseudo_online import evaluate
from bci.lsl.engine_streams import StatusInlet
from bci.lsl.metadata import UNPUBLISHED
from bci.lsl.outlet import SignalOutlet
from bci.messages import EngineStatus
from bci.models.bundle import ARRAYS, save_bundle
from bci.models.load import load_model
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Adapt, Profile, parse_yaml
from bci.signals import Chunk, Recording, Signal
from bci.training.calibrate import Calibration
from decoders.classical.alignment import mean_covariance, whitening
from tests.engines import end, start_engine
from tests.models import two_class_model, two_class_profile
from tests.signals import chunked, eeg_info, two_class_recording
from tests.streams import find, send, wait_until

GAINS = np.array([1, 0.3, 1, 3, 1, 1], dtype=np.float32)


def trained_on(folder: Path, decoder: str, **params: object) -> Calibration:
    profile = two_class_profile(decoder, common_average=False)
    choice = profile.decoder.model_copy(update={"params": params})
    return two_class_model(folder, profile.model_copy(update={"decoder": choice}), amplitude=8)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    return trained_on(tmp_path_factory.mktemp("runs"), "tangent-space")


def electrodes_that_change() -> Recording:
    """Return a recording in which two channels' gains change after the first quarter."""
    made = two_class_recording(n_trials=60, seed=3, amplitude=8)
    data = made.data.copy()
    data[len(data) // 4 :] *= GAINS
    return replace(made, data=data, source="changed")


@pytest.mark.slow
def test_following_the_signal_recovers_what_a_change_of_gains_cost(trained: Calibration) -> None:
    changed = electrodes_that_change()
    still = evaluate(trained.card, trained.decoder, changed, 0.7)
    follows = evaluate(trained.card, trained.decoder, changed, 0.7, adapt="alignment")
    assert still.trial_accuracy.value < 0.65
    assert follows.trial_accuracy.value > still.trial_accuracy.value + 0.12
    assert (still.adaptation, follows.adaptation) == ("off", "alignment, 293 updates")


@pytest.mark.slow
def test_a_signal_that_does_not_change_loses_nothing_by_it(trained: Calibration) -> None:
    same = two_class_recording(n_trials=60, seed=3, amplitude=8)
    accuracy = [
        evaluate(trained.card, trained.decoder, same, 0.7, adapt=adapt).trial_accuracy.value
        for adapt in ("off", "alignment")
    ]
    assert accuracy[1] >= accuracy[0] - 1 / 60


@pytest.mark.slow
def test_the_whitening_of_a_network_follows_the_spread() -> None:
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(8, 6, 128)).astype(np.float32)
    network = decoders.create("shallow", {"epochs": 1})
    labels = np.resize(["left", "right"], 8)
    network.fit(windows, labels, signal=Signal(128.0, eeg_info(6).channels))
    moved = windows * GAINS[:, None]
    for _ in range(300):
        network.follow(moved[rng.integers(8)], 0.02)
    aligned = whitening(network.arrays()["spread"]) @ moved
    np.testing.assert_allclose(mean_covariance(aligned), np.eye(6), atol=0.25)


@pytest.mark.long
def test_a_network_follows_too(tmp_path: Path) -> None:
    network = trained_on(tmp_path, "shallow", epochs=12)
    changed = electrodes_that_change()
    still, follows = (
        evaluate(network.card, network.decoder, changed, 0.7, adapt=adapt).trial_accuracy.value
        for adapt in ("off", "alignment")
    )
    assert follows > still + 0.12


@pytest.mark.slow
def test_without_it_not_one_bit_changes_and_the_model_never_does(trained: Calibration) -> None:
    changed = electrodes_that_change()
    before = {name: array.tobytes() for name, array in trained.decoder.arrays().items()}

    def said(adapt: Adapt) -> list[bytes]:
        decoding = RunningModel(trained.card, trained.decoder, changed.info, adapt=adapt)
        each = [decoded for chunk in changed.chunks() for decoded in decoding.push(chunk)]
        return [one.prediction.probabilities.tobytes() for one in each]

    pipeline = Pipeline(trained.card.pipeline, changed.info, trained.decoder)
    plain = [p.probabilities.tobytes() for c in changed.chunks() for p in pipeline.push(c)]
    assert said("off") == plain
    followed = said("alignment")
    # The first update comes after one second of predictions, which it does not change.
    assert followed[:10] == plain[:10]
    assert followed[20:] != plain[20:]
    after = {name: array.tobytes() for name, array in trained.decoder.arrays().items()}
    assert after == before
    assert said("alignment") == followed


def test_chunks_change_no_bit_of_what_it_learns(trained: Calibration) -> None:
    made = two_class_recording(n_trials=4, seed=5)

    def said(sizes: list[int] | int) -> list[bytes]:
        decoding = RunningModel(trained.card, trained.decoder, made.info, adapt="alignment")
        chunks = chunked(made.data, made.info.sfreq, sizes)
        each = [decoded for chunk in chunks for decoded in decoding.push(chunk)]
        return [one.prediction.probabilities.tobytes() for one in each]

    assert said([1, 7, 300, 40]) == said(10_000) == said(33)


def test_windows_that_are_withheld_teach_nothing(trained: Calibration) -> None:
    made = two_class_recording(n_trials=4, seed=5)
    settings = trained.card.pipeline.model_copy(update={"max_peak_to_peak": 1e-3})
    card = trained.card.model_copy(update={"pipeline": settings})
    decoding = RunningModel(card, trained.decoder, made.info, adapt="alignment")
    assert [d for chunk in made.chunks() for d in decoding.push(chunk)] == []
    assert decoding.adaptation is not None
    assert decoding.adaptation.n_updates == 0
    assert decoding.pipeline.counts.rejected_artifact > 100


def test_a_flat_signal_does_no_harm(trained: Calibration) -> None:
    made = two_class_recording(n_trials=4, seed=5)
    decoding = RunningModel(trained.card, trained.decoder, made.info, adapt="alignment")
    flat = Chunk(np.zeros_like(made.data), made.timestamps, 0)
    each = list(decoding.push(flat))
    assert len(each) > 100
    assert all(np.isfinite(one.prediction.probabilities).all() for one in each)


def test_a_decoder_without_alignment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MismatchError, match="no alignment that could follow"):
        Adaptation(decoders.create("csp-lda"), 128.0)


def test_off_may_be_written_bare(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(
        "task: t\npipeline: {window_s: 1}\nparadigm: {classes: {a: x, b: y}}\noutput: {adapt: off}"
    )
    assert parse_yaml(tmp_path / "p.yaml", Profile, ValueError).output.adapt == "off"


def test_a_live_engine_reports_that_it_adapts_and_leaves_the_folder_alone(
    trained: Calibration, tmp_path: Path
) -> None:
    save_bundle(tmp_path / "me", trained.card, trained.decoder.arrays())
    kept = (tmp_path / "me" / ARRAYS).read_bytes()
    card, decoder = load_model(tmp_path / "me")
    name = f"run-{uuid.uuid4().hex[:8]}"
    made = two_class_recording(n_trials=4, seed=5)
    outlet = SignalOutlet(replace(made.info, name=name, source_id=name))
    live = start_engine(Calibration(decoder, card), name, adapt="alignment")
    wait_until(lambda: outlet.has_consumers, 20)
    status = StatusInlet(find(f"{live.name}-status"))
    found = find(f"{live.name}-predictions")
    described = pylsl.StreamInlet(found.raw).info(timeout=10)
    assert described.desc().child_value("adaptation") == "alignment"
    described = pylsl.StreamInlet(find(f"{live.name}-provenance").raw).info(timeout=10)
    assert described.desc().child_value(UNPUBLISHED) == ""
    send(outlet, made.data)
    told: list[EngineStatus] = []
    wait_until(
        lambda: (told.extend(status.pull(0.05)), told and told[-1].samples == len(made.data))[1],
        20,
    )
    decoding = RunningModel(card, decoder, made.info, adapt="alignment")
    for chunk in made.chunks():
        list(decoding.push(chunk))
    assert told[-1].adaptation == decoding.adaptation.described
    assert (tmp_path / "me" / ARRAYS).read_bytes() == kept
    end(live)
    status.close()
    outlet.close()
