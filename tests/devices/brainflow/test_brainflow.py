import os
import select
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from brainflow.board_shim import BoardIds, BoardShim, BrainFlowInputParams, BrainFlowPresets
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pylsl import local_clock

from bci.clock.package_counter import PackageCounter
from bci.errors import DeviceError
from bci.lsl.device_stream import stream_device
from bci.lsl.inlet import SignalInlet
from bci.signals import Chunk, Marker, Reading
from devices.brainflow.boards import BrainFlowSettings, boards, find_board, impedance_commands
from devices.brainflow.device import BrainFlowDevice
from devices.brainflow.impedance import ImpedanceMeter, impedance_kohm
from tests.streams import find, wait_until

SFREQ = 250.0


@pytest.fixture
def synthetic() -> Iterator[BrainFlowDevice]:
    device = BrainFlowDevice(BrainFlowSettings(board="synthetic"))
    device.open()
    yield device
    device.close()


def release_from_outside(board: int = BoardIds.SYNTHETIC_BOARD) -> None:
    """What unplugging does: the session ends without the device's doing."""
    BoardShim(board, BrainFlowInputParams()).release_session()


def read_until(device: BrainFlowDevice, n_samples: int, timeout: float = 10.0) -> Reading:
    """Everything read until the first stream has so many samples, or the device ended."""
    everything = Reading([], [])
    deadline = time.monotonic() + timeout
    while sum(len(c.data) for number, c in everything.chunks if number == 0) < n_samples:
        assert time.monotonic() < deadline, "too few samples came"
        reading = device.read(0.05)
        if reading is None:
            break
        everything.chunks.extend(reading.chunks)
        everything.markers.extend(reading.markers)
    return everything


class FakeCyton:
    """The far end of a serial port that speaks as an OpenBCI Cyton does (Cyton SDK).

    Package ``n`` of 250 a second holds ``n`` counts in every channel; ``lost`` are never sent.
    """

    def __init__(self, lost: range) -> None:
        import pty
        import tty

        self._end, self._near_end = pty.openpty()
        tty.setraw(self._near_end)
        self.port = os.ttyname(self._near_end)
        self._lost = lost
        self._streaming = threading.Event()
        self._off = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._listen, self._send)]
        for thread in self._threads:
            thread.start()

    def _listen(self) -> None:
        while not self._off.is_set():
            if not select.select([self._end], [], [], 0.02)[0]:
                continue
            said = os.read(self._end, 256)
            if b"b" in said:
                self._streaming.set()
            elif b"s" in said:
                self._streaming.clear()
            elif not self._streaming.is_set():
                os.write(self._end, b"OpenBCI V3 8-16 channel$$$")

    def _send(self) -> None:
        n = 0
        while not self._off.wait(0.004):
            if self._streaming.is_set():
                if n not in self._lost:
                    counts = n.to_bytes(3, "big", signed=True) * 8
                    os.write(self._end, bytes([0xA0, n % 256]) + counts + bytes(6) + b"\xc0")
                n += 1

    def fall_silent(self) -> None:
        self._streaming.clear()

    def close(self) -> None:
        self._off.set()
        for thread in self._threads:
            thread.join(5.0)
        os.close(self._end)
        os.close(self._near_end)


def of_stream(reading: Reading, number: int = 0) -> list[Chunk]:
    return [chunk for stream, chunk in reading.chunks if stream == number]


def test_every_board_of_brainflow_has_a_name_and_what_it_needs() -> None:
    known = {board.name: board for board in boards()}
    assert len(known) == len(BoardIds) - 1
    assert known["cyton"].needs == ("serial_port",)
    assert known["cyton-daisy"].n_channels == 16
    assert known["synthetic"].board_id == -1
    assert known["playback"].needs == ("file", "master_board")
    assert known["muse-2"].transport == "bluetooth"
    assert known["muse-2"].sfreq == 256.0
    assert known["shimmer3"].transport == "unknown: see BrainFlow's documentation"
    # A required parameter is not listed as an optional one as well.
    assert not [board.name for board in known.values() if set(board.needs) & set(board.takes)]


def test_synthetic_board_describes_its_streams(synthetic: BrainFlowDevice) -> None:
    streams = {info.name: info for info in synthetic.describe()}
    eeg = synthetic.describe()[0]
    assert (eeg.name, eeg.type, eeg.sfreq, eeg.n_channels) == ("synthetic", "EEG", SFREQ, 16)
    assert eeg.ch_names[:4] == ("Fz", "C3", "Cz", "C4")
    assert {(c.kind, c.unit) for c in eeg.channels} == {("eeg", "uV")}
    assert all(channel.position is not None for channel in eeg.channels)
    assert streams["synthetic-acc"].type == "ACC"
    assert streams["synthetic-acc"].n_channels == 3
    assert streams["synthetic-acc-aux"].n_channels == 3
    assert streams["synthetic-battery"].n_channels == 1
    assert not {"synthetic-emg", "synthetic-ecg", "synthetic-eog"} & streams.keys()
    assert all(info.simulated for info in streams.values())
    assert len({info.source_id for info in streams.values()}) == len(streams)


def test_samples_of_the_synthetic_board_flow_on_time(synthetic: BrainFlowDevice) -> None:
    before = local_clock()
    reading = Reading([], [])

    def is_on_time() -> bool:
        """Read a second of samples; a busy machine sends some late, but not every second."""
        new = read_until(synthetic, 250)
        reading.chunks.extend(new.chunks)
        chunks = of_stream(new)
        steps = np.diff(np.concatenate([chunk.timestamps for chunk in chunks]))
        late = [abs(chunk.arrived - chunk.timestamps[-1]) for chunk in chunks]
        return max(late) < 0.05 and abs(float(np.median(steps)) * SFREQ - 1) < 0.1

    wait_until(is_on_time)
    chunks = of_stream(reading)
    assert chunks[0].data.dtype == np.float32
    assert chunks[0].data.shape[1] == 16
    times = np.concatenate([chunk.timestamps for chunk in chunks])
    assert (np.diff(times) >= 0).all()
    assert times[0] > before - 0.05
    # The counter wraps at 256; every sample is counted once, none is lost.
    assert [chunk.first for chunk in chunks] == [0, *[chunk.end for chunk in chunks[:-1]]]
    assert synthetic.lost_packages == 0
    assert {number for number, _ in reading.chunks} == set(range(len(synthetic.describe())))


def test_a_marker_comes_back_with_the_samples(synthetic: BrainFlowDevice) -> None:
    read_until(synthetic, 10)
    sent = local_clock()
    assert synthetic.command("marker 7") == "marker 7 set"
    markers: list[Marker] = []
    wait_until(lambda: markers.extend(read_until(synthetic, 1).markers) or markers)
    assert [marker.label for marker in markers] == ["7"]
    assert markers[0].time == pytest.approx(sent, abs=0.05)


def test_a_command_goes_to_the_board_and_its_answer_comes_back(synthetic: BrainFlowDevice) -> None:
    assert "hello" in synthetic.command("hello")
    with pytest.raises(DeviceError, match="number other than 0, not 'left'"):
        synthetic.command("marker left")


def test_a_board_in_use_is_not_taken_from_its_user(synthetic: BrainFlowDevice) -> None:
    second = BrainFlowDevice(BrainFlowSettings(board="synthetic"))
    with pytest.raises(DeviceError, match="already in use"):
        second.open()
    second.close()
    del second
    assert of_stream(read_until(synthetic, 10))


def test_a_session_that_ends_under_us_is_a_device_error(synthetic: BrainFlowDevice) -> None:
    read_until(synthetic, 10)
    release_from_outside()
    with pytest.raises(DeviceError, match="the connection to the board is gone"):
        read_until(synthetic, 1000)
    synthetic.close()
    synthetic.close()
    synthetic.open()
    assert of_stream(read_until(synthetic, 10))


def test_a_board_that_falls_silent_is_a_device_error(
    synthetic: BrainFlowDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.brainflow.device._SILENCE_S", 0.1)
    read_until(synthetic, 10)
    outside = BoardShim(BoardIds.SYNTHETIC_BOARD, BrainFlowInputParams())
    outside.stop_stream()
    with pytest.raises(DeviceError, match="has sent nothing for"):
        read_until(synthetic, 1000)
    outside.release_session()


@pytest.mark.skipif(sys.platform == "win32", reason="has no pseudo-terminals")
def test_packages_that_a_cyton_loses_are_counted_and_split_its_chunks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("devices.brainflow.device._SILENCE_S", 0.3)
    board = FakeCyton(lost=range(150, 160))
    device = BrainFlowDevice(BrainFlowSettings(board="cyton", serial_port=board.port))
    try:
        device.open()
        chunks = of_stream(read_until(device, 300))
        assert device.lost_packages == 10
        assert not any(info.simulated for info in device.describe())
        counts_uv = 4.5 / 24 / (2**23 - 1) * 1e6  # data sheet: reference 4.5 V, gain 24
        offset = round(float(chunks[0].data[0, 0]) / counts_uv) - chunks[0].first
        for chunk in chunks:
            sent = (offset + chunk.first + np.arange(len(chunk.data))) * counts_uv
            np.testing.assert_allclose(chunk.data[:, 0], sent, rtol=1e-4, atol=1e-3)
        board.fall_silent()
        with pytest.raises(DeviceError, match="is it switched on, plugged in and in range"):
            read_until(device, 1000)
    finally:
        device.close()
        board.close()


@pytest.mark.slow
def test_the_lsl_stream_stays_and_continues_when_the_board_comes_back() -> None:
    name = f"board-{uuid.uuid4().hex[:8]}"
    device = BrainFlowDevice(BrainFlowSettings(board="synthetic", name=name))
    stop, said = threading.Event(), list[str]()
    worker = threading.Thread(target=stream_device, args=(device, stop, 0.0, said.append))
    worker.start()
    inlet = SignalInlet(find(name))
    try:
        assert inlet.info.simulated

        def received(n_samples: int) -> bool:
            inlet.pull(1000, 0.02)
            return inlet.stats.samples > n_samples

        wait_until(lambda: received(100))
        release_from_outside()
        wait_until(lambda: len(said) == 2)
        assert "the connection to the board is gone" in said[0]
        assert "back after" in said[1]
        so_far = inlet.stats.samples
        wait_until(lambda: received(so_far + 200))
        assert inlet.connected
        assert inlet.stats.reconnects == 0
    finally:
        stop.set()
        worker.join(10.0)
        inlet.close()
    assert not worker.is_alive()


def test_a_file_recorded_by_brainflow_plays_its_samples_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "recorded.csv"
    board = BoardShim(BoardIds.SYNTHETIC_BOARD, BrainFlowInputParams())
    board.prepare_session()
    board.start_stream()
    board.add_streamer(f"file://{file}:w", BrainFlowPresets.DEFAULT_PRESET)
    wait_until(lambda: board.get_board_data_count() > 200)
    board.release_session()
    recorded = np.loadtxt(file)[:, 1:17]

    monkeypatch.setattr("devices.brainflow.device._SILENCE_S", 0.3)
    settings = BrainFlowSettings(board="playback", file=str(file), master_board="synthetic")
    device = BrainFlowDevice(settings)
    device.open()
    reading = read_until(device, 1_000_000)
    device.close()

    assert [info.name for info in device.describe()][:2] == ["playback", "playback-acc"]
    played = np.concatenate([chunk.data for chunk in of_stream(reading)])
    # The player leaves out the last line or two, whose length in time it does not know.
    assert len(recorded) - 2 <= len(played) <= len(recorded)
    np.testing.assert_allclose(played, recorded[: len(played)], rtol=1e-5)
    assert device.lost_packages == 0


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(DeviceError, match=r"board cyton \(serial dongle\) needs serial_port"):
        BrainFlowDevice(BrainFlowSettings(board="cyton"))
    with pytest.raises(DeviceError, match=r"board playback \(file\) needs master_board"):
        BrainFlowDevice(BrainFlowSettings(board="playback", file="recorded.csv"))


def test_a_wrong_port_is_named() -> None:
    device = BrainFlowDevice(BrainFlowSettings(board="cyton", serial_port="/dev/does-not-exist"))
    assert device.describe()[0].source_id == "brainflow-cyton-/dev/does-not-exist"
    with pytest.raises(DeviceError, match="board cyton: there is no port /dev/does-not-exist"):
        device.open()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    file = str(tmp_path / "none.csv")
    settings = BrainFlowSettings(board="playback", file=file, master_board="synthetic")
    with pytest.raises(DeviceError, match="there is no file"):
        BrainFlowDevice(settings).open()


def test_an_unknown_board_gets_a_hint() -> None:
    with pytest.raises(DeviceError, match="no board 'cytn'; did you mean cyton"):
        BrainFlowDevice(BrainFlowSettings(board="cytn"))


def test_a_port_without_permission_is_reported_with_the_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = tmp_path / "ttyUSB0"
    port.touch()
    monkeypatch.setattr("devices.brainflow.errors.os.access", lambda *_: False)
    device = BrainFlowDevice(BrainFlowSettings(board="cyton", serial_port=str(port)))
    with pytest.raises(DeviceError, match=r"permission denied on .* the group dialout"):
        device.open()


def test_without_brainflow_the_error_reports_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brainflow.board_shim", None)
    with pytest.raises(DeviceError, match=r"pip install 'bci\[brainflow\]'"):
        BrainFlowDevice(BrainFlowSettings(board="synthetic"))


def test_importing_the_adapter_does_not_import_brainflow() -> None:
    code = "import sys, devices.brainflow.device; sys.exit('brainflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError):
        BrainFlowSettings(board="synthetic", port="COM3")  # type: ignore[call-arg]


def test_impedance_is_offered_only_where_it_can_be_measured() -> None:
    cyton = BrainFlowSettings(board="cyton", serial_port="COM3", impedance=True)
    measured = BrainFlowDevice(cyton).describe()[-1]
    assert (measured.name, measured.type, measured.sfreq) == ("cyton-impedance", "Impedance", 1.0)
    assert measured.ch_names == ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")
    assert {channel.unit for channel in measured.channels} == {"kOhm"}
    assert impedance_commands("cyton")[0] == "z101Z"
    assert impedance_commands("cyton-daisy")[8] == "zQ01Z"
    ganglion = BrainFlowSettings(board="ganglion", serial_port="COM3", impedance=True)
    assert [info.name for info in BrainFlowDevice(ganglion).describe()] == ["ganglion-impedance"]
    with pytest.raises(DeviceError, match="board muse-2 measures no impedance"):
        BrainFlowDevice(BrainFlowSettings(board="muse-2", impedance=True))


@pytest.mark.parametrize("sfreq", [125.0, 250.0, 1000.0])
def test_impedance_is_the_amplitude_at_the_lead_off_frequency(sfreq: float) -> None:
    kohm = np.array([0.0, 5.0, 20.0, 750.0])
    time_s = np.arange(round(sfreq)) / sfreq
    amplitude_uv = 6e-9 * (kohm * 1000.0 + 2200.0) * 1e6
    lead_off = amplitude_uv * np.sin(2 * np.pi * 31.2 * time_s + 0.4)[:, None]
    mains = 10.0 * np.sin(2 * np.pi * 50.0 * time_s)[:, None]
    measured = impedance_kohm(lead_off + mains + 4000.0, sfreq)
    np.testing.assert_allclose(measured, kohm, rtol=0.01, atol=0.2)


def test_impedances_come_once_a_second_and_never_over_a_gap() -> None:
    n_samples, lost = 1000, slice(300, 310)
    time_s = np.arange(n_samples) / SFREQ
    lead_off = 6e-9 * 12_200.0 * 1e6 * np.sin(2 * np.pi * 31.2 * time_s)
    data = np.repeat(lead_off[:, None], 8, axis=1).astype(np.float32)
    meter = ImpedanceMeter(SFREQ)
    measured = []
    for at in (*range(0, lost.start, 30), *range(lost.stop, n_samples, 30)):
        end = min(at + 30, lost.start if at < lost.start else n_samples)
        measured += meter.push(Chunk(data[at:end], time_s[at:end], at))
    assert [(chunk.first, *chunk.timestamps) for chunk in measured] == [
        (0, time_s[249]),
        (1, time_s[559]),
        (2, time_s[809]),
    ]
    for chunk in measured:
        np.testing.assert_allclose(chunk.data, np.full((1, 8), 10.0), rtol=0.01)


@settings(deadline=None, max_examples=30)
@given(
    cycle=st.sampled_from([100, 250, 256, 1024]),
    low=st.sampled_from([0, 1, 101]),
    step=st.sampled_from([1, 2]),
    rows=st.integers(1, 4),
    start=st.integers(0, 2000),
    losses=st.lists(st.tuples(st.integers(1, 600), st.integers(0, 1500)), max_size=6),
    cut=st.integers(1, 97),
)
def test_lost_packages_are_counted_exactly_over_wraps(
    cycle: int,
    low: int,
    step: int,
    rows: int,
    start: int,
    losses: list[tuple[int, int]],
    cut: int,
) -> None:
    # After a whole cycle, or one package less, the counter looks as if nothing had been lost.
    assume(all(lost == 0 or min(lost % cycle, (lost + 1) % cycle) for _, lost in losses))
    # Three whole cycles come first, so that the counter's ways can be learnt.
    package = np.arange(3 * cycle)
    for kept, lost in losses:
        package = np.append(package, package[-1] + 1 + lost + np.arange(kept))
    index = (package[:, None] * rows + np.arange(rows)).ravel()
    number = low + (start + np.repeat(package, rows)) * step % (cycle * step)
    counter = PackageCounter(SFREQ)
    learning = 3 * cycle * rows
    counter.count(number[:learning].astype(float), index[:learning] / SFREQ)
    falsely = counter.lost_packages  # at the first wrap, if the cycle is almost a power of two
    offset = counter.lost_packages * rows
    for at in range(learning, len(index), cut):
        part = slice(at, at + cut)
        counted = counter.count(number[part].astype(float), index[part] / SFREQ)
        np.testing.assert_array_equal(counted, index[part] + offset)
    assert counter.lost_packages - falsely == sum(lost for _, lost in losses)


def test_a_constant_or_erratic_counter_is_ignored() -> None:
    rng = np.random.default_rng(1)
    times = np.arange(500) / SFREQ
    for numbers in (np.zeros(500), rng.integers(0, 1000, 500).astype(float)):
        counter = PackageCounter(SFREQ)
        counter.count(numbers[:100], times[:100])
        before = counter.lost_packages
        counter.count(numbers[100:], times[100:])
        assert counter.lost_packages == before


def test_a_pause_is_no_loss_and_a_swap_is_not_taken_for_a_cycle() -> None:
    times = np.arange(1000) / SFREQ
    times[600:] += 2.0  # held back by the radio, then delivered
    numbers = np.arange(1000) % 256.0
    numbers[[700, 701]] = numbers[[701, 700]]
    counter = PackageCounter(SFREQ)
    counter.count(numbers[:550], times[:550])
    counter.count(numbers[550:700], times[550:700])
    assert counter.lost_packages == 0
    counter.count(numbers[700:], times[700:])
    assert counter.lost_packages <= 2


def test_find_board_lists_all_where_nothing_is_similar() -> None:
    with pytest.raises(DeviceError, match="it has playback, streaming, synthetic"):
        find_board("xyzzy")
