"""Patterns of a model: one head per class, coloured between the electrodes."""

from math import ceil

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget
from scipy.ndimage import zoom

from bci.head.top_view import MIN_ELECTRODES, HeadPicture, Values
from bci.signals import Channel
from bci.training.class_patterns import ClassPattern
from gui.plots.head_map import Electrode, HeadMap
from gui.widgets.labels import Sentence, plain, tip
from gui.widgets.layouts import clear, column_of, named
from gui.widgets.themed import Themed

# Number of colour bands, whose edges are contours; factor by which the picture is refined.
_BANDS, _FINER = 6, 4
_MAX_HEADS, _MAX_A_ROW = 8, 4
_MAX_NAMES = 3


class PatternView(Themed, QWidget):
    """One head per class: orange where power rises in the class, blue where it falls.

    A pattern without negative weights shows the attention of a network instead.
    """

    def __init__(self) -> None:
        super().__init__()
        self.patterns: tuple[ClassPattern, ...] = ()
        self.heads: list[HeadMap] = []
        self._legend = named(Sentence(), "dim")
        self._grid = QGridLayout()
        self.setLayout(column_of(self._legend, (self._grid, 1), margins=(12, 6, 12, 6)))
        self.setMinimumSize(300, 210)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip(
            tip(
                "Patterns (Haufe): changes of the signal itself, not the decoder's weights. "
                "Attention of a network shows the weight, not the direction."
            )
        )

    def apply_theme(self) -> None:
        self._draw()

    def set_patterns(self, patterns: tuple[ClassPattern, ...]) -> None:
        self.patterns = patterns
        described = [f"{p.label}: {', '.join(strongest(p))}" for p in patterns]
        self.setAccessibleName("Strongest channels; " + "; ".join(described))
        self._legend.setText(self.legend)
        self._build()
        self._draw()

    @property
    def legend(self) -> str:
        if not self.patterns:
            return "This decoder has no map of its channels."
        n = len(self.patterns)
        first = f" (first {_MAX_HEADS} of {n} classes)" if n > _MAX_HEADS else ""
        if any(bool((pattern.weights < 0).any()) for pattern in self.patterns):
            return f"What each class changes: orange + power rises, blue \u2212 falls{first}"
        return f"How much the network attends to each channel{first}"

    def _build(self) -> None:
        clear(self._grid)
        shown = self.patterns[:_MAX_HEADS]
        n_rows = ceil(len(shown) / _MAX_A_ROW)
        a_row = ceil(len(shown) / max(1, n_rows))
        self.heads = []
        for k, pattern in enumerate(shown):
            row, column = divmod(k, a_row)
            head = HeadMap(f"Pattern of {pattern.label}", ("channel", "weight"))
            head.set_channels([Channel(name, "eeg") for name in pattern.ch_names])
            caption = plain(QLabel(f"{pattern.label}\n{', '.join(strongest(pattern))}"))
            caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._grid.addWidget(head, 2 * row, column)
            self._grid.addWidget(caption, 2 * row + 1, column)
            self.heads.append(head)

    def _draw(self) -> None:
        shown = self.patterns[:_MAX_HEADS]
        largest = max((float(np.abs(p.weights).max()) for p in shown), default=1.0) or 1.0
        low, none, high = (self.theme.colour(name) for name in ("accent", "panel", "warning"))
        colours = pg.ColorMap([0.0, 0.5, 1.0], [low, none, high])
        pictures: dict[tuple[str, ...], HeadPicture] = {}
        for head, pattern in zip(self.heads, shown, strict=True):
            head.theme = self.theme
            head.picture.setColorMap(colours)
            values = pattern.weights.astype(np.float64) / largest
            has_picture = head.has_head and len(head.places) >= MIN_ELECTRODES
            if has_picture:
                names = pattern.ch_names
                if names not in pictures:
                    pictures[names] = HeadPicture(np.array(list(head.places.values())))
                picture = pictures[names].draw(values[list(head.places)])
                head.show_picture(_banded(picture), -1.0, 1.0)
            head.show_electrodes(_electrodes(pattern, values, None if has_picture else colours))


def strongest(pattern: ClassPattern) -> list[str]:
    """Return the channels with the largest weights, largest first, as ``C3 +``."""
    order = np.argsort(-np.abs(pattern.weights))[:_MAX_NAMES]
    if not (pattern.weights < 0).any():
        return [pattern.ch_names[k] for k in order]
    signs = ["\u2212" if pattern.weights[k] < 0 else "+" for k in order]
    return [f"{pattern.ch_names[k]} {sign}" for k, sign in zip(order, signs, strict=True)]


def _electrodes(
    pattern: ClassPattern, values: Values, colours: pg.ColorMap | None
) -> list[Electrode]:
    """Return dots for a head with a picture; else discs in the ``colours`` of values.

    ``colours`` is None for a head with a picture.
    """
    electrodes = []
    for k, (name, weight) in enumerate(zip(pattern.ch_names, pattern.weights, strict=True)):
        colour, size = None, 4.0
        if colours is not None:
            colour, size = colours.map((1.0 + float(values[k])) / 2, mode="qcolor"), 14.0
        about = f"{name}: {weight:.3g}"
        electrodes.append(
            Electrode(k, colour=colour, size=size, about=about, cells=(name, float(weight)))
        )
    return electrodes


def _banded(picture: Values) -> Values:
    fine = zoom(picture, _FINER, order=1)
    return np.asarray(np.round(_BANDS * fine) / _BANDS)
