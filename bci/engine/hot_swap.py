"""Exchange the model of a running engine.

The new model is loaded and settled while the old one decodes.
"""

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
"""Function that reads a model folder; raises `BciError` if that fails."""

Make = Callable[[Card, Decoder], RunningModel]
"""Function that sets a model up for the engine's stream; raises `BciError` if it does not fit."""


class NextModel:
    """The model that replaces the running one: loading, settling, then ready.

    A thread reads the folder, checks the model against the stream and warms it up. The new
    model's filters then process the same chunks as the running model until they have settled. So
    no samples have to be stored, and no window is left without a prediction.
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
        """Start to load the model in ``folder``, in a thread; return at once.

        It replaces an earlier request whose model has not taken over yet.
        """
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
        """Filter ``chunks`` with the new model; return it once settled, None before.

        ``running`` is the name of the running model, for messages.
        """
        while not self._loaded.empty():
            number, outcome = self._loaded.get()
            if number != self._n_requests:
                continue
            if isinstance(outcome, str):
                self._report(f"{outcome}; {running} continues")
            else:
                self.settling = outcome
        if self.settling is None:
            return None
        # Only the newest chunk's result counts; without a chunk there is none.
        settled = [self.settling.settle(chunk) for chunk in chunks]
        if not (settled and settled[-1]):
            return None
        ready, self.settling = self.settling, None
        return ready
