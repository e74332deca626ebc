"""Predictions and decisions of a running engine, as another program follows them."""

import time
from collections.abc import Iterator

from pylsl import local_clock

from bci.decisions import DecisionEvent
from bci.lsl.discovery import StreamQuery, resolve
from bci.lsl.engine_streams import DecisionInlet, PredictionInlet, ReceivedPrediction

_PULL_S = 0.05


class Subscription:
    """The streams of a running engine; close it, or use it in a ``with`` block.

    Parameters
    ----------
    name : str
        Name of the engine.
    timeout_s : float
        Longest wait for it, in seconds.

    Attributes
    ----------
    classes : tuple of str
        Labels of the model's classes.
    simulated : bool
        Whether the decoded signal is simulated.
    """

    def __init__(self, name: str, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        found = resolve(StreamQuery(name=f"{name}-predictions"), timeout_s)
        left_s = max(1.0, deadline - time.monotonic())
        decisions = resolve(StreamQuery(name=f"{name}-decisions"), left_s)
        self._predictions = PredictionInlet(found)
        self._decisions = DecisionInlet(decisions)
        self._held: str | None = None
        self.name = name
        self.classes = self._predictions.classes
        self.simulated = self._predictions.simulated

    @property
    def connected(self) -> bool:
        """True while the engine is on the network."""
        return self._decisions.connected and self._predictions.connected

    @property
    def decision(self) -> str | None:
        """The class that is decided now; None where nothing is, or the engine is gone."""
        self._pull(0.0)
        return self._held if self._decisions.connected else None

    def predictions(self, duration_s: float | None = None) -> Iterator[ReceivedPrediction]:
        """Yield each prediction as it comes, until the engine ends.

        Parameters
        ----------
        duration_s : float, optional
            Stop after so many seconds.

        Yields
        ------
        prediction : ReceivedPrediction
            ``probabilities`` (n_classes,) in the order of ``classes``; ``taken``, the time of the
            window's last sample, in seconds on the LSL clock; ``decision`` with its label, which is
            None below the threshold; the latency of each stage in seconds.
        """
        end = _end(duration_s)
        while time.monotonic() < end and self._predictions.connected:
            yield from self._predictions.pull(_PULL_S)

    def decisions(self, duration_s: float | None = None) -> Iterator[DecisionEvent]:
        """Yield each event of a decision as it comes, until the engine ends.

        A decision that holds when the engine ends is ended by an offset, so that no command
        stays on.

        Parameters
        ----------
        duration_s : float, optional
            Stop after so many seconds.

        Yields
        ------
        event : DecisionEvent
            ``event`` is ``onset``, ``repeat`` or ``offset``; ``label``, ``confidence`` and
            ``time`` in seconds on the LSL clock.
        """
        end = _end(duration_s)
        while time.monotonic() < end:
            yield from self._pull(_PULL_S)
            if not self._decisions.connected:
                held, self._held = self._held, None
                if held is not None:
                    yield DecisionEvent("offset", None, None, local_clock(), held)
                return

    def _pull(self, timeout: float) -> list[DecisionEvent]:
        events = self._decisions.pull(timeout)
        if events:
            self._held = events[-1].label
        return events

    def close(self) -> None:
        """Leave the streams."""
        self._predictions.close()
        self._decisions.close()

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _end(duration_s: float | None) -> float:
    return time.monotonic() + (float("inf") if duration_s is None else duration_s)


def subscribe(name: str = "bci", *, timeout_s: float = 10.0) -> Subscription:
    """Follow a running engine (``bci run``): its predictions and its decisions.

    Parameters
    ----------
    name : str
        Name of the engine: the profile's ``output.name``, or ``bci run --name``.
    timeout_s : float
        Longest wait for it, in seconds.

    Returns
    -------
    subscription : Subscription
        Predictions and decisions, in ``for`` loops.

    Raises
    ------
    StreamError
        If no engine of that name decodes; the message lists the streams that there are.

    Examples
    --------
    >>> import bci
    >>> with bci.subscribe("bci") as engine:
    ...     for prediction in engine.predictions(duration_s=30):
    ...         if prediction.probabilities.max() > 0.5:
    ...             break
    >>> engine.classes
    ('left', 'right')
    """
    return Subscription(name, timeout_s)
