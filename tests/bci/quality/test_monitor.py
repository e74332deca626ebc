"""The monitor on a live stream: its verdicts over LSL, and the stream's figures."""

import json
import subprocess
import threading
import uuid
from pathlib import Path

import numpy as np
import pylsl
import pytest
import yaml

from bci.cli.monitor import quality_event
from bci.errors import StreamError
from bci.lsl.device_stream import stream_device
from bci.lsl.discovery import StreamQuery
from bci.lsl.inlet import InletStats
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.messages import DevicesEvent, QualityEvent, StreamingEvent, read_event
from bci.messages.quality_reasons import Reason
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import load_profile, shipped_profiles
from bci.quality.channel_quality import ChannelQuality, State
from bci.quality.monitor import StreamQuality, monitor
from bci.serial_ports import serial_ports
from bci.signals import Channel, StreamInfo
from devices.simulated.simulator import SimulatorDevice, SimulatorSettings
from tests.commands import BCI, bci, bci_process, one_line, refused
from tests.streams import find, send, wait_until


@pytest.mark.slow
def test_a_railed_channel_is_reported_over_lsl_with_the_streams_own_figures() -> None:
    name = f"watched-{uuid.uuid4().hex[:8]}"
    device = SimulatorDevice(SimulatorSettings(name=name, channels=8, rail_after_s=1.0))
    stop = threading.Event()
    reports: list[StreamQuality] = []
    player = threading.Thread(target=stream_device, args=(device, stop))
    player.start()
    find(name)
    watcher = threading.Thread(target=monitor, args=(StreamQuery(name=name), stop, reports.append))
    watcher.start()
    try:
        inlet = pylsl.StreamInlet(find(f"{name}-quality").raw, recover=False)
        texts = wait_until(
            lambda: (lambda sample: sample if sample and "bad" in sample[0] else None)(
                inlet.pull_sample(timeout=0.5)[0]
            ),
            30,
        )
        assert texts[0] == "bad: railed"
        assert len(texts) == 9
        assert json.loads(texts[8])["lost_samples"] == 0
        wait_until(lambda: reports[-1].channels[0].state == State.BAD)
        stats = reports[-1].stats
        assert stats.lost_samples == stats.gaps == stats.clock_jumps == 0
        assert stats.effective_rate == pytest.approx(250, rel=1e-3)
        assert abs(stats.clock_offset_s) < 1e-3
    finally:
        stop.set()
        player.join(2)
        watcher.join(2)
    assert not player.is_alive()
    assert not watcher.is_alive()


def test_a_stream_without_unit_is_judged_by_the_one_that_is_given() -> None:
    name = f"unitless-{uuid.uuid4().hex[:8]}"
    info = StreamInfo(name, "EEG", 250.0, (Channel("C3", "eeg"), Channel("C4", "eeg")), name)
    outlet, stop = SignalOutlet(info), threading.Event()
    reports: list[StreamQuality] = []
    given = PipelineSettings(window_s=1.0, unit="uV", names=("Cz", "Pz"))
    watcher = threading.Thread(
        target=monitor,
        args=(StreamQuery(name=name), stop, reports.append),
        kwargs={"options": given, "wait_s": 20.0},
    )
    watcher.start()
    try:
        wait_until(lambda: outlet.has_consumers)
        rng = np.random.default_rng(0)
        send(outlet, np.cumsum(rng.normal(0, 2, (2500, 2)), axis=0).astype(np.float32))
        wait_until(lambda: len(reports) > 5)
    finally:
        stop.set()
        watcher.join(5)
        outlet.close()
    assert [channel.name for channel in reports[-1].channels] == ["Cz", "Pz"]
    assert all(channel.state != State.NOT_JUDGED for channel in reports[-1].channels)


@pytest.mark.slow
def test_the_monitor_takes_stream_and_power_line_from_a_profile(tmp_path: Path) -> None:
    profile = yaml.safe_load(shipped_profiles()["motor-imagery"].read_text())
    name = f"absent-{uuid.uuid4().hex[:8]}"
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(profile | {"stream": {"name": name}, "line_hz": 60}))
    assert load_profile(file).line_hz == 60.0
    assert name in refused("monitor", "--profile", file)
    file.write_text(yaml.safe_dump(profile | {"line_hz": 6}))
    assert "line_hz" in refused("monitor", "--profile", file)


def test_a_report_is_an_event_that_names_the_reason() -> None:
    info = StreamInfo("amp", "EEG", 250.0, (Channel("C3", "eeg", "uV"),))
    stats = InletStats(1000, 3, 1, 0, 0, 250.0, 1e-4, 0.0, 1e-4, float("nan"), findings=("late",))
    nan = float("nan")
    line_noise = ChannelQuality(
        "C3", State.DOUBTFUL, "line noise 63%", 9.0, 0.63, 1.0, 0.0, 0.1, nan, nan,
        reason=Reason.LINE_NOISE,
    )  # fmt: skip
    event = read_event(quality_event(StreamQuality(info, True, stats, [line_noise])).line())
    assert isinstance(event, QualityEvent)
    assert (event.stream, event.lost_samples, event.clock_drift_ppm) == ("amp", 3, None)
    (channel,) = event.channels
    assert (channel.state, channel.reason) == ("doubtful", Reason.LINE_NOISE)
    assert (channel.text, channel.line_share, channel.correlation) == ("line noise 63%", 0.63, None)


def test_an_irregular_stream_has_no_quality() -> None:
    name = f"markers-{uuid.uuid4().hex[:8]}"
    numbers = pylsl.StreamOutlet(pylsl.StreamInfo(name, "x", 2, 0.0, "float32", name))
    with pytest.raises(StreamError, match="irregular: it has no signal quality"):
        monitor(StreamQuery(name=name), threading.Event(), print)
    texts = MarkerOutlet(f"{name}-text", f"{name}-text")
    with pytest.raises(StreamError, match="carries string values"):
        monitor(StreamQuery(name=f"{name}-text"), threading.Event(), print)
    texts.close()
    del numbers


@pytest.mark.slow
def test_the_commands_stream_monitor_and_devices() -> None:
    name = f"cli-{uuid.uuid4().hex[:8]}"
    streaming = subprocess.Popen(
        [
            *BCI, "stream", "--device", "simulator", f"name={name}", "channels=4", "--json",
            "--with-parent",
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        find(name)
        ran = bci("monitor", "--stream", name, "--duration", "5")
        assert f"{name} (simulated)" in ran.stdout
        assert "4 good  0 doubtful  0 bad" in ran.stdout
    finally:
        printed, _ = streaming.communicate(timeout=40)
    assert streaming.returncode == 0
    assert read_event(printed.splitlines()[0]) == StreamingEvent(
        stream=name, n_channels=4, sfreq=250.0, simulated=True
    )
    listed = read_event(bci("devices", "--json").stdout)
    assert isinstance(listed, DevicesEvent)
    names = {entry.name: entry for entry in listed.devices}
    assert {"simulator", "fieldtrip", "synthetic", "cyton", "playback"} <= set(names)
    assert names["cyton"].needs == ("serial_port",)
    assert names["cyton"].ports == tuple(serial_ports())
    assert names["simulator"].ports == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stream", "--device", "cyton"], "needs serial_port"),
        (["stream", "--device", "fieldtrip", "port=1", "timeout_s=0.5"], "localhost:1"),
        (["stream", "--device", "nosuch"], "nosuch"),
        (["stream", "--device", "simulator", "task=sleep"], "task"),
        (["monitor", "--stream", "nosuch"], "nosuch"),
        (["record", "--subject", "a/b"], "letters and digits"),
        (["repair", "/nowhere.xdf"], "/nowhere.xdf"),
        (["info", "/nowhere.edf"], "/nowhere.edf"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    assert message in refused(*arguments)


@pytest.mark.slow
def test_what_a_makers_library_prints_is_not_added_to_the_one_line() -> None:
    done = bci_process("stream", "--device", "cyton", "serial_port=/dev/none")
    assert "/dev/none" in one_line(done)
