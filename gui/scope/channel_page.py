"""Channels that the scope shows: a page of those that are not hidden, or all."""

_PAGE = 64


class ChannelPage:
    """A page of 64 channels; all at once where ``all_shown``.

    Parameters
    ----------
    n_channels : int
    all_shown : bool
    """

    def __init__(self, n_channels: int = 0, all_shown: bool = False) -> None:
        self.n_channels = n_channels
        self.all_shown = all_shown
        self._visible = tuple(range(n_channels))
        self._first = 0

    def hide(self, hidden: set[int]) -> None:
        """Hide these channels, and show all others."""
        self._visible = tuple(k for k in range(self.n_channels) if k not in hidden)
        self._first = min(self._first, self._last)

    @property
    def channels(self) -> tuple[int, ...]:
        if self.all_shown:
            return self._visible
        return self._visible[self._first : self._first + _PAGE]

    @property
    def text(self) -> str:
        """Which channels are shown; empty where there is one page only."""
        n_visible = len(self._visible)
        if n_visible <= _PAGE:
            return ""
        if self.all_shown:
            return f"all {n_visible}"
        return f"{self._first + 1}-{self._first + len(self.channels)} of {n_visible}"

    def step(self, way: int) -> None:
        """To the next (+1) or the previous (-1) page; from all channels back to the page before."""
        if not self.all_shown:
            self._first = max(0, min(self._first + way * _PAGE, self._last))
        self.all_shown = False

    @property
    def _last(self) -> int:
        """Start of the last page."""
        return max(0, len(self._visible) - 1) // _PAGE * _PAGE
