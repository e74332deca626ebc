"""Verdicts on good, dead, noisy or loose channels, and their stability."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bci.messages.quality_reasons import describe
from bci.quality.channel_quality import ChannelQuality, State
from bci.quality.meter import QualityMeter
from bci.quality.quality_stream import to_text
from bci.signals import Channel, Chunk, StreamInfo
from devices.simulated import montages
from devices.simulated.scenarios import motor_imagery
from devices.simulated.signal import SimulatedSignal

SFREQ = 250.0
N_CHANNELS = 16


@pytest.fixture(scope="module")
def eeg() -> tuple[StreamInfo, np.ndarray]:
    """Return twenty seconds of simulated EEG."""
    channels = montages.eeg(N_CHANNELS)
    blocks = SimulatedSignal(channels, SFREQ, motor_imagery(), seed=4).blocks()
    data = np.concatenate([next(blocks)[0] for _ in range(200)])
    return StreamInfo("quality", "EEG", SFREQ, channels, "quality", simulated=True), data


def judge(info: StreamInfo, data: np.ndarray, size: int = 25) -> list[list[ChannelQuality]]:
    meter = QualityMeter(info)
    reports = []
    for row in range(0, len(data), size):
        stamps = np.arange(row, min(row + size, len(data))) / SFREQ
        reports += meter.push(Chunk(data[row : row + size].copy(), stamps, row))
    return reports


def test_good_electrodes_are_called_good(eeg: tuple[StreamInfo, np.ndarray]) -> None:
    reports = judge(*eeg)
    assert len(reports) >= 17
    states = [channel.state for report in reports for channel in report]
    assert states.count(State.GOOD) > 0.97 * len(states)


def spoil(kind: str, x: np.ndarray) -> np.ndarray:
    """Return one channel, (n,), that is bad from the fifth second."""
    rng = np.random.default_rng(0)
    x = x.copy()
    t = np.arange(len(x)) / SFREQ
    late = t >= 5
    match kind:
        case "flat":
            x[late] = x[0]
        case "railed":
            x[late] = 187_500.0
        case "clipped at the amplifier's limit":
            swing = x - x.mean() + 200 * np.sin(2 * np.pi * 3 * t)
            x[late] = np.clip(swing, -100, 100)[late]
        case "line noise":
            x[late] += 400 * np.sin(2 * np.pi * 50 * t[late])
        case "muscle or noise above 35 Hz":
            x[late] += rng.normal(0, 30, late.sum())
        case "drifting":
            x[late] += 800 * (t[late] - 5)
        case "jumps":
            x[late & (np.arange(len(x)) % 211 == 0)] += 1500
        case "unlike its neighbours":
            slow = np.cumsum(rng.normal(0, 1, len(x)))
            x[late] = (20 * np.sin(2 * np.pi * 4.3 * t) + 0.2 * slow)[late]
    return x


@pytest.mark.parametrize(
    "kind",
    ["flat", "railed", "clipped at the amplifier's limit", "line noise",
     "muscle or noise above 35 Hz", "drifting", "jumps", "unlike its neighbours"],
)  # fmt: skip
def test_each_fault_is_named_on_the_channel_that_has_it(
    eeg: tuple[StreamInfo, np.ndarray], kind: str
) -> None:
    info, data = eeg
    data = data.copy()
    data[:, 6] = spoil(kind, data[:, 6])
    last = judge(info, data)[-1]
    assert last[6].state > State.GOOD
    assert last[6].text.startswith(kind)
    assert last[6].reason is not None
    assert describe(last[6].reason, last[6].line_share) == last[6].text
    # A neighbour may be reported as unlike the bad channel, but for no other reason.
    others = [channel for i, channel in enumerate(last) if i != 6]
    assert sum(channel.state == State.GOOD for channel in others) >= 13


def test_a_verdict_does_not_flicker(eeg: tuple[StreamInfo, np.ndarray]) -> None:
    info, data = eeg
    data = np.tile(data, (2, 1))
    t = np.arange(len(data)) / SFREQ
    # Muscle in every other second only: a raw verdict would change each second.
    data[:, 3] += np.where(np.floor(t) % 2 == 0, 60 * np.sin(2 * np.pi * 80 * t), 0)
    states = [report[3].state for report in judge(info, data)]
    assert np.count_nonzero(np.diff(states)) <= 1


def test_it_recovers_when_the_electrode_does(eeg: tuple[StreamInfo, np.ndarray]) -> None:
    info, data = eeg
    data = data.copy()
    data[1250:2500, 6] = data[0, 6]
    states = [report[6].state for report in judge(info, data)]
    assert State.BAD in states
    assert states[-1] == State.GOOD


@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=20))
@hypothesis_settings(max_examples=15, deadline=None)
def test_the_verdicts_do_not_depend_on_the_chunks(
    eeg: tuple[StreamInfo, np.ndarray], sizes: list[int]
) -> None:
    info, data = eeg
    meter, reports, row, turn = QualityMeter(info), [], 0, 0
    while row < len(data):
        part = data[row : row + sizes[turn % len(sizes)]]
        reports += meter.push(Chunk(part.copy(), np.arange(len(part)) / SFREQ, row))
        row, turn = row + len(part), turn + 1
    assert str(reports) == str(judge(info, data))


def test_a_gap_and_values_that_are_not_numbers_do_not_upset_it(
    eeg: tuple[StreamInfo, np.ndarray],
) -> None:
    info, data = eeg
    meter = QualityMeter(info)
    first = data[:1500].copy()
    first[700, :] = np.nan
    meter.push(Chunk(first, np.arange(1500) / SFREQ, 0))
    # After a gap, a full second must arrive and the filters must settle.
    (*_, last) = meter.push(Chunk(data[1500:4000].copy(), np.arange(2500) / SFREQ, 9000))
    assert all(np.isfinite(channel.rms) for channel in last)
    assert sum(channel.state == State.GOOD for channel in last) >= 15


def test_only_a_channel_without_values_is_reported(
    eeg: tuple[StreamInfo, np.ndarray],
) -> None:
    info, data = eeg
    data = data.copy()
    data[:, 4] = np.nan
    data[::20, 6] = np.inf
    good = {c.name for c in judge(info, eeg[1])[-1] if c.state == State.GOOD}
    last = judge(info, data)[-1]
    assert (last[4].state, last[4].text) == (State.BAD, "no values")
    assert (last[6].state, last[6].text) == (State.DOUBTFUL, "5% of its values missing")
    assert all(
        c.state == State.GOOD for k, c in enumerate(last) if k not in (4, 6) and c.name in good
    )


def test_impedances_count_where_they_are_known(eeg: tuple[StreamInfo, np.ndarray]) -> None:
    info, data = eeg
    meter = QualityMeter(info)
    kohm = np.full(N_CHANNELS, np.nan)
    kohm[2] = 900.0
    meter.set_impedances(kohm)
    last = meter.push(Chunk(data.copy(), np.arange(len(data)) / SFREQ, 0))[-1]
    assert last[2].impedance_kohm == 900
    assert (last[2].state, last[2].text) == (State.BAD, "impedance 900 kOhm")
    assert last[3].state == State.GOOD


def test_channels_of_other_kinds_do_not_take_the_neighbours_away(
    eeg: tuple[StreamInfo, np.ndarray],
) -> None:
    info, data = eeg
    more = (*info.channels, Channel("TRIG", "stim", "unknown"), Channel("ECG", "ecg", "uV"))
    extra = np.column_stack([np.zeros(len(data)), 100 * data[:, 0]]).astype(np.float32)
    last = judge(replace(info, channels=more), np.hstack([data, extra]))[-1]
    assert [channel.correlation for channel in last[:N_CHANNELS]] == pytest.approx(
        [channel.correlation for channel in judge(info, data)[-1]]
    )
    assert (last[N_CHANNELS].state, last[N_CHANNELS].text) == (State.GOOD, "")
    assert np.isnan(last[-1].correlation)


def test_without_units_and_positions_only_what_can_be_known_is_reported(
    eeg: tuple[StreamInfo, np.ndarray],
) -> None:
    info, data = eeg
    bare = replace(info, channels=tuple(Channel(f"ch{i}") for i in range(N_CHANNELS)))
    data = data.copy()
    data[:, 1] = 5.0
    last = judge(bare, data)[-1]
    assert np.isnan(last[0].correlation)
    assert [channel.state for channel in last].count(State.NOT_JUDGED) == N_CHANNELS - 1
    assert last[0].text == "kind unknown"
    assert (last[1].state, last[1].text) == (State.BAD, "flat")
    with pytest.raises(ValueError, match="irregular"):
        QualityMeter(replace(info, sfreq=0.0))


@pytest.mark.parametrize(
    ("unit", "scale"), [("uV", 1.0), ("mV", 1e-3), ("V", 1e-6), ("nV", 1e3), ("unknown", 1.0)]
)
def test_noise_is_bad_in_whatever_unit(unit: str, scale: float) -> None:
    channels = tuple(Channel(f"x{i}", "eeg", unit) for i in range(4))
    noise = np.random.default_rng(0).normal(0, 3000 * scale, (2500, 4)).astype(np.float32)
    last = judge(StreamInfo("noise", "EEG", SFREQ, channels), noise)[-1]
    assert [channel.state for channel in last] == [State.BAD] * 4
    assert last[0].text == "muscle or noise above 35 Hz"


@pytest.mark.parametrize(("unit", "scale"), [("mV", 1e-3), ("V", 1e-6)])
def test_good_electrodes_are_good_in_whatever_unit(
    eeg: tuple[StreamInfo, np.ndarray], unit: str, scale: float
) -> None:
    info, data = eeg
    scaled = replace(info, channels=tuple(replace(c, unit=unit) for c in info.channels))
    told = [[(c.state, c.text) for c in report] for report in judge(info, data)]
    again = judge(scaled, (data * np.float32(scale)).astype(np.float32))
    assert [[(c.state, c.text) for c in report] for report in again] == told


def test_good_electrodes_without_a_unit_are_not_called_good(
    eeg: tuple[StreamInfo, np.ndarray],
) -> None:
    info, data = eeg
    bare = replace(info, channels=tuple(replace(c, unit="unknown") for c in info.channels))
    for channel in judge(bare, data)[-1]:
        assert (channel.state, channel.text) == (
            State.NOT_JUDGED,
            "unit unknown",
        )
        assert to_text(channel) == "not judged: unit unknown"
