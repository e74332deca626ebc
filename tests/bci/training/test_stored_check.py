"""Calibration refuses a stored model that decodes unlike the trained one."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import decoders
from bci.errors import BundleError
from bci.interfaces import Decoder
from bci.models.load import decoder_of
from bci.profiles.profile import Profile
from bci.signals import FloatArray
from bci.training.calibrate import calibrate
from decoders.estimator import wrap
from tests.signals import stored, two_class_recording

PROFILE = {
    "task": "test",
    "pipeline": {
        "filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}],
        "window_s": 1.0,
        "hop_s": 0.25,
    },
    "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
}


class Changed:
    """A decoder whose probabilities are slightly wrong from some window."""

    def __init__(self, inner: Decoder, by: float, after: int = 0) -> None:
        self.inner, self.classes, self.by, self.after = inner, inner.classes, by, after

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        self.after -= 1
        found = self.inner.predict_proba(window)
        return found + np.array([self.by, -self.by]) if self.after < 0 else found

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return self.inner.arrays()


@pytest.fixture
def runs(tmp_path: Path):
    made = [two_class_recording(8, seed) for seed in (1, 2)]
    return [stored(run, tmp_path / f"{number}.bin") for number, run in enumerate(made)]


@pytest.mark.parametrize(
    "name",
    ["tangent-space", "csp-lda", "log-power", pytest.param("eegnet", marks=pytest.mark.long)],
)
@pytest.mark.parametrize("at_cues", [False, True])
def test_each_decoder_is_the_same_trained_stored_and_streamed(
    runs, name: str, at_cues: bool
) -> None:
    pipeline = PROFILE["pipeline"] | {"at_cues": at_cues}
    profile = Profile.model_validate(PROFILE | {"pipeline": pipeline, "decoder": {"name": name}})
    params = {"epochs": 1} if name == "eegnet" else {}
    calibrate(runs, profile, lambda: decoders.create(name, params), "me", restore=decoder_of)


def test_an_estimator_is_the_same_trained_stored_and_streamed(runs) -> None:
    from mne.decoding import CSP
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    estimator = make_pipeline(CSP(2), LogisticRegression())
    decoder = {"name": "sklearn.pipeline:Pipeline"}
    profile = Profile.model_validate(PROFILE | {"decoder": decoder})
    made = calibrate(runs, profile, lambda: wrap(estimator), "me", restore=decoder_of)
    assert made.card.score.accuracy > 0.8
    assert "onnx" in made.arrays()


@pytest.mark.parametrize(
    ("by", "after", "message"),
    [
        (
            1e-12,
            0,
            r"the stored model differs from the trained one: by 1e-12 .*window 1\.",
        ),
        (0.25, 40, r"the streamed model differs from the trained one: by 0.25 in a probability"),
        (np.nan, 0, "the stored model differs from the trained one: by nan"),
    ],
)
def test_a_model_that_decodes_otherwise_is_refused_with_the_number(
    runs, by: float, after: int, message: str
) -> None:
    profile = Profile.model_validate(PROFILE)
    with pytest.raises(BundleError, match=message):
        calibrate(
            runs,
            profile,
            lambda: decoders.create("tangent-space"),
            "me",
            restore=lambda card, arrays: Changed(decoder_of(card, arrays), by, after),
        )
