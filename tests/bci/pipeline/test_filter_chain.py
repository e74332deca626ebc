import numpy as np
import pytest
from scipy import signal

from bci.errors import MismatchError
from bci.head.electrodes import standard_position
from bci.pipeline import filters
from bci.pipeline.filter_chain import Chain
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Channel, StreamInfo
from tests.signals import eeg_info, noise


def settings(*steps: dict, **others: object) -> PipelineSettings:
    return PipelineSettings.model_validate({"filters": steps, "window_s": 1.0, **others})


def test_a_chain_is_its_stages_one_after_the_other() -> None:
    wanted = settings(
        {"kind": "common_average"},
        {"kind": "bandpass", "low_hz": 8, "high_hz": 30},
        {"kind": "notch", "freq_hz": 50},
        channels=["E3", "E1", "E2"],
    )
    data = noise(2000)
    got = Chain(wanted, eeg_info()).process(data, 0).data
    picked = data[:, [2, 0, 1]].astype(np.float64)
    expected = picked - picked.mean(axis=1, keepdims=True)
    for sos in (filters.bandpass(8, 30, 250), filters.notch(50, 250)):
        zi = signal.sosfilt_zi(sos)[:, :, None] * expected[0]
        expected, _ = signal.sosfilt(sos, expected, axis=0, zi=zi)
    assert np.sqrt(np.mean((got - expected) ** 2) / np.mean(expected**2)) < 1e-4


def test_bipolar_channels_are_named_after_their_pairs() -> None:
    chain = Chain(settings({"kind": "bipolar", "pairs": [["E1", "e2"], ["E4", "E3"]]}), eeg_info(4))
    assert [channel.name for channel in chain.channels] == ["E1-E2", "E4-E3"]
    assert chain.process(noise(10, 4), 0).data.shape == (10, 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_a_value_that_is_not_finite_is_held_reported_and_soon_forgotten(bad: float) -> None:
    wanted = settings(
        {"kind": "remove_dc", "cutoff_hz": 1.0},
        {"kind": "common_average"},
        {"kind": "bandpass", "low_hz": 8, "high_hz": 30},
        {"kind": "standardize", "time_constant_s": 1.0},
    )
    clean = noise(3000)
    dirty = clean.copy()
    dirty[700:703, 2] = bad
    chain = Chain(wanted, eeg_info())
    got = chain.process(dirty, 0)
    assert chain.non_finite == 3
    assert got.newest_bad == 702
    assert np.isfinite(got.data).all()
    expected = Chain(wanted, eeg_info()).process(clean, 0).data
    assert np.abs(got.data[2900:] - expected[2900:]).max() < 0.01


def test_output_begins_with_the_first_sample_that_is_wholly_finite() -> None:
    data = noise(100)
    data[:40, 3] = np.nan
    data[60, 0] = np.nan
    whole = Chain(settings(), eeg_info()).process(data, 0)
    assert (whole.first, len(whole.data), whole.newest_bad) == (40, 60, 60)
    one_by_one = Chain(settings(), eeg_info())
    parts = [one_by_one.process(data[i : i + 1], i).data.copy() for i in range(100)]
    np.testing.assert_array_equal(np.concatenate(parts), whole.data)
    assert one_by_one.non_finite == 41


def test_group_delay_is_that_of_a_burst_in_the_pass_band() -> None:
    chain = Chain(settings({"kind": "bandpass", "low_hz": 8, "high_hz": 30}), eeg_info(1, 1000.0))
    t = np.arange(4000) / 1000.0
    burst = (np.exp(-(((t - 2) / 0.15) ** 2)) * np.sin(2 * np.pi * 16 * t))[:, None]
    got = chain.process(burst.astype(np.float32), 0).data[:, 0]
    moved = np.argmax(np.abs(signal.hilbert(got))) - np.argmax(np.abs(signal.hilbert(burst[:, 0])))
    assert moved / 1000.0 == pytest.approx(chain.group_delay_s(), abs=0.012)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (settings(channels=["E1", "Cz", "Pz"]), "lacks the channels Cz, Pz; it has E1, E2"),
        (settings(kinds=["seeg"]), "no channel of kind seeg"),
        (settings({"kind": "notch", "freq_hz": 300}), r"filters.0 \(notch\): freq_hz = 300"),
        (settings({"kind": "bipolar", "pairs": [["E1", "X"]]}), "there is no channel 'X'"),
    ],
)
def test_a_stream_that_cannot_satisfy_the_settings_is_refused_by_name(
    wanted: PipelineSettings, message: str
) -> None:
    with pytest.raises(MismatchError, match=message):
        Chain(wanted, eeg_info())


def test_an_irregular_stream_is_refused() -> None:
    with pytest.raises(MismatchError, match="irregular"):
        Chain(settings(), eeg_info(sfreq=0.0))


def of_kinds(*kinds: str, unit: str = "uV") -> StreamInfo:
    channels = tuple(Channel(f"E{i + 1}", kind, unit) for i, kind in enumerate(kinds))
    return StreamInfo("mixed", "EEG", 250.0, channels)


def test_the_common_average_takes_in_no_other_kind() -> None:
    wanted = settings({"kind": "common_average"}, channels=["E1", "E2", "E3", "E4"])
    chain = Chain(wanted, of_kinds("eeg", "eeg", "eog", "acc"))
    data = noise(50, 4)
    data[:, 3] = 1e6
    got = chain.process(data, 0).data
    mean = data[:, :2].mean(axis=1, dtype=np.float64, keepdims=True)
    np.testing.assert_allclose(got[:, :2], data[:, :2] - mean, atol=1e-4)
    np.testing.assert_array_equal(got[:, 2:], data[:, 2:])
    assert chain.remarks[0] == "not part of the common average: E3, E4"


def test_kinds_are_averaged_each_for_itself() -> None:
    wanted = settings({"kind": "common_average"}, kinds=["eeg", "seeg"])
    chain = Chain(wanted, of_kinds("eeg", "seeg", "eeg", "seeg"))
    data = noise(50, 4)
    got = chain.process(data, 0).data
    for members in ([0, 2], [1, 3]):
        np.testing.assert_allclose(got[:, members].sum(axis=1), 0, atol=1e-4)


def test_channels_that_may_be_no_eeg_are_named_before_they_are_averaged() -> None:
    wanted = settings({"kind": "common_average"})
    named = tuple(
        Channel(name, "eeg", "uV", standard_position(name)) for name in ("C3", "LO1", "C4")
    )
    assert "type alone: LO1; if" in Chain(wanted, StreamInfo("a", "EEG", 250.0, named)).remarks[0]
    placed = StreamInfo("a", "EEG", 250.0, (named[0], named[2]))
    assert Chain(wanted, placed).remarks == []
    given = wanted.model_copy(update={"names": ("EOG", "C3", "C4")})
    chain = Chain(given, of_kinds("eeg", "eeg", "eeg"))
    assert [channel.name for channel in chain.picked] == ["C3", "C4"]
    assert chain.remarks == []


def test_an_average_of_unknown_kinds_is_that_of_all_and_reports_it() -> None:
    wanted = settings({"kind": "common_average"}, kinds=["unknown"])
    chain = Chain(wanted, of_kinds("unknown", "unknown"))
    assert np.allclose(chain.process(noise(50, 2), 0).data.sum(axis=1), 0, atol=1e-4)
    assert "kinds of the channels are unknown" in chain.remarks[0]


@pytest.mark.parametrize(("unit", "factor"), [("V", 1e6), ("mV", 1e3), ("nV", 1e-3)])
def test_voltages_come_in_microvolts(unit: str, factor: float) -> None:
    chain = Chain(settings(), of_kinds("eeg", "eeg", unit=unit))
    data = noise(50, 2)
    data[:10, 1] = np.nan
    got = chain.process(data.copy(), 0)
    assert {channel.unit for channel in chain.picked} == {"uV"}
    np.testing.assert_array_equal(got.data, (factor * data[10:].astype(np.float64)).astype("f4"))


def test_units_that_a_model_was_trained_in_are_kept() -> None:
    chain = Chain(settings(), of_kinds("eeg", "eeg"), units=["V", "V"])
    data = noise(50, 2)
    got = chain.process(data.copy(), 0).data
    np.testing.assert_allclose(got, data * 1e-6, rtol=1e-6)
    with pytest.raises(MismatchError, match="E1 is in uV, which cannot become T"):
        Chain(settings(), of_kinds("eeg"), units=["T"])


@pytest.mark.parametrize(("row", "newest_bad"), [(700, 175), (701, 176), (703, 176), (704, 176)])
def test_a_held_value_is_reported_at_the_first_output_sample_that_it_reaches(
    row: int, newest_bad: int
) -> None:
    data = noise(1000)
    data[row, 2] = np.nan
    chain = Chain(settings({"kind": "decimate", "factor": 4}), eeg_info())
    assert chain.process(data, 0).newest_bad == newest_bad


def test_a_chain_tells_which_columns_of_the_stream_held_no_numbers() -> None:
    chain = Chain(settings({"kind": "common_average"}, channels=["E3", "E1"]), eeg_info())
    data = noise(20)
    data[:5, 2] = np.nan
    data[:, 1] = np.nan  # a channel that the chain does not use
    chain.process(data, 0)
    assert chain.take_unsound() == [2]
    assert chain.take_unsound() == []
    data[3, 0] = np.inf
    chain.process(data, 20)
    assert chain.take_unsound() == [2, 0]
