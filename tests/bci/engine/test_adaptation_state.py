"""The published state of an alignment: bit-identical, and refused if damaged."""

import copy

import numpy as np
import pytest
from numpy.typing import NDArray

import decoders
from bci.engine.adapt_alignment import Adaptation
from bci.engine.adaptation_state import (
    MAX_BYTES,
    AdaptedState,
    AlignmentState,
    read_state,
    write_state,
)
from bci.engine.provenance import Provenance, read_provenance
from bci.errors import MessageError
from bci.interfaces import Resumable
from bci.pipeline.pipeline import Window
from bci.signals import Signal
from tests.signals import eeg_info

SFREQ, N = 128.0, 128
SIGNAL = Signal(SFREQ, eeg_info(6).channels)


def state(alignment: NDArray[np.float64]) -> AlignmentState:
    return AlignmentState(alignment, 5000, 37)


def sent(message: AdaptedState) -> AdaptedState:
    """Return the state after encoding and decoding."""
    base = Provenance(run="1", engine="bci", began=0.0, stream="EEG", sfreq=SFREQ, adapted=message)
    read = read_provenance(base.line()).adapted
    assert read is not None
    return read


def test_a_state_comes_back_to_the_bit() -> None:
    rng = np.random.default_rng(0)
    alignment = rng.normal(size=(5, 5)) * 10.0 ** rng.integers(-300, 300, (5, 5))
    alignment[0] = 0.0, -0.0, 5e-324, np.nextafter(1, 2), np.finfo(float).max
    message = sent(write_state(state(alignment.T), decides_from=256))
    read = read_state(message)
    assert read.alignment.tobytes() == np.ascontiguousarray(alignment.T).tobytes()
    assert (message.decides_from, read.end, read.n_updates) == (256, 5000, 37)


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("data", "AAAA", "3 bytes, where its shape needs 32"),
        ("data", "*" * 44, "not base64"),
        ("data", "é" * 44, "not base64"),
        ("shape", (2, 3), "32 bytes, where its shape needs 48"),
        ("shape", (4, 1), "not that of the state"),
        ("shape", (0, 4), "no size of a state"),
        ("shape", (1 << 40, 1 << 40), "no size of a state"),
        ("end", 5001, "not that of the state"),
        ("updates", 36, "not that of the state"),
        ("decides_from", 1, "not that of the state"),
        ("hash", "", "not that of the state"),
    ],
)
def test_a_damaged_state_is_refused(key: str, value: object, problem: str) -> None:
    good = write_state(state(np.eye(2)), 0)
    with pytest.raises(MessageError, match=problem):
        read_state(good.model_copy(update={key: value}))


def test_a_state_that_is_not_finite_or_too_long_is_refused() -> None:
    with pytest.raises(MessageError, match="not finite"):
        read_state(write_state(state(np.array([[1.0, np.inf]])), 0))
    text = write_state(state(np.eye(2)), 0).model_dump() | {"data": "A" * (2 * MAX_BYTES)}
    base = {"run": "1", "engine": "bci", "began": 0.0, "stream": "EEG", "sfreq": SFREQ}
    with pytest.raises(MessageError, match="adapted"):
        sent(AdaptedState.model_construct(**text))
    assert read_provenance(Provenance(**base).line()).adapted is None


def windows(n: int, seed: int) -> list[Window]:
    """Return one window per second, of channels that change."""
    rng = np.random.default_rng(seed)
    gains = rng.uniform(0.3, 3, (n, 6, 1))
    data = (10 * gains * rng.normal(size=(n, 6, N))).astype(np.float32)
    return [Window(each, k * N, (k + 1) * N, (k + 1.0)) for k, each in enumerate(data)]


@pytest.mark.parametrize("name", ["tangent-space", pytest.param("shallow", marks=pytest.mark.slow)])
def test_a_copy_that_resumes_decodes_the_same_to_the_bit(name: str) -> None:
    params = {"align": True} if name == "tangent-space" else {"epochs": 1}
    decoder = decoders.create(name, params)
    data = np.stack([window.data for window in windows(24, 1)])
    decoder.fit(data, np.resize(["left", "right"], 24), signal=SIGNAL)
    live, again = Adaptation(decoder, SFREQ), Adaptation(decoder, SFREQ)
    assert live.state is None
    session = windows(30, 2)
    for window in session[:15]:
        live.learn(window)
    published = live.state
    assert published is not None
    assert (published.end, published.n_updates) == (15 * N, 14)
    again.resume(read_state(sent(write_state(published, 0))))
    for window in session[15:]:
        own = again.decoder.predict_proba(window.data)
        assert own.tobytes() == live.decoder.predict_proba(window.data).tobytes()
        assert own.tobytes() != decoder.predict_proba(window.data).tobytes()
        live.learn(window)
        again.learn(window)
    assert live.described == again.described == "alignment, 29 updates"
    with pytest.raises(ValueError, match="alignment"):
        again.resume(published._replace(alignment=np.eye(5)))


@pytest.mark.slow
def test_du_in_resumes_its_scale() -> None:
    rng = np.random.default_rng(0)
    decoder = decoders.create("duin", {"channels": 4})
    trained = rng.normal(3, 5, (8, 6, 1000)).astype(np.float32)
    decoder.prepare(trained, np.array([0, 2, 3, 5]), 1000, 1000.0)
    assert isinstance(decoder, Resumable)
    live, again = copy.copy(decoder), copy.copy(decoder)
    live.follow(2 * trained[0], 0.1)
    again.resume(live.alignment())
    assert again.scaled(trained).tobytes() == live.scaled(trained).tobytes()
    assert again.scaled(trained).tobytes() != decoder.scaled(trained).tobytes()
    with pytest.raises(ValueError, match="above 0"):
        again.resume(-live.alignment())
