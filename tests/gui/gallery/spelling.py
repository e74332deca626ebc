"""The speller for the gallery: one frame of its screen, its view and its window."""

from dataclasses import replace

import numpy as np
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from bci.messages import Spelled
from bci.profiles.profile import load_profile
from bci.spelling.codes import row_column
from bci.spelling.symbols import SymbolGrid
from gui.decisions.spelling_view import SpellingView
from gui.paradigms.board import Candidate, SymbolBoard
from gui.paradigms.board_painter import BoardPainter
from gui.paradigms.plan import SpellingPlan
from gui.paradigms.views import FlickerView, MatrixView, SymbolsView
from gui.theme import Theme

_BOARD = SymbolBoard(
    symbols=SymbolGrid().symbols,
    columns=6,
    spelled="BRE",
    wanted="BRAIN",
    place=3,
    candidates=(
        Candidate("I", 0.62), Candidate("C", 0.2), Candidate("O", 0.1), Candidate("_", 0.05),
        Candidate("J", 0.02),
    ),
    confidence=0.95,
    keys="Space pauses   Backspace undoes   Esc ends",
    note="SIMULATED signal",
    done=0.6,
)  # fmt: skip


class ScreenOfSpeller(QWidget):
    """A widget that shows one frame of the speller; dark in both themes."""

    def __init__(self, board: SymbolBoard, view: SymbolsView) -> None:
        super().__init__()
        self._board, self._view = board, view
        self._painter = BoardPainter()
        self.resize(900, 560)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._painter.paint(painter, self.size(), self._board)
            self._view.paint(painter, self.size(), self._board)


def speller(_theme: Theme) -> QWidget:
    lit = row_column(SymbolGrid()).groups[1]
    return ScreenOfSpeller(_BOARD, MatrixView(lambda: np.asarray(lit)))


def flicker(_theme: Theme) -> QWidget:
    plan = SpellingPlan(load_profile("ssvep"))
    shown = plan.flickering(60.0)
    grid = plan.grid
    rivals = zip(_BOARD.candidates, "CDGBF", strict=True)
    board = replace(
        _BOARD, symbols=grid.symbols, columns=grid.n_columns, wanted="BEACH", spelled="BEA",
        candidates=tuple(replace(each, symbol=symbol) for each, symbol in rivals),
    )  # fmt: skip
    return ScreenOfSpeller(board, FlickerView(lambda: shown.at(7)))


def spelled(theme: Theme) -> QWidget:
    view = SpellingView(threshold=0.7)
    view.theme = theme
    view.set_classes(("nontarget", "target"))
    for k, (symbol, target, share) in enumerate((("B", "B", 0.97), ("R", "R", 0.96))):
        others = {"K": 0.6 * (1 - share), "Q": 0.4 * (1 - share)}
        view.show_spelled(
            Spelled(
                change="selected", selection=k + 1, symbol=symbol, target=target,
                text="BR"[: k + 1], confidence=share, candidates={symbol: share} | others,
                began=10.0 * k, ended=10.0 * k + 8,
            )
        )  # fmt: skip
    view.resize(340, view.height())
    return view
