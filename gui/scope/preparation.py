"""Preparation of a cleaning in a thread: compiled loops, and the baseline of ASR."""

from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from bci.errors import StreamError
from bci.pipeline.display.choice import DisplayChoice, rate_of
from bci.pipeline.display.cleaning import Cleaning, CleaningBaseline, cleaning_stage, learn_baseline
from bci.pipeline.ring import RingBuffer
from bci.signals import StreamInfo
from gui.workers.background import Background

_LEAST_S, _MOST_S = 20.0, 40.0
_AGAIN_MS = 5000
_TOO_LITTLE = f"waits for {_LEAST_S:g} s of clean signal"


class Preparation(QObject):
    """Prepares the user's display choice; meanwhile, only its ready part is shown.

    The first use of a cleaning takes seconds, so it runs in a thread. ``pending`` are the cleanings
    that are not ready.
    """

    ready = Signal()  # more of the choice is ready, or preparation failed and may be tried again

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.pending: frozenset[Cleaning] = frozenset()
        self._problem = ""
        self._compiled: frozenset[Cleaning] = frozenset()
        self._baseline: CleaningBaseline | None = None
        self._begun: object = None
        self._background = Background(self)
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self.ready)

    def prepared(self, wanted: DisplayChoice, info: StreamInfo, ring: RingBuffer) -> DisplayChoice:
        """Return the ready part of the choice ``wanted``, and prepare the rest."""
        choice = replace(wanted, baseline=self._baseline)
        possible = frozenset(c for c in choice.cleanings if not choice.why_not_cleaned(c, info))
        self.pending = possible - self._compiled
        if Cleaning.ASR in possible and not choice.has_baseline(info):
            self.pending |= {Cleaning.ASR}
        begun = self.pending, choice.filter, info
        if self.pending and begun != self._begun and not self._again.isActive():
            self._begun, self._problem = begun, ""
            work = partial(_prepare, self.pending, choice, info, ring)
            self._background.run(work, partial(self._on_prepared, self.pending), self._on_failed)
        return replace(choice, cleanings=possible - self.pending)

    @property
    def state(self) -> str:
        """The state of pending cleanings in words; empty if none is pending."""
        if not self.pending:
            return ""
        return self._problem or "being prepared"

    def _on_prepared(
        self, cleanings: frozenset[Cleaning], baseline: CleaningBaseline | None
    ) -> None:
        self._begun = None
        self._compiled |= cleanings
        self._baseline = baseline or self._baseline
        self.ready.emit()

    def _on_failed(self, why: str) -> None:
        self._begun, self._problem = None, why
        self._again.start()
        self.ready.emit()


def _prepare(
    cleanings: frozenset[Cleaning], choice: DisplayChoice, info: StreamInfo, ring: RingBuffer
) -> CleaningBaseline | None:
    sfreq = rate_of(info)
    baseline = _learn(choice, info, ring) if Cleaning.ASR in cleanings else None
    for each in cleanings:
        stage = cleaning_stage(each, info.channels, sfreq, choice.line_hz, baseline)
        # Large values, so that each loop does all its work and is compiled.
        loud = 1e6 * np.random.default_rng(0).normal(size=(round(sfreq), info.n_channels))
        stage.process(loud.astype(np.float32), 0)
    return baseline


def _learn(choice: DisplayChoice, info: StreamInfo, ring: RingBuffer) -> CleaningBaseline:
    sfreq = rate_of(info)
    got = ring.latest(round(min(_MOST_S * sfreq, 0.9 * ring.capacity)))
    data = got.data.copy()
    if len(data) < _LEAST_S * sfreq or not ring.still_holds(got.first):
        raise StreamError(_TOO_LITTLE)
    try:
        return learn_baseline(info.channels, sfreq, choice.filter.within(sfreq), data)
    except ValueError as error:
        raise StreamError(_TOO_LITTLE) from error
