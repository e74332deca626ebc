"""Recording of real LSL streams from this and other processes, with restarts and kills."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pylsl
import pytest
import pyxdf

from bci.errors import RecordingError
from bci.lsl.discovery import FoundStream
from bci.lsl.metadata import UNPUBLISHED, to_lsl
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.lsl.raw_inlet import RawInlet
from bci.recording.read import read_recording
from bci.recording.recorder import Recorder
from bci.recording.summary import describe_recording
from bci.recording.xdf import format as xdf
from bci.recording.xdf.writer import XdfWriter
from bci.signals import Channel, Marker, StreamInfo
from tests.clocks.other_clock import sender_on_another_clock
from tests.commands import bci
from tests.signals import eeg_info, noise
from tests.streams import find, send, wait_until


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}"


@contextmanager
def recording(path: Path, *names: str) -> Iterator[tuple[Recorder, list[str]]]:
    said: list[str] = []
    recorder = Recorder(XdfWriter(path), names, said.append)
    stop = threading.Event()
    thread = threading.Thread(target=recorder.run, args=(stop,))
    thread.start()
    try:
        yield recorder, said
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def n_recorded(recorder: Recorder, name: str) -> int:
    return sum(r.n_samples for r in recorder.streams if r.found.info.name == name)


def is_recorded(recorder: Recorder, name: str) -> bool:
    return any(r.found.info.name == name for r in recorder.streams)


def load(path: Path) -> dict[str, dict]:
    streams, _ = pyxdf.load_xdf(path, dejitter_timestamps=False)
    return {stream["info"]["name"][0]: stream for stream in streams}


def test_an_engine_that_publishes_no_state_of_its_adaptation_is_reported(tmp_path: Path) -> None:
    name = unique("engine")

    def outlet(which: str, unpublished: str) -> pylsl.StreamOutlet:
        channel = Channel("provenance", "status", "json")
        label = f"{name}-{which}"
        described = to_lsl(StreamInfo(label, "Provenance", 0.0, (channel,), label, True), "string")
        if unpublished:
            described.desc().append_child_value(UNPUBLISHED, unpublished)
        return pylsl.StreamOutlet(described)

    before = [outlet("learns", "supervised"), outlet("aligns", "")]
    names = tuple(f"{name}-{which}" for which in ("learns", "aligns", "later"))
    with recording(tmp_path / "r.xdf", *names) as (recorder, said):
        wait_until(lambda: len(recorder.streams) == 2)
        later = outlet("later", "supervised")
        wait_until(lambda: len(recorder.streams) == 3)
    (line,) = [each for each in said if "bci verify" in each]
    assert line.startswith(f"{names[0]}: its engine adapts (supervised)")
    del before, later


def test_signals_and_markers_are_recorded_together_with_their_times(tmp_path: Path) -> None:
    name = unique("eeg")
    signal_out = SignalOutlet(eeg_info(4, 100.0, name))
    markers_out = MarkerOutlet(f"{name}-markers", f"{name}-markers")
    numbers_out = pylsl.StreamOutlet(
        pylsl.StreamInfo(f"{name}-int", "Markers", 1, 0, "int32", f"{name}-int")
    )
    data = noise(300, 4)
    with recording(tmp_path / "r.xdf", name, f"{name}-markers", f"{name}-int") as (recorder, _):
        wait_until(lambda: len(recorder.streams) == 3)
        start = send(signal_out, data)
        markers_out.push(Marker(start + 1.5, "left"))
        numbers_out.push_sample([7], start + 2.5)
        wait_until(lambda: [r.n_samples for r in recorder.streams].count(1) == 2)
        wait_until(lambda: n_recorded(recorder, name) == 300)
    streams = load(tmp_path / "r.xdf")
    np.testing.assert_array_equal(streams[name]["time_series"], data)
    np.testing.assert_allclose(
        streams[name]["time_stamps"], start + np.arange(300) / 100, atol=1e-3
    )
    for kind, value, at in (("markers", ["left"], 1.5), ("int", [7], 2.5)):
        (sample,), (stamp,) = (streams[f"{name}-{kind}"][k] for k in ("time_series", "time_stamps"))
        assert list(sample) == value
        assert stamp == pytest.approx(start + at, abs=1e-3)
    label = streams[name]["info"]["desc"][0]["channels"][0]["channel"][0]["label"]
    assert label == ["E1"]


def test_a_description_that_is_too_long_spoils_no_recording(tmp_path: Path) -> None:
    name = unique("amp")
    described = pylsl.StreamInfo(name, "EEG", 2, 100.0, "float32", name)
    for _ in range(20):
        described.desc().append_child_value("note", "x" * 1_000_000)
    outlet = pylsl.StreamOutlet(described)
    with recording(tmp_path / "r.xdf", name) as (recorder, said):
        wait_until(lambda: is_recorded(recorder, name))
        outlet.push_chunk([[1.0, 2.0]] * 50)
        wait_until(lambda: n_recorded(recorder, name) == 50)
    assert any("too long" in sentence for sentence in said)
    assert (tmp_path / "r.xdf").stat().st_size < 10_000
    assert len(read_recording(tmp_path / "r.xdf").data) == 50


class StopWith(threading.Event):
    """An event that is set at the moment when something is sent."""

    def __init__(self, recorder: Recorder, send_last: Callable[[], None]) -> None:
        super().__init__()
        self._recorder, self._send_last = recorder, send_last

    def wait(self, timeout: float | None = None) -> bool:
        if not self._recorder.streams:
            return super().wait(timeout)
        self._send_last()
        return True


def test_what_came_in_the_moment_of_the_stop_is_recorded(tmp_path: Path) -> None:
    name = unique("eeg")
    outlet = SignalOutlet(eeg_info(2, 100.0, name))
    recorder = Recorder(XdfWriter(tmp_path / "r.xdf"), (name,))

    def send_last() -> None:
        send(outlet, noise(50, 2))
        ((_, inlet),) = recorder._sources
        wait_until(lambda: inlet._inlet.samples_available() == 50)

    recorder.run(StopWith(recorder, send_last))
    outlet.close()
    assert len(load(tmp_path / "r.xdf")[name]["time_stamps"]) == 50


def test_offsets_are_written_as_the_senders_clock_plus_them_being_ours() -> None:
    name = unique("eeg")
    with sender_on_another_clock(name, name, offset_s=-1000.0, ppm=0.0):
        before = pylsl.local_clock()
        inlet = RawInlet(find(name))
        measured, offset = inlet.offset()
        assert offset == pytest.approx(1000.0, abs=0.1)
        # The time is that of the measurement, which may be seconds ago.
        assert before <= measured + offset <= pylsl.local_clock()
        inlet.close()


@pytest.mark.slow
def test_a_late_stream_is_added_and_a_restarted_one_continues(tmp_path: Path) -> None:
    name, late = unique("eeg"), unique("late")
    outlet = SignalOutlet(eeg_info(2, 100.0, name))
    first, second = noise(200, 2, seed=1), noise(200, 2, seed=2)
    with recording(tmp_path / "r.xdf") as (recorder, said):
        wait_until(lambda: is_recorded(recorder, name))
        start = send(outlet, first)
        wait_until(lambda: n_recorded(recorder, name) == 200)
        outlet.close()
        wait_until(lambda: any(f"{name} vanished" in sentence for sentence in said))
        late_outlet = SignalOutlet(eeg_info(3, 50.0, late))
        outlet = SignalOutlet(eeg_info(2, 100.0, name))
        wait_until(lambda: is_recorded(recorder, late))
        wait_until(lambda: outlet.has_consumers, 20)
        send(outlet, second, 700, start)
        send(late_outlet, noise(10, 3))
        wait_until(lambda: n_recorded(recorder, name) == 400)
        wait_until(lambda: n_recorded(recorder, late) == 10)
    (report,) = (r for r in describe_recording(tmp_path / "r.xdf") if r.name == name)
    assert (report.n_samples, report.gaps, report.lost_samples) == (400, 1, 500)
    np.testing.assert_array_equal(
        load(tmp_path / "r.xdf")[name]["time_series"], np.concatenate([first, second])
    )


_PLAYER = """
import sys
import numpy as np, mne
from mne_lsl.player import PlayerLSL
raw = mne.io.RawArray(np.arange(4000.0).reshape(1, -1).repeat(2, 0) * 1e-6,
                      mne.create_info(["C3", "C4"], 500.0, "eeg"), verbose="error")
with PlayerLSL(raw, chunk_size=20, name=sys.argv[1], n_repeat=np.inf) as player:
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
def test_a_stream_of_another_program_is_recorded_whole(tmp_path: Path) -> None:
    name = unique("player")
    player = subprocess.Popen(
        [sys.executable, "-c", _PLAYER, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert player.stdout is not None
        wait_until(lambda: b"ready" in player.stdout.readline(), 60)
        with recording(tmp_path / "r.xdf", name) as (recorder, _):
            wait_until(lambda: n_recorded(recorder, name) >= 1000, 20)
    finally:
        player.communicate(timeout=10)
    stream = load(tmp_path / "r.xdf")[name]
    # The player's values count up in microvolts, and start again at the end.
    steps = np.round(np.diff(stream["time_series"][:, 0]) * 1e6)
    assert set(steps) <= {1.0, -3999.0}
    assert stream["info"]["desc"][0]["channels"][0]["channel"][1]["label"] == ["C4"]
    np.testing.assert_allclose(np.diff(stream["time_stamps"]).mean(), 1 / 500, rtol=0.02)


@pytest.mark.long
def test_a_killed_recorder_loses_a_second_at_most_twenty_times(tmp_path: Path) -> None:
    name = unique("steady")
    stop = threading.Event()

    def stream() -> None:
        outlet = SignalOutlet(eeg_info(8, 500.0, name))
        began, n = pylsl.local_clock(), 0
        while not stop.wait(0.02):
            due = round((pylsl.local_clock() - began) * 500)
            send(outlet, np.full((due - n, 8), 1.0, np.float32), n, began)
            n = due
        outlet.close()

    source = threading.Thread(target=stream)
    source.start()
    rng = random.Random(5)
    try:
        find(name)
        for start in range(0, 20, 5):
            paths = [tmp_path / f"{i}.xdf" for i in range(start, start + 5)]
            recorders = [_start_recorder(path, name) for path in paths]
            for path, recorder in zip(paths, recorders, strict=True):
                wait_until(lambda path=path: path.exists() and path.stat().st_size > 20_000, 30)
                time.sleep(rng.uniform(0.0, 0.4))
                recorder.send_signal(signal.SIGKILL)
                killed = pylsl.local_clock()
                recorder.wait(5)
                _check_killed(path, name, killed)
    finally:
        stop.set()
        source.join(2)


def _start_recorder(path: Path, name: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "bci", "record", "--stream", name, "--output", str(path)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, env=dict(os.environ))


def _check_killed(path: Path, name: str, killed: float) -> None:
    xdf.check_whole(path)
    stream = load(path)[name]
    assert killed - stream["time_stamps"][-1] < 1.0
    (report,) = describe_recording(path)
    assert report.lost_samples == 0


def test_a_full_disk_ends_the_command_with_an_error_and_a_whole_file(tmp_path: Path) -> None:
    name = unique("flood")
    outlet = SignalOutlet(eeg_info(64, 1000.0, name))
    path = tmp_path / "full.xdf"
    command = [sys.executable, "-m", "bci", "record", "--stream", name, "--output", str(path)]
    limit = 2_000_000
    recorder = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    wait_until(lambda: outlet.has_consumers, 30)
    start, n = pylsl.local_clock(), 0
    while recorder.poll() is None and n < 60_000:
        send(outlet, np.full((500, 64), n, np.float32), n, start)
        n += 500
        time.sleep(0.05)
    _, said = recorder.communicate(timeout=10)
    outlet.close()
    assert recorder.returncode == 2
    assert "the disk is full; the file is whole up to here" in said
    xdf.check_whole(path)
    recorded = load(path)[name]["time_series"]
    assert len(recorded) > 5000
    np.testing.assert_array_equal(recorded[:, 0], np.arange(len(recorded)) // 500 * 500)


@pytest.mark.slow
def test_a_stream_that_never_came_is_reported_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "none.xdf"
    ran = bci("record", "--stream", "nosuch", "--output", path, "--duration", "3.5")
    assert ran.returncode == 2
    assert "there is no stream called 'nosuch' so far; it is waited for" in ran.stderr
    assert "nothing was recorded: no stream called nosuch was found" in ran.stderr
    assert not path.exists()


def test_a_stream_of_too_many_channels_is_skipped_and_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = unique("face")
    tries: list[str] = []

    def counted(found: FoundStream) -> RawInlet:
        tries.append(found.info.name)
        return RawInlet(found)

    monkeypatch.setattr("bci.recording.recorder.RawInlet", counted)
    wide = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Face", 25_344, 0, "int8", name))
    signal_out = SignalOutlet(eeg_info(4, 100.0, f"{name}-eeg"))
    with recording(tmp_path / "r.xdf", name, f"{name}-eeg") as (recorder, said):
        wait_until(lambda: any("25344 channels" in text for text in said))
        wait_until(lambda: is_recorded(recorder, f"{name}-eeg"))
        wait_until(lambda: tries.count(name) > 2)
    assert sum("25344 channels" in text for text in said) == 1
    assert not is_recorded(recorder, name)
    del wide, signal_out


def test_a_folder_that_goes_away_ends_the_recording_with_an_error(tmp_path: Path) -> None:
    name = unique("gone")
    outlet = SignalOutlet(eeg_info(2, 100.0, name))
    folder = tmp_path / "usb"
    recorder = Recorder(XdfWriter(folder / "r.xdf"), (name,))
    stop = threading.Event()
    errors: list[Exception] = []

    def work() -> None:
        try:
            recorder.run(stop)
        except RecordingError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: is_recorded(recorder, name))
    shutil.rmtree(folder)
    thread.join(5)
    stop.set()
    assert not thread.is_alive()
    assert "is gone" in str(errors[0])
    outlet.close()
