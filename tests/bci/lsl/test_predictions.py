import uuid
from dataclasses import replace

import numpy as np
import pylsl
import pytest

from bci.errors import StreamError
from bci.lsl.inlet import MarkerInlet
from bci.lsl.outlet import SignalOutlet
from bci.lsl.predictions import (
    DecisionOutlet,
    PredictionInlet,
    PredictionOutlet,
    ReceivedPrediction,
    StatusInlet,
    StatusOutlet,
)
from bci.types import Prediction
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


def test_what_was_compared_comes_after_all_else_so_that_no_reader_need_know_of_it(
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
    outlet.push(replace(said, similarities=np.array([0.31, -0.2])))
    outlet.push(said)
    got: list[ReceivedPrediction] = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) == 2)[1])
    with_them, without = got
    assert with_them.similarities is not None
    assert without.similarities is not None
    np.testing.assert_allclose(with_them.similarities, [0.31, -0.2], rtol=1e-6)
    assert np.isnan(without.similarities).all()
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


def test_a_decision_is_an_event_only_when_it_changes(name: str) -> None:
    outlet = DecisionOutlet(name, name)
    inlet = MarkerInlet(find(f"{name}-decisions"))
    wait_until(lambda: outlet._outlet.has_consumers)
    for k, left in enumerate((0.9, 0.8, 0.1, 0.2, 0.7)):
        outlet.push(prediction(left, 100.0 + k))
    got: list = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) == 3)[1])
    assert [m.label for m in got] == ["left", "right", "left"]
    np.testing.assert_allclose([m.time for m in got], [100, 102, 104], atol=1e-3)
    inlet.close()
    outlet.close()


def test_status_survives_the_round_trip_and_garbage_is_counted(name: str) -> None:
    outlet = StatusOutlet(name, name)
    inlet = StatusInlet(find(f"{name}-status"))
    wait_until(lambda: outlet._outlet.have_consumers())
    outlet._outlet.push_sample(["[" * 10_000])
    outlet._outlet.push_sample(["[1, 2]"])
    outlet.push({"state": "running", "lost_samples": 3, "latency_p50_ms": None})
    got: list = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), got)[1])
    assert got == [{"state": "running", "lost_samples": 3, "latency_p50_ms": None}]
    assert inlet.n_invalid == 2
    inlet.close()
    outlet.close()


def test_another_stream_is_not_taken_for_predictions(name: str) -> None:
    outlet = SignalOutlet(eeg_info(name=name))
    with pytest.raises(StreamError, match="not a stream of predictions"):
        PredictionInlet(find(name))
    outlet.close()
