import subprocess
import sys

import numpy as np
import pytest
from pyriemann.estimation import Covariances
from pyriemann.geometry.mean import mean_riemann
from pyriemann.tangentspace import TangentSpace
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import decoders
from bci.errors import ProfileError
from bci.plugins.decoder_offers import classical
from decoders.classical.covariance import covariance, riemannian_mean


@pytest.fixture(scope="module")
def epochs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.resize(["a", "b", "c"], 60)
    windows = rng.normal(size=(60, 5, 200)).astype(np.float32)
    for k, label in enumerate("abc"):
        windows[labels == label, k] *= 2
    return windows, labels


def test_covariance_is_sklearns_oas() -> None:
    from sklearn.covariance import oas

    window = np.random.default_rng(0).normal(size=(8, 40)).astype(np.float32)
    expected, _ = oas(window.T.astype(np.float64))
    np.testing.assert_allclose(covariance(window), expected, rtol=1e-10)


@pytest.mark.parametrize("scale", [1.0, 1e-24])
def test_the_riemannian_mean_is_pyriemanns_for_matrices_near_and_far(scale: float) -> None:
    rng = np.random.default_rng(0)
    # Rounding differs between BLAS kernels and grows with the condition, here up to 5e6.
    for spread in (0.1, 2.0, 8.0):
        axes, _ = np.linalg.qr(rng.normal(size=(30, 6, 6)))
        values = np.exp(spread * rng.uniform(-1, 1, size=(30, 1, 6)))
        matrices = scale * (axes * values) @ axes.transpose(0, 2, 1)
        expected = mean_riemann(matrices, tol=1e-10, maxiter=500)
        np.testing.assert_allclose(
            riemannian_mean(matrices), expected, rtol=0, atol=1e-7 * np.abs(expected).max()
        )


@pytest.mark.slow
def test_the_default_decoder_learns_without_the_seconds_that_pytorch_takes_to_load() -> None:
    code = (
        "import sys, numpy as np, bci.evaluation.pseudo_online, decoders.patterns; "
        "assert 'sklearn' not in sys.modules; "
        "windows = np.random.default_rng(0).normal(size=(8, 2, 50)); "
        "decoder = decoders.create('tangent-space'); "
        "decoder.fit(windows, np.resize(['a', 'b'], 8)); decoder.adapt(windows); "
        "assert not {'torch', 'matplotlib', 'pyriemann'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_tangent_space_serves_what_pyriemann_and_sklearn_compute(epochs) -> None:
    windows, labels = epochs
    ours = decoders.create("tangent-space")
    ours.fit(windows, labels)
    peer = make_pipeline(
        Covariances("oas"), TangentSpace("riemann"), LogisticRegression(max_iter=2000)
    ).fit(windows.astype(np.float64), labels)
    got = np.stack([ours.predict_proba(window) for window in windows])
    np.testing.assert_allclose(got, peer.predict_proba(windows.astype(np.float64)), atol=1e-4)


@pytest.mark.parametrize("name", classical())
def test_three_classes_are_distinguished(epochs, name: str) -> None:
    windows, labels = epochs
    decoder = decoders.create(name)
    decoder.fit(windows[:30], labels[:30])
    assert decoder.classes == ("a", "b", "c")
    decided = [decoder.classes[decoder.predict_proba(w).argmax()] for w in windows[30:]]
    assert np.mean(np.array(decided) == labels[30:]) > 0.8


@pytest.mark.parametrize("name", classical())
def test_a_window_gives_the_same_bits_whatever_its_memory_layout(epochs, name: str) -> None:
    windows, labels = epochs
    decoder = decoders.create(name)
    decoder.fit(windows, labels)
    in_ring = np.ascontiguousarray(windows[3].T).T
    assert decoder.predict_proba(in_ring).tobytes() == decoder.predict_proba(windows[3]).tobytes()


def test_an_unknown_decoder_or_parameter_is_named() -> None:
    with pytest.raises(ProfileError, match="no decoder 'svm'; choose one of csp-lda"):
        decoders.create("svm")
    with pytest.raises(ProfileError, match=r"decoder csp-lda: .*gamma"):
        decoders.create("csp-lda", {"gamma": 1})
    with pytest.raises(
        ProfileError,
        match=r"params.alpha: there is no such parameter; there are: c, align, balanced$",
    ):
        decoders.create("tangent-space", {"alpha": 3})
    with pytest.raises(
        ProfileError, match=r"there are: size, channels, shift, sigmoid, epochs, .*"
    ):
        decoders.create("duin", {"start": 1})
    with pytest.raises(ProfileError, match="decoder tangent-space: c = -1"):
        decoders.create("tangent-space", {"c": -1})
