"""Electrode impedances on LSL: the stream ``<name>-impedance`` of a board that measures them."""

import numpy as np
from numpy.typing import NDArray

from bci.lsl.discovery import StreamQuery, StreamWatch
from bci.lsl.inlet import SignalInlet
from bci.signals import StreamInfo

# An impedance in a unit that is not known is not used.
_KOHM = {"kOhm": 1.0, "Ohm": 1e-3}


class Impedances:
    """The newest impedances of a stream's channels, once a stream of them appears."""

    def __init__(self, info: StreamInfo) -> None:
        self._names = info.ch_names
        self._watch = StreamWatch(StreamQuery(name=f"{info.name}-impedance"))
        self._inlet: SignalInlet | None = None
        self._kohm: NDArray[np.float64] | None = None

    def newest(self) -> NDArray[np.float64] | None:
        """In kiloohms, (n_channels,), NaN where unknown; None where there are none at all."""
        if self._inlet is None:
            found = self._watch.poll()
            if not found:
                return None
            self._inlet = SignalInlet(found[0])
            channels = self._inlet.info.channels
            self._scale = np.array([_KOHM.get(channel.unit, np.nan) for channel in channels])
        for chunk in self._inlet.pull(64, 0.0):
            kohm = chunk.data[-1].astype(np.float64) * self._scale
            names = self._inlet.info.ch_names
            if len(names) == len(self._names):
                # Boards that measure impedances name their channels after nothing.
                self._kohm = kohm
            else:
                by_name = dict(zip(names, kohm.tolist(), strict=True))
                self._kohm = np.array([by_name.get(name, np.nan) for name in self._names])
        return self._kohm

    def close(self) -> None:
        """Leave the stream."""
        if self._inlet is not None:
            self._inlet.close()
