"""A user's own estimator on the command line: calibrate, evaluate, and refusals."""

import sys
from pathlib import Path

import pytest
import yaml

from bci.models.bundle import load_card
from bci.profiles.profile import shipped_profiles
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci

MODULE = """
import numpy as np
from pyriemann.classification import MDM
from pyriemann.estimation import Covariances
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline

def make(estimator="oas"):
    return make_pipeline(Covariances(estimator), MDM())

class Nearer(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        power = np.log(X.var(axis=2))
        self.classes_ = np.unique(y)
        self.means_ = np.stack([power[y == k].mean(axis=0) for k in self.classes_])
        return self

    def predict_proba(self, X):
        away = np.log(X.var(axis=2))[:, None] - self.means_
        odds = np.exp(-(away**2).mean(axis=2))
        return odds / odds.sum(axis=1, keepdims=True)
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    files = [folder / f"run-0{number}_eeg.fif" for number in (1, 2)]
    for number, file in enumerate(files):
        write_run(simulate_run(SubjectSettings(trials_per_class=5), number + 1), file)
    return files


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.startswith("own_")]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "own_decoder.py").write_text(MODULE)
    (tmp_path / "own_broken.py").write_text("import no_such_package\n")
    return tmp_path


def profile(folder: Path, **decoder: object) -> Path:
    content = yaml.safe_load(shipped_profiles()["motor-imagery"].read_text())
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump(content | {"decoder": decoder}))
    return file


def refused(*arguments: object) -> str:
    """Return the error of a command that must fail, without the lines on the runs."""
    done = bci(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return next(line for line in done.stderr.splitlines() if line.startswith("error: "))


@pytest.mark.long
def test_a_model_of_a_local_factory_serves_without_the_factory(
    runs: list[Path], here: Path
) -> None:
    mine = profile(here, name="own_decoder:make", params={"estimator": "lwf"})
    done = bci("calibrate", mine, *runs, "--out", "me")
    assert done.returncode == 0, done.stderr
    assert load_card(here / "me").decoder.name == "own_decoder:make"
    (here / "own_decoder.py").write_text("raise SystemExit('a model imports nothing')\n")
    del sys.modules["own_decoder"]
    done = bci("evaluate", "me", runs[0])
    assert done.returncode == 0, done.stderr
    assert "own_decoder" not in sys.modules


@pytest.mark.slow
def test_a_type_of_ones_own_is_trusted_by_the_profile_and_by_trust(
    runs: list[Path], here: Path
) -> None:
    mine = profile(here, name="own_decoder:Nearer")
    line = refused("calibrate", mine, *runs, "--out", "me")
    assert "types that are not trusted: own_decoder.Nearer" in line
    mine = profile(here, name="own_decoder:Nearer", trusted=["own_decoder.Nearer"])
    assert bci("calibrate", mine, *runs, "--out", "me").returncode == 0
    # The card has the name of the type, not the user's word for it.
    assert load_card(here / "me").decoder.trusted == ("own_decoder.Nearer",)
    line = refused("evaluate", "me", runs[0])
    assert line.endswith("--trust own_decoder.Nearer")
    done = bci("evaluate", "me", runs[0], "--trust", "own_decoder.Nearer")
    assert done.returncode == 0, done.stderr


def test_what_cannot_be_a_decoder_is_one_line(runs: list[Path], here: Path) -> None:
    for name, message in (
        ("own_decoders:make", "there is no module own_decoders"),
        ("own_decoder:mae", "own_decoder has no 'mae'"),
        ("own_broken:make", "importing own_broken raised ModuleNotFoundError"),
        ("own_decoder:RidgeClassifier", "RidgeClassifier has no predict_proba"),
        ("sklearn.linear_model:LogisticRegression", "put mne.decoding.Vectorizer() before it"),
    ):
        line = refused("calibrate", profile(here, name=name), *runs, "--out", "me")
        assert message in line
        assert not (here / "me").exists()
