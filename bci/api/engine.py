"""Receive the predictions and decisions of a running engine in another program."""

import time
from collections.abc import Iterator

from pylsl import local_clock

from bci.decisions import DecisionEvent
from bci.lsl.discovery import StreamQuery, resolve
from bci.lsl.engine_streams import DecisionInlet, PredictionInlet, ReceivedPrediction

_PULL_S = 0.05


class Subscription:
    """Connection to the streams of a running engine.

    Close it, or use it in a ``with`` block.

    Parameters
    ----------
    name : str
        Name of the engine.
    timeout_s : float
        Longest wait for the engine, in seconds.

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
        """The class decided at present; None without a decision or without the engine."""
        self._pull(0.0)
        return self._held if self._decisions.connected else None

    def predictions(self, duration_s: float | None = None) -> Iterator[ReceivedPrediction]:
        """Yield each prediction on arrival, until the engine ends.

        Parameters
        ----------
        duration_s : float, optional
            Stop after this many seconds. Default: never.

        Yields
        ------
        prediction : ReceivedPrediction
            ``probabilities`` (n_classes,) is in the order of ``classes``. ``taken`` is the time of
            the window's last sample, in seconds on the LSL clock. ``decision`` is None until the
            evidence is complete; its ``label`` is None below the threshold. ``arrived_s`` to
            ``published_s`` are seconds after ``taken``.
        """
        end = _end(duration_s)
        while time.monotonic() < end and self._predictions.connected:
            yield from self._predictions.pull(_PULL_S)

    def decisions(self, duration_s: float | None = None) -> Iterator[DecisionEvent]:
        """Yield each decision event on arrival, until the engine ends.

        If the engine ends during a decision, an ``offset`` event is yielded last, so that no
        command stays on.

        Parameters
        ----------
        duration_s : float, optional
            Stop after this many seconds. Default: never.

        Yields
        ------
        event : DecisionEvent
            ``event`` is ``onset``, ``repeat`` or ``offset``. ``label`` is the class, None at an
            offset. ``time`` is in seconds on the LSL clock.
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
        """Disconnect from the streams."""
        self._predictions.close()
        self._decisions.close()

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _end(duration_s: float | None) -> float:
    return time.monotonic() + (float("inf") if duration_s is None else duration_s)


def subscribe(name: str = "bci", *, timeout_s: float = 10.0) -> Subscription:
    """Connect to the predictions and decisions of a running engine (``bci run``).

    Parameters
    ----------
    name : str
        Name of the engine: the profile's ``output.name``, or ``bci run --name``.
    timeout_s : float
        Longest wait for the engine, in seconds.

    Returns
    -------
    subscription : Subscription
        Its methods ``predictions`` and ``decisions`` are iterators for ``for`` loops.

    Raises
    ------
    StreamError
        If no engine of this name is running; the message lists the streams on the network.

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
