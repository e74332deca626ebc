"""Taking a stream as its sender sends it: its own number type and time stamps, for recording."""

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
# Characters that XML 1.0 has no place for, as they are and as references.
_NO_XML = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]|&#0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|6553[45]);"
    "|&#x0*(?:[0-8bcef]|1[0-9a-f]|fff[ef]);",
    re.IGNORECASE,
)


class RawInlet:
    """One stream, unconverted, on its sender's clock.

    Where the stream has a source id, liblsl finds it again after its outlet was gone and keeps
    what had come before; without one, `pull` raises when it is gone.

    A description that no reader of recordings takes for one is left out of ``header``, which
    ``was_cut`` then. ``unpublished`` is the kind of an engine's adaptation of which it publishes no
    state, or empty; ``created`` is when the stream began, on our clock.

    Raises `StreamError` if it does not answer, or describes itself by what cannot be true.
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
        """Take the samples that have come, some thousand at most.

        Stamps are on the sender's clock. Values, (n_samples, n_channels), are of the stream's
        number type, or ``bytes`` for texts, and right until the next call.

        Raises `StreamError` if the stream is gone and cannot be waited for.
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
        """Time of the newest clock offset on the sender's clock, and the offset, in seconds.

        The time is that of its measurement: a reader that fits a line through the offsets of a
        clock that drifts needs it.
        """
        # liblsl measures in a thread of its own; where it cannot, the last one holds on.
        with contextlib.suppress(LostError, LslTimeoutError):
            self._offset = measure_offset(self._inlet, 0.001)
        return self._offset.measured - self._offset.offset_s, self._offset.offset_s

    def close(self) -> None:
        self._inlet.close_stream()


def valid_xml(described: str) -> str:
    """Replace the characters that liblsl writes and no XML reader takes, as readers of text do."""
    return _NO_XML.sub("\ufffd", described)
