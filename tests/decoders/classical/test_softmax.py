"""No decoder returns NaN probabilities, whatever the window contains."""

import numpy as np
import pytest

import decoders
from bci.errors import DecodingError
from bci.interfaces import Decoder
from bci.pipeline.pipeline import Pipeline
from bci.plugins.decoder_offers import classical, of_task
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Channel, Signal
from decoders.classical.softmax import softmax
from tests.signals import chunked, eeg_info, noise

NETWORKS = ("eegnet", "shallow", "conformer", "ifnet", "dbconformer", "mvcnet")
N_CHANNELS, N_SAMPLES = 6, 250


@pytest.fixture(scope="module", params=[*classical(), "differential-entropy", *NETWORKS])
def trained(request: pytest.FixtureRequest) -> Decoder:
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(20, N_CHANNELS, N_SAMPLES)).astype(np.float32)
    of_levels = request.param in of_task("emotion")
    labels = ["valence-1/arousal-1", "valence-2/arousal-2"] if of_levels else ["left", "right"]
    channels = tuple(Channel(f"E{i}", "eeg", "uV") for i in range(N_CHANNELS))
    params = {"epochs": 1} if request.param in NETWORKS else {}
    decoder = decoders.create(request.param, params)
    decoder.fit(
        windows,
        np.resize(labels, 20),
        groups=np.repeat([0, 1], 10),
        signal=Signal(250.0, channels),
    )
    return decoder


def window_of(kind: str) -> np.ndarray:
    window = np.random.default_rng(1).normal(size=(N_CHANNELS, N_SAMPLES))
    match kind:
        case "zero":
            window[:] = 0
        case "constant":
            window[:] = 5
        case "ramp":
            window[:] = np.arange(N_SAMPLES)
        case "one dead channel":
            window[2] = 0
        case "bridged channels":
            window[2] = window[3]
        case "tiny":
            window *= 1e-38
        case "large" | "huge" | "largest":
            window *= {"large": 1e6, "huge": 1e18, "largest": 1e37}[kind]
        case "infinite":
            window[2, 3] = np.inf
        case "not a number":
            window[2, 3] = np.nan
    return window.astype(np.float32)


@pytest.mark.parametrize(
    "kind", ["zero", "constant", "ramp", "one dead channel", "bridged channels", "tiny", "large"]
)
def test_strange_windows_give_probabilities(trained: Decoder, kind: str) -> None:
    probabilities = trained.predict_proba(window_of(kind))
    assert np.isfinite(probabilities).all()
    assert probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize("kind", ["infinite", "not a number"])
def test_windows_without_a_value_are_refused(trained: Decoder, kind: str) -> None:
    with pytest.raises(DecodingError, match="not finite"):
        trained.predict_proba(window_of(kind))


@pytest.mark.parametrize("kind", ["huge", "largest"])
def test_huge_windows_give_probabilities_or_are_refused(trained: Decoder, kind: str) -> None:
    try:
        probabilities = trained.predict_proba(window_of(kind))
    except DecodingError:
        return
    assert np.isfinite(probabilities).all()
    assert probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_softmax_refuses_scores_that_are_not_finite(bad: float) -> None:
    np.testing.assert_allclose(softmax(np.array([1000.0, 1000.0])), [0.5, 0.5])
    with pytest.raises(DecodingError):
        softmax(np.array([0.0, bad]))


def test_a_window_that_the_decoder_refuses_is_counted() -> None:
    class Refusing:
        classes = ("left", "right")

        def predict_proba(self, window: np.ndarray) -> np.ndarray:
            return softmax(np.array([np.nan if window.max() > 1e6 else 0.0, 0.0]))

    pipeline = Pipeline(PipelineSettings(window_s=0.5, hop_s=0.25), eeg_info(2, 100.0), Refusing())
    data = noise(1000, 2)
    data[500] = 1e9
    predictions = [p for chunk in chunked(data, 100.0, 50) for p in pipeline.push(chunk)]
    assert pipeline.counts.rejected_undecodable == 2
    assert pipeline.counts.predicted == len(predictions) == 37
    assert pipeline.counts.rejected == 2
