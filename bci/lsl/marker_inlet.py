"""Receive markers from LSL on this computer's clock, through reconnections."""

import math

import pylsl
from pylsl.util import LostError

from bci.clock.timekeeping import Timekeeping, findings
from bci.lsl.connection import Connection
from bci.lsl.discovery import FoundStream
from bci.lsl.marker_labels import labels_of
from bci.signals import Marker, StreamInfo

_MAX_MARKERS = 1024
_MAX_LABEL = 20_000


class MarkerInlet:
    """Receiver of a marker stream of strings or numbers, on this computer's clock.

    Labels are cut to ``longest`` characters.

    Raises `StreamError` if the stream does not answer.
    """

    def __init__(self, found: FoundStream, longest: int = _MAX_LABEL) -> None:
        self._longest = longest
        self._connection = Connection(found, buffer_s=360.0)
        self.info: StreamInfo = self._connection.info
        self.findings: tuple[str, ...] = ()
        """One sentence for each fault of the sender's clock."""

    @property
    def connected(self) -> bool:
        return self._connection.inlet is not None

    def pull(self, timeout: float = 0.0) -> list[Marker]:
        """Return the markers received since the last call.

        Wait up to ``timeout`` s for the first.

        Labels are made by `bci.lsl.marker_labels`; a marker without a label is left out. Bytes that
        are not UTF-8 become replacement characters, as in a recording. A stamp that is off by years
        is replaced by the time of arrival, as for signals.
        """
        if not self.connected and not self._connection.try_again(timeout):
            return []
        inlet = self._connection.inlet
        assert inlet is not None
        try:
            rows, stamps = inlet.pull_chunk(
                timeout=timeout, max_samples=_MAX_MARKERS, min_samples=1, as_numpy=True
            )
        except LostError:
            self._connection.lose()
            return []
        now = pylsl.local_clock()
        self._connection.refresh_offset(now)
        offset = self._connection.offset
        labels = labels_of(rows, self.info.type, self.info.ch_names)
        return [
            Marker(self._on_clock(float(stamp) + offset, now), label[: self._longest])
            for stamp, label in zip(stamps, labels, strict=True)
            if label
        ]

    def _on_clock(self, stamp: float, arrived: float) -> float:
        keeping = Timekeeping(0.0, 0.0, 1, stamp, stamp - arrived, by_arrival=True)
        if math.isfinite(stamp) and not keeping.is_off_by_years:
            return stamp
        self.findings = self.findings or findings(keeping)
        return arrived

    def close(self) -> None:
        self._connection.close()
