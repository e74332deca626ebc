"""Combined choice of filter, cleaning and reference of the displayed signal."""

from dataclasses import dataclass, replace

from bci.pipeline.display.cleaning import Cleaning, CleaningBaseline, why_not_cleaned, words_of
from bci.pipeline.display.filter import DISPLAY_FILTERS, DisplayFilter
from bci.pipeline.display.reference import DisplayReference, why_not
from bci.signals import StreamInfo

_OF_MEANS = (DisplayReference.AVERAGE, DisplayReference.MASTOIDS, DisplayReference.LAPLACIAN)


@dataclass(frozen=True)
class DisplayChoice:
    """Filter, reference and cleanings of a displayed stream.

    The channels ``left_out`` are excluded from the means of a reference. ``line_hz`` is the
    power-line frequency. ASR needs a ``baseline`` of the same stream and filter.
    """

    filter: DisplayFilter = DISPLAY_FILTERS[0]
    reference: DisplayReference = DisplayReference.RECORDED
    left_out: frozenset[str] = frozenset()
    cleanings: frozenset[Cleaning] = frozenset()
    line_hz: float = 50.0
    baseline: CleaningBaseline | None = None

    def within(self, info: StreamInfo) -> "DisplayChoice":
        """Return this choice without the parts that a stream does not allow."""
        reference = self.reference
        # Names of other channels have no effect.
        left_out = self.left_out & set(info.ch_names) if reference in _OF_MEANS else frozenset()
        if why_not(reference, info.channels, left_out):
            reference, left_out = DisplayReference.RECORDED, frozenset()
        narrowed = replace(self, filter=self.filter.within(rate_of(info)))
        cleanings = frozenset(c for c in self.cleanings if not narrowed.why_not_cleaned(c, info))
        if Cleaning.ASR in cleanings and not narrowed.has_baseline(info):
            cleanings -= {Cleaning.ASR}
        return replace(
            narrowed,
            reference=reference,
            left_out=left_out,
            cleanings=cleanings,
            # Unused values are cleared, so that choices with the same effect are equal.
            line_hz=self.line_hz if Cleaning.LINE in cleanings else 0.0,
            baseline=self.baseline if Cleaning.ASR in cleanings else None,
        )

    def why_not_cleaned(self, cleaning: Cleaning, info: StreamInfo) -> str:
        """Return the reason why a cleaning is impossible for a stream.

        The result is empty if it is possible.
        """
        sfreq = rate_of(info)
        return why_not_cleaned(
            cleaning, info.channels, sfreq, self.filter.within(sfreq), self.line_hz
        )

    def has_baseline(self, info: StreamInfo) -> bool:
        """Return True if the baseline is of this stream and of the chosen filter."""
        mine, filtered = self.baseline, self.filter.within(rate_of(info))
        return mine is not None and (mine.channels, mine.filter) == (info.channels, filtered)

    @property
    def changes_more(self) -> bool:
        """True if a reference or a cleaning is chosen besides the filter."""
        return self.reference != DisplayReference.RECORDED or bool(self.cleanings)

    def cleaning_words(self, info: StreamInfo) -> list[str]:
        """Return the names of the cleanings, in the order in which they are applied."""
        return [words_of(each, info.channels) for each in Cleaning if each in self.cleanings]


def rate_of(info: StreamInfo) -> float:
    """Return the display rate of a stream in hertz.

    It is the sampling rate, or 100 Hz for an irregular stream.
    """
    return info.sfreq or 100.0
