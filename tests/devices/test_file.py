import threading
import time
import uuid
from dataclasses import replace

import numpy as np
import pytest
from pylsl import local_clock

from bci.errors import RecordingError
from bci.lsl.device_stream import stream_device
from bci.lsl.inlet import SignalInlet
from bci.lsl.marker_inlet import MarkerInlet
from bci.signals import Chunk, Marker, Recording
from devices.file import ReplayDevice
from tests.signals import eeg_info, noise
from tests.streams import find, wait_until


def recording(n: int = 1000, sfreq: float = 250.0, lost: slice = slice(0, 0)) -> Recording:
    keep = np.ones(n, dtype=bool)
    keep[lost] = False
    indices = np.flatnonzero(keep)
    markers = (Marker(0.5, "left"), Marker(2.0, "right"))
    info = eeg_info(8, sfreq, f"file-{uuid.uuid4().hex[:8]}")
    return Recording(info, noise(n)[keep], indices / sfreq, indices, markers, "made")


def play(device: ReplayDevice, seconds: float = 30.0) -> tuple[list[Chunk], list[Marker]]:
    device.open()
    chunks, markers = [], []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and (got := device.read(0.05)) is not None:
        chunks += [chunk for _, chunk in got.chunks]
        markers += got.markers
    return chunks, markers


def test_as_fast_as_possible_gives_every_sample_once_with_its_markers() -> None:
    made = recording()
    chunks, markers = play(ReplayDevice(made, speed=None))
    np.testing.assert_array_equal(np.concatenate([c.data for c in chunks]), made.data)
    times = np.concatenate([c.timestamps for c in chunks])
    np.testing.assert_allclose(np.diff(times), 1 / 250.0, atol=1e-9)
    assert [m.label for m in markers] == ["left", "right"]
    np.testing.assert_allclose([m.time - times[0] for m in markers], [0.5, 2.0], atol=1e-9)


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_samples_are_sent_when_they_are_due(speed: float) -> None:
    device = ReplayDevice(recording(250), speed=speed)
    began = local_clock()
    device.open()
    n, lateness = 0, []
    while (got := device.read(0.05)) is not None:
        n += sum(len(chunk.data) for _, chunk in got.chunks)
        if got.chunks:
            lateness.append(local_clock() - began - (n - 1) / 250.0 / speed)
    assert n == 250
    # Never before its time; the median is free of what else the machine was doing.
    assert min(lateness) > -0.002
    assert np.median(lateness) < 0.02


def test_what_is_sent_after_a_delay_is_only_what_is_due() -> None:
    now = 100.0
    device = ReplayDevice(recording(250), clock=lambda: now)
    device.open()
    device.read(0.0)
    now += 0.0095  # the samples of 0, 4 and 8 ms are due, in chunks of two
    got = device.read(0.0)
    assert got is not None
    assert got.chunks[0][1].timestamps[-1] <= now


def test_a_part_of_the_recording_can_be_played() -> None:
    made = recording()
    chunks, markers = play(ReplayDevice(made, speed=None, start_s=1.0, stop_s=3.0))
    np.testing.assert_array_equal(np.concatenate([c.data for c in chunks]), made.data[250:750])
    assert [m.label for m in markers] == ["right"]
    with pytest.raises(RecordingError, match=r"after 90 s; it is 4\.0 s long"):
        ReplayDevice(made, start_s=90.0)


def test_a_loop_begins_again_after_a_seam_that_shows_as_a_gap() -> None:
    device = ReplayDevice(recording(250), speed=None, loop=True)
    device.open()
    times = np.concatenate([device.read(0.05).chunks[0][1].timestamps for _ in range(300)])
    steps = np.diff(times)
    assert np.sum(steps > 0.4) == len(times) // 250 - (len(times) % 250 == 0)
    assert steps.min() > 0


def test_a_gap_in_the_recording_is_a_jump_between_chunks() -> None:
    made = recording(1000, lost=slice(403, 700))
    chunks, _ = play(ReplayDevice(made, speed=None))
    for chunk in chunks:
        np.testing.assert_allclose(np.diff(chunk.timestamps), 1 / 250.0, atol=1e-9)
    times = np.concatenate([c.timestamps for c in chunks])
    assert np.diff(times).max() == pytest.approx(298 / 250.0)


@pytest.mark.parametrize("lost", [slice(0, 0), slice(600, 900)])
def test_over_lsl_arrive_the_very_samples_indices_and_markers(lost: slice) -> None:
    made = recording(2000, lost=lost)
    stop = threading.Event()
    device = ReplayDevice(made, speed=None)
    player = threading.Thread(
        target=stream_device, args=(device, stop), kwargs={"wait_for_consumers_s": 10.0}
    )
    player.start()
    markers_in = MarkerInlet(find(f"{made.info.name}-markers"))
    inlet = SignalInlet(find(made.info.name))
    chunks: list[Chunk] = []
    markers: list[Marker] = []

    def everything() -> bool:
        chunks.extend(replace(c, data=c.data.copy()) for c in inlet.pull(500, 0.02))
        markers.extend(markers_in.pull())
        return sum(len(c.data) for c in chunks) == len(made.data) and len(markers) == 2

    wait_until(everything)
    np.testing.assert_array_equal(np.concatenate([c.data for c in chunks]), made.data)
    indices = np.concatenate([np.arange(c.first, c.end) for c in chunks])
    np.testing.assert_array_equal(indices, made.indices)
    start = chunks[0].timestamps[0]
    np.testing.assert_allclose([m.time - start for m in markers], [0.5, 2.0], atol=2e-3)
    assert [m.label for m in markers] == ["left", "right"]
    stop.set()
    player.join(2)
    assert not player.is_alive()
    inlet.close()
    markers_in.close()


def test_streaming_stops_within_a_second_of_being_asked() -> None:
    stop = threading.Event()
    device = ReplayDevice(recording(25_000), speed=1.0)
    player = threading.Thread(target=stream_device, args=(device, stop))
    player.start()
    find(device.describe()[0].name)
    stop.set()
    player.join(1.0)
    assert not player.is_alive()


def test_a_replay_that_loops_reports_the_length_of_its_seam() -> None:
    assert ReplayDevice(recording(), loop=True).describe()[0].loop_gap == 125
    assert ReplayDevice(recording(), loop=False).describe()[0].loop_gap == 0


def test_the_next_round_of_a_replay_is_no_loss_over_lsl() -> None:
    made = recording(1000)
    stop = threading.Event()
    player = threading.Thread(
        target=stream_device,
        args=(ReplayDevice(made, speed=None, loop=True), stop),
        kwargs={"wait_for_consumers_s": 10.0},
    )
    player.start()
    inlet = SignalInlet(find(made.info.name))
    wait_until(lambda: (inlet.pull(500, 0.02), inlet.stats.loops >= 2)[1])
    stats = inlet.stats
    assert (stats.lost_samples, stats.gaps, stats.clock_jumps) == (0, 0, 0)
    stop.set()
    player.join(5)
    inlet.close()
