"""Features of a window against independent computations."""

import mne
import numpy as np
import pytest
from pydantic import ValidationError
from scipy import signal

from bci.errors import MismatchError
from bci.neurofeedback.artifacts import ArtifactMeter
from bci.neurofeedback.features import Feature, Smoother
from bci.neurofeedback.sites import Sites
from bci.profiles.neurofeedback import ArtifactSettings, FeatureSettings
from devices.simulated.montages import eeg

SFREQ = 250.0
N = 500


def noise(n_sites: int = 2, n: int = N, seed: int = 3) -> np.ndarray:
    """Return nearly pink noise with a part common to all sites."""
    rng = np.random.default_rng(seed)
    own, common = rng.standard_normal((n_sites, n)), rng.standard_normal(n)
    return 10 * np.cumsum(own + 0.7 * common, axis=1) / np.sqrt(n) + 20


def feature(**settings: object) -> Feature:
    given = {"sites": ["O1", "O2"], **settings}
    return Feature(FeatureSettings.model_validate(given), N, SFREQ)


def welch_power(signals: np.ndarray, low: float, high: float) -> np.ndarray:
    freqs, density = signal.welch(signals, SFREQ, "hann", nperseg=N)
    kept = (freqs >= low) & (freqs <= high)
    return density[:, kept].sum(axis=1) * freqs[1]


def test_band_power_is_that_of_welch() -> None:
    x = noise()
    expected = 10 * np.log10(welch_power(x, 8, 12)).mean()
    assert feature(kind="band_power", band_hz=[8, 12])(x) == pytest.approx(expected, rel=1e-9)


def test_band_power_agrees_with_mne() -> None:
    x = noise()
    power, freqs = mne.time_frequency.psd_array_welch(
        x, SFREQ, 8, 12, n_fft=N, window="hann", verbose="error"
    )
    expected = 10 * np.log10(power.sum(axis=1) * (freqs[1] - freqs[0])).mean()
    assert feature(kind="band_power", band_hz=[8, 12])(x) == pytest.approx(expected, rel=1e-6)


def test_relative_power_and_ratio_are_differences_in_decibels() -> None:
    x = noise()
    bands = {band: 10 * np.log10(welch_power(x, *band)) for band in ((4, 7), (13, 20), (1, 30))}
    ratio = feature(kind="ratio", band_hz=[4, 7], over_hz=[13, 20])(x)
    share = feature(kind="band_power", band_hz=[4, 7], relative_to_hz=[1, 30])(x)
    assert ratio == pytest.approx((bands[4, 7] - bands[13, 20]).mean(), rel=1e-9)
    assert share == pytest.approx((bands[4, 7] - bands[1, 30]).mean(), rel=1e-9)


def test_asymmetry_is_the_second_site_over_the_first() -> None:
    x = noise() * np.array([[1.0], [2.0]])
    left, right = welch_power(x, 8, 13)
    expected = np.log(right) - np.log(left)
    assert feature(kind="asymmetry", band_hz=[8, 13])(x) == pytest.approx(expected, rel=1e-9)


def test_coherence_is_that_of_scipy() -> None:
    x = noise()
    freqs, coherence = signal.coherence(x[0], x[1], SFREQ, "hann", nperseg=125, noverlap=63)
    kept = (freqs >= 8) & (freqs <= 16)
    computed = feature(kind="coherence", band_hz=[8, 16])(x)
    assert computed == pytest.approx(coherence[kept].mean(), rel=1e-9)


def test_slow_potential_is_the_late_mean_less_the_early() -> None:
    x = np.zeros((2, N))
    x[:, -125:] = -8.0
    slow = feature(kind="slow_potential", mean_s=0.5, reference_s=0.5)
    assert slow(x + 4000.0) == pytest.approx(-8.0)


def test_place_is_interpolated_as_mne_does() -> None:
    channels = eeg(32)
    names = [channel.name for channel in channels]
    rng = np.random.default_rng(0)
    at = np.array([channel.position for channel in channels])
    # A smooth field: sources far below the electrodes.
    sources = rng.normal(0, 0.03, (5, 3))
    data = np.exp(-((at[:, None] - sources) ** 2).sum(axis=2) / 0.006) @ rng.normal(0, 10, (5, 400))
    without = [i for i, name in enumerate(names) if name != "Pz"]
    sites = Sites(
        FeatureSettings.model_validate(
            {"kind": "band_power", "band_hz": [8, 12], "sites": [{"at": "Pz"}]}
        ).sites,
        [channels[i] for i in without],
    )
    ours = sites.signals(data[without].astype(np.float32))[0]
    info = mne.create_info(names, SFREQ, "eeg")
    raw = mne.io.RawArray(data * 1e-6, info, verbose="error")
    raw.set_montage(
        mne.channels.make_dig_montage(dict(zip(names, at, strict=True)), coord_frame="head")
    )
    raw.info["bads"] = ["Pz"]
    raw.interpolate_bads(verbose="error")
    theirs = 1e6 * raw.get_data(["Pz"])[0]
    assert np.corrcoef(ours, theirs)[0, 1] > 0.99
    assert np.abs(ours - theirs).max() < 0.15 * np.abs(theirs).max()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "band_power", "band_hz": [8.1, 8.3]}, "between two frequencies"),
        ({"kind": "band_power", "band_hz": [100, 200]}, "above half the rate"),
        ({"kind": "coherence", "band_hz": [8, 16], "segment_s": 2}, "one segment alone"),
        ({"kind": "slow_potential", "mean_s": 2, "reference_s": 1}, "longer than"),
    ],
)
def test_feature_that_a_window_cannot_show_is_refused(
    settings: dict[str, object], message: str
) -> None:
    with pytest.raises(MismatchError, match=message):
        feature(**settings)


def test_band_of_muscles_above_half_the_rate_is_named() -> None:
    settings = ArtifactSettings(muscle_hz=(30, 300))
    with pytest.raises(MismatchError, match=r"neurofeedback\.artifacts\.muscle_hz: 300 Hz"):
        ArtifactMeter(settings, N, SFREQ)


@pytest.mark.parametrize("at", [[0, 0, 0], [0, -100, 50], [1e300, 0, 0]])
def test_place_off_the_head_is_refused(at: list[float]) -> None:
    with pytest.raises(ValidationError, match="give x, y and z in metres"):
        feature(kind="band_power", band_hz=[8, 12], sites=[{"at": at}])


@pytest.mark.parametrize(
    ("site", "message"),
    [
        ("Oz", "there is no channel Oz .*{at: Oz}"),
        ({"at": "Nowhere"}, "no electrode of the 10-05 system"),
    ],
)
def test_site_that_is_not_there_is_named(site: object, message: str) -> None:
    settings = FeatureSettings.model_validate(
        {"kind": "band_power", "band_hz": [8, 12], "sites": [site]}
    )
    with pytest.raises(MismatchError, match=message):
        Sites(settings.sites, eeg(15))


def test_smoothing_forgets_by_time_and_not_by_count() -> None:
    often, seldom = Smoother(1.0), Smoother(1.0)
    for smoother, step in ((often, 0.1), (seldom, 0.5)):
        smoother(0.0, 0.0)
        for k in range(1, round(2 / step) + 1):
            value = smoother(1.0, k * step)
        assert value == pytest.approx(1 - np.exp(-2.0))
