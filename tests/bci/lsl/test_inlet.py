import subprocess
import sys
import time
import uuid

import numpy as np
import pylsl
import pytest

from bci.errors import StreamError
from bci.lsl.inlet import MarkerInlet, SignalInlet
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.signals import Marker
from tests.signals import eeg_info, noise
from tests.streams import connected, find, receive, send, wait_until


@pytest.fixture
def name() -> str:
    return f"amp-{uuid.uuid4().hex[:8]}"


def test_samples_stamps_and_metadata_come_through(name: str) -> None:
    info = eeg_info(8, 250.0, name)
    data = noise(1000)
    with connected(info) as (outlet, inlet):
        assert inlet.info == info
        start = send(outlet, data)
        chunks = receive(inlet, 1000)
        np.testing.assert_array_equal(np.concatenate([c.data for c in chunks]), data)
        times = np.concatenate([c.timestamps for c in chunks])
        np.testing.assert_allclose(times, start + np.arange(1000) / 250.0, atol=2e-3)
        assert [c.first for c in chunks] == [
            sum(len(b.data) for b in chunks[:k]) for k in range(len(chunks))
        ]
        assert all(c.arrived >= start for c in chunks)
        assert (inlet.stats.samples, inlet.stats.lost_samples) == (1000, 0)


def test_a_pull_returns_when_it_has_what_was_asked_for_or_time_is_up(name: str) -> None:
    with connected(eeg_info(2, 250.0, name)) as (outlet, inlet):
        began = time.monotonic()
        assert inlet.pull(10, 0.05) == []
        assert time.monotonic() - began > 0.04
        start = send(outlet, noise(30, 2))
        (chunk,) = receive(inlet, 30)[:1]
        assert len(chunk.data) <= 30
        send(outlet, noise(5, 2), first=30, start=start)
        (chunk,) = inlet.pull(5, 5.0)
        assert len(chunk.data) == 5


def test_samples_lost_by_the_sender_split_the_chunk_and_are_counted(name: str) -> None:
    data = noise(2000)
    with connected(eeg_info(8, 250.0, name)) as (outlet, inlet):
        start = send(outlet, data[:1000])
        send(outlet, data[1100:], first=1100, start=start)
        chunks = receive(inlet, 1900)
        assert (inlet.stats.gaps, inlet.stats.lost_samples) == (1, 100)
        after = [c for c in chunks if c.first >= 1100]
        np.testing.assert_array_equal(np.concatenate([c.data for c in after]), data[1100:])
        assert sum(len(c.data) for c in chunks if c.end <= 1000) == 1000
        seams = [(seam.stamp, seam.sample, seam.index) for seam in inlet.seams]
        assert seams == [(start, 0, 0), (start + 1100 / 250.0, 1000, 1100)]
        assert inlet.here is not None
        assert inlet.here.stamp == start + inlet.here.index / 250.0
        assert inlet.here.index == inlet.here.sample + 100


@pytest.mark.parametrize("channel_format", ["double64", "int16", "int32"])
def test_every_numeric_format_arrives_as_float32(name: str, channel_format: str) -> None:
    raw = pylsl.StreamOutlet(pylsl.StreamInfo(name, "EEG", 2, 100, channel_format, name))
    inlet = SignalInlet(find(name))
    wait_until(raw.have_consumers)
    raw.push_chunk([[1, -2], [300, 4]])
    (chunk,) = receive(inlet, 2)
    assert chunk.data.dtype == np.float32
    np.testing.assert_array_equal(chunk.data, [[1, -2], [300, 4]])
    inlet.close()


@pytest.mark.parametrize(("value", "rounds"), [(1 << 25, False), ((1 << 25) + 1, True)])
def test_values_that_float32_holds_are_not_called_rounded(
    name: str, value: int, rounds: bool
) -> None:
    raw = pylsl.StreamOutlet(pylsl.StreamInfo(name, "EEG", 2, 100, "double64", name))
    inlet = SignalInlet(find(name))
    wait_until(raw.have_consumers)
    raw.push_chunk([[float("nan"), -value], [1.0, value]])
    receive(inlet, 2)
    assert inlet.rounds is rounds
    inlet.close()


def test_an_irregular_stream_counts_its_samples(name: str) -> None:
    raw = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Events", 1, 0, "float32", name))
    inlet = SignalInlet(find(name))
    wait_until(raw.have_consumers)
    for k, stamp in enumerate((10.0, 11.0, 500.0)):
        raw.push_sample([k], stamp)
    chunks = receive(inlet, 3)
    np.testing.assert_allclose(
        np.concatenate([c.timestamps for c in chunks]), [10, 11, 500], atol=1e-3
    )
    assert inlet.stats.lost_samples == 0
    inlet.close()


@pytest.mark.parametrize("source_id", ["serial-1", ""])
def test_a_stream_that_vanishes_and_returns_flows_again(name: str, source_id: str) -> None:
    from dataclasses import replace

    info = replace(eeg_info(4, 250.0, name), source_id=source_id and f"{name}-{source_id}")
    outlet = SignalOutlet(info)
    inlet = SignalInlet(find(name))
    wait_until(lambda: outlet.has_consumers)
    start = send(outlet, noise(1000, 4), start=pylsl.local_clock() - 4.0)
    receive(inlet, 1000)
    outlet.close()
    wait_until(lambda: (inlet.pull(10, 0.01), not inlet.connected)[1])
    outlet = SignalOutlet(info)
    wait_until(lambda: (inlet.pull(10, 0.01), inlet.connected)[1])
    wait_until(lambda: outlet.has_consumers)
    first = round((pylsl.local_clock() - start) * 250.0)
    send(outlet, noise(500, 4, seed=1), first=first, start=start)
    chunks = receive(inlet, 500)
    assert chunks[0].first == first
    assert inlet.stats.reconnects == 1
    assert inlet.stats.lost_samples == first - 1000
    inlet.close()
    outlet.close()


def test_a_killed_program_is_noticed_and_its_restart_too(name: str) -> None:
    code = (
        "import sys, pylsl\n"
        f"o = pylsl.StreamOutlet(pylsl.StreamInfo({name!r}, 'EEG', 1, 100, 'float32', {name!r}))\n"
        "while True:\n"
        "    o.push_sample([1.0]); o.wait_for_consumers(0.005) or None\n"
        "    import time; time.sleep(0.01)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    inlet = SignalInlet(find(name))
    receive(inlet, 20)
    child.kill()
    child.wait(5)
    wait_until(lambda: (inlet.pull(10, 0.01), not inlet.connected)[1])
    child = subprocess.Popen([sys.executable, "-c", code])
    try:
        receive(inlet, 20, timeout=20)
        assert inlet.stats.reconnects == 1
    finally:
        child.kill()
        child.wait(5)
        inlet.close()


def test_a_stream_that_returns_changed_is_refused(name: str) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    inlet = SignalInlet(find(name))
    outlet.close()
    wait_until(lambda: (inlet.pull(10, 0.01), not inlet.connected)[1])
    outlet = SignalOutlet(eeg_info(5, 250.0, name))
    with pytest.raises(StreamError, match=r"came back changed: 4 channels .* 5 at 250 Hz"):
        wait_until(lambda: inlet.pull(10, 0.01))
    inlet.close()
    outlet.close()


@pytest.mark.parametrize(("largest", "rounds"), [(1 << 24, False), ((1 << 24) + 1, True)])
def test_whole_numbers_that_float32_rounds_are_noticed(
    name: str, largest: int, rounds: bool
) -> None:
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(name, "EEG", 2, 250, "int32", name))
    inlet = SignalInlet(find(name))
    wait_until(outlet.have_consumers)
    outlet.push_chunk(np.array([[1, 2], [3, -largest]], dtype=np.int32))
    receive(inlet, 2)
    assert inlet.rounds is rounds
    inlet.close()


def test_a_text_stream_is_no_signal(name: str) -> None:
    outlet = MarkerOutlet(name, name)
    with pytest.raises(StreamError, match="carries string values, not a signal"):
        SignalInlet(find(name))
    outlet.close()


def test_text_markers_come_with_their_times(name: str) -> None:
    outlet = MarkerOutlet(name, name)
    inlet = MarkerInlet(find(name))
    wait_until(lambda: outlet.has_consumers)
    sent = [Marker(100.5, "left"), Marker(101.5, "Größe"), Marker(102.5, " ")]
    for marker in sent:
        outlet.push(marker)
    got: list[Marker] = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) == 2)[1])
    assert [m.label for m in got] == ["left", "Größe"]
    np.testing.assert_allclose([m.time for m in got], [100.5, 101.5], atol=1e-3)
    inlet.close()
    outlet.close()


@pytest.mark.parametrize(
    ("channel_format", "values", "labels"),
    [("int32", [1, 769], ["1", "769"]), ("float32", [2.0, 0.5], ["2", "0.5"])],
)
def test_number_markers_become_labels(name: str, channel_format: str, values, labels) -> None:
    raw = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Markers", 1, 0, channel_format, name))
    inlet = MarkerInlet(find(name))
    wait_until(raw.have_consumers)
    for value in values:
        raw.push_sample([value])
    got: list[Marker] = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) == 2)[1])
    assert [m.label for m in got] == labels
    inlet.close()
