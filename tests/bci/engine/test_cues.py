"""The reports of a live engine on its cues."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bci.engine.cues import EngineCues
from bci.engine.running_model import RunningModel
from bci.lsl.cue_streams import CueQuery
from bci.lsl.engine_streams import StatusInlet
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.messages import EngineStatus
from bci.profiles.paradigm import Paradigm
from bci.signals import Marker
from bci.training.calibrate import Calibration
from tests.engines import Live, end, start_engine
from tests.models import two_class_model, two_class_profile
from tests.signals import two_class_recording
from tests.streams import find, wait_until


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    profile = two_class_profile(common_average=False)
    return two_class_model(tmp_path_factory.mktemp("runs"), profile)


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
    """A reader of an engine's newest status."""

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
def test_a_missing_or_returning_marker_stream_is_reported(
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


def running(trained: Calibration, adapt: str = "off") -> RunningModel:
    return RunningModel(trained.card, trained.decoder, two_class_recording(1).info, adapt=adapt)


def test_the_status_has_the_paradigm_of_the_model(trained: Calibration) -> None:
    paradigm = trained.card.paradigm
    status = EngineCues(None, "amp", print).describe(paradigm)
    assert Paradigm.model_validate(status.paradigm) == paradigm
    assert status.markers is None


def test_markers_that_no_model_needs_are_reported_once_to_be_unused(trained: Calibration) -> None:
    reports: list[str] = []
    cues = EngineCues(CueQuery(named="mine"), "amp", reports.append)
    for _ in range(2):
        cues.pass_on([running(trained)])
    (report,) = reports
    assert report.startswith("--markers mine: not used, since me decodes without cues")


def test_markers_of_which_none_is_a_cue_are_reported(trained: Calibration) -> None:
    name, reports = f"cues-{uuid.uuid4().hex[:8]}", list[str]()
    outlet = MarkerOutlet(name, name)
    cues = EngineCues(CueQuery(named=name), "amp", reports.append)
    model = running(trained, "supervised")

    def reported(words: str) -> bool:
        cues.pass_on([model])
        return any(words in each for each in reports)

    wait_until(lambda: reported(f"listening for cues to marker stream '{name}'"))
    for label in ("rest", "69", "70", "rest", "69", "70", "69"):
        outlet.push(Marker(0.0, label))
    wait_until(lambda: reported("5 markers came and none is a cue of me: '69' x3, '70' x2"))
    cues.close()
    outlet.close()
