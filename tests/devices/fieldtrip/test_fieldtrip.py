import importlib
import socket
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pylsl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bci.errors import DeviceError
from bci.lsl.device_stream import stream_device
from bci.lsl.inlet import SignalInlet
from bci.signals import Channel, Chunk, Marker
from devices.fieldtrip.device import FieldTripDevice, FieldTripSettings
from tests.devices.fieldtrip import fieldtrip_server as protocol
from tests.devices.fieldtrip.fieldtrip_server import FieldTripServer
from tests.streams import find, wait_until

FLOAT32, INT16 = 9, 6


class Writer:
    """A client that fills a buffer, little-endian (``<``) or big-endian (``>``)."""

    def __init__(self, port: int, order: str = "<") -> None:
        self._order = order
        self._socket = socket.create_connection(("127.0.0.1", port), 5.0)

    def ask(self, command: int, payload: bytes = b"") -> tuple[int, bytes]:
        self._socket.sendall(struct.pack(self._order + "HHI", 1, command, len(payload)) + payload)
        prefix = self._socket.recv(8, socket.MSG_WAITALL)
        version, status, size = struct.unpack(self._order + "HHI", prefix)
        assert version == 1
        return status, self._socket.recv(size, socket.MSG_WAITALL) if size else b""

    def put_header(
        self,
        n_channels: int,
        sfreq: float,
        data_type: int = FLOAT32,
        names: tuple[str, ...] = (),
        chunks: tuple[tuple[int, bytes], ...] = (),
    ) -> None:
        if names:
            chunks += ((protocol.NAMES, "".join(f"{name}\0" for name in names).encode()),)
        packed = b"".join(
            struct.pack(self._order + "II", kind, len(content)) + content
            for kind, content in chunks
        )
        fixed = struct.pack(self._order + "IIIfII", n_channels, 0, 0, sfreq, data_type, len(packed))
        assert self.ask(protocol.PUT_HDR, fixed + packed) == (protocol.PUT_OK, b"")

    def put_data(self, data: np.ndarray, data_type: int = FLOAT32) -> None:
        raw = data.astype(data.dtype.newbyteorder(self._order)).tobytes()
        n_samples, n_channels = data.shape
        fixed = struct.pack(self._order + "IIII", n_channels, n_samples, data_type, len(raw))
        assert self.ask(protocol.PUT_DAT, fixed + raw) == (protocol.PUT_OK, b"")

    def put_event(self, kind: str, value: str | float, sample: int) -> None:
        number = 0 if isinstance(value, str) else 10 if isinstance(value, float) else 7
        raw = value.encode() if isinstance(value, str) else None
        if raw is None:
            raw = struct.pack(self._order + ("d" if number == 10 else "i"), value)
        size = len(raw) if number == 0 else 1
        fixed = (0, len(kind), number, size, sample, 0, 0, len(kind) + len(raw))
        packed = struct.pack(self._order + "IIIIiiiI", *fixed) + kind.encode() + raw
        assert self.ask(protocol.PUT_EVT, packed) == (protocol.PUT_OK, b"")


def device_at(port: int, name: str = "fieldtrip", timeout_s: float = 2.0) -> FieldTripDevice:
    return FieldTripDevice(
        FieldTripSettings(host="127.0.0.1", port=port, name=name, timeout_s=timeout_s)
    )


@contextmanager
def opened(port: int) -> Iterator[FieldTripDevice]:
    """A device that has read once, so that whatever comes now is new to it."""
    device = device_at(port)
    device.open()
    try:
        reading = device.read(0.0)
        assert reading is not None
        assert not reading.chunks
        yield device
    finally:
        device.close()


def read_samples(device: FieldTripDevice, n_samples: int) -> tuple[list[Chunk], list[Marker]]:
    chunks: list[Chunk] = []
    markers: list[Marker] = []

    def enough() -> bool:
        reading = device.read(0.05)
        assert reading is not None
        chunks.extend(chunk for _, chunk in reading.chunks)
        markers.extend(reading.markers)
        return sum(len(chunk.data) for chunk in chunks) >= n_samples

    wait_until(enough)
    assert sum(len(chunk.data) for chunk in chunks) == n_samples
    return chunks, markers


def ramp(n_samples: int, n_channels: int = 3, start: int = 0) -> np.ndarray:
    values = np.arange(start * n_channels, (start + n_samples) * n_channels)
    return values.reshape(n_samples, n_channels).astype(np.float32) * np.float32(1e-13)


@pytest.mark.parametrize("order", ["<", ">"])
def test_samples_arrive_bit_equal_with_their_indices_from_the_newest_on(order: str) -> None:
    with FieldTripServer() as server:
        writer = Writer(server.port, order)
        writer.put_header(3, 1000.0)
        writer.put_data(ramp(250))
        with opened(server.port) as device:
            chunks = []
            for start, stop in ((250, 257), (257, 300), (300, 700)):
                writer.put_data(ramp(stop - start, start=start))
                chunks += read_samples(device, stop - start)[0]
            assert [(chunk.first, chunk.end) for chunk in chunks] == [
                (250, 257),
                (257, 300),
                (300, 700),
            ]
            data = np.concatenate([chunk.data for chunk in chunks])
            np.testing.assert_array_equal(data, ramp(450, start=250))
            assert data.dtype == np.float32


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("data_type", range(11))
def test_every_type_of_sample_becomes_float32(data_type: int, order: str) -> None:
    dtype = np.dtype("i1") if data_type == 0 else protocol.DTYPES[data_type]
    if dtype.kind == "f":
        data = np.array([[1.5e-13, -3e20], [np.nan, 0.1]], dtype)
    else:
        limits = np.iinfo(dtype)
        data = np.array([[limits.min, limits.max], [1, 2]], dtype)
    with FieldTripServer() as server:
        writer = Writer(server.port, order)
        writer.put_header(2, 100.0, data_type)
        with opened(server.port) as device:
            writer.put_data(data, data_type)
            (chunk,), _ = read_samples(device, 2)
        np.testing.assert_array_equal(chunk.data, data.astype(np.float32))


@pytest.mark.parametrize("order", ["<", ">"])
def test_whole_numbers_are_multiplied_by_the_resolutions_of_the_header(order: str) -> None:
    resolutions = np.array([0.5, 1e-15]).astype(order + "f8").tobytes()
    with FieldTripServer() as server:
        writer = Writer(server.port, order)
        chunk = (protocol.RESOLUTIONS, resolutions)
        writer.put_header(2, 100.0, INT16, ("Cz", "MEG0111"), (chunk,))
        with opened(server.port) as device:
            writer.put_data(np.array([[-3, 1000]], np.int16), INT16)
            (got,), _ = read_samples(device, 1)
            (info,) = device.describe()
    np.testing.assert_array_equal(got.data, np.array([[-1.5, 1e-12]], np.float32))
    assert info.channels[1] == Channel("MEG0111", "mag", "T")


def test_a_peer_that_is_not_ours_writes_and_reads_the_server() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = importlib.import_module("mne_realtime.externals.FieldTrip")
    with FieldTripServer(ring_samples=10) as server:
        client = peer.Client()
        client.connect("127.0.0.1", server.port)
        assert client.getHeader() is None
        # Its put methods join str and bytes, which Python 3 refuses; its framing works.
        names = b"Fz\0Cz\0"
        fixed = struct.pack("=IIIfII", 2, 0, 0, 100.0, FLOAT32, 8 + len(names))
        client.sendRequest(
            peer.PUT_HDR, fixed + struct.pack("=II", peer.CHUNK_CHANNEL_NAMES, 6) + names
        )
        assert client.receiveResponse() == (peer.PUT_OK, 0, None)
        with opened(server.port) as device:
            data = ramp(8, 2)
            raw = data.tobytes()
            client.sendRequest(peer.PUT_DAT, struct.pack("=IIII", 2, 8, FLOAT32, len(raw)) + raw)
            assert client.receiveResponse() == (peer.PUT_OK, 0, None)
            (chunk,), _ = read_samples(device, 8)
            np.testing.assert_array_equal(chunk.data, data)
            assert device.describe()[0].ch_names == ("Fz", "Cz")
        header = client.getHeader()
        assert (header.nChannels, header.nSamples, header.labels) == (2, 8, ["Fz", "Cz"])
        np.testing.assert_array_equal(client.getData(), data)
        np.testing.assert_array_equal(client.getData((3, 5)), data[3:6])
        assert client.getEvents() == []
        Writer(server.port, ">").put_event("Button", "Left", 5)
        (event,) = client.getEvents((0, 0))
        assert (event.type, event.value, event.sample) == (b"Button", b"Left", 5)
        assert client.poll() == (8, 1)
        Writer(server.port, ">").put_data(ramp(5, 2, 8))
        assert client.getData((2, 5)) is None, "the ring holds 3 to 12"
        np.testing.assert_array_equal(client.getData(), ramp(10, 2, 3))
        client.sendRequest(peer.FLUSH_HDR)
        assert client.receiveResponse() == (peer.FLUSH_OK, 0, None)
        assert client.getHeader() is None
        client.disconnect()


def test_channels_are_named_and_their_kinds_come_from_known_names_or_flags() -> None:
    names = ("MEG0111", "MEG 0112", "MEG0113", "MLC11-1706", "EEG001", "STI101", "", "a", "a", "x")
    flags = (protocol.FLAGS, b"meg_ad_eog\0" + bytes([1, 1, 1, 1, 1, 1, 1, 3, 2, 9]))
    with FieldTripServer() as server:
        Writer(server.port).put_header(10, 600.0, FLOAT32, names, (flags,))
        with opened(server.port) as device:
            (info,) = device.describe()
    assert info.source_id == f"fieldtrip-127.0.0.1:{server.port}"
    assert (info.name, info.type, info.sfreq) == ("fieldtrip", "MEG", 600.0)
    assert info.channels == (
        Channel("MEG0111", "mag", "T"),
        Channel("MEG 0112", "grad", "T/m"),
        Channel("MEG0113", "grad", "T/m"),
        Channel("MLC11-1706", "mag", "T"),
        Channel("EEG001", "eeg"),
        Channel("STI101", "stim"),
        Channel("ch7"),
        Channel("a", "eog"),
        Channel("a-9"),
        Channel("x"),
    )


def test_numbers_of_a_converter_have_no_unit() -> None:
    with FieldTripServer() as server:
        Writer(server.port).put_header(1, 100.0, INT16, ("MEG0111",))
        with opened(server.port) as device:
            assert device.describe()[0].channels == (Channel("MEG0111", "mag", "unknown"),)


def test_stamps_are_regular_and_never_later_than_the_arrival() -> None:
    with FieldTripServer() as server:
        writer = Writer(server.port)
        writer.put_header(3, 1000.0)
        with opened(server.port) as device:
            chunks = []
            for start in range(0, 100, 10):
                time.sleep(0.01)
                writer.put_data(ramp(10, start=start))
                chunks += read_samples(device, 10)[0]
    stamps = np.concatenate([chunk.timestamps for chunk in chunks])
    assert np.all(np.diff(stamps) >= 0)
    for chunk in chunks:
        np.testing.assert_allclose(np.diff(chunk.timestamps), 1e-3, atol=1e-6)
        assert chunk.timestamps[-1] <= chunk.arrived


def test_a_backlog_comes_a_second_at_a_time_without_loss_or_shift() -> None:
    with FieldTripServer() as server:
        writer = Writer(server.port)
        writer.put_header(3, 100.0)
        with opened(server.port) as device:
            writer.put_data(ramp(350))
            chunks, _ = read_samples(device, 350)
    assert [len(chunk.data) for chunk in chunks] == [100, 100, 100, 50]
    np.testing.assert_array_equal(np.concatenate([chunk.data for chunk in chunks]), ramp(350))
    stamps = np.concatenate([chunk.timestamps for chunk in chunks])
    np.testing.assert_allclose(stamps - stamps[0], np.arange(350) / 100.0, atol=1e-6)


def test_samples_overwritten_before_they_were_fetched_are_a_gap_of_their_number() -> None:
    with FieldTripServer(ring_samples=1000) as server:
        writer = Writer(server.port)
        writer.put_header(3, 100_000.0)
        with opened(server.port) as device:
            writer.put_data(ramp(10))
            (before,), _ = read_samples(device, 10)
            for start in (10, 760):
                writer.put_data(ramp(750, start=start))
            reading = device.read(0.0)
            assert reading is not None
            assert not reading.chunks
            writer.put_data(ramp(5, start=1510))
            (after,), _ = read_samples(device, 5)
    assert after.first - before.end == 1500
    np.testing.assert_array_equal(after.data, ramp(5, start=1510))


def test_exactly_a_ring_of_samples_behind_loses_none() -> None:
    with FieldTripServer(ring_samples=1000) as server:
        writer = Writer(server.port)
        writer.put_header(3, 100_000.0)
        with opened(server.port) as device:
            writer.put_data(ramp(1000))
            (chunk,), _ = read_samples(device, 1000)
            assert chunk.first == 0


@pytest.mark.parametrize("order", ["<", ">"])
def test_events_become_markers_at_the_time_of_their_sample(order: str) -> None:
    with FieldTripServer() as server:
        writer = Writer(server.port, order)
        writer.put_header(3, 250.0)
        writer.put_event("old", "before we came", 0)
        with opened(server.port) as device:
            writer.put_event("trigger", "left", 3)
            writer.put_event("", "right", 10)
            writer.put_event("Button", 1024, 19)
            writer.put_event("trigger", 2.5, 20)
            writer.put_event("rest", "", 19)
            writer.put_event("trigger", "now", -1)
            reading = device.read(0.0)
            assert reading is not None
            assert not reading.markers, "their time is not known before samples came"
            writer.put_data(ramp(20))
            (chunk,), markers = read_samples(device, 20)
            assert [marker.label for marker in markers] == [
                "left",
                "right",
                "Button/1024",
                "2.5",
                "rest",
                "now",
            ]
            at = chunk.timestamps
            expected = [at[3], at[10], at[19], at[19] + 0.004, at[19], at[19]]
            np.testing.assert_allclose([marker.time for marker in markers], expected, atol=1e-9)
            assert writer.ask(protocol.FLUSH_EVT) == (protocol.FLUSH_OK, b"")
            writer.put_event("trigger", "after the flush", 19)
            reading = device.read(0.0)
            assert reading is not None
            assert reading.markers == [Marker(at[19], "after the flush")]


def test_more_events_than_one_request_takes_all_come() -> None:
    with FieldTripServer(ring_events=1000) as server:
        writer = Writer(server.port)
        writer.put_header(3, 250.0)
        with opened(server.port) as device:
            for number in range(123):
                writer.put_event("trigger", number, number)
            writer.put_data(ramp(123))
            _, markers = read_samples(device, 123)
    assert [marker.label for marker in markers] == [str(number) for number in range(123)]


def test_no_header_no_server_and_no_such_computer_are_distinguished() -> None:
    with FieldTripServer() as server:
        with pytest.raises(DeviceError, match=r"127.0.0.1:\d+ holds no header yet; start"):
            device_at(server.port).open()
        writer = Writer(server.port)
        assert writer.ask(protocol.WAIT_DAT, bytes(12)) == (protocol.WAIT_ERR, b"")
    with pytest.raises(
        DeviceError, match=rf"no .* at 127.0.0.1:{server.port} .*start it, or correct"
    ):
        device_at(server.port).open()
    nowhere = FieldTripSettings(host="no-such-computer.invalid")
    with pytest.raises(DeviceError, match=r"no-such-computer.invalid:1972: .*correct the host"):
        FieldTripDevice(nowhere).open()
    with pytest.raises(DeviceError, match="not open"):
        device_at(server.port).read(0.0)
    device_at(server.port).close()


@pytest.mark.parametrize(
    ("n_channels", "sfreq"), [(10_001, 100.0), (3, 0.0), (3, float("nan")), (3, -1.0), (3, 1e9)]
)
def test_a_header_without_sense_is_refused(n_channels: int, sfreq: float) -> None:
    with FieldTripServer(ring_samples=1) as server:
        Writer(server.port).put_header(n_channels, sfreq)
        with pytest.raises(DeviceError, match=r"channels|rate"):
            device_at(server.port).open()


def test_settings_are_checked() -> None:
    for wrong in ({"port": 0}, {"port": 65536}, {"ports": 1}, {"timeout_s": 0}):
        with pytest.raises(ValidationError):
            FieldTripSettings(**wrong)


def test_a_buffer_that_begins_again_is_a_lost_device() -> None:
    with FieldTripServer() as server:
        writer = Writer(server.port)
        writer.put_header(3, 250.0)
        writer.put_data(ramp(100))
        with opened(server.port) as device:
            writer.put_header(3, 250.0)
            with pytest.raises(DeviceError, match="was restarted"):
                device.read(0.05)
        with opened(server.port) as device:
            writer.put_header(3, 500.0)  # no sample had been counted, so only the header tells
            writer.put_data(ramp(10))
            with pytest.raises(DeviceError, match="another header"):
                device.read(0.05)
        with opened(server.port) as device:
            writer.ask(protocol.FLUSH_HDR)
            with pytest.raises(DeviceError, match="lost the FieldTrip buffer"):
                device.read(0.05)


def test_a_server_that_dies_is_noticed() -> None:
    with FieldTripServer() as server:
        Writer(server.port).put_header(3, 250.0)
        with opened(server.port) as device:
            threading.Timer(0.1, server.stop).start()
            with pytest.raises(DeviceError, match="lost the FieldTrip buffer"):
                wait_until(lambda: device.read(30.0) is None)
            with pytest.raises(DeviceError, match="not open"):
                device.read(0.0)


def test_over_lsl_the_stream_continues_when_the_server_was_restarted() -> None:
    name = f"meg-{uuid.uuid4().hex[:8]}"
    stop = threading.Event()
    with FieldTripServer() as server:
        writer = Writer(server.port)
        writer.put_header(3, 250.0, names=("MEG0111", "MEG0112", "MEG0113"))
        device = device_at(server.port, name)
        streamer = threading.Thread(target=stream_device, args=(device, stop, 10.0))
        streamer.start()
        inlet = SignalInlet(find(name))
        feed(writer, inlet, 0)
    with FieldTripServer(port=server.port) as again:
        writer = Writer(again.port)
        writer.put_header(3, 250.0, names=("MEG0111", "MEG0112", "MEG0113"))
        feed(writer, inlet, 1000)
        assert len(pylsl.resolve_byprop("name", name, 2, 0.3)) == 1
        stop.set()
        streamer.join(3.0)
        assert not streamer.is_alive()
    inlet.close()


def feed(writer: Writer, inlet: SignalInlet, start: int) -> None:
    """Write samples until some of them are seen at the other end."""
    row = start

    def seen() -> bool:
        nonlocal row
        writer.put_data(ramp(5, start=row))
        row += 5
        chunks = inlet.pull(1000, 0.02)
        return any(np.all(chunk.data >= ramp(1, start=start)[0, 0]) for chunk in chunks)

    wait_until(seen)


def read_until_lost(device: FieldTripDevice) -> None:
    device.open()
    for _ in range(10):
        device.read(0.0)


class Liar:
    """Answers every request with the next of the given bytes, then with silence."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Liar":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._thread.join(5.0)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
            with connection:
                for answer in self._answers:
                    if not connection.recv(4096):
                        return
                    connection.sendall(answer)
                while connection.recv(4096):
                    pass
        except OSError:
            pass


def message(status: int, payload: bytes, claimed: int | None = None) -> bytes:
    return struct.pack("=HHI", 1, status, len(payload) if claimed is None else claimed) + payload


HEADER = message(protocol.GET_OK, struct.pack("=IIIfII", 2, 0, 0, 100.0, FLOAT32, 0))
TRUE_ANSWERS = [
    HEADER,
    message(protocol.WAIT_OK, struct.pack("=II", 0, 0)),
    message(protocol.WAIT_OK, struct.pack("=II", 3, 2)),
    HEADER,
    message(protocol.GET_OK, struct.pack("=IIII", 2, 3, FLOAT32, 24) + bytes(24)),
    message(protocol.GET_OK, struct.pack("=IIIIiiiI", 0, 1, 0, 1, 2, 0, 0, 2) + b"ab"),
]
SIZES = st.sampled_from([0, 1, 3, 24, 10_000, 1 << 24, 1 << 31, (1 << 32) - 1])
WORDS = st.one_of(SIZES, st.integers(0, 12))
PAYLOADS = st.one_of(
    st.binary(max_size=80),
    st.builds(
        lambda words, rest: struct.pack(f"={len(words)}I", *words) + rest,
        st.lists(WORDS, min_size=2, max_size=12),
        st.binary(max_size=40),
    ),
)
STATUSES = st.sampled_from([protocol.GET_OK, protocol.GET_ERR, protocol.WAIT_OK, 0])
LIES = st.one_of(
    st.binary(max_size=40),
    st.builds(message, STATUSES, PAYLOADS),
    st.builds(message, STATUSES, PAYLOADS, SIZES),
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 6), st.lists(LIES, min_size=1, max_size=4))
def test_whatever_answers_there_is_an_error_and_never_a_hang(
    n_true: int, lies: list[bytes]
) -> None:
    with Liar(TRUE_ANSWERS[:n_true] + lies) as liar:
        device = device_at(liar.port, timeout_s=0.02)
        with pytest.raises(DeviceError):
            read_until_lost(device)
        device.close()


@pytest.mark.parametrize("n_true", range(6))
def test_a_claim_of_gigabytes_is_refused_before_any_memory_is_taken(n_true: int) -> None:
    status = protocol.WAIT_OK if n_true in (1, 2) else protocol.GET_OK
    lie = message(status, bytes(64), claimed=0xFFFFFFF0)
    with Liar([*TRUE_ANSWERS[:n_true], lie]) as liar:
        device = device_at(liar.port, timeout_s=5.0)
        tracemalloc.start()
        try:
            with pytest.raises(DeviceError, match="claims to send 4,294,967,280 bytes"):
                read_until_lost(device)
            assert tracemalloc.get_traced_memory()[1] < 50_000_000
        finally:
            tracemalloc.stop()


def test_a_server_that_counts_samples_but_never_gives_them_is_a_lost_device() -> None:
    refusal = message(protocol.GET_ERR, b"")
    more = message(protocol.WAIT_OK, struct.pack("=II", 9, 0))
    answers = [*TRUE_ANSWERS[:4], refusal, TRUE_ANSWERS[2], more, HEADER, refusal]
    with Liar(answers) as liar, pytest.raises(DeviceError, match="does not give them"):
        read_until_lost(device_at(liar.port))


def test_a_server_that_gives_more_events_than_asked_for_is_a_lost_device() -> None:
    flood = message(protocol.GET_OK, TRUE_ANSWERS[5][8:] * 1000)
    with Liar([*TRUE_ANSWERS[:5], flood]) as liar, pytest.raises(DeviceError, match="more events"):
        read_until_lost(device_at(liar.port))


def test_a_server_that_is_silent_is_given_up() -> None:
    with Liar([]) as liar:
        device = device_at(liar.port, timeout_s=0.2)
        with pytest.raises(DeviceError, match=r"did not answer within 0.2 s"):
            device.open()


def test_importing_the_adapter_loads_neither_mne_nor_its_client() -> None:
    code = (
        "import sys, devices.fieldtrip.device; "
        "print([m for m in sys.modules if m.startswith('mne')])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
