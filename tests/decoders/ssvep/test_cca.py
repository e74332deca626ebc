"""CCA and filter-bank CCA against independent implementations."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.cross_decomposition import CCA

import decoders
from bci.errors import BundleError, DecodingError, MismatchError, ProfileError
from bci.evaluation.compare_flicker import decide_windows
from bci.profiles.flicker import Flicker, Stimuli, stimuli_of
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.signals import Channel, Signal
from bci.stimulus.flicker import joint_frequency_phase
from bci.training.epochs import cut_epochs
from tests.benchmarks.plain_cca import plain_fbcca, references

SFREQ = 250.0
SIGNAL = Signal(SFREQ, tuple(Channel(f"E{k}") for k in range(8)))


def stimuli(n: int = 12, high_hz: float = 90.0) -> Stimuli:
    names = tuple(f"T{k:02d}" for k in range(n))
    made = stimuli_of(Flicker(targets=joint_frequency_phase(names, step_hz=0.5)), None, high_hz)
    assert made is not None
    return made


def window(hz: float, seed: int = 0, n_samples: int = 250) -> np.ndarray:
    """Return a response with a harmonic, in noise, as a view like the pipeline's windows."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_samples)[:, None] / SFREQ
    phases = rng.uniform(0, 6, 8)
    wave = np.sin(2 * np.pi * hz * t + phases) + 0.5 * np.sin(4 * np.pi * hz * t + phases)
    return (2 * wave + rng.normal(0, 3, (n_samples, 8))).astype(np.float32).T


def test_cca_equals_that_of_scikit_learn() -> None:
    shown = stimuli(4)
    decoder = decoders.create("cca", {"n_harmonics": 2}, stimuli=shown)
    decoder.prepare(SIGNAL, 250)  # type: ignore[attr-defined]
    x = window(8.5)
    found = decoder.scores(x)  # type: ignore[attr-defined]
    for k, hz in enumerate(shown.frequencies):
        y = references(hz, 2, SFREQ, 250)
        a, b = CCA(1, max_iter=5000, tol=1e-12).fit_transform(x.T.astype(np.float64), y)
        assert found[k] == pytest.approx(np.corrcoef(a[:, 0], b[:, 0])[0, 1] ** 2, abs=1e-4)


def test_fbcca_equals_the_plain_one_but_for_the_ends_of_windows() -> None:
    shown = stimuli()
    decoder = decoders.create("fbcca", stimuli=shown)
    decoder.prepare(SIGNAL, 250)  # type: ignore[attr-defined]
    for seed in range(3):
        x = window(10.0, seed)
        found = decoder.scores(x)  # type: ignore[attr-defined]
        plain = plain_fbcca(x, shown.frequencies, SFREQ, 90.0)
        assert np.abs(found - plain).max() < 0.05 * plain.max()
        assert found.argmax() == plain.argmax() == 4


@pytest.mark.parametrize("name", ["cca", "fbcca"])
def test_probabilities_follow_the_scores_and_survive_storing(name: str) -> None:
    shown = stimuli()
    decoder = decoders.create(name, stimuli=shown)
    decoder.prepare(SIGNAL, 250)  # type: ignore[attr-defined]
    again = decoders.load(name, {}, decoder.classes, decoder.arrays())
    x = window(11.0)
    probabilities = decoder.predict_proba(x)
    assert decoder.classes[probabilities.argmax()] == "T06"
    assert probabilities.sum() == pytest.approx(1.0)
    assert probabilities.tobytes() == again.predict_proba(x.copy()).tobytes()
    with pytest.raises(DecodingError):
        decoder.predict_proba(np.full((8, 250), np.nan, dtype=np.float32))
    with pytest.raises(BundleError, match="frequencies"):
        decoders.load(name, {}, decoder.classes[:3], decoder.arrays())


def test_a_common_average_reference_changes_nothing_for_the_better_channels() -> None:
    decoder = decoders.create("fbcca", stimuli=stimuli())
    decoder.prepare(SIGNAL, 250)  # type: ignore[attr-defined]
    x = window(10.0)
    referenced = x - x.mean(axis=0)  # of rank 7
    assert np.isfinite(decoder.predict_proba(referenced)).all()
    assert decoder.predict_proba(referenced).argmax() == 4


def test_harmonics_stay_below_the_band_and_half_the_rate() -> None:
    decoder = decoders.create("fbcca", stimuli=stimuli(high_hz=30.0))
    decoder.prepare(SIGNAL, 250)  # type: ignore[attr-defined]
    assert decoder._correlations._n_references == 2 * 2  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"a target of 13.5 Hz lies above 12 Hz"):
        decoders.create("fbcca", stimuli=stimuli(high_hz=12.0)).prepare(SIGNAL, 250)  # type: ignore[attr-defined]


def test_what_frequencies_cannot_decide_is_refused() -> None:
    alike = {name: {"frequency_hz": 8.0, "phase_pi": k} for k, name in enumerate("AB")}
    shown = stimuli_of(Flicker.model_validate({"targets": alike}), None, 90.0)
    with pytest.raises(ProfileError, match="targets A and B both have 8 Hz"):
        decoders.create("fbcca", stimuli=shown).prepare(SIGNAL, 250)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"a window of 0\.1 s is shorter than a period"):
        decoders.create("cca", stimuli=stimuli()).prepare(SIGNAL, 25)  # type: ignore[attr-defined]
    decoder = decoders.create("fbcca", stimuli=stimuli(high_hz=12.0))
    with pytest.raises(MismatchError, match="lies above 12 Hz"):
        decoder.fit(window(10.0)[None], np.array(["T00"]), signal=SIGNAL)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_samples", [10**9]), ("n_samples", []), ("n_samples", [0]), ("frequencies", [0.0] * 12),
    ],
)  # fmt: skip
def test_a_stored_model_out_of_bounds_is_refused(name: str, value: list[float]) -> None:
    decoder = decoders.create("fbcca", stimuli=stimuli())
    decoder.prepare(SIGNAL, 250)  # type: ignore[attr-defined]
    arrays = decoder.arrays() | {name: np.array(value)}
    with pytest.raises(BundleError, match="decoder fbcca: "):
        decoders.load("fbcca", {}, decoder.classes, arrays)
    with pytest.raises(ProfileError, match="n_bands = 1000000000 must be"):
        decoders.create("fbcca", {"n_bands": 10**9})


def test_on_recorded_people_it_agrees_with_scikit_learn(shared_data: Path) -> None:
    folder = shared_data / "ssvep" / "sub-01"
    if not folder.is_dir():
        pytest.skip(f"no SSVEP recordings at {folder}")
    profile = load_profile("ssvep-exoskeleton")
    runs = [read_recording(folder / "run-1_raw.fif")]
    made = decide_windows(
        runs,
        profile,
        lambda: decoders.create("cca", {"n_harmonics": 2}, stimuli=profile.stimuli),
        3.0,
    )
    pipeline = profile.pipeline.model_copy(update={"at_cues": True})
    epochs = cut_epochs(runs, pipeline, profile.paradigm)
    independent = []
    for x in epochs.windows:
        scores = []
        for hz in (13, 17, 21):
            y = references(hz, 2, 256.0, x.shape[1])
            a, b = CCA(1).fit_transform(x.T.astype(np.float64), y)
            scores.append(np.corrcoef(a[:, 0], b[:, 0])[0, 1])
        independent.append(("13 Hz", "17 Hz", "21 Hz")[int(np.argmax(scores))])
    decided = [each.decided for each in made]
    truth = [each.truth for each in made]
    assert len(truth) == 24
    agreed = np.mean([a == b for a, b in zip(decided, independent, strict=True)])
    right = np.mean([a == b for a, b in zip(decided, truth, strict=True)])
    assert agreed >= 23 / 24
    assert right > 0.7
