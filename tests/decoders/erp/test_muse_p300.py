"""A real visual oddball (Muse, six runs): AUC compared with an independent pipeline."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, sosfilt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from bci.cli.benchmark.p300 import interval, leave_one_run_out
from bci.evaluation.metrics import area_under_curve
from bci.profiles.profile import Profile
from bci.recording.read import read_recording
from bci.signals import Recording

Filter = Callable[[np.ndarray], np.ndarray]
MUSE = Path(__file__).parents[3].parent / "shared" / "data" / "muse_p300"
CHANNELS = ["TP9", "AF7", "AF8", "TP10"]
PROFILE = Profile.model_validate(
    {
        "task": "p300",
        "pipeline": {
            "channels": CHANNELS,
            "filters": [{"kind": "bandpass", "low_hz": 1, "high_hz": 20, "order": 2}],
            "window_s": 0.8,
            "at_cues": True,
        },
        "paradigm": {
            "classes": {"target": "2", "nontarget": "1"},
            "unlabelled": "flash/*",
            "start_s": 0,
            "stop_s": 0.8,
        },
        "decoder": {"name": "xdawn-tangent"},
    }
)
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not MUSE.is_dir(), reason=f"the recordings of {MUSE} are not here"),
]


@pytest.fixture(scope="module")
def runs() -> list[Recording]:
    return [read_recording(file) for file in sorted(MUSE.glob("*.csv"))]


def zero_phase(signal: np.ndarray) -> np.ndarray:
    """Filter by MNE, without causality."""
    import mne

    return mne.filter.filter_data(signal, 256.0, 1, 20, verbose="error")


def causal(signal: np.ndarray) -> np.ndarray:
    """Filter by SciPy's Butterworth filter, with the profile's band and order."""
    return sosfilt(butter(2, [1, 20], "bandpass", fs=256.0, output="sos"), signal)


def independent(runs: list[Recording], filtering: Filter) -> list[float]:
    """Return the AUC per left-out run, by epochs of a filtered signal and pyriemann."""
    from pyriemann.estimation import XdawnCovariances
    from pyriemann.tangentspace import TangentSpace

    windows, labels, groups = [], [], []
    for number, run in enumerate(runs):
        columns = [run.info.ch_names.index(name) for name in CHANNELS]
        filtered = filtering(run.data[:, columns].T.astype(float))
        for marker in run.markers:
            start = int(np.searchsorted(run.timestamps, marker.time))
            if start + 205 <= filtered.shape[1]:
                windows.append(filtered[:, start : start + 205])
                labels.append(int(marker.label == "2"))
                groups.append(number)
    x, y, of_run = np.array(windows), np.array(labels), np.array(groups)
    areas = []
    for number in range(len(runs)):
        pipeline = make_pipeline(
            XdawnCovariances(nfilter=3, estimator="oas"),
            TangentSpace(),
            LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000),
        )
        test = of_run == number
        pipeline.fit(x[~test], y[~test])
        areas.append(float(roc_auc_score(y[test], pipeline.predict_proba(x[test])[:, 1])))
    return areas


def test_held_out_runs_are_decoded_as_well_as_by_public_parts(runs: list[Recording]) -> None:
    assert len(runs) == 6
    found = {
        "ours": leave_one_run_out(runs, PROFILE),
        "independent, causal filter": independent(runs, causal),
        "independent, zero-phase filter": independent(runs, zero_phase),
    }
    means = {}
    for name, areas in found.items():
        mean, low, high = interval(areas)
        print(f"{name}: AUC {mean:.3f} ({low:.3f}-{high:.3f}) {np.round(areas, 2)}")
        means[name] = mean
    # Chance is 0.5.
    assert interval(found["ours"])[1] > 0.65
    assert means["ours"] > means["independent, causal filter"] - 0.01
    assert means["ours"] > means["independent, zero-phase filter"] - 0.03


def test_our_area_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(0, 2, 200), rng.normal(size=200)
    ours = area_under_curve(truth, scores.argsort().argsort() + 1.0)
    assert ours == pytest.approx(roc_auc_score(truth, scores))
