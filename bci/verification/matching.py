"""Live predictions found again by the times of their windows."""

from collections.abc import Sequence

from bci.verification.session import LivePrediction


class Matches:
    """Live predictions by the times of their windows, taken in order."""

    def __init__(self, predictions: Sequence[LivePrediction], offset: float) -> None:
        # Seconds that the engine's clock is ahead of the sender's; the newest pair shows it best
        self.offset = offset
        # Times, on the sender's clock, of live predictions that no window was decoded again for
        self.unmatched: list[float] = []
        self._predictions = predictions
        self._next = self._first = 0

    @property
    def begun(self) -> bool:
        """True once a live prediction was met on the stream that is published now."""
        return self._next > self._first

    def begin_stream(self) -> None:
        """Predictions come on a new stream, which a recorder has to find first."""
        self._first = self._next

    def match(self, time: float, tolerance_s: float) -> LivePrediction | None:
        """The live prediction of the window whose last sample has a smooth time, if any."""
        expected = time + self.offset
        while self._next < len(self._predictions):
            live = self._predictions[self._next]
            if live.time > expected + tolerance_s:
                return None
            self._next += 1
            if live.time >= expected - tolerance_s:
                self.offset = live.time - time
                return live
            self.unmatched.append(live.time - self.offset)
        return None

    def finish(self) -> None:
        """Count the live predictions that are left."""
        self.unmatched += [p.time - self.offset for p in self._predictions[self._next :]]
        self._next = len(self._predictions)
