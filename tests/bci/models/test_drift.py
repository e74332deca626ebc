"""The drift of a signal from its calibration: the distance, and the warning."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from bci.engine.running_model import RunningModel
from bci.errors import BundleError
from bci.lsl.engine_streams import StatusInlet
from bci.lsl.outlet import SignalOutlet
from bci.messages import EngineStatus
from bci.models.bundle import CARD, load_card, save_bundle
from bci.models.card import Card
from bci.models.drift import BEYOND, describe_drift, distance
from bci.pipeline.pipeline import Window
from bci.signals import Recording
from bci.training.calibrate import Calibration
from tests.engines import end, start_engine
from tests.models import two_class_model, two_class_profile
from tests.signals import chunked, two_class_recording
from tests.streams import find, send, wait_until


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    return two_class_model(tmp_path_factory.mktemp("runs"), two_class_profile())


def drifts(trained: Calibration, recording: Recording, sizes: list[int] | int) -> list[float]:
    decoding = RunningModel(trained.card, trained.decoder, recording.info)
    assert decoding.drift is not None
    seen = []
    for chunk in chunked(recording.data, recording.info.sfreq, sizes):
        for _ in decoding.push(chunk):
            if decoding.drift.ratio is not None and decoding.drift.ratio not in seen[-1:]:
                seen.append(decoding.drift.ratio)
    return seen


def test_distance_is_the_typical_logarithm_of_the_ratio_of_powers() -> None:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(5, 5))
    one = mixing @ mixing.T
    assert distance(one, one) == pytest.approx(0, abs=1e-9)
    assert distance(2 * one, one) == pytest.approx(np.log(2))
    assert distance(one, 2 * one) == pytest.approx(np.log(2))
    other = mixing @ np.diag([1, 1, 1, 1, 4.0]) @ mixing.T
    # The distance does not depend on the mixing of the channels.
    assert distance(other, one) == pytest.approx(np.log(4) / np.sqrt(5))


def test_drift_is_small_for_a_similar_run_and_large_for_other_gains(
    trained: Calibration,
) -> None:
    alike = two_class_recording(seed=9)
    near = drifts(trained, alike, 500)
    assert len(near) > 80
    assert max(near) < BEYOND
    gains = np.array([1, 1, 3, 1, 1, 1], dtype=np.float32)
    far = drifts(trained, replace(alike, data=alike.data * gains), 500)
    assert min(far) > 2 * BEYOND
    bridged = alike.data.copy()
    bridged[:, 0] = bridged[:, 2]
    assert min(drifts(trained, replace(alike, data=bridged), 500)) > 2 * BEYOND


def test_chunks_change_no_bit_of_it(trained: Calibration) -> None:
    recording = two_class_recording(n_trials=6, seed=9)
    assert drifts(trained, recording, [1, 300, 17]) == drifts(trained, recording, 10_000)


def test_a_card_keeps_it_and_old_cards_load_without(trained: Calibration, tmp_path: Path) -> None:
    save_bundle(tmp_path / "me", trained.card, trained.decoder.arrays())
    card = load_card(tmp_path / "me")
    assert card.drift == trained.card.drift
    content = yaml.safe_load((tmp_path / "me" / CARD).read_text())
    content.pop("drift")
    old = Card.model_validate(content)
    assert old.drift is None
    assert RunningModel(old, trained.decoder, two_class_recording(n_trials=1).info).drift is None


@pytest.mark.parametrize("rows", [["1"], ["1", "x 1"], ["1", "2 1"], ["nan", "0 1"]])
def test_a_card_with_no_covariance_for_one_is_refused(
    trained: Calibration, tmp_path: Path, rows: list[str]
) -> None:
    save_bundle(tmp_path / "me", trained.card, trained.decoder.arrays())
    content = yaml.safe_load((tmp_path / "me" / CARD).read_text())
    content["drift"] = {"channels": ["E1", "E2"], "covariance": rows, "usual": 0.1}
    (tmp_path / "me" / CARD).write_text(yaml.safe_dump(content))
    with pytest.raises(BundleError, match="no covariance of the channels"):
        load_card(tmp_path / "me")


def test_many_channels_are_picked_evenly_and_too_short_runs_say_nothing() -> None:
    rng = np.random.default_rng(0)

    def windows(n: int) -> Iterator[Window]:
        for k in range(n):
            data = rng.normal(size=(100, 50)).astype(np.float32)
            yield Window(data, 100 * k, 100 * k + 50, float(k))

    ch_names = tuple(f"E{k}" for k in range(100))
    card = describe_drift([windows(40)], ch_names, 100.0)
    assert card is not None
    assert len(card.channels) == 32
    assert (card.channels[0], card.channels[-1]) == ("E0", "E99")
    assert describe_drift([windows(40), windows(5)], ch_names, 100.0) is None


def test_a_live_engine_reports_the_drift_and_its_limit(trained: Calibration) -> None:
    made = two_class_recording(seed=9)
    name = f"run-{uuid.uuid4().hex[:8]}"
    outlet = SignalOutlet(replace(made.info, name=name, source_id=name))
    live = start_engine(trained, name)
    wait_until(lambda: outlet.has_consumers, 20)
    status = StatusInlet(find(f"{live.name}-status"))
    half = len(made.data) // 2
    start = send(outlet, made.data[:half])
    told: list[EngineStatus] = []
    heard = lambda: (told.extend(status.pull(0.05)), told)[1]  # noqa: E731
    wait_until(lambda: heard() and told[-1].samples == half, 20)
    assert 0 < told[-1].drift < BEYOND
    assert told[-1].drift_warning is None
    gains = np.array([1, 1, 5, 1, 1, 1], dtype=np.float32)
    send(outlet, made.data[half:] * gains, half, start)
    wait_until(lambda: heard() and told[-1].samples == len(made.data), 20)
    wait_until(lambda: "times as far from the calibration" in live.said[-1])
    assert told[-1].drift > BEYOND
    assert "calibrate again" in told[-1].drift_warning
    end(live)
    status.close()
    outlet.close()
