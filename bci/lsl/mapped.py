"""A signal inlet seen through a montage map: a live stream with the channels of a model."""

from collections.abc import Sequence

from bci.clock.dejitter import Position
from bci.clock.timekeeping import Timekeeping
from bci.head.remap import map_montage
from bci.lsl.inlet import InletStats, SignalInlet
from bci.types import Channel, Chunk, StreamInfo


class MappedInlet:
    """An inlet whose stream gives other channels, by name or interpolated; see `bci.head.remap`.

    Parameters
    ----------
    inlet : SignalInlet
        Closed together with this.
    targets : sequence of Channel
    info : StreamInfo, optional
        The stream's, with what is said of it beside what it says itself.

    Raises
    ------
    MismatchError
        If the stream cannot give one of the channels.
    """

    def __init__(
        self,
        inlet: SignalInlet,
        targets: Sequence[Channel],
        info: StreamInfo | None = None,
    ) -> None:
        self._inlet = inlet
        self._map = map_montage(info or inlet.info, targets)
        self.info = self._map.info

    @property
    def connected(self) -> bool:
        return self._inlet.connected

    @property
    def rounds(self) -> bool:
        """As `SignalInlet.rounds`."""
        return self._inlet.rounds

    @property
    def stats(self) -> InletStats:
        return self._inlet.stats

    @property
    def keeping(self) -> Timekeeping:
        return self._inlet.keeping

    @property
    def seams(self) -> Sequence[Position]:
        """As `SignalInlet.seams`."""
        return self._inlet.seams

    @property
    def here(self) -> Position | None:
        """As `SignalInlet.here`."""
        return self._inlet.here

    def pull(self, max_samples: int, timeout: float) -> list[Chunk]:
        """As `SignalInlet.pull`."""
        return [self._map.apply(chunk) for chunk in self._inlet.pull(max_samples, timeout)]

    def close(self) -> None:
        """Leave the stream."""
        self._inlet.close()
