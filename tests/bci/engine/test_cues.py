"""What a live engine says of its cues."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

import decoders
from bci.lsl.cue_streams import CueQuery
from bci.lsl.engine_streams import StatusInlet
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.messages import EngineStatus
from bci.profiles.profile import Paradigm, Profile
from bci.signals import Marker
from bci.training.calibrate import Calibration, calibrate
from tests.engines import Live, end, start_engine
from tests.signals import stored, two_class_recording
from tests.streams import find, wait_until

SETTINGS = {
    "task": "test",
    "pipeline": {"filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}], "window_s": 1.0},
    "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    folder = tmp_path_factory.mktemp("runs")
    runs = [stored(two_class_recording(seed=seed), folder / f"{seed}.bin") for seed in (1, 2)]
    profile = Profile.model_validate(SETTINGS)
    return calibrate(runs, profile, lambda: decoders.create("log-power"), "me")


@pytest.fixture
def signal() -> Iterator[SignalOutlet]:
    name = f"amp-{uuid.uuid4().hex[:8]}"
    made = two_class_recording(n_trials=2)
    outlet = SignalOutlet(replace(made.info, name=name, source_id=name))
    yield outlet
    outlet.close()


def said(live: Live, words: str) -> None:
    wait_until(lambda: any(words in sentence for sentence in live.said))


class Statuses:
    """An engine's newest status."""

    def __init__(self, live: Live) -> None:
        self._inlet = StatusInlet(find(f"{live.name}-status"))
        self._last: EngineStatus | None = None

    def wait_for(self, field: str, value: object) -> EngineStatus:
        def there() -> bool:
            for status in self._inlet.pull(0.05):
                self._last = status
            return getattr(self._last, field, None) == value

        wait_until(there)
        assert self._last is not None
        return self._last

    def close(self) -> None:
        self._inlet.close()


@pytest.mark.slow
def test_a_marker_stream_that_is_missing_comes_and_goes_is_told(
    trained: Calibration, signal: SignalOutlet
) -> None:
    name = f"{signal.info.name}-cues"
    query = CueQuery(named=name)
    live = start_engine(trained, signal.info.name, markers=query, adapt="supervised")
    statuses = Statuses(live)
    said(live, f"there is no marker stream with name or type '{name}'")
    statuses.wait_for("markers", f"waiting for name or type '{name}'")
    cues = MarkerOutlet(name, name)
    said(live, f"listening for cues to marker stream '{name}'")
    statuses.wait_for("markers", name)
    for label in ("left", "rest", "right"):
        cues.push(Marker(0.0, label))
    statuses.wait_for("cues", 2)
    cues.close()
    said(live, f"marker stream '{name}' (Markers")
    said(live, "was lost; its return is waited for")
    statuses.wait_for("markers", f"waiting for name or type '{name}'")
    statuses.close()
    end(live)


def test_the_status_says_what_the_model_takes_for_cues(
    trained: Calibration, signal: SignalOutlet
) -> None:
    live = start_engine(trained, signal.info.name)
    statuses = Statuses(live)
    status = statuses.wait_for("state", "running")
    assert Paradigm.model_validate(status.paradigm) == trained.card.paradigm
    assert status.markers is None
    statuses.close()
    end(live)


def test_markers_that_no_model_needs_are_told_to_be_unused(
    trained: Calibration, signal: SignalOutlet
) -> None:
    live = start_engine(trained, signal.info.name, markers=CueQuery(named="mine"))
    said(live, "--markers mine: not used, since me decodes without cues")
    end(live)


def test_markers_of_which_none_is_a_cue_are_told(
    trained: Calibration, signal: SignalOutlet
) -> None:
    name = f"{signal.info.name}-cues"
    cues = MarkerOutlet(name, name)
    live = start_engine(trained, signal.info.name, markers=CueQuery(named=name), adapt="supervised")
    said(live, f"listening for cues to marker stream '{name}'")
    for label in ("rest", "69", "70", "rest", "69", "70", "69"):
        cues.push(Marker(0.0, label))
    said(live, "5 markers came and none is a cue of me: '69' x3, '70' x2")
    cues.close()
    end(live)
