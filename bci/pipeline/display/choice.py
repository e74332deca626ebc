"""Choices about the shown signal, together: filter, cleaning and reference."""

from dataclasses import dataclass, replace

from bci.pipeline.display.cleaning import Cleaning, CleaningBaseline, why_not_cleaned, words_of
from bci.pipeline.display.filter import DISPLAY_FILTERS, DisplayFilter
from bci.pipeline.display.reference import DisplayReference, why_not
from bci.signals import StreamInfo

_OF_MEANS = (DisplayReference.AVERAGE, DisplayReference.MASTOIDS, DisplayReference.LAPLACIAN)


@dataclass(frozen=True)
class DisplayChoice:
    """One way to show a stream.

    Channels ``left_out`` are in no mean of a reference. ``line_hz`` is the frequency of the power
    line. ASR takes a ``baseline`` of the stream by the same filter.
    """

    filter: DisplayFilter = DISPLAY_FILTERS[0]
    reference: DisplayReference = DisplayReference.RECORDED
    left_out: frozenset[str] = frozenset()
    cleanings: frozenset[Cleaning] = frozenset()
    line_hz: float = 50.0
    baseline: CleaningBaseline | None = None

    def within(self, info: StreamInfo) -> "DisplayChoice":
        """Narrow it to what a stream allows."""
        reference = self.reference
        # Marks on other channels change no sample.
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
            # So that a choice that changes nothing equals the one before.
            line_hz=self.line_hz if Cleaning.LINE in cleanings else 0.0,
            baseline=self.baseline if Cleaning.ASR in cleanings else None,
        )

    def why_not_cleaned(self, cleaning: Cleaning, info: StreamInfo) -> str:
        """Reason why a stream cannot be cleaned so; empty where it can."""
        sfreq = rate_of(info)
        return why_not_cleaned(
            cleaning, info.channels, sfreq, self.filter.within(sfreq), self.line_hz
        )

    def has_baseline(self, info: StreamInfo) -> bool:
        """Return whether its baseline is of this stream, as it is filtered."""
        mine, filtered = self.baseline, self.filter.within(rate_of(info))
        return mine is not None and (mine.channels, mine.filter) == (info.channels, filtered)

    @property
    def changes_more(self) -> bool:
        """Return whether more than a filter is chosen."""
        return self.reference != DisplayReference.RECORDED or bool(self.cleanings)

    def cleaning_words(self, info: StreamInfo) -> list[str]:
        """Names of the cleanings, in the order in which they are applied."""
        return [words_of(each, info.channels) for each in Cleaning if each in self.cleanings]


def rate_of(info: StreamInfo) -> float:
    """Rate that a stream is shown at, in hertz: an irregular one has none of its own."""
    return info.sfreq or 100.0
