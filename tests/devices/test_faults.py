"""Faults on demand, through real LSL: what was lost is counted to the sample."""

import os
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import replace

import pytest

from bci.lsl.inlet import InletStats, SignalInlet
from bci.streaming import stream_device
from devices.simulator import SimulatorDevice, SimulatorSettings
from tests.streams import find, wait_until

FAULTS = {
    "drops": {"drop": 0.01, "drop_after_s": 3.0},
    "pause": {"pause_after_s": 4.0, "pause_s": 5.0},
    "forward": {"clock_jump_after_s": 4.0, "clock_jump_s": 3600.0},
    "back": {"clock_jump_after_s": 4.0, "clock_jump_s": -3600.0},
}
SECONDS = 12


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[InletStats, SimulatorDevice, int]]:
    """Every fault for twelve seconds, all at once: the inlet's figures, the device, its end."""
    stop = threading.Event()
    running = {}
    for kind, faults in FAULTS.items():
        name = f"{kind}-{uuid.uuid4().hex[:8]}"
        settings = SimulatorSettings(name=name, channels=16, sfreq=500.0, **faults)
        device = SimulatorDevice(settings)
        player = threading.Thread(target=stream_device, args=(device, stop, 20.0))
        player.start()
        running[kind] = (device, player, SignalInlet(find(name)), [0])

    def pull() -> bool:
        for _, _, inlet, seen in running.values():
            for chunk in inlet.pull(500, 0.005):
                seen[0] = chunk.end
        return all(seen[0] >= SECONDS * 500 for *_, seen in running.values())

    wait_until(pull, 60)
    stop.set()
    outcome = {
        kind: (replace(inlet.stats), device, seen[0])
        for kind, (device, _, inlet, seen) in running.items()
    }
    for _, player, inlet, _ in running.values():
        player.join(2)
        inlet.close()
    return outcome


@pytest.mark.parametrize("kind", ["drops", "pause"])
def test_lost_samples_are_counted_exactly(
    outcomes: dict[str, tuple[InletStats, SimulatorDevice, int]], kind: str
) -> None:
    stats, device, end = outcomes[kind]
    assert stats.samples + stats.lost_samples == end
    # What was lost after the last sample that came cannot be known yet.
    assert 0 <= device.lost_samples - stats.lost_samples <= 20
    assert stats.lost_samples > 0
    assert stats.clock_jumps == 0
    if kind == "pause":
        assert (stats.gaps, stats.lost_samples) == (1, 2500)


@pytest.mark.parametrize("kind", ["forward", "back"])
def test_a_clock_that_is_set_by_an_hour_loses_nothing(
    outcomes: dict[str, tuple[InletStats, SimulatorDevice, int]], kind: str
) -> None:
    stats, device, end = outcomes[kind]
    assert (stats.clock_jumps, stats.gaps, stats.lost_samples) == (1, 0, 0)
    assert stats.samples == end
    assert device.lost_samples == 0


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
        wait_until(lambda: pull() > 3000, 30)
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
