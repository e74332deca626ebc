"""The user's choices for the scope's picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from bci.pipeline.display.choice import DisplayChoice
from bci.pipeline.display.cleaning import Cleaning
from bci.pipeline.display.filter import DISPLAY_FILTERS, DisplayFilter
from bci.pipeline.display.reference import DisplayReference
from gui.scope.gains import UNKNOWN_KIND, GainKind

TIME_BASES_S = (2.0, 5.0, 10.0, 20.0, 30.0)
PAGE = 64  # channels on one page
T = TypeVar("T")


@dataclass(frozen=True)
class ScopeView:
    """The time base, mode, filter, reference, cleaning and channels of the scope.

    ``bad`` and ``hidden`` are names of channels as shown, with the chosen reference. ``kind`` is
    the kind of channel whose gain the keys change. A page has 64 of the channels that are not
    hidden; ``first_channel`` is the place of its first one among them. With ``all_shown``, all are
    shown at once.
    """

    time_base_s: float = 10.0
    sweep: bool = False
    filter: DisplayFilter = DISPLAY_FILTERS[0]
    reference: DisplayReference = DisplayReference.RECORDED
    cleanings: frozenset[Cleaning] = frozenset()
    line_hz: float = 50.0
    kind: GainKind = UNKNOWN_KIND
    bad: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    all_shown: bool = False
    first_channel: int = 0

    @property
    def choice(self) -> DisplayChoice:
        """The processing of the shown samples."""
        return DisplayChoice(self.filter, self.reference, self.bad, self.cleanings, self.line_hz)

    def channels(self, ch_names: tuple[str, ...]) -> tuple[int, ...]:
        """Return the indices of the shown channels among ``ch_names``."""
        visible = self._visible(ch_names)
        first = self._first(len(visible))
        return visible if self.all_shown else visible[first : first + PAGE]

    def page_text(self, ch_names: tuple[str, ...]) -> str:
        """Return the page in words, ``65-128 of 200``; empty if all fit on one page."""
        n_visible = len(self._visible(ch_names))
        if n_visible <= PAGE:
            return ""
        if self.all_shown:
            return f"all {n_visible}"
        first = self._first(n_visible)
        return f"{first + 1}-{min(first + PAGE, n_visible)} of {n_visible}"

    def page_after(self, ch_names: tuple[str, ...], way: int) -> int:
        """Return the ``first_channel`` of the next (``way`` +1) or previous (-1) page.

        If all channels are shown, it is that of the page that was last shown.
        """
        n_visible = len(self._visible(ch_names))
        first = self._first(n_visible)
        return first if self.all_shown else _within(first + way * PAGE, n_visible)

    def _visible(self, ch_names: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(k for k, name in enumerate(ch_names) if name not in self.hidden)

    def _first(self, n_visible: int) -> int:
        return _within(self.first_channel, n_visible)


def _within(first: int, n_visible: int) -> int:
    last = max(0, n_visible - 1) // PAGE * PAGE
    return max(0, min(first, last))


def following(options: Sequence[T], chosen: T) -> T:
    """Return the option after ``chosen``; after the last one comes the first."""
    return options[(options.index(chosen) + 1) % len(options)]
