import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pylsl import local_clock

from bci.bridges.engine_client import Classes, Connected, EngineClient, EngineEvent, Lost
from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus
from tests.bci.bridges.published import Published
from tests.streams import wait_until


class Heard:
    """The events of a client, and the sentences that it reports."""

    def __init__(self, name: str, **options: float) -> None:
        self.events: list[EngineEvent] = []
        self.sentences: list[str] = []
        # These engines send no status by themselves, so a short limit would lose them.
        options = {"silent_s": 60.0} | options
        self.client = EngineClient(name, self.sentences.append, **options)

    def until(self, kind: type, count: int = 1) -> list:
        wait_until(lambda: (self.events.extend(self.client.poll(0.05)), self.n(kind) >= count)[1])
        return [event for event in self.events if isinstance(event, kind)]

    def n(self, kind: type) -> int:
        return sum(isinstance(event, kind) for event in self.events)


@contextmanager
def heard(engine: Published, **options: float) -> Iterator[Heard]:
    listening = Heard(engine.name, **options)
    try:
        engine.wait_for_bridge()
        listening.until(Connected)
        listening.until(Classes)
        yield listening
    finally:
        listening.client.close()


def kept(events: list[DecisionEvent]) -> list[tuple[str, str | None, str | None]]:
    return [(event.event, event.label, event.ended) for event in events]


def test_each_decision_prediction_and_status_comes_once_and_in_order() -> None:
    with Published() as engine, heard(engine) as listening:
        sent = []
        for number in range(60):
            sent.append(engine.decide("left" if number % 2 else "right"))
            engine.predict(number / 60, 1 - number / 60)
        sent.append(engine.decide(None))
        engine.report(samples=7)
        came = listening.until(DecisionEvent, len(sent))
        shares = [each.probabilities[0] for each in listening.until(ReceivedPrediction, 60)]
        (status,) = listening.until(EngineStatus)
        time.sleep(0.05)
        listening.events += listening.client.poll()
        assert kept(came) == kept(sent)
        assert listening.n(DecisionEvent) == len(sent)
        assert shares == pytest.approx([number / 60 for number in range(60)], abs=1e-6)
        assert status.samples == 7
        assert listening.until(Classes) == [Classes(("left", "right"), True)]
        assert listening.client.dropped == 0


def test_decision_without_a_time_has_that_of_its_arrival() -> None:
    with Published() as engine, heard(engine) as listening:
        began = local_clock()
        engine.decisions.push(DecisionEvent("onset", "left", 0.9, math.nan))
        (event,) = listening.until(DecisionEvent)
        assert began <= event.time <= local_clock()


def test_a_decision_ends_with_its_engine_and_a_restart_is_followed() -> None:
    engine = Published(simulated=False)
    with heard(engine) as listening:
        engine.decide("left")
        listening.until(DecisionEvent)
        engine.close()
        listening.until(Lost)
        assert kept(listening.until(DecisionEvent))[1:] == [("offset", None, "left")]
        assert isinstance(listening.events[-1], Lost)
        assert not listening.client.connected
        # The next start has another model, with other classes.
        with Published(engine.name, ("feet", "rest", "tongue")) as again:
            again.wait_for_bridge()
            listening.until(Connected, 2)
            again.decide("feet")
            listening.until(DecisionEvent, 3)
            assert listening.until(Connected) == [Connected(False), Connected(True)]
            assert listening.until(Classes, 2)[1].labels == ("feet", "rest", "tongue")
            assert kept(listening.until(DecisionEvent))[2:] == [("onset", "feet", None)]
    assert listening.sentences == [
        f"connected to engine {engine.name!r}", f"engine {engine.name!r} was lost",
        f"connected to engine {engine.name!r}",
    ]  # fmt: skip


def test_engine_that_falls_silent_is_lost_until_it_sends_again() -> None:
    with Published() as engine, heard(engine, silent_s=0.2) as listening:
        engine.decide("right")
        # On a busy computer, the engine may have been lost before.
        assert kept(listening.until(DecisionEvent, 2)) == [
            ("onset", "right", None), ("offset", None, "right"),
        ]  # fmt: skip
        assert "sends nothing for 0.2 s" in listening.sentences[-1]
        engine.decide(None)  # reported already
        engine.decide("left")
        listening.until(DecisionEvent, 3)
        assert listening.n(Connected) >= 2
        assert kept(listening.until(DecisionEvent))[2:] == [("onset", "left", None)]


def test_classes_that_another_model_brings_come_before_its_predictions() -> None:
    with Published() as engine, heard(engine) as listening:
        engine.predict(0.3, 0.7)
        listening.until(ReceivedPrediction)
        engine.predictions.close()
        engine.predictions = Published(engine.name, ("a", "b", "c")).predictions
        engine.classes = ("a", "b", "c")
        wait_until(engine.predictions._outlet.have_consumers)
        engine.predict(0.1, 0.2, 0.7)
        listening.until(ReceivedPrediction, 2)
        rest = [each for each in listening.events if isinstance(each, Classes | ReceivedPrediction)]
        assert [type(each) for each in rest] == [Classes, ReceivedPrediction] * 2
        assert len(rest[3].probabilities) == len(rest[2].labels) == 3


def test_engines_of_one_name_on_two_computers_are_not_followed_but_reported() -> None:
    with Published() as engine, Published(engine.name, source="@elsewhere") as twin:
        listening = Heard(engine.name)
        try:
            wait_until(lambda: len(listening.sentences) == 3)
            assert all("several programs publish" in each for each in listening.sentences)
            twin.close()
            listening.until(Connected)
            assert listening.n(Connected) == 1
        finally:
            listening.client.close()


def test_events_that_nobody_takes_are_dropped_oldest_first_and_decisions_last() -> None:
    with Published() as engine, heard(engine) as listening:
        first = engine.decide("left")
        for _ in range(1500):
            engine.predict(0.5, 0.5)
        wait_until(lambda: listening.client.dropped >= 1500 - 1024)
        assert kept(listening.until(DecisionEvent)) == kept([first])
        assert listening.n(ReceivedPrediction) <= 1024


def test_client_of_an_absent_engine_waits_and_closes_at_once() -> None:
    client = EngineClient("no-such-engine")
    assert client.poll(0.05) == []
    assert not client.connected
    client.close()
    assert not [each for each in threading.enumerate() if each.name.startswith("no-such-engine")]
