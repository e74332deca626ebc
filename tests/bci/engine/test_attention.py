"""Attention of a network in the decoded window, live."""

from dataclasses import replace

import numpy as np
import pytest

import decoders
from bci.engine.cues import EngineCues
from bci.engine.running_model import RunningModel
from bci.engine.status import describe_engine
from bci.messages import EngineStatus
from bci.models.confidence import Tempered
from bci.profiles.profile import Output
from bci.signals import Recording
from bci.training.calibrate import Calibration
from bci.training.epochs import cut_epochs, stream_run
from tests.bci.engine.test_loop import Inlet
from tests.models import two_class_model, two_class_profile
from tests.signals import two_class_recording

PROFILE = two_class_profile(pipeline={"hop_s": 0.5})


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    return two_class_model(tmp_path_factory.mktemp("runs"), PROFILE)


@pytest.fixture(scope="module")
def attending(recording: Recording) -> Tempered:
    epochs = cut_epochs([recording], PROFILE.pipeline, PROFILE.paradigm)
    decoder = decoders.create("dbconformer", {"epochs": 1})
    decoder.fit(epochs.windows, epochs.labels, signal=epochs.signal)
    return Tempered(decoder, 1.0)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return two_class_recording(n_trials=4, seed=3)


def offline(decoder: Tempered, recording: Recording) -> list[dict[str, float]]:
    """Return the attention in every window of the recording."""
    found = []
    for window in stream_run(recording, PROFILE.pipeline, PROFILE.paradigm).windows:
        decoder.predict_proba(window.data)
        found.append(decoder.attention(recording.info.ch_names))
    return found


@pytest.mark.slow
def test_live_attention_equals_that_of_the_window_offline(
    plain: Calibration, attending: Tempered, recording: Recording
) -> None:
    running = RunningModel(plain.card, attending, recording.info)
    assert running.attention() == {}
    live = []
    for chunk in recording.chunks(13):
        for _ in running.push(chunk):
            live.append(running.attention())
    assert live == offline(attending, recording)
    assert list(live[0]) == list(recording.info.ch_names)
    assert sum(live[0].values()) == pytest.approx(1.0)
    assert live[0] != live[-1]


def test_status_carries_the_attention_and_its_window(
    plain: Calibration, attending: Tempered, recording: Recording
) -> None:
    running = RunningModel(plain.card, attending, recording.info)
    taken = [
        each.prediction.taken for chunk in recording.chunks(64) for each in running.push(chunk)
    ]
    cues = EngineCues(None, recording.info.name, print).describe(plain.card.paradigm)
    status = describe_engine(Inlet(recording), running, Output(), cues, 0, ())

    again = EngineStatus.model_validate_json(status.model_dump_json())
    assert again.attention == running.attention()
    assert again.attention_at == taken[-1]


def test_decoder_without_attention_shows_none(plain: Calibration, recording: Recording) -> None:
    running = RunningModel(plain.card, plain.decoder, recording.info)
    for chunk in recording.chunks():
        for _ in running.push(chunk):
            assert running.attention() == {}


def test_window_that_cannot_be_decoded_leaves_no_attention(
    plain: Calibration, attending: Tempered, recording: Recording
) -> None:
    broken = replace(recording, data=np.where(recording.data > 0, np.float32(3e38), recording.data))
    running = RunningModel(plain.card, attending, recording.info)
    for chunk in broken.chunks():
        for _ in running.push(chunk):
            pass
        weights = running.attention()
        assert np.isfinite(list(weights.values())).all()
