"""Another model for a running engine: loaded and settled beside the one that continues."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path

from bci.engine.running_model import RunningModel, warm_up
from bci.errors import BciError
from bci.interfaces import Decoder
from bci.models.card import Card
from bci.signals import Chunk, StreamInfo

Load = Callable[[Path], tuple[Card, Decoder]]
"""Reads a model folder; raises `BciError` where it cannot."""

Make = Callable[[Card, Decoder], RunningModel]
"""Puts a model to work on the engine's stream; raises `BciError` where it does not fit."""


class NextModel:
    """A model that is to take over: first loading, then settling, then ready.

    The folder is read, checked against the stream and warmed up in a thread. From then on the
    model is given every chunk that the running one is given, for its filters alone, until they
    have settled. So nothing has to be kept, and no window is left without a prediction.
    """

    def __init__(
        self, load: Load, make: Make, info: StreamInfo, report: Callable[[str], None]
    ) -> None:
        self._load = load
        self._make = make
        self._info = info
        self._report = report
        self._n_requests = 0
        self._loaded: queue.SimpleQueue[tuple[int, RunningModel | str]] = queue.SimpleQueue()
        self.settling: RunningModel | None = None

    def request(self, folder: Path) -> None:
        """Begin to load a model; one requested before that does not run yet is dropped."""
        self._n_requests += 1
        self.settling = None
        threading.Thread(target=self._work, args=(self._n_requests, folder), daemon=True).start()

    def _work(self, number: int, folder: Path) -> None:
        outcome: RunningModel | str
        try:
            card, decoder = self._load(folder)
            outcome = self._make(card, decoder)
            warm_up(card, decoder, self._info)
        except (BciError, OSError) as error:
            outcome = " ".join(str(error).split())
        self._loaded.put((number, outcome))

    def follow(self, chunks: list[Chunk], running: str) -> RunningModel | None:
        """Give the new model the running model's chunks; return it when it takes over."""
        while not self._loaded.empty():
            number, outcome = self._loaded.get()
            if number != self._n_requests:
                continue
            if isinstance(outcome, str):
                self._report(f"{outcome}; {running} goes on")
            else:
                self.settling = outcome
        if self.settling is None:
            return None
        # Without a chunk, `settle` would answer for the chunk before.
        settled = [self.settling.settle(chunk) for chunk in chunks]
        if not (settled and settled[-1]):
            return None
        ready, self.settling = self.settling, None
        return ready
