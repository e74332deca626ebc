"""Share of right symbols of a speller by number of repetitions, with intervals."""

from bci.evaluation.metrics import exact_interval
from bci.evaluation.spelling_curve import SpellingCurve
from gui.plots.axis import Axis
from gui.plots.line_with_band import LineWithBand
from gui.widgets.labels import tip


class RepetitionsView(LineWithBand):
    """Share of right held-out symbols, by the number of repetitions of all flashes."""

    def __init__(self) -> None:
        bottom = Axis("bottom", write=lambda n: f"{n:g}")
        super().__init__("Right symbols by repetitions", "repetitions", bottom)
        self.setMinimumSize(260, 130)
        self.set_heading("right symbols by repetition")
        self.hint, self.is_blank = "right symbols: not stored", True

    def show_curve(self, curve: SpellingCurve | None) -> None:
        """Show a curve; ``curve`` is None if the model has none."""
        self.is_blank = curve is None
        if curve is None:
            self.setToolTip("")
            return
        self.setToolTip(
            tip(
                f"Share of {curve.n} held-out symbols that are right, by repetitions. "
                "The band is the 95 % interval of each point alone."
            )
        )
        points = []
        for k, right in enumerate(curve.right.tolist(), 1):
            low, high = exact_interval(right, curve.n)
            points.append((float(k), right / curve.n, low, high))
        self.show_points(points, 1 / curve.n_symbols, len(points) + 0.3)
