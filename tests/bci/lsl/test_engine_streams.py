import json
import uuid
from dataclasses import replace

import numpy as np
import pylsl
import pytest

from bci.decisions import Decision, DecisionEvent, event_from_json
from bci.errors import StreamError
from bci.lsl.engine_streams import (
    LATENCIES,
    DecisionInlet,
    DecisionOutlet,
    PredictionInlet,
    PredictionOutlet,
    ReceivedPrediction,
    StatusInlet,
    StatusOutlet,
)
from bci.lsl.metadata import to_lsl
from bci.lsl.outlet import SignalOutlet
from bci.messages import EngineStatus, RecordedStream, RecorderStatus
from bci.signals import Channel, Marker, Prediction, StreamInfo
from tests.signals import eeg_info
from tests.streams import find, wait_until


def prediction(left: float, taken: float) -> Prediction:
    return Prediction(
        classes=("left", "right"),
        probabilities=np.array([left, 1 - left]),
        start=0,
        end=100,
        taken=taken,
        arrived=taken + 0.001,
        filtered=taken + 0.002,
        decoded=taken + 0.003,
    )


@pytest.fixture
def name() -> str:
    return f"engine-{uuid.uuid4().hex[:8]}"


def test_a_prediction_arrives_with_its_classes_and_the_time_of_every_stage(name: str) -> None:
    outlet = PredictionOutlet(name, ("left", "right"), name, simulated=True, task="test")
    inlet = PredictionInlet(find(f"{name}-predictions"))
    wait_until(lambda: outlet._outlet.have_consumers())
    taken = pylsl.local_clock() - 0.004
    published = outlet.push(prediction(0.8, taken))
    (got,) = wait_until(inlet.pull)
    assert (inlet.classes, inlet.simulated) == (("left", "right"), True)
    np.testing.assert_allclose(got.probabilities, [0.8, 0.2], rtol=1e-6)
    assert got.taken == pytest.approx(taken, abs=1e-3)
    stages = (got.arrived_s, got.filtered_s, got.decoded_s, got.published_s)
    assert stages == pytest.approx((0.001, 0.002, 0.003, published - taken), abs=1e-6)
    assert got.similarities is None
    inlet.close()
    outlet.close()


def test_decision_arrives_with_its_prediction(name: str) -> None:
    outlet = PredictionOutlet(name, ("left", "right"), name, simulated=True, task="test")
    inlet = PredictionInlet(find(f"{name}-predictions"))
    wait_until(lambda: outlet._outlet.have_consumers())
    sent = [Decision("right", 0.75), Decision(None, 0.5), None, Decision("left", 1.0)]
    for decision in sent:
        outlet.push(prediction(0.8, pylsl.local_clock()), decision)
    got: list[ReceivedPrediction] = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) == len(sent))[1])
    assert [each.decision for each in got] == sent
    # Values that no engine sends are not read as a decision.
    taken = pylsl.local_clock()
    for number, confidence in ((2, 0.9), (-2, 0.9), (0.5, 0.9), (0, 1.5), (0, np.nan), (np.inf, 0)):
        outlet._outlet.push_sample([0.8, 0.2, 0, 0, 0, 0, number, confidence], taken)
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) == len(sent) + 6)[1])
    assert [each.decision for each in got[len(sent) :]] == [None] * 6
    inlet.close()
    outlet.close()


def test_stream_of_an_earlier_version_has_no_decisions(name: str) -> None:
    channels = [Channel(label, "class", "probability") for label in ("left", "right")]
    channels += [Channel(label, "latency", "s") for label in LATENCIES]
    info = StreamInfo(f"{name}-predictions", "Predictions", 0.0, tuple(channels), name, True)
    outlet = pylsl.StreamOutlet(to_lsl(info))
    inlet = PredictionInlet(find(info.name))
    wait_until(outlet.have_consumers)
    outlet.push_sample([0.9, 0.1, 0.001, 0.002, 0.003, 0.004])
    (got,) = wait_until(inlet.pull)
    np.testing.assert_allclose(got.probabilities, [0.9, 0.1], rtol=1e-6)
    assert got.decision is None
    assert got.similarities is None
    inlet.close()
    del outlet


def test_similarities_come_after_the_latencies_so_that_no_reader_need_know_of_them(
    name: str,
) -> None:
    outlet = PredictionOutlet(
        name, ("left", "right"), name, simulated=True, task="images", compares=True
    )
    inlet = PredictionInlet(find(f"{name}-predictions"))
    plain = pylsl.StreamInlet(find(f"{name}-predictions").raw)
    plain.open_stream(timeout=5)
    wait_until(lambda: outlet._outlet.have_consumers())
    taken = pylsl.local_clock() - 0.004
    said = prediction(0.8, taken)
    outlet.push(replace(said, similarities=np.array([0.31, -0.2])), Decision("left", 0.5))
    outlet.push(said)
    got: list[ReceivedPrediction] = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) == 2)[1])
    with_them, without = got
    assert with_them.similarities is not None
    assert without.similarities is not None
    np.testing.assert_allclose(with_them.similarities, [0.31, -0.2], rtol=1e-6)
    assert np.isnan(without.similarities).all()
    assert (with_them.decision, without.decision) == (Decision("left", 0.5), None)
    assert with_them.decoded_s == pytest.approx(0.003, abs=1e-6)
    values, _ = plain.pull_sample(timeout=5)
    np.testing.assert_allclose(values[:4], [0.8, 0.2, 0.001, 0.002], atol=1e-6)
    inlet.close()
    outlet.close()


def test_other_programs_find_the_classes_as_channel_labels(name: str) -> None:
    outlet = PredictionOutlet(name, ("left", "right"), name, simulated=False, task="test")
    info = pylsl.StreamInlet(find(f"{name}-predictions").raw).info()
    channel = info.desc().child("channels").child("channel")
    assert channel.child_value("label") == "left"
    assert channel.child_value("unit") == "probability"
    assert (info.type(), info.nominal_srate()) == ("Predictions", 0)
    outlet.close()


def test_decision_events_survive_the_round_trip_and_garbage_is_left_out(name: str) -> None:
    outlet = DecisionOutlet(name, name)
    inlet = DecisionInlet(find(f"{name}-decisions"))
    wait_until(lambda: outlet.has_consumers)
    garbage = (
        "left", "[" * 10_000, '{"event": "onset"}', '{"event": "offset", "label": "left"}',
        '{"event": "pause", "label": "left"}', '{"event": ["onset"], "label": "left"}',
    )  # fmt: skip
    for text in garbage:
        outlet._outlet.push(Marker(99.0, text))
    sent = [
        DecisionEvent("onset", "left", 0.83, 100.0),
        DecisionEvent("repeat", "left", 0.9, 102.0),
        DecisionEvent("offset", None, 0.41, 103.0, "left"),
        DecisionEvent("offset", None, None, 104.0, "right"),
    ]
    for event in sent:
        outlet.push(event)
    got: list[DecisionEvent] = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) == len(sent))[1])
    np.testing.assert_allclose([e.time for e in got], [e.time for e in sent], atol=1e-3)
    assert [replace(e, time=0.0) for e in got] == [replace(e, time=0.0) for e in sent]
    inlet.close()
    outlet.close()


def test_other_programs_read_decisions_as_json(name: str) -> None:
    outlet = DecisionOutlet(name, name)
    inlet = pylsl.StreamInlet(find(f"{name}-decisions").raw)
    inlet.open_stream(timeout=5.0)
    wait_until(lambda: outlet.has_consumers)
    outlet.push(DecisionEvent("onset", "left", 0.83333333, 100.0))
    outlet.push(DecisionEvent("offset", None, None, 101.0, "left"))
    texts = [inlet.pull_sample(timeout=5.0)[0][0] for _ in range(2)]
    assert list(map(json.loads, texts)) == [
        {"event": "onset", "label": "left", "confidence": 0.8333, "time": 100.0},
        {"event": "offset", "label": None, "confidence": None, "time": 101.0, "ended": "left"},
    ]
    outlet.close()


@pytest.mark.parametrize("confidence", ["NaN", "Infinity", "-1", "1e400", "true", '"high"'])
def test_a_confidence_that_is_none_is_left_out(confidence: str) -> None:
    text = f'{{"event": "onset", "label": "left", "confidence": {confidence}}}'
    event = event_from_json(text, 1.0)
    assert event is not None
    assert event.confidence in (None, 1.0)


def test_status_survives_the_round_trip_and_garbage_is_left_out(name: str) -> None:
    outlet = StatusOutlet(name, name)
    inlet = StatusInlet(find(f"{name}-status"))
    wait_until(lambda: outlet._outlet.have_consumers())
    outlet._outlet.push_sample(["[" * 10_000])
    outlet._outlet.push_sample(["[1, 2]"])
    outlet._outlet.push_sample(['{"state": "running", "lost_samples": 3}'])
    engine = EngineStatus(state="running", model="me", lost_samples=3, stream="é\u2028" * 30_000)
    streams = tuple(RecordedStream(name=f"amplifier {k}", sfreq=250.0) for k in range(1000))
    recorder = RecorderStatus(pid=7, file="a.xdf", elapsed_s=1.5, n_bytes=9, streams=streams)
    outlet.push(engine)
    outlet.push(recorder)
    got: list = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) == 2)[1])
    assert got == [engine, recorder]
    assert inlet.problem == "no kind: not a message of this version of bci"
    inlet.close()
    outlet.close()


def test_another_stream_is_not_taken_for_predictions(name: str) -> None:
    outlet = SignalOutlet(eeg_info(name=name))
    with pytest.raises(StreamError, match="not a stream of predictions"):
        PredictionInlet(find(name))
    outlet.close()
