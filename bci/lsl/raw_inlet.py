"""Receive a stream in its own number type and time stamps, for recording."""

import contextlib
import re

import numpy as np
import pylsl
from numpy.typing import NDArray
from pylsl.util import LostError
from pylsl.util import TimeoutError as LslTimeoutError

from bci.errors import StreamError
from bci.lsl.clock_offset import measure_offset
from bci.lsl.discovery import FoundStream
from bci.lsl.metadata import UNPUBLISHED, from_lsl
from bci.recording.xdf.format import LONGEST_XML
from bci.signals import StreamInfo

_OPEN_S = 5.0
_BUFFER_S = 120
_MAX_SAMPLES = 8192
_MAX_TEXTS = 1024
_DESCRIPTION = re.compile("<desc>.*</desc>", re.DOTALL)
# Characters that XML 1.0 forbids, literally and as references.
_NO_XML = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]|&#0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|6553[45]);"
    "|&#x0*(?:[0-8bcef]|1[0-9a-f]|fff[ef]);",
    re.IGNORECASE,
)


class RawInlet:
    """Receiver of one stream, unconverted, on its sender's clock.

    If the stream has a source id, liblsl reconnects after a loss and keeps the samples received
    before. Without one, `pull` raises an error after a loss.

    ``header`` is the stream's XML description. If it is too long for readers of recordings, its
    ``<desc>`` is left out and ``was_cut`` is True. ``unpublished`` is the kind of an engine's
    adaptation whose state is not published, or empty. ``created`` is the time at which the stream
    began, on this computer's clock.

    Raises `StreamError` if the stream does not answer or its description is invalid.
    """

    def __init__(self, found: FoundStream) -> None:
        self._inlet = pylsl.StreamInlet(
            found.raw, max_buflen=_BUFFER_S, recover=bool(found.info.source_id)
        )
        try:
            described = self._inlet.info(timeout=_OPEN_S)
            self.info: StreamInfo = from_lsl(described)
            self.header: str = valid_xml(described.as_xml())
            self.was_cut = len(self.header) > LONGEST_XML
            if self.was_cut:
                self.header = _DESCRIPTION.sub("<desc />", self.header)
            self._inlet.open_stream(timeout=_OPEN_S)
            self._offset = measure_offset(self._inlet, _OPEN_S)
            self.unpublished: str = described.desc().child_value(UNPUBLISHED)[:40]
            self.created = float(described.created_at()) + self._offset.offset_s
        except (RuntimeError, UnicodeDecodeError) as error:
            raise StreamError(
                f"stream {found.info.name!r} does not answer; is its program still running?"
            ) from error
        self.channel_format = found.channel_format
        self._buffer: NDArray[np.generic] | None = None
        if found.channel_format != "string":
            shape = (_MAX_SAMPLES, self.info.n_channels)
            self._buffer = np.empty(shape, self._inlet.np_dtype)

    def pull(self) -> tuple[NDArray[np.float64], NDArray[np.generic]]:
        """Return the stamps and values of the samples that have arrived, without waiting.

        One call returns at most 8192 samples, or 1024 texts. Stamps (n_samples,) are on the
        sender's clock. Values (n_samples, n_channels) have the stream's number type, or are
        ``bytes`` for texts; they are valid until the next call.

        Raises `StreamError` if the stream was lost and has no source id.
        """
        most = _MAX_TEXTS if self._buffer is None else _MAX_SAMPLES
        try:
            values, stamps = self._inlet.pull_chunk(
                timeout=0.0, max_samples=most, dest_obj=self._buffer, as_numpy=True
            )
        except LostError as error:
            raise StreamError(f"stream {self.info.name!r} is gone") from error
        return stamps, values

    def offset(self) -> tuple[float, float]:
        """Return the time and value of the newest clock offset, in seconds.

        The time is that of the measurement on the sender's clock. A reader needs it to fit a line
        through the offsets of a drifting clock.
        """
        # liblsl measures in its own thread; without a new measurement, the last one is kept.
        with contextlib.suppress(LostError, LslTimeoutError):
            self._offset = measure_offset(self._inlet, 0.001)
        return self._offset.measured - self._offset.offset_s, self._offset.offset_s

    def close(self) -> None:
        self._inlet.close_stream()


def valid_xml(described: str) -> str:
    """Replace characters that are invalid in XML, but that liblsl writes, by U+FFFD."""
    return _NO_XML.sub("\ufffd", described)
