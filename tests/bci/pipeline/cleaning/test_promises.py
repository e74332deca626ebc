"""The invariants of a pipeline that includes every artifact filter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bci.head.electrodes import standard_position
from bci.pipeline.filter_chain import Chain
from bci.pipeline.pipeline import Pipeline
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Channel, Chunk, FloatArray, StreamInfo
from bci.training.trained_filters import train_filters
from tests.signals import chunked, noise, recorded

NAMES = ("Fp1", "F3", "F4", "C3", "Cz", "C4", "P3", "P4")
INFO = StreamInfo(
    "promises",
    "EEG",
    125.0,
    (
        *(Channel(name, "eeg", "uV", standard_position(name)) for name in NAMES),
        Channel("EOG", "eog", "uV"),
    ),
)
ALL = (
    {"kind": "interpolate_bad"},
    {"kind": "cancel_line", "harmonics": 1},
    {"kind": "regress", "adapt": True, "forget_s": 2.0},
    {"kind": "asr", "cutoff": 3},
    {"kind": "common_average"},
)


def signal(seconds: float, seed: int) -> FloatArray:
    """Return white noise with a channel that becomes bad, and bursts that asr replaces."""
    n = round(seconds * INFO.sfreq)
    data = noise(n, 9, seed)
    data[n // 3 :, 2] *= 200
    for at in range(0, n, 400):
        data[at : at + 60] += np.float32(300) * np.sin(np.arange(60) / 5)[:60, None][: n - at]
    return data


def trained(*steps: dict[str, object]) -> PipelineSettings:
    wanted = PipelineSettings.model_validate(
        {"filters": steps, "window_s": 0.5, "hop_s": 0.1, "kinds": ("eeg", "eog")}
    )
    return train_filters(wanted, [recorded(INFO, noise(6000, 9, seed=8))])


WANTED = trained(*ALL)


def windows(chunks: list[Chunk]) -> list[tuple[int, bytes]]:
    pipeline = Pipeline(WANTED, INFO)
    return [(w.end, w.data.tobytes()) for chunk in chunks for w in pipeline.windows(chunk)]


@settings(max_examples=2, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=6), st.integers(0, 3))
def test_no_window_depends_on_chunks_or_on_the_signal_before_a_gap(
    sizes: list[int], seed: int
) -> None:
    before, after = signal(4, seed), signal(14, seed + 10)
    first = len(before) + 777
    whole = windows(
        [*chunked(before, INFO.sfreq, 10_000), *chunked(after, INFO.sfreq, 10_000, first)]
    )
    split = windows(
        [*chunked(before, INFO.sfreq, sizes), *chunked(after, INFO.sfreq, sizes, first)]
    )
    assert len(whole) > 10
    assert split == whole
    assert windows(chunked(after, INFO.sfreq, sizes, first)) == whole


def test_no_window_depends_on_later_samples() -> None:
    data = signal(14, 1)
    changed = data.copy()
    changed[1500:] *= -3
    own = [each for each in windows(chunked(data, INFO.sfreq, 10_000)) if each[0] <= 1500]
    assert len(own) > 10
    assert windows(chunked(changed, INFO.sfreq, 10_000))[: len(own)] == own


@pytest.mark.parametrize("step", ALL[:4], ids=lambda step: str(step["kind"]))
def test_a_stage_recovers_from_values_that_are_no_numbers(step: dict[str, object]) -> None:
    wanted = trained(*([{"kind": "regress"}] if step["kind"] == "asr" else []), step)
    clean = noise(4000, 9, 2)
    broken = clean.copy()
    broken[1000:1010, 1:4] = np.nan
    own, other = (Chain(wanted, INFO).process(each, 0).data for each in (clean, broken))
    assert np.isfinite(other).all()
    assert np.abs(own[:1000] - other[:1000]).max() == 0
    assert np.abs(own[3000:] - other[3000:]).max() < 0.5
