"""Which of a stream's channels the scope shows: a page of them, or all."""

from dataclasses import dataclass

_PAGE = 64


@dataclass
class ChannelPage:
    """A page of 64 channels; all at once where ``all_shown``."""

    n_channels: int = 0
    all_shown: bool = False
    _first: int = 0

    @property
    def channels(self) -> range:
        if self.all_shown:
            return range(self.n_channels)
        return range(self._first, min(self.n_channels, self._first + _PAGE))

    @property
    def text(self) -> str:
        """Which channels are shown; empty where there is one page only."""
        if self.n_channels <= _PAGE:
            return ""
        if self.all_shown:
            return f"all {self.n_channels}"
        return f"{self.channels.start + 1}-{self.channels.stop} of {self.n_channels}"

    def step(self, way: int) -> None:
        """To the next (+1) or the previous (-1) page; from all channels back to the page before."""
        last = max(0, self.n_channels - 1) // _PAGE * _PAGE
        if not self.all_shown:
            self._first = max(0, min(self._first + way * _PAGE, last))
        self.all_shown = False
