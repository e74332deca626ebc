"""Views of the speller's symbols: a flashing matrix, one at a time, or flicker."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter

from gui.paradigms.board import SymbolBoard
from gui.paradigms.board_painter import (
    ACCENT,
    BACKGROUND,
    BRIGHT,
    CALM,
    DIM,
    GROUND,
    KeptPicture,
    cell,
    paint_chosen,
    paint_frame,
    paint_symbol,
    symbols_area,
    write,
)

# Gamma of the screen: a pixel's luminance grows with about this power of its value.
GAMMA = 2.2
# Gap between two fields, as a share of the shorter side of a cell.
_GAP = 0.14

Lit = Callable[[], NDArray[np.bool_]]
"""Returns a mask of the symbols that are bright in this frame, (n_symbols,)."""

Luminances = Callable[[], Sequence[float] | NDArray[np.float64] | None]
"""Returns the luminance of each target in this frame, 0 to 1; None without flicker."""


class SymbolsView(Protocol):
    """Paints the symbols of a board as they appear in the current frame."""

    def paint(self, painter: QPainter, size: QSize, board: SymbolBoard) -> None: ...


class MatrixView:
    """A matrix of dim symbols; those of the flashing group are bright."""

    def __init__(self, lit: Lit) -> None:
        self._lit = lit
        self._dim = KeptPicture()

    def paint(self, painter: QPainter, size: QSize, board: SymbolBoard) -> None:
        area = symbols_area(size)
        self._dim.paint(painter, area, board.symbols, lambda p, r: _draw_all(p, r, board, DIM))
        lit = self._lit()
        for number in np.flatnonzero(lit):
            paint_symbol(painter, cell(area, board, int(number)), board.symbols[number], BRIGHT)
        _paint_marks(painter, area, board)


class RsvpView:
    """One symbol at a time, in the middle of the screen (rapid serial presentation)."""

    def __init__(self, lit: Lit) -> None:
        self._lit = lit

    def paint(self, painter: QPainter, size: QSize, board: SymbolBoard) -> None:
        area = symbols_area(size)
        side = min(area.height(), area.width())
        middle = QRectF(0, 0, side, side)
        middle.moveCenter(area.center())
        lit = np.flatnonzero(self._lit())
        if board.chosen is not None:
            paint_chosen(painter, middle, board.symbols[board.chosen])
        elif board.target is not None:
            paint_frame(painter, middle)
            paint_symbol(painter, middle, board.symbols[board.target], ACCENT)
        elif len(lit):
            paint_symbol(painter, middle, board.symbols[int(lit[0])], BRIGHT)
        else:
            write(painter, "+", middle, 0.12 * side, DIM)


class FlickerView:
    """One field per symbol, with the luminance of its stimulus."""

    def __init__(self, luminances: Luminances) -> None:
        self._luminances = luminances
        self._letters, self._still = KeptPicture(), KeptPicture()

    def paint(self, painter: QPainter, size: QSize, board: SymbolBoard) -> None:
        area = symbols_area(size)
        rooms = [_field(cell(area, board, number)) for number in range(len(board.symbols))]
        luminances = self._luminances()
        self._letters.keep(painter, area, board.symbols, lambda p, r: _draw_letters(p, r, board))
        if luminances is None:
            for room in rooms:
                painter.fillRect(room, QColor(GROUND))
            self._still.paint(
                painter, area, board.symbols, lambda p, r: _draw_all(p, r, board, CALM)
            )
        else:
            for room, luminance in zip(rooms, luminances, strict=True):
                grey = pixel_value(float(luminance))
                painter.fillRect(room, QColor(grey, grey, grey))
            self._letters.paint(
                painter, area, board.symbols, lambda p, r: _draw_letters(p, r, board)
            )
        if board.target is not None:
            paint_frame(painter, cell(area, board, board.target))
        if board.chosen is not None:
            paint_chosen(painter, rooms[board.chosen], board.symbols[board.chosen])


def pixel_value(luminance: float) -> int:
    """Return a grey pixel's value, 0-255, for a share of the largest luminance, 0-1."""
    return round(255.0 * min(1.0, max(0.0, luminance)) ** (1.0 / GAMMA))


def _field(room: QRectF) -> QRectF:
    gap = _GAP * min(room.width(), room.height()) / 2
    # Rounded to whole pixels, since a blurred edge would flicker less than the rest.
    return QRectF(room.adjusted(gap, gap, -gap, -gap).toRect())


def _draw_all(painter: QPainter, area: QRectF, board: SymbolBoard, ink: str) -> None:
    for number, symbol in enumerate(board.symbols):
        paint_symbol(painter, cell(area, board, number), symbol, ink)


def _draw_letters(painter: QPainter, area: QRectF, board: SymbolBoard) -> None:
    for number, symbol in enumerate(board.symbols):
        room = _field(cell(area, board, number))
        # A light edge keeps a letter legible while its field is dark.
        edge = max(1.0, 0.015 * room.height())
        for x, y in ((edge, 0.0), (-edge, 0.0), (0.0, edge), (0.0, -edge)):
            paint_symbol(painter, room.translated(x, y), symbol, CALM)
        paint_symbol(painter, room, symbol, BACKGROUND)


def _paint_marks(painter: QPainter, area: QRectF, board: SymbolBoard) -> None:
    """Frame the symbol to attend to, and fill the one that was selected."""
    if board.target is not None:
        room = cell(area, board, board.target)
        paint_frame(painter, room)
        paint_symbol(painter, room, board.symbols[board.target], BRIGHT)
    if board.chosen is not None:
        paint_chosen(painter, cell(area, board, board.chosen), board.symbols[board.chosen])
