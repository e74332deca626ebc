"""The invariants of the engine: chunk invariance, causality, gaps, late decoders."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import decoders
from bci.interfaces import Decoder
from bci.pipeline.pipeline import Pipeline
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Chunk, Prediction
from tests.signals import chunked, eeg_info, noise

SFREQ = 250.0
SETTINGS = PipelineSettings.model_validate(
    {
        "filters": [
            {"kind": "remove_dc"},
            {"kind": "common_average"},
            {"kind": "bandpass", "low_hz": 8, "high_hz": 30},
            {"kind": "notch", "freq_hz": 50},
            {"kind": "decimate", "factor": 2},
            {"kind": "standardize", "time_constant_s": 2.0},
        ],
        "window_s": 1.0,
        "hop_s": 0.1,
    }
)
PLAIN = PipelineSettings.model_validate(
    {"filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}], "window_s": 1.0, "hop_s": 0.1}
)


@pytest.fixture(scope="module", params=["tangent-space", "csp-lda", "log-power"])
def decoder(request: pytest.FixtureRequest) -> Decoder:
    rng = np.random.default_rng(1)
    made = decoders.create(request.param)
    made.fit(rng.normal(size=(20, 8, 125)).astype(np.float32), np.resize(["left", "right"], 20))
    return made


def run(
    chunks: list[Chunk], decoder: Decoder, settings: PipelineSettings = SETTINGS
) -> list[Prediction]:
    pipeline = Pipeline(settings, eeg_info(8, SFREQ), decoder)
    return [prediction for chunk in chunks for prediction in pipeline.push(chunk)]


def same_bits(a: list[Prediction], b: list[Prediction]) -> bool:
    return [(p.start, p.end, p.taken, p.probabilities.tobytes()) for p in a] == [
        (p.start, p.end, p.taken, p.probabilities.tobytes()) for p in b
    ]


@pytest.mark.parametrize("size", [1, 7, 32, 1000, [3, 1, 250, 17, 64]])
def test_predictions_are_bit_identical_for_every_chunk_size(decoder: Decoder, size) -> None:
    data = noise(5000, offset=500)
    data[3100, 2] = np.nan
    data[3900:3905, 5] = np.inf
    expected = run(chunked(data, SFREQ, len(data)), decoder)
    assert len(expected) > 50
    assert same_bits(run(chunked(data, SFREQ, size), decoder), expected)


@hypothesis_settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 2900), st.integers(1, 300)), max_size=3),
)
def test_windows_are_bit_identical_for_random_chunks_and_gaps(
    sizes: list[int], lost: list[tuple[int, int]]
) -> None:
    data = noise(3000)
    present = np.ones(3000, dtype=bool)
    for start, n in lost:
        present[start : start + n] = False

    def windows(sizes: list[int]) -> tuple[list[tuple[int, bytes]], object]:
        pipeline = Pipeline(SETTINGS, eeg_info(8, SFREQ))
        found = []
        for chunk in chunked(data, SFREQ, sizes):
            keep = np.flatnonzero(present[chunk.first : chunk.end])
            for part in np.split(keep, np.flatnonzero(np.diff(keep) > 1) + 1):
                if len(part):
                    rows = slice(part[0], part[-1] + 1)
                    piece = Chunk(
                        chunk.data[rows], chunk.timestamps[rows], chunk.first + int(part[0])
                    )
                    found += [(w.end, w.data.tobytes()) for w in pipeline.windows(piece)]
        return found, pipeline.counts

    assert windows(sizes) == windows([3000])


def test_nothing_that_comes_later_changes_a_prediction(decoder: Decoder) -> None:
    data = noise(4000)
    changed = data.copy()
    changed[2500:] = noise(1500, seed=9) * 50
    before = [p for p in run(chunked(data, SFREQ, 4000), decoder) if p.end * 2 <= 2500]
    after = [p for p in run(chunked(changed, SFREQ, 4000), decoder) if p.end * 2 <= 2500]
    assert len(before) > 10
    assert same_bits(before, after)


def test_windows_end_on_every_hop_and_hold_the_newest_second() -> None:
    settings = PipelineSettings.model_validate({"window_s": 1.0, "hop_s": 0.1})
    data = noise(1000)
    pipeline = Pipeline(settings, eeg_info(8, SFREQ))
    for window in pipeline.windows(chunked(data, SFREQ, 1000)[0]):
        assert window.end % 25 == 0
        assert window.end - window.start == 250
        assert window.taken == (window.end - 1) / SFREQ
        np.testing.assert_array_equal(window.data, data[window.start : window.end].T)
    assert window.end == 1000


def test_a_window_over_a_gap_gives_no_prediction() -> None:
    data = noise(5000)
    pipeline = Pipeline(PLAIN, eeg_info(8, SFREQ))
    parts = [*chunked(data[:2000], SFREQ, 2000), *chunked(data[2030:], SFREQ, 100, first=2030)]
    windows = [(w.start, w.end) for chunk in parts for w in pipeline.windows(chunk)]
    assert any(end == 2000 for _, end in windows)
    spanning = [(start, end) for start, end in windows if end > 2000 and start < 2030]
    assert spanning == []
    # Windows that end at 2025 ... 2275 (11 windows) contain a lost sample; 2025 itself was lost.
    assert pipeline.counts.rejected_gap == 11
    assert pipeline.counts.rejected_settling > 0
    assert min(start for start, _ in windows if start >= 2030) >= 2030 + pipeline.settling


def test_after_a_gap_the_windows_are_those_of_a_fresh_stream() -> None:
    data = noise(6000)
    pipeline = Pipeline(PLAIN, eeg_info(8, SFREQ))
    list(pipeline.windows(chunked(data[:1000], SFREQ, 1000)[0]))
    resumed = [
        (w.end, w.data.tobytes())
        for w in pipeline.windows(chunked(data[3000:], SFREQ, 3000, first=3000)[0])
    ]
    fresh = Pipeline(PLAIN, eeg_info(8, SFREQ))
    expected = [
        (w.end, w.data.tobytes())
        for w in fresh.windows(chunked(data[3000:], SFREQ, 3000, first=3000)[0])
    ]
    assert resumed == expected != []


def test_a_jump_of_the_index_by_a_day_costs_nothing() -> None:
    pipeline = Pipeline(PLAIN, eeg_info(8, SFREQ))
    list(pipeline.windows(chunked(noise(1000), SFREQ, 1000)[0]))
    day = round(86_400 * SFREQ)
    list(pipeline.windows(chunked(noise(1000), SFREQ, 1000, first=1000 + day)[0]))
    assert pipeline.counts.rejected_gap == pytest.approx(day / 25, abs=15)


def test_a_window_with_a_value_that_is_not_finite_gives_no_prediction() -> None:
    data = noise(3000)
    data[2000, 0] = np.nan
    pipeline = Pipeline(PLAIN, eeg_info(8, SFREQ))
    windows = list(pipeline.windows(chunked(data, SFREQ, 3000)[0]))
    assert not [w for w in windows if w.start <= 2000 < w.end]
    assert pipeline.counts.rejected_non_finite == 10
    assert pipeline.chain.non_finite == 1


def test_a_late_consumer_gets_the_newest_window_and_the_count_of_those_skipped(
    decoder: Decoder,
) -> None:
    data = noise(5000)
    expected = run(chunked(data, SFREQ, 5000), decoder)
    pipeline = Pipeline(SETTINGS, eeg_info(8, SFREQ), decoder)
    (first, second) = chunked(data, SFREQ, 4000)
    got = [*pipeline.push(first), *pipeline.push(second, newest_only=True)]
    assert same_bits([got[-1]], [expected[-1]])
    assert len(got) + pipeline.counts.skipped == len(expected)
    assert pipeline.counts.predicted == len(got)


def test_samples_to_window_is_what_completes_the_next_one(decoder: Decoder) -> None:
    data = noise(4000)
    pipeline = Pipeline(SETTINGS, eeg_info(8, SFREQ), decoder)
    list(pipeline.push(chunked(data, SFREQ, 3007)[0]))
    n = pipeline.samples_to_window
    assert pipeline.push(Chunk(data[3007 : 3006 + n], np.zeros(n - 1), 3007)) == []
    assert len(pipeline.push(Chunk(data[3006 + n : 3007 + n], np.zeros(1), 3006 + n))) == 1


def test_every_prediction_carries_its_times(decoder: Decoder) -> None:
    ticks = iter(range(100, 100_000))
    pipeline = Pipeline(SETTINGS, eeg_info(8, SFREQ), decoder, clock=lambda: float(next(ticks)))
    (chunk,) = chunked(noise(4000), SFREQ, 4000)
    chunk = Chunk(chunk.data, chunk.timestamps, chunk.first, arrived=50.0)
    for prediction in pipeline.push(chunk):
        assert prediction.taken == chunk.timestamps[prediction.end * 2 - 2]
        assert 50.0 == prediction.arrived < prediction.filtered < prediction.decoded


@pytest.mark.parametrize("size", [1, 64, 1000])
def test_a_window_with_a_large_swing_is_withheld_and_counted(size: int) -> None:
    decoder = decoders.create("log-power")
    rng = np.random.default_rng(1)
    decoder.fit(rng.normal(size=(20, 8, 250)).astype(np.float32), np.resize(["a", "b"], 20))
    data = noise(5000)
    data[3000, 4] += 5000.0
    limited = PLAIN.model_copy(update={"max_peak_to_peak": 250.0})
    info = eeg_info(8, SFREQ)
    free, kept = Pipeline(PLAIN, info, decoder), Pipeline(limited, info, decoder)
    expected = [p for chunk in chunked(data, SFREQ, size) for p in free.push(chunk)]
    got = [p for chunk in chunked(data, SFREQ, size) for p in kept.push(chunk)]
    withheld = {p.end for p in expected} - {p.end for p in got}
    # The windows that contain the jump, and a few more in which the filter still rings.
    assert set(range(3025, 3275, 25)) <= withheld <= set(range(3025, 3400, 25))
    assert kept.counts.rejected_artifact == len(withheld)
    assert same_bits(got, [p for p in expected if p.end not in withheld])
