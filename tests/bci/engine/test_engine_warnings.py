"""Warnings of a live engine about the model that it serves."""

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

import decoders
from bci.lsl.outlet import SignalOutlet
from bci.profiles.profile import Profile
from bci.training.calibrate import calibrate
from tests.engines import end, start_engine
from tests.signals import stored, two_class_recording
from tests.streams import wait_until

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {"filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}], "window_s": 1},
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
        "decoder": {"name": "log-power"},
    }
)


@pytest.mark.parametrize(("amplitude", "warned"), [(0.0, True), (12.0, False)])
def test_a_model_at_chance_is_served_with_a_warning(
    tmp_path: Path, amplitude: float, warned: bool
) -> None:
    runs = [
        stored(two_class_recording(n_trials=12, seed=seed, amplitude=amplitude), tmp_path / name)
        for seed, name in ((1, "1.bin"), (2, "2.bin"))
    ]
    trained = calibrate(runs, PROFILE, lambda: decoders.create("log-power"), "me")
    name = f"run-{uuid.uuid4().hex[:8]}"
    outlet = SignalOutlet(replace(runs[0].info, name=name, source_id=name))
    live = start_engine(trained, name)
    try:
        wait_until(lambda: outlet.has_consumers, 20)
    finally:
        end(live)
    assert not live.errors
    said = "me: not distinguishable from chance: do not rely on this model"
    assert any(sentence.startswith(said) for sentence in live.said) == warned
