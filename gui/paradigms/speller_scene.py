"""The presenter's scene of a speller during a run."""

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter

from bci.spelling.run import SelectionRun, SpellingState
from bci.stimulus.frames import Frame
from gui.paradigms.board import N_CANDIDATES, Candidate, SymbolBoard
from gui.paradigms.board_painter import BoardPainter
from gui.paradigms.views import SymbolsView

_DECIDING = (SpellingState.STIMULATION, SpellingState.COLLECTING, SpellingState.FEEDBACK)


class SpellerScene:
    """Shows a run, and advances it with the frames of the screen.

    Keys take effect at the next frame, so that each marker belongs to a frame. ``sentence`` is
    shown in place of the symbols; ``keys`` and ``note`` are shown below them.

    Parameters
    ----------
    run : SelectionRun
    view : SymbolsView
    confidence : float
        Probability at which a selection ends, for the line in the bars; 0 draws none.
    ended : callable
        Called once, after the last frame of a run that ends by itself.
    """

    def __init__(
        self,
        run: SelectionRun,
        view: SymbolsView,
        confidence: float = 0.0,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.run = run
        self.sentence = ""
        self.keys = ""
        self.note = ""
        self._view = view
        self._confidence = confidence
        self._ended = ended
        self._has_ended = False
        self._painter = BoardPainter()
        self._starts = False
        self._due: list[str] = []  # markers that belong to the next frame

    @property
    def board(self) -> SymbolBoard:
        """The present content of the screen, without flashes or flicker."""
        run, text = self.run, self.run.text
        grid = text.grid
        place = len(text.selected) + text.n_passed
        return SymbolBoard(
            symbols=grid.symbols,
            columns=grid.n_columns,
            spelled=text.text,
            wanted=text.target.upper() if text.copies else "",
            place=place if text.copies else len(text.text),
            target=self._number(run.target) if run.state is SpellingState.TARGET else None,
            chosen=self._chosen,
            candidates=self._candidates(),
            confidence=self._confidence,
            sentence=self.sentence,
            keys=self.keys,
            note=self.note,
            done=place / max(1, len(text.target)) if text.copies else 0.0,
        )

    @property
    def is_running(self) -> bool:
        """True from the start of the run until it pauses or ends."""
        return self._starts or self.run.state not in (SpellingState.READY, SpellingState.OVER)

    def start(self) -> None:
        """Begin or resume the run at the next frame."""
        self.sentence = ""
        self._starts = True

    def interrupt(self, sentence: str) -> None:
        """Pause the run at the next frame, and show ``sentence``."""
        self._starts = False
        self._due += self.run.interrupt()
        self.sentence = sentence

    def advance(self, frame: Frame) -> Sequence[str]:
        """Advance the run to the time of ``frame``; return the labels of its markers."""
        labels, self._due = self._due, []
        if self._starts:
            self._starts = False
            labels += self.run.start(frame.due)
        else:
            labels += self.run.advance(frame.due)
        return labels

    def paint(self, painter: QPainter, size: QSize) -> None:
        """Paint a frame; ``size`` is in logical pixels."""
        board = self.board
        self._painter.paint(painter, size, board)
        if not board.sentence:
            self._view.paint(painter, size, board)

    def shown(self, time: float, labels: Sequence[str]) -> None:
        """Pass the ``time`` of the swap to the run: the true onset of the stimuli.

        It is in seconds on the LSL clock.
        """
        if labels:
            self.run.shown(time, labels)
        if self.run.state is SpellingState.OVER and not self._has_ended:
            self._has_ended = True
            self._ended()

    @property
    def _chosen(self) -> int | None:
        run = self.run
        if run.state is not SpellingState.FEEDBACK or run.selected is None:
            return None
        return self._number(run.selected.symbol)

    def _number(self, symbol: str | None) -> int | None:
        return None if symbol is None else self.run.text.grid.number(symbol)

    def _candidates(self) -> tuple[Candidate, ...]:
        """List the likeliest symbols; empty before the first evidence."""
        run = self.run
        posterior = run.posterior
        if posterior is None or run.state not in _DECIDING or np.ptp(posterior) == 0:
            return ()
        best = np.argsort(-posterior, kind="stable")[:N_CANDIDATES]
        symbols = run.text.grid.symbols
        return tuple(Candidate(symbols[k], round(float(posterior[k]), 3)) for k in best)
