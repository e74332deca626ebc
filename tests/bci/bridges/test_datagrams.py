"""The bridges udp and osc, with real sockets and an engine's LSL streams."""

import numpy as np
import pytest
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from bci.bridges.datagrams import MAX_DATAGRAM, Datagrams
from bci.bridges.engine_client import Classes
from bci.bridges.osc import AddressParts, OscBridge, OscSettings, encode
from bci.bridges.translation import Translation
from bci.bridges.udp import UdpBridge, UdpSettings
from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import AnyBridged, BridgedDecision, BridgedPrediction, BridgedStatus
from tests.bci.bridges.published import Published
from tests.bci.bridges.receivers import UdpReceiver, free_port, running
from tests.commands import refused
from tests.streams import wait_until


def decisions(messages: list[AnyBridged]) -> list[BridgedDecision]:
    return [each for each in messages if isinstance(each, BridgedDecision)]


def test_udp_sends_each_decision_once_in_order_and_numbers_show_losses() -> None:
    first = UdpReceiver()
    name = "udp-engine"
    with Published(name) as engine, running(UdpBridge(UdpSettings(engine=name, port=first.port))):
        engine.wait_for_bridge()
        # An engine without a status counts as lost after 2 s, which ends its decision.
        engine.keep_reporting()
        wait_until(lambda: any(each.state == "running" for each in statuses(first)))
        sent = [engine.decide(label) for label in ("left", "right", None)]
        wait_until(lambda: len(decisions(first.messages())) == 3)
        first.close()
        engine.decide("left")
        # When a later message has arrived, this one was sent.
        between = UdpReceiver(first.port)
        wait_until(lambda: any(each.seq == 4 for each in statuses(between)))
        between.close()
        second = UdpReceiver(first.port)
        sent.append(engine.decide("right"))
        wait_until(lambda: decisions(second.messages()))
    got = [*decisions(first.messages()), *decisions(second.messages())]
    assert [(each.change, each.label) for each in got] == [(s.event, s.label) for s in sent]
    # One more was sent while no socket was open.
    assert [each.seq for each in got] == [1, 2, 3, 5]
    assert {(each.run, each.simulated) for each in got} == {(got[0].run, True)}
    second.close()


def test_udp_sends_probabilities_and_the_engine_s_end() -> None:
    receiver = UdpReceiver()
    with running(UdpBridge(UdpSettings(engine="bridged", port=receiver.port))):
        with Published("bridged", simulated=False) as engine:
            engine.wait_for_bridge()
            wait_until(lambda: any(each.state == "running" for each in statuses(receiver)))
            engine.decide("left")
            wait_until(lambda: decisions(receiver.messages()))
            wait_until(
                lambda: (
                    engine.predict(0.75, 0.25, decided="left")
                    or any(isinstance(each, BridgedPrediction) for each in receiver.messages())
                )
            )
            engine.report(model_warning="at chance")
            wait_until(lambda: any(each.warning for each in statuses(receiver)))
        wait_until(lambda: statuses(receiver)[-1].state == "engine lost")
    prediction = next(each for each in receiver.messages() if each.kind == "prediction")
    assert isinstance(prediction, BridgedPrediction)
    assert prediction.probabilities == {"left": 0.75, "right": 0.25}
    assert (prediction.decided, prediction.seq, prediction.simulated) == ("left", 1, False)
    assert prediction.latency_ms == pytest.approx(10, abs=5)
    held = [each.decided for each in statuses(receiver)]
    assert "left" in held
    assert held[-1] is None
    # The decision ends when its engine is gone.
    assert decisions(receiver.messages())[-1].change == "offset"
    receiver.close()


def statuses(receiver: UdpReceiver) -> list[BridgedStatus]:
    return [each for each in receiver.messages() if isinstance(each, BridgedStatus)]


def test_osc_sends_decisions_probabilities_and_status_at_their_addresses() -> None:
    receiver = UdpReceiver()
    classes = ("left hand", "right/hand")
    settings = OscSettings(engine="osc-engine", port=receiver.port, prefix="/brain/one")
    with Published("osc-engine", classes) as engine, running(OscBridge(settings)):
        engine.wait_for_bridge()
        wait_until(receiver.pull)
        sent = [engine.decide("left hand", 0.5), engine.decide(None, None)]
        wait_until(
            lambda: (
                engine.predict(0.75, 0.25)
                or any(each.startswith(b"#bundle") for each in receiver.pull())
            )
        )
        wait_until(lambda: len([each for each in receiver.pull() if b"/decision" in each]) == 2)
    assert [event.label for event in sent] == ["left hand", None]
    got = [OscMessage(each) for each in receiver.datagrams if not each.startswith(b"#bundle")]
    assert [each.params for each in got if each.address == "/brain/one/decision"] == [
        [1, "onset", "left hand", 0.5, True], [2, "offset", "left hand", -1.0, True],
    ]  # fmt: skip
    states = [each.params for each in got if each.address == "/brain/one/status"]
    assert [0, "running", "", True] in states
    bundle = OscBundle(next(each for each in receiver.datagrams if each.startswith(b"#bundle")))
    assert [(each.address, each.params) for each in bundle] == [
        ("/brain/one/probability/left_hand", [0.75]),
        ("/brain/one/probability/right_hand", [0.25]),
    ]
    receiver.close()


def test_labels_that_differ_in_left_out_letters_have_addresses_of_their_own() -> None:
    parts = AddressParts()
    labels = ["left hand", "left_hand", "left/hand", "rest", ""]
    named = ["left_hand", "left_hand_2", "left_hand_3", "rest", "_"]
    assert [parts.of(label) for label in labels] == named
    # The result is the same for each of these labels.
    assert [parts.of(label) for label in reversed(labels)] == named[::-1]


def test_message_that_no_datagram_takes_is_counted_and_reported() -> None:
    said: list[str] = []
    sender = Datagrams("127.0.0.1", 5005, said.append)
    for _ in range(2):
        sender.send(b"x" * (MAX_DATAGRAM + 1))
    sender.close()
    assert sender.n_failed == 2
    assert said == [f"a message of {MAX_DATAGRAM + 1} bytes is left out; labels are too long"]


def test_classes_of_the_same_first_letters_are_counted_as_left_out() -> None:
    translation = Translation("bci")
    translation.take(Classes(("a" * 70, "a" * 69 + "b", "c"), True))
    prediction = translation.take(received([0.5, 0.3, 0.2]))
    assert isinstance(prediction, BridgedPrediction)
    assert prediction.left_out == 1


def received(shares: list[float], taken: float = 1.0) -> ReceivedPrediction:
    return ReceivedPrediction(taken, np.array(shares, dtype=np.float32), 0.0, 0.0, 0.0, 0.01)


def test_message_of_any_labels_fits_a_datagram() -> None:
    translation = Translation("\U0001f9e0" * 100)
    labels = tuple(f"\u2603\x00 {'x' * 500}{number}" for number in range(500))
    labels = (*(chr(0x4E00 + number) * 100 for number in range(400)), *labels)
    translation.take(Classes(labels, True))
    shares = [1 / len(labels)] * len(labels)
    shares[7] = 0.5
    messages = [
        translation.take(received(shares)),
        translation.take(DecisionEvent("onset", labels[0], 0.5, 1.0)),
        translation.take(DecisionEvent("offset", None, None, 1.0, labels[-1])),
        translation.status(),
    ]
    for message in messages:
        assert message is not None
        assert len(message.line()) < MAX_DATAGRAM
        assert 0 < len(encode(message, "/bci", AddressParts())) < MAX_DATAGRAM
    prediction = messages[0]
    assert isinstance(prediction, BridgedPrediction)
    assert next(iter(prediction.probabilities)) == labels[7][:64]
    assert prediction.left_out == len(labels) - 16


def test_prediction_that_does_not_fit_the_classes_is_left_out() -> None:
    translation = Translation("bci")
    assert translation.take(received([0.5, 0.5])) is None
    translation.take(Classes(("left", "right"), False))
    assert translation.take(received([0.2, 0.3, 0.5])) is None
    assert translation.take(received([np.nan, 0.5])) is None
    assert translation.take(received([0.5, 0.5], taken=np.nan)) is None
    assert translation.take(received([0.5, 0.5])) is not None


def test_receiver_that_cannot_be_reached_is_reported_once_and_counted() -> None:
    said: list[str] = []
    sender = Datagrams("127.0.0.1", free_port(), said.append)
    sender._socket.close()
    for _ in range(3):
        sender.send(b"x")
    assert sender.n_failed == 3
    assert len(said) == 1
    assert said[0].startswith("cannot send to 127.0.0.1:")


def test_wrong_parameters_are_one_line() -> None:
    assert "udp: port" in refused("bridge", "udp", "port=0")
    assert "osc: prefix" in refused("bridge", "osc", "prefix=/a#b")
    assert "there is no such key; allowed here: engine, host" in refused("bridge", "udp", "hots=a")
    assert "engine" in refused("bridge", "udp", "engine=")
    line = refused("bridge", "udp", "host=no.such.host.invalid")
    assert "'no.such.host.invalid' has no address" in line
