"""The engine's loop, step by step, with plain objects in place of streams."""

from collections import deque
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.clock.timekeeping import Timekeeping
from bci.engine.cues import EngineCues
from bci.engine.loop import EngineLoop
from bci.engine.running_model import Decoded, RunningModel
from bci.errors import StreamError
from bci.lsl.inlet import InletStats
from bci.messages import EngineStatus
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Output, Profile
from bci.signals import Chunk, Recording
from bci.training.calibrate import Calibration, calibrate
from tests.signals import stored, two_class_recording

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {"filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}], "window_s": 1},
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    }
)
OUTPUT = Output(decision_threshold=0.0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    folder = tmp_path_factory.mktemp("runs")
    runs = [stored(two_class_recording(seed=seed), folder / f"{seed}.bin") for seed in (1, 2)]
    return calibrate(runs, PROFILE, lambda: decoders.create("log-power"), "me")


@pytest.fixture(scope="module")
def recording() -> Recording:
    return two_class_recording(n_trials=6, seed=3)


class Inlet:
    """An inlet that returns a list of chunks at each pull."""

    def __init__(self, recording: Recording, *pulls: list[Chunk]) -> None:
        self.info = recording.info
        self.connected, self.rounds = True, False
        self.keeping = Timekeeping(recording.info.sfreq, recording.info.sfreq, 0)
        self.pulls = deque(pulls)
        self.wanted: list[tuple[int, float]] = []

    @property
    def stats(self) -> InletStats:
        return InletStats(0, 0, 0, 0, 0, 128.0, 0.0, 0.0, 1e-4, 0.0)

    def pull(self, max_samples: int, timeout: float) -> list[Chunk]:
        self.wanted.append((max_samples, timeout))
        return self.pulls.popleft() if self.pulls else []


class Published:
    """Collects everything that the loop publishes: predictions, models, stream state."""

    def __init__(self) -> None:
        self.decoded: list[Decoded] = []
        self.served: list[str] = []
        self.connected: list[bool] = []
        self.took_over: list[int] = []
        self.closed = 0

    def publish(self, decoded: Decoded) -> float:
        self.decoded.append(decoded)
        return decoded.prediction.taken + 0.03

    def expect(self, _now: float, connected: bool, _hop_s: float) -> None:
        self.connected.append(connected)

    def serve(self, card) -> str:
        self.served.append(card.name)
        return ""

    def close(self, *_: object) -> None:
        self.closed += 1


class Provenance(Published):
    def publish(self, _now: float, _counts: object) -> None:
        pass

    def take_over(self, _model: RunningModel, decides_from: int) -> None:
        self.took_over.append(decides_from)


class Clock:
    """A clock that stands still unless a test moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Rig:
    """A loop over the chunks of ``pulls``, and its output."""

    def __init__(self, trained: Calibration, recording: Recording, *pulls: list[Chunk]) -> None:
        self.inlet, self.out, self.provenance = Inlet(recording, *pulls), Published(), Provenance()
        self.clock = Clock()
        self.reports: list[str] = []
        self.statuses: list[EngineStatus] = []
        self.loop = EngineLoop(
            self.inlet,
            RunningModel(trained.card, trained.decoder, recording.info, self.clock),
            OUTPUT,
            self.out,
            EngineCues(None, recording.info.name, self.reports.append),
            self.provenance,
            self.statuses.append,
            self.reports.append,
            clock=self.clock,
        )

    def run(self) -> None:
        while self.inlet.pulls:
            self.loop.step()


def chunks(recording: Recording, size: int) -> list[Chunk]:
    whole = Chunk(recording.data, recording.timestamps, 0)
    rows = [slice(row, row + size) for row in range(0, len(whole.data), size)]
    return [Chunk(whole.data[each], whole.timestamps[each], each.start) for each in rows]


def offline(trained: Calibration, parts: list[Chunk], recording: Recording) -> list[bytes]:
    pipeline = Pipeline(trained.card.pipeline, recording.info, trained.decoder)
    return [p.probabilities.tobytes() for part in parts for p in pipeline.push(part)]


def published(rig: Rig) -> list[bytes]:
    return [each.prediction.probabilities.tobytes() for each in rig.out.decoded]


def test_steps_publish_the_predictions_that_the_pipeline_gives(
    trained: Calibration, recording: Recording
) -> None:
    parts = chunks(recording, 50)
    rig = Rig(trained, recording, *([part] for part in parts))
    rig.loop.start()
    rig.run()
    assert published(rig) == offline(trained, parts, recording)
    assert len(rig.out.decoded) > 200
    assert rig.reports[-1] == f"decoding {recording.info.name} ({recording.info.summary}) with me"
    # Each pull requests the samples that the next window lacks.
    assert all(0 < n <= rig.loop.running.pipeline.hop for n, _ in rig.inlet.wanted)
    last = rig.loop.close()
    assert (last.state, last.windows.predicted) == ("running", len(rig.out.decoded))
    assert last.latency_p50_ms == pytest.approx(30.0)
    assert (rig.out.closed, rig.provenance.closed) == (1, 1)


def test_a_gap_gives_no_window_over_it_and_is_counted(
    trained: Calibration, recording: Recording
) -> None:
    first, _, rest = chunks(recording, 1280)[:3]
    rig = Rig(trained, recording, [first], [rest])
    rig.run()
    assert all(
        each.prediction.end <= 1280 or each.prediction.start >= 2560 for each in rig.out.decoded
    )
    assert {each.prediction.end <= 1280 for each in rig.out.decoded} == {True, False}
    assert rig.loop.close().windows.rejected_gap > 10


def test_a_late_decoder_skips_to_the_newest_window_until_it_has_caught_up(
    trained: Calibration, recording: Recording
) -> None:
    parts = chunks(recording, 128)
    rig = Rig(trained, recording, *([part] for part in parts[:9]))
    running = rig.loop.running
    decode = running.decoder.predict_proba

    class Slow:
        classes = running.decoder.classes
        is_slow = True

        def predict_proba(self, window: np.ndarray) -> np.ndarray:
            rig.clock.now += 0.3 if self.is_slow else 0.0
            return decode(window)

    slow = running.pipeline.decoder = Slow()
    slow_steps = 0
    while slow_steps < 3:
        n_decoded = len(rig.out.decoded)
        rig.loop.step()
        slow_steps += len(rig.out.decoded) > n_decoded
    assert running.pipeline.counts.skipped == 0
    before = len(rig.out.decoded)
    rig.loop.step()
    assert len(rig.out.decoded) == before + 1
    assert rig.inlet.wanted[-1] == (1280, 0.0)
    assert running.pipeline.counts.skipped > 0
    slow.is_slow = False
    rig.loop.step()
    skipped = running.pipeline.counts.skipped
    rig.loop.step()
    assert running.pipeline.counts.skipped == skipped
    assert rig.inlet.wanted[-1][1] > 0


def test_one_slow_step_leaves_no_window_out(trained: Calibration, recording: Recording) -> None:
    parts = chunks(recording, 128)
    rig = Rig(trained, recording, *([part] for part in parts))
    running = rig.loop.running
    decode, late = running.decoder.predict_proba, {5, 6, 20}

    class Hiccups:
        classes = running.decoder.classes
        n_windows = 0

        def predict_proba(self, window: np.ndarray) -> np.ndarray:
            self.n_windows += 1
            rig.clock.now += 0.3 if self.n_windows in late else 0.0
            return decode(window)

    running.pipeline.decoder = Hiccups()
    rig.run()
    assert running.pipeline.counts.skipped == 0
    assert published(rig) == offline(trained, parts, recording)


class NextModel:
    """A model that is ready after a number of steps."""

    settling = None

    def __init__(self, model: RunningModel, after: int) -> None:
        self.model, self.left = model, after
        self.requests: list[Path] = []

    def request(self, folder: Path) -> None:
        self.requests.append(folder)

    def follow(self, chunks: list[Chunk], _running: str) -> RunningModel | None:
        self.left -= 1
        if self.left < 0:
            return None
        for chunk in chunks:
            self.model.settle(chunk)
        return self.model if self.left == 0 else None


def test_a_model_takes_over_at_a_step_and_no_window_is_left_out(
    trained: Calibration, recording: Recording
) -> None:
    parts = chunks(recording, 64)
    rig = Rig(trained, recording, *([part] for part in parts))
    card = trained.card.model_copy(update={"name": "other"})
    other = RunningModel(card, trained.decoder, recording.info)
    rig.loop.next_model = NextModel(other, after=20)
    rig.loop.commands.put("use models/other")
    rig.loop.commands.put("dance")
    rig.run()
    assert rig.loop.next_model.requests == [Path("models/other")]
    assert any("'dance' is not understood" in each for each in rig.reports)
    assert rig.loop.running is other
    assert rig.out.served == ["other"]
    assert rig.provenance.took_over == [20 * 64]
    assert published(rig) == offline(trained, parts, recording)
    last = rig.loop.close()
    assert (last.model, last.swaps) == ("other", 1)
    # The counts of the last model continue.
    assert last.windows.predicted == len(rig.out.decoded)


def test_a_model_at_chance_is_served_with_a_warning(
    trained: Calibration, recording: Recording
) -> None:
    score = trained.card.score.model_copy(update={"p_value": 0.4, "shuffled_p": None})
    doubtful = trained.card.model_copy(update={"score": score})
    for card in (trained.card, doubtful):
        rig = Rig(Calibration(trained.decoder, card), recording)
        rig.loop.start()
        warning = "me: not distinguishable from chance: do not rely on this model"
        assert rig.reports[0].startswith(warning) == (card is doubtful)
        assert rig.reports[-1].startswith("decoding")


def test_loss_and_return_of_the_stream_are_reported_once_each(
    trained: Calibration, recording: Recording
) -> None:
    rig = Rig(trained, recording)
    for connected in (True, False, False, True, True):
        rig.inlet.connected = connected
        rig.loop.step()
    name = recording.info.name
    assert rig.reports == [f"{name} was lost", f"{name} is back"]
    assert rig.out.connected == [True, False, False, True, True]


def test_status_is_published_twice_a_second(trained: Calibration, recording: Recording) -> None:
    rig = Rig(trained, recording)
    for _ in range(20):
        rig.clock.now += 0.125
        rig.loop.step()
    assert len(rig.statuses) == 5
    assert rig.statuses[-1].stream == recording.info.name


def test_cues_that_a_foreign_clock_can_never_meet_are_refused(
    trained: Calibration, recording: Recording
) -> None:
    rig = Rig(trained, recording)
    rig.loop.output = Output(adapt="supervised")
    rig.inlet.keeping = replace(rig.inlet.keeping, ahead_s=1e6)
    with pytest.raises(StreamError, match="time stamps are on another clock"):
        rig.loop.step()
