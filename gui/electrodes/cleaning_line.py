"""One line on the decoder's cleaning, with the main figure of each filter."""

from collections.abc import Sequence

from bci.messages import FilterReport
from gui.widgets.labels import Sentence, tip
from gui.widgets.layouts import named
from gui.widgets.units import percent

_MAX_FIGURES = 12
_LEAD = "Decoder: "
_MAX_LETTERS = 100


class CleaningLine(Sentence):
    """The main figure of each cleaning filter; the tooltip has all figures.

    The line is hidden while the decoder has no such filter.
    """

    def __init__(self) -> None:
        super().__init__(max_letters=_MAX_LETTERS)
        named(self, "dim")
        self.show_filters(())

    def show_filters(self, filters: Sequence[FilterReport]) -> None:
        """Show the reports of the cleaning filters in the decoder's pipeline."""
        self.setText(_LEAD + "; ".join(map(_brief, filters)) if filters else "")
        self.setToolTip(tip("\n".join(map(_figures, filters))))
        self.setVisible(bool(filters))


def _brief(report: FilterReport) -> str:
    figures = report.figures
    match report.kind:
        case "asr":
            return f"ASR changed {percent(figures.get('changed share', 0.0))}"
        case "cancel_line":
            return f"line at {figures.get('frequency (Hz)', 0.0):.2f} Hz"
        case "interpolate_bad":
            names = [name for name in figures if name != "bad share"]
            return f"{', '.join(names)} interpolated" if names else "no channel interpolated"
        case "regress" if figures:
            return f"regressed, largest {_largest(figures, 1)}"
        case _:
            return report.kind


def _figures(report: FilterReport) -> str:
    figures = report.figures
    more = len(figures) - _MAX_FIGURES
    rest = f", and {more} more" if more > 0 else ""
    return f"{report.kind}: {_largest(figures, _MAX_FIGURES)}{rest}"


def _largest(figures: dict[str, float], count: int) -> str:
    """Return the ``count`` figures that are farthest from zero, as text."""
    largest = sorted(figures, key=lambda name: -abs(figures[name]))[:count]
    return ", ".join(f"{name} {figures[name]:.3g}" for name in largest)
