"""MEG and EEG systems through the FieldTrip real-time buffer.

mne-realtime's low-level client implements the protocol, but trusts the server: it waits without
limit, reads on after the end of the connection and accepts answers of any size. It uses the network
through ``send`` and ``recv`` only. So `Wire` replaces its socket and sets limits.
"""

import importlib
import socket
import struct
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pylsl import local_clock

from bci.clock.dejitter import DeviceClock
from bci.errors import DeviceError
from bci.profiles.pipeline_settings import Settings
from bci.signals import Chunk, FloatArray, Marker, Reading, StreamInfo
from devices.fieldtrip.header import (
    identity,
    printable,
    read_channels,
    read_resolutions,
    sample_type,
)
from devices.fieldtrip.wire import Wire

# Limits of an answer in bytes: samples, header (a CTF .res4 in it has about 3 MB), events, others.
_MOST_DATA = 64 << 20
_MOST_HEADER = 8 << 20
_MOST_EVENTS = 256 << 10
_SHORT = 64
# Number of events per request, and of requests per read.
_EVENTS, _MOST_REQUESTS = 50, 4
_LONGEST_LABEL = 256
_LONGEST_WAIT_S = 60.0
# A number of samples or events that no buffer exceeds.
_NEVER = 0xFFFFFFFF
# Pause between requests to a buffer that answers at once without new samples, in seconds.
_POLL_S = 0.005


class FieldTripSettings(Settings):
    """Parameters: address of the buffer, and name of its stream."""

    host: str = Field("localhost", min_length=1, description="Computer that runs the buffer.")
    port: int = Field(1972, ge=1, le=65535, description="TCP port of the buffer.")
    name: str = Field("fieldtrip", min_length=1, description="Name of the LSL stream.")
    stream_type: str = Field("MEG", description="Type of the LSL stream: MEG, EEG ...")
    timeout_s: float = Field(
        2.0, gt=0, le=60, description="Longest wait for a connection or an answer, in seconds."
    )


class FieldTripDevice:
    """The samples and events of a FieldTrip buffer, from the newest on.

    Samples are numbered as in the buffer. Integer samples are multiplied by the header's
    resolutions. Without resolutions, they stay raw values of the converter, with unknown unit. An
    event becomes the marker ``type/value``, or ``value`` if its type is empty or ``trigger``.
    """

    settings = FieldTripSettings
    summary = "FieldTrip buffer, for MEG"
    transport = "network"
    needs = ("mne_realtime",)

    def __init__(self, settings: FieldTripSettings) -> None:
        self._settings = settings
        self._where = f"FieldTrip buffer at {settings.host}:{settings.port}"
        self._client: Any = None
        self._info: StreamInfo | None = None

    def describe(self) -> tuple[StreamInfo, ...]:
        """Describe one stream with all channels of the header."""
        if self._info is None:
            raise DeviceError(f"the {self._where} has not been opened")
        return (self._info,)

    def open(self) -> None:
        """Connect and read the header; the first read starts the samples."""
        self.close()
        module = _client_module()
        self._connect(module.Client())
        self._header = self._get_header()
        try:
            self._dtype = sample_type(self._header, module.numpyType)
            self._scale = read_resolutions(self._header) if self._dtype.kind in "iu" else None
            physical = self._dtype.kind == "f" or self._scale is not None
            channels = read_channels(self._header, physical)
        except ValueError as error:
            self.close()
            raise DeviceError(f"the {self._where} has {error}; is it one?") from error
        settings, sfreq = self._settings, float(self._header.fSample)
        source_id = f"fieldtrip-{settings.host}:{settings.port}"
        self._info = StreamInfo(settings.name, settings.stream_type, sfreq, channels, source_id)
        self._row_bytes = len(channels) * self._dtype.itemsize
        self._block = max(1, min(round(sfreq), (_MOST_DATA - _SHORT) // self._row_bytes))
        self._clock = DeviceClock()
        self._anchor: tuple[int, float] | None = None  # the newest sample's number and LSL time
        self._next: int | None = None
        self._next_event = 0
        self._header_checked = False
        self._overrun = False

    def read(self, timeout: float) -> Reading | None:
        """Read new samples, at most one second; wait for them up to ``timeout`` seconds.

        If the buffer has overwritten samples before they were read, reading continues at the
        newest sample.
        """
        if self._client is None:
            raise DeviceError(f"the {self._where} is not open")
        if self._next is None:
            self._next, self._next_event = self._count(0.0)
        n_samples, n_events = self._wait(min(max(0.0, timeout), _LONGEST_WAIT_S))
        arrived = local_clock()
        data = self._fetch(n_samples) if n_samples > self._next else None
        chunks = [] if data is None else [(0, self._stamp(data, n_samples, arrived))]
        return Reading(chunks, self._markers(n_events))

    def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()

    def _connect(self, client: Any) -> None:
        """Give mne-realtime's client a connection with limits."""
        settings = self._settings
        try:
            connection = socket.create_connection(
                (settings.host, settings.port), settings.timeout_s
            )
            self._wire = Wire(connection, settings.timeout_s)
        except (socket.gaierror, UnicodeError) as error:
            raise DeviceError(
                f"there is no {self._where}: no computer of that name is known; correct the host"
            ) from error
        except OSError as error:
            reason = "no answer" if isinstance(error, TimeoutError) else error.strerror or error
            raise DeviceError(
                f"there is no {self._where} ({reason}); start it, or correct host and port"
            ) from error
        client.sock, client.isConnected = self._wire, True
        self._client = client

    @contextmanager
    def _asking(self, most_bytes: int, wait_s: float = 0.0) -> Iterator[Any]:
        """Yield the client for one request; any error in it raises `DeviceError`."""
        self._wire.expect(most_bytes, wait_s)
        try:
            yield self._client
        except TimeoutError as error:
            self.close()
            raise DeviceError(
                f"the {self._where} did not answer within {self._settings.timeout_s:g} s; "
                "check that it runs, and that it is one"
            ) from error
        except (OSError, ValueError, TypeError, IndexError, struct.error) as error:
            self.close()
            raise DeviceError(
                f"lost the {self._where} ({error}); check that it runs, and that it is one"
            ) from error

    def _lost(self, reason: str) -> DeviceError:
        self.close()
        return DeviceError(f"the {self._where} {reason}")

    def _get_header(self) -> Any:
        with self._asking(_MOST_HEADER) as client:
            header = client.getHeader()
        if header is None:
            raise self._lost("holds no header yet; start the acquisition")
        return header

    def _count(self, wait_s: float) -> tuple[int, int]:
        """Wait for new samples; return the numbers of all samples and events written so far."""
        seen = _NEVER if self._next is None else self._next
        with self._asking(_SHORT, wait_s) as client:
            n_samples, n_events = client.wait(seen, _NEVER, 1000 * wait_s)
        if self._next is not None and n_samples < self._next:
            raise self._lost("was restarted")
        return n_samples, n_events

    def _wait(self, timeout: float) -> tuple[int, int]:
        deadline = time.monotonic() + timeout
        n_samples, n_events = self._count(timeout)
        if n_samples == self._next and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(_POLL_S, left))
        return n_samples, n_events

    def _fetch(self, n_samples: int) -> FloatArray | None:
        """Read samples from the next one on, (n, n_channels); None if they were overwritten."""
        assert self._next is not None
        if not self._header_checked:
            self._check_header()
        n = min(n_samples - self._next, self._block)
        with self._asking(_SHORT + n * self._row_bytes) as client:
            data = client.getData((self._next, self._next + n - 1))
        if data is None:
            if self._overrun:
                raise self._lost("counts samples but does not give them; restart it")
            self._overrun, self._header_checked = True, False
            self._next, _ = self._count(0.0)
            return None
        if data.shape != (n, self._header.nChannels) or data.dtype != self._dtype:
            raise self._lost("gave samples that do not fit its header; check that it is one")
        self._overrun = False
        with np.errstate(over="ignore", invalid="ignore"):
            samples: FloatArray = data.astype(np.float32)
            if self._scale is not None:
                samples = (data * self._scale).astype(np.float32)
        return samples

    def _check_header(self) -> None:
        """Check that the buffer was not restarted, which the counts of samples may not show.

        A header may be large, so this is not done at every read.
        """
        header = self._get_header()
        if identity(header) != identity(self._header):
            raise self._lost("was restarted with another header")
        self._header_checked = True

    def _stamp(self, data: FloatArray, n_samples: int, arrived: float) -> Chunk:
        assert self._info is not None
        assert self._next is not None
        first, self._next = self._next, self._next + len(data)
        # The clock's offset is estimated from the buffer's newest sample, because older samples
        # are read with a delay after an interruption.
        taken = np.append(np.arange(first, self._next), n_samples - 1) / self._info.sfreq
        times = self._clock.to_lsl(taken, arrived)[:-1]
        if self._anchor is not None:  # an update of the offset must not make time stamps decrease
            times = np.maximum(times, self._anchor[1])
        self._anchor = (self._next - 1, float(times[-1]))
        return Chunk(data, times, first, arrived)

    def _markers(self, n_events: int) -> list[Marker]:
        if n_events < self._next_event:  # the events were flushed
            self._next_event = 0
        markers: list[Marker] = []
        if self._anchor is None:  # times of events are known only after the first samples
            return markers
        for _ in range(_MOST_REQUESTS):
            n = min(n_events - self._next_event, _EVENTS)
            if n <= 0:
                break
            with self._asking(_MOST_EVENTS) as client:
                events = client.getEvents((self._next_event, self._next_event + n - 1))
            if len(events) > n:
                raise self._lost("gave more events than asked for; check that it is one")
            self._next_event += n
            markers.extend(self._marker(event, *self._anchor) for event in events)
        return markers

    def _marker(self, event: Any, newest: int, newest_at: float) -> Marker:
        assert self._info is not None
        # In the protocol, the signed number -1 means the newest sample; the client's are unsigned.
        sample = event.sample if event.sample < 1 << 31 else newest
        parts = [_text(event.type), _text(event.value)]
        if parts[0] == "trigger" and parts[1]:
            del parts[0]
        label = "/".join(part for part in parts if part) or "event"
        return Marker(newest_at + (sample - newest) / self._info.sfreq, label)


def _client_module() -> Any:
    """Import mne-realtime's low-level client."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package warns that it is deprecated
            return importlib.import_module("mne_realtime.externals.FieldTrip")
    except ImportError as error:
        raise DeviceError(
            f"mne-realtime cannot be imported ({error}); pip install 'bci[fieldtrip]'"
        ) from error


def _text(value: bytes | NDArray[Any]) -> str:
    """Convert an event's type or value, which has characters or numbers, to text."""
    if isinstance(value, np.ndarray):
        return " ".join(f"{each:.12g}" for each in value[:_LONGEST_LABEL].tolist())
    return printable(value[:_LONGEST_LABEL].decode("utf-8", "replace"))
