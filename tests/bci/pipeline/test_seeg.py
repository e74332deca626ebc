"""A real sEEG recording, processed by the pipelines of the profiles for words."""

from pathlib import Path

import numpy as np
import pytest

from bci.pipeline.pipeline import Pipeline, Window
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.signals import Recording
from tests.signals import chunked

N_CONTACTS = {"L'": 14, "N'": 12, "F'": 14, "O'": 16, "G'": 16, "X'": 16}


@pytest.fixture(scope="module")
def recording(shared_data: Path) -> Recording:
    file = shared_data / "seeg" / "sample_seeg.edf"
    if not file.exists():
        pytest.skip(f"no real recording from depth electrodes at {file}")
    return read_recording(file)


def contacts(recording: Recording) -> tuple[str, ...]:
    """Return all channels except ECG and triggers."""
    return tuple(name for name in recording.info.ch_names if name[:2] in N_CONTACTS)


def settings_of(profile: str, recording: Recording) -> PipelineSettings:
    """Return the profile's settings with the contacts named, as its comment advises."""
    return load_profile(profile).pipeline.model_copy(update={"channels": contacts(recording)})


def windows(
    settings: PipelineSettings, recording: Recording, sizes: list[int] | int
) -> list[Window]:
    """Return the windows of the signal in chunks of these sizes, or those at its cues."""
    pipeline = Pipeline(settings, recording.info)
    for marker in recording.markers:
        pipeline.request_window(marker.time)
    found = []
    for chunk in chunked(recording.data, recording.info.sfreq, sizes):
        for window in pipeline.windows(chunk):
            found.append(Window(window.data.copy(), window.start, window.end, window.taken))
    return found


@pytest.mark.parametrize("profile", ["speech", "speech-sliding"])
def test_windows_of_words_are_finite_and_bit_identical_for_every_chunk_size(
    recording: Recording, profile: str
) -> None:
    settings = settings_of(profile, recording)
    expected = windows(settings, recording, len(recording.data))

    if settings.at_cues:
        assert [window.start for window in expected] == [5000, 7000, 10_000]
    else:
        assert expected[0].end <= 3000
        assert [window.end for window in expected] == [*range(expected[0].end, 20_001, 100)]
    assert expected[0].data.shape == (82, round(1000 * settings.window_s))
    assert all(np.isfinite(window.data).all() for window in expected)
    for sizes in (10, 32, [1, 250, 3, 64, 17]):
        found = windows(settings, recording, sizes)
        assert [(w.start, w.end, w.taken, w.data.tobytes()) for w in found] == [
            (w.start, w.end, w.taken, w.data.tobytes()) for w in expected
        ]


def test_neighbouring_contacts_are_subtracted_shaft_by_shaft(recording: Recording) -> None:
    settings = settings_of("speech-sliding", recording)
    bare = settings.model_copy(update={"filters": settings.filters[:1]})
    channels = Pipeline(bare, recording.info).chain.channels
    expected = [
        (f"{shaft}{k}", f"{shaft}{k + 1}") for shaft, n in N_CONTACTS.items() for k in range(1, n)
    ]
    assert [channel.name for channel in channels] == [f"{a}-{b}" for a, b in expected]

    column = {name: recording.data[:, i] for i, name in enumerate(recording.info.ch_names)}
    window = windows(bare, recording, 32)[-1]
    for row, (one, other) in zip(window.data, expected, strict=True):
        plain = (column[one] - column[other])[window.start : window.end]
        np.testing.assert_allclose(row, plain, rtol=1e-5, atol=1e-3)


def test_the_notches_take_the_power_line_out_and_leave_the_rest_of_the_band(
    recording: Recording,
) -> None:
    settings = settings_of("speech-sliding", recording)
    without = tuple(step for step in settings.filters if step.kind != "notch")

    def power(settings: PipelineSettings) -> np.ndarray:
        """Return the power of the last 16 s, (82, 8001), in steps of 1 / 16 Hz."""
        seconds = [window.data for window in windows(settings, recording, 100)[-151::10]]
        whole = np.concatenate(seconds, axis=1)
        return np.abs(np.fft.rfft(whole * np.hanning(whole.shape[1]), axis=1)) ** 2

    notched = power(settings)
    unnotched = power(settings.model_copy(update={"filters": without}))

    def left(low_hz: float, high_hz: float) -> np.ndarray:
        """Return the share of each pair's power that is left between two frequencies."""
        band = slice(round(16 * low_hz), round(16 * high_hz) + 1)
        return notched[:, band].sum(axis=1) / unnotched[:, band].sum(axis=1)

    for line_hz in (50, 100, 150):
        assert left(line_hz - 0.1, line_hz + 0.1).max() < 0.05
    for low_hz, high_hz in ((75, 90), (110, 140)):
        assert left(low_hz, high_hz) == pytest.approx(1, abs=0.03)
