"""Calibration with runs of executed movements, besides those of imagined ones."""

from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.errors import MismatchError, RecordingError
from bci.models.card import Card
from bci.signals import Recording
from bci.training.calibrate import calibrate
from bci.training.learning_curve import recordings_curve
from tests.models import two_class_profile, two_class_runs
from tests.signals import stored, two_class_recording

PROFILE = two_class_profile()


class Spy:
    """A decoder that stores the windows and groups of each training."""

    fits: list[np.ndarray]

    def __init__(self, fits: list[np.ndarray]) -> None:
        self.fits, self._inner = fits, decoders.create("log-power")
        self.classes: tuple[str, ...] = ()

    def fit(self, windows: np.ndarray, labels: np.ndarray, **context: object) -> None:
        self.fits.append(np.unique(context["groups"]))
        self._inner.fit(windows, labels, **context)
        self.classes = self._inner.classes

    def predict_proba(self, window: np.ndarray) -> np.ndarray:
        return self._inner.predict_proba(window)

    def arrays(self) -> dict[str, np.ndarray]:
        return self._inner.arrays()


@pytest.fixture(scope="module")
def imagined(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    return two_class_runs(tmp_path_factory.mktemp("imagined"))


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    return two_class_runs(tmp_path_factory.mktemp("executed"), (7,), n_trials=6)


def test_executed_runs_are_trained_on_and_never_scored(
    imagined: list[Recording], executed: list[Recording]
) -> None:
    fits: list[np.ndarray] = []
    counted: list[object] = []
    made = calibrate(
        imagined, PROFILE, lambda: Spy(fits), "me", on_runs=counted.extend, executed=executed
    )
    n_imagined = sum(source.trials for source in made.card.sources if not source.executed)
    assert made.card.score.trials == n_imagined
    assert [source.executed for source in made.card.sources] == [False, False, True]
    assert [len(groups) for groups in fits] == [2, 2, 3]  # two folds, then all
    assert len(counted) == 3
    assert made.card.trained_on() == f"{n_imagined} imagined and 6 executed trials"
    again = Card.model_validate_json(made.card.model_dump_json())
    assert again.trained_on() == made.card.trained_on()
    assert calibrate(imagined, PROFILE, lambda: Spy([]), "me").card.trained_on() == ""


def test_learning_curve_ends_at_the_score_with_executed_runs(
    imagined: list[Recording], executed: list[Recording]
) -> None:
    fits: list[np.ndarray] = []
    curve = recordings_curve(imagined, PROFILE, lambda: Spy(fits), executed=executed)
    made = calibrate(imagined, PROFILE, lambda: Spy([]), "me", executed=executed)
    assert round(curve[-1].accuracy.value, 4) == made.card.score.accuracy
    assert {len(groups) for groups in fits} == {2}  # an imagined run, and the executed one


def test_executed_run_that_is_a_copy_is_refused(imagined: list[Recording], tmp_path: Path) -> None:
    copy = stored(two_class_recording(seed=1), tmp_path / "copy.bin")
    with pytest.raises(RecordingError, match="holds the same signal as"):
        calibrate(imagined, PROFILE, lambda: Spy([]), "me", executed=[copy])


def test_profile_of_items_takes_no_executed_runs(
    imagined: list[Recording], executed: list[Recording]
) -> None:
    paradigm = PROFILE.paradigm.model_copy(update={"classes": {}, "items": "image/"})
    of_items = PROFILE.model_copy(update={"paradigm": paradigm})
    with pytest.raises(MismatchError, match="decodes items, not movements"):
        calibrate(imagined, of_items, lambda: Spy([]), "me", executed=executed)
