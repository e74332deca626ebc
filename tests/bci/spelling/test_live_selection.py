"""Free spelling over LSL: live and offline results are bit-identical."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

import decoders
from bci.cli.verify import load_changed
from bci.errors import RecordingError
from bci.evaluation.pseudo_online import evaluate
from bci.evaluation.spelling import SpelledRun, score_spelling
from bci.lsl.device_stream import stream_device
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import PredictionInlet
from bci.lsl.marker_inlet import MarkerInlet
from bci.lsl.spelling_stream import SpellingInlet, SpellingOutlet
from bci.messages import Spelled
from bci.models.bundle import save_bundle
from bci.signals import Marker, Recording
from bci.spelling.flash_evidence import FlashEvidence
from bci.spelling.from_settings import Speller
from bci.spelling.posterior import uniform
from bci.spelling.replay import TimedPrediction, find_selections, of_selection, select
from bci.training.calibrate import Calibration, calibrate
from bci.training.epochs import JudgedWindow
from bci.verification.verify import verify
from devices.file import ReplayDevice
from tests.engines import end, start_engine
from tests.sessions import run_live, write_session
from tests.signals import stored
from tests.spelled import spelled_run, spelling_profile, unlabelled
from tests.streams import find, wait_until

PROFILE = spelling_profile(confidence=1.0, max_repetitions=3)
SPELLER = Speller(PROFILE)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    run = stored(spelled_run("BRAIN", 1), tmp_path_factory.mktemp("runs") / "1.bin")
    return calibrate([run], PROFILE, lambda: decoders.create("erp-lda"), "flashes")


def offline(trained: Calibration, recording: Recording) -> list[TimedPrediction]:
    found: list[TimedPrediction] = []

    def keep(window: JudgedWindow) -> None:
        prediction = window.prediction
        found.append(TimedPrediction(prediction.taken, prediction.probabilities))

    with pytest.raises(RecordingError, match="no marker 'target/\\*'"):
        evaluate(trained.card, trained.decoder, recording, 0.5, keep)
    return found


def test_calibration_reports_how_well_its_own_selections_are_spelled(trained: Calibration) -> None:
    assert trained.card.score.folds == "4 consecutive blocks of the 5 selections of one run"
    assert trained.spelled is not None
    assert trained.spelled.n == 5
    assert trained.spelled.right[-1] >= 3
    assert "spelling.right" in trained.arrays()
    # A single flash is never decided, so the card has no threshold.
    assert trained.card.without_decisions
    assert trained.card.decisions() is None


def test_a_copied_text_is_spelled_from_another_run(trained: Calibration) -> None:
    run = spelled_run("OK", 2)
    found: list[TimedPrediction] = []

    def keep(window: JudgedWindow) -> None:
        found.append(TimedPrediction(window.prediction.taken, window.prediction.probabilities))
        assert window.decision is None

    result = evaluate(trained.card, trained.decoder, run, 0.5, keep)
    windows = SPELLER.windows(trained.card.classes, trained.card.stream.sfreq)
    spelled = score_spelling(SPELLER, windows, [SpelledRun(run.markers, found)])
    assert len(found) == 2 * 5 * 12
    assert {m.name for m in result.measures} == {"balanced accuracy", "AUC"}
    assert spelled is not None
    assert spelled.n == 2
    assert spelled.right[-1] >= 1
    assert spelled.seconds == pytest.approx(2 + 3 * 12 * 0.16 + windows.delay_s + 1.5)


@contextmanager
def replayed(recording: Recording, speed: float) -> Iterator[tuple[str, Event]]:
    name = f"run-{uuid.uuid4().hex[:8]}"
    live = replace(recording, info=replace(recording.info, name=name, source_id=name))
    stop = Event()
    streaming = Thread(
        target=stream_device, args=(ReplayDevice(live, speed), stop),
        kwargs={"wait_for_consumers_s": 20.0},
    )  # fmt: skip
    streaming.start()
    try:
        yield name, stop
    finally:
        stop.set()
        streaming.join(5)


def test_free_spelling_live_equals_offline_to_the_bit(trained: Calibration) -> None:
    recording = unlabelled(spelled_run("Q", 3, repetitions=3))
    windows = SPELLER.windows(trained.card.classes, trained.card.stream.sfreq)
    (selection,) = find_selections(recording.markers)
    assert selection.target is None
    predicted = of_selection(selection, offline(trained, recording), windows)
    assert len(predicted) == 36
    expected = select(SPELLER, windows, selection, predicted, uniform(36))

    given = FlashEvidence(SPELLER.code, uniform(36), SPELLER.stopping, windows)
    came = []
    with replayed(recording, 4.0) as (name, _):
        markers = MarkerInlet(find(f"{name}-markers"))
        live = start_engine(trained, name, markers=StreamQuery(name=f"{name}-markers"))
        predictions = PredictionInlet(find(f"{live.name}-predictions"))

        def verdict_came() -> bool:
            for marker in markers.pull():
                given.shown(marker.time, marker.label)
            for each in predictions.pull(0.02):
                came.append(each)
                given.received(each.taken, each.probabilities)
            return given.verdict is not None

        try:
            wait_until(verdict_came, 30.0)
        finally:
            markers.close()
            predictions.close()
            end(live)

    assert expected is not None
    assert given.verdict is not None
    assert given.n_missing == 0
    assert given.verdict.n_updates == expected.n_updates == 3
    assert given.verdict.probabilities.tobytes() == expected.probabilities.tobytes()
    assert all(each.decision is None for each in came)


def test_a_recorded_session_of_free_spelling_is_verified(
    trained: Calibration, tmp_path: Path
) -> None:
    save_bundle(tmp_path / "flashes", trained.card, trained.arrays())
    ran = run_live(unlabelled(spelled_run("Q", 3, repetitions=2)), [tmp_path / "flashes"])
    (event,) = verify(write_session(tmp_path / "run.xdf", ran), load_changed, (), (tmp_path,))
    assert event.all_equal
    assert event.windows == len(ran.predictions) == 24
    assert event.decisions == 0


def test_selected_symbols_go_out_as_messages(tmp_path: Path) -> None:
    name = f"speller-{uuid.uuid4().hex[:8]}"
    outlet = SpellingOutlet(name, name, simulated=True)
    inlet = SpellingInlet(find(f"{name}-spelled"))
    sent = Spelled(
        change="selected", selection=1, symbol="Q", text="Q", confidence=0.97, updates=3,
        candidates={"Q": 0.97}, began=1.0, ended=7.5,
    )  # fmt: skip
    try:
        wait_until(lambda: outlet.has_consumers)
        outlet.push(sent)
        outlet._outlet.push(Marker(8.0, "not a message"))
        got: list[Spelled] = []
        wait_until(lambda: got.extend(inlet.pull(0.02)) or inlet.n_unreadable)
    finally:
        inlet.close()
        outlet.close()
    assert got == [sent.model_copy(update={"simulated": True})]
