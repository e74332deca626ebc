"""Faults on demand, through real LSL: what was lost is counted to the sample."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import replace

import pytest

from bci.lsl.device_stream import stream_device
from bci.lsl.inlet import InletStats, SignalInlet
from bci.recording.recorder import Recorder
from bci.recording.summary import StreamReport, describe_recording
from bci.recording.xdf.writer import XdfWriter
from bci.signals import Reading
from devices.simulated.simulator import SimulatorDevice, SimulatorSettings
from tests.streams import find, wait_until

FAULTS = {
    "drops": {"drop": 0.03, "drop_after_s": 3.0},
    "pause": {"pause_after_s": 3.5, "pause_s": 2.0},
    "forward": {"clock_jump_after_s": 3.5, "clock_jump_s": 3600.0},
    "back": {"clock_jump_after_s": 3.5, "clock_jump_s": -3600.0},
}
SECONDS = 7


class Gated:
    """A simulator whose samples begin when everybody listens."""

    def __init__(self, device: SimulatorDevice, ready: threading.Event) -> None:
        self._device = device
        self._ready = ready
        self.open, self.describe, self.close = device.open, device.describe, device.close

    def read(self, timeout: float) -> Reading:
        assert self._ready.wait(30)
        return self._device.read(timeout)


Outcomes = dict[str, tuple[InletStats, SimulatorDevice, int, StreamReport]]


@pytest.fixture(scope="module")
def outcomes(
    tmp_path_factory: pytest.TempPathFactory,
) -> Outcomes:
    """Every fault for seven seconds, all at once.

    The inlet's figures, the device, the end of what came, and what was recorded of it.
    """
    stop, ready = threading.Event(), threading.Event()
    running = {}
    file = tmp_path_factory.mktemp("faults") / "all.xdf"
    recorder = Recorder(XdfWriter(file))
    recording = threading.Thread(target=recorder.run, args=(stop,))
    recording.start()
    for kind, faults in FAULTS.items():
        name = f"{kind}-{uuid.uuid4().hex[:8]}"
        settings = SimulatorSettings(name=name, channels=16, sfreq=500.0, **faults)
        device = SimulatorDevice(settings)
        gated = Gated(device, ready)
        player = threading.Thread(target=stream_device, args=(gated, stop))
        player.start()
        running[kind] = (device, player, SignalInlet(find(name)), [0])
    wait_until(lambda: len(recorder.streams) == 2 * len(FAULTS), 30)
    ready.set()

    def pull() -> bool:
        for _, _, inlet, seen in running.values():
            for chunk in inlet.pull(500, 0.005):
                seen[0] = chunk.end
        return all(seen[0] >= SECONDS * 500 for *_, seen in running.values())

    wait_until(pull, 60)
    stop.set()
    recording.join(5)
    reports = {report.name: report for report in describe_recording(file)}
    outcome = {
        kind: (replace(inlet.stats), device, seen[0], reports[inlet.info.name])
        for kind, (device, _, inlet, seen) in running.items()
    }
    for _, player, inlet, _ in running.values():
        player.join(2)
        inlet.close()
    return outcome


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["drops", "pause"])
def test_lost_samples_are_counted_exactly(outcomes: Outcomes, kind: str) -> None:
    stats, device, end, recorded = outcomes[kind]
    assert stats.samples + stats.lost_samples == end
    # The recorder goes on for a moment longer, and so may lose more.
    assert recorded.lost_samples >= stats.lost_samples
    assert recorded.n_samples + recorded.lost_samples >= end
    assert recorded.lost_samples <= device.lost_samples
    # What was lost after the last sample that came cannot be known yet.
    assert 0 <= device.lost_samples - stats.lost_samples <= 20
    assert stats.lost_samples > 0
    assert stats.clock_jumps == 0
    if kind == "pause":
        assert (recorded.gaps, recorded.lost_samples) == (1, 1000)
        assert (stats.gaps, stats.lost_samples) == (1, 1000)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["forward", "back"])
def test_a_clock_that_is_set_by_an_hour_loses_nothing(outcomes: Outcomes, kind: str) -> None:
    stats, device, end, recorded = outcomes[kind]
    assert recorded.n_samples >= end
    # No stamp can be an hour newer than the last comparison of the clocks.
    assert (recorded.clock_jumps, recorded.lost_samples) == (1, 0)
    assert (stats.clock_jumps, stats.gaps, stats.lost_samples) == (1, 0, 0)
    assert stats.samples == end
    assert device.lost_samples == 0


@pytest.mark.slow
def test_a_streaming_process_killed_under_load_and_restarted() -> None:
    name = f"load-{uuid.uuid4().hex[:8]}"
    command = [
        sys.executable, "-m", "bci", "stream", "--device", "simulator", f"name={name}",
        "channels=64", "sfreq=1000", "--with-parent",
    ]  # fmt: skip

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ)
        )

    process = start()
    inlet = SignalInlet(find(name))
    pull = lambda: (inlet.pull(1000, 0.02), inlet.stats.samples)[1]  # noqa: E731
    try:
        wait_until(lambda: pull() > 1000, 30)
        process.kill()
        process.wait(5)
        died = time.monotonic()
        wait_until(lambda: (pull(), not inlet.connected)[1], 10)
        before = inlet.stats.samples
        process = start()
        wait_until(lambda: pull() > before + 1000, 30)
        pause = time.monotonic() - died
        stats = inlet.stats
        assert (stats.reconnects, stats.gaps, stats.clock_jumps) == (1, 1, 0)
        assert 0 < stats.lost_samples < 1000 * pause
    finally:
        inlet.close()
        process.communicate(timeout=5)


@pytest.mark.slow
def test_ctrl_c_ends_a_connection_that_hangs() -> None:
    with socket.create_server(("localhost", 0)) as silent:
        port = silent.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "bci", "stream", "--device", "fieldtrip", f"port={port}",
             "timeout_s=50"],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        silent.settimeout(30)
        connection, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        # Far below the fifty seconds that the connection may take.
        assert process.wait(10) == 0
        connection.close()
        process.communicate()
