"""The fit of a stream to a model: channel names, units and rate, and refusals."""

import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pylsl
import pytest

from bci.engine.running_model import RunningModel
from bci.errors import MismatchError
from bci.evaluation.pseudo_online import evaluate
from bci.head.electrodes import standard_position
from bci.lsl.engine_streams import PredictionInlet, StatusInlet
from bci.lsl.outlet import SignalOutlet
from bci.models.bundle import save_bundle
from bci.models.card import Card
from bci.models.fit import check_stream, fitted, with_options
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import Profile
from bci.profiles.stream_options import apply_stream_options
from bci.recording.xdf.writer import XdfWriter
from bci.signals import Channel, Prediction, Recording, StreamInfo
from bci.training.calibrate import Calibration, calibrate
from decoders import create
from tests.commands import bci, evaluations
from tests.engines import end, start_engine
from tests.signals import chunked, eeg_info, stored, two_class_recording
from tests.streams import find, send, wait_until

PROFILE = Profile.model_validate(
    {
        "task": "motor-imagery",
        "pipeline": {
            "filters": [
                {"kind": "bandpass", "low_hz": 8, "high_hz": 30},
                {"kind": "common_average"},
            ],
            "window_s": 1.0,
        },
        "paradigm": {"classes": {"left": "left", "right": "right"}, "start_s": 0.5, "stop_s": 3.0},
        "decoder": {"name": "log-power"},
    }
)


def trained_on(recordings: list[Recording], profile: Profile = PROFILE) -> Calibration:
    return calibrate(recordings, profile, lambda: create("log-power", {}), "me")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    folder = tmp_path_factory.mktemp("runs")
    return [stored(two_class_recording(12, seed), folder / f"{seed}.raw") for seed in (1, 2)]


@pytest.fixture(scope="module")
def trained(runs: list[Recording]) -> Calibration:
    return trained_on(runs)


def predictions(card: Card, trained: Calibration, recording: Recording) -> np.ndarray:
    decoding = RunningModel(card, trained.decoder, recording.info)
    chunks = recording.chunks(100)
    found = [each.prediction.probabilities for chunk in chunks for each in decoding.push(chunk)]
    return np.array(found)


def in_unit(recording: Recording, unit: str, factor: float) -> Recording:
    channels = tuple(replace(channel, unit=unit) for channel in recording.info.channels)
    data = (recording.data * np.float64(factor)).astype(np.float32)
    return replace(recording, info=replace(recording.info, channels=channels), data=data)


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (eeg_info(6, 256.0), "rate 256 Hz instead of 128 Hz.*--resample.*timing.sfreq"),
        (eeg_info(4, 128.0), r"2 channels missing \(E5, E6\).*--map-montage"),
        (
            StreamInfo(
                "s", "EEG", 128.0, tuple(Channel(f"e{i}", "eeg", "unknown") for i in range(1, 7))
            ),
            "e1 is eeg in unknown instead of eeg in uV.*--unit, or pipeline.unit",
        ),
        (
            StreamInfo(
                "s", "EEG", 128.0, tuple(Channel(f"ch{i}", "eeg", "uV") for i in range(1, 7))
            ),
            "6 channels missing.*--names, or pipeline.names",
        ),
        (
            StreamInfo(
                "s", "EEG", 128.0, tuple(Channel(f"E{i}", "eog", "uV") for i in range(1, 7))
            ),
            "E1 is eog in uV instead of eeg in uV.*pipeline.kind_of",
        ),
    ],
)
def test_a_stream_that_does_not_fit_is_refused_with_what_differs_and_what_helps(
    trained: Calibration, info: StreamInfo, message: str
) -> None:
    check_stream(trained.card, eeg_info(8, 128.0))
    with pytest.raises(MismatchError, match=message):
        check_stream(trained.card, info)


@pytest.mark.parametrize(("unit", "factor"), [("V", 1e-6), ("mV", 1e-3), ("nV", 1e3)])
def test_a_stream_in_another_unit_is_converted(
    runs: list[Recording], trained: Calibration, unit: str, factor: float
) -> None:
    other = in_unit(runs[1], unit, factor)
    expected = predictions(trained.card, trained, runs[1])
    np.testing.assert_allclose(
        predictions(trained.card, trained, other), expected, rtol=1e-4, atol=1e-6
    )


def test_a_model_trained_on_volts_is_the_one_trained_on_microvolts(runs: list[Recording]) -> None:
    volts = [in_unit(run, "V", 1e-6) for run in runs]
    card = trained_on([volts[0], runs[1]]).card
    assert {channel.unit for channel in card.stream.channels} == {"uV"}


def test_a_stated_unit_makes_a_stream_without_one_fit(
    runs: list[Recording], trained: Calibration
) -> None:
    bare = in_unit(in_unit(runs[1], "V", 1e-6), "unknown", 1.0)
    card = with_options(trained.card, {"unit": "V"})
    expected = predictions(trained.card, trained, runs[1])
    np.testing.assert_allclose(predictions(card, trained, bare), expected, rtol=1e-4, atol=1e-6)


def test_names_are_kept_in_the_card_and_given_to_the_live_stream(runs: list[Recording]) -> None:
    bare = tuple(Channel(f"ch{i + 1}", "eeg", "uV") for i in range(6))
    unnamed = [replace(run, info=replace(run.info, channels=bare)) for run in runs]
    names = ("Fz", "C3", "Cz", "C4", "Pz", "EOG")
    pipeline = PROFILE.pipeline.model_copy(update={"names": names})
    made = trained_on(unnamed, PROFILE.model_copy(update={"pipeline": pipeline}))
    assert made.card.pipeline.channels == names[:5]
    check_stream(made.card, unnamed[0].info)
    assert predictions(made.card, made, unnamed[1]).shape[1] == 2
    with pytest.raises(MismatchError, match=r"pipeline.names has 6 names for 8 channels"):
        check_stream(with_options(made.card, {"names": names}), eeg_info(8, 128.0))


def test_a_stream_of_another_rate_is_resampled_where_that_is_asked_for(
    trained: Calibration, tmp_path: Path
) -> None:
    other = stored(two_class_recording(12, 3, sfreq=160.0), tmp_path / "160.raw")
    with pytest.raises(MismatchError, match="--resample"):
        evaluate(trained.card, trained.decoder, other, 0.7)
    card = with_options(trained.card, {"resample": True})
    score = evaluate(card, trained.decoder, other, 0.7)
    same = evaluate(trained.card, trained.decoder, two_class_recording(12, 3), 0.7)
    assert score.trial_accuracy.value >= same.trial_accuracy.value - 0.1
    assert score.trials_without_window == 0
    decoding = RunningModel(card, trained.decoder, other.info)
    assert decoding.delay_s == pytest.approx(trained.card.group_delay_s + 0.0781, abs=1e-3)
    told = "the stream is resampled to the model's 128 Hz, which delays decisions by 78 ms"
    assert told in decoding.remarks


def test_resampled_predictions_do_not_depend_on_the_chunks(
    trained: Calibration,
) -> None:
    other = two_class_recording(4, 3, sfreq=160.0)
    card = with_options(trained.card, {"resample": True})
    found = []
    for sizes in (16, [1, 7, 300, 33]):
        decoding = RunningModel(card, trained.decoder, other.info)
        chunks = chunked(other.data, 160.0, sizes)
        made = [each.prediction for chunk in chunks for each in decoding.push(chunk)]
        found.append([(p.end, p.taken, *p.probabilities) for p in made])
    assert found[0] == found[1]
    assert len(found[0]) > 50


def test_samples_to_window_complete_a_window(trained: Calibration) -> None:
    other = two_class_recording(4, 3, sfreq=160.0)
    card = with_options(trained.card, {"resample": True})
    decoding = RunningModel(card, trained.decoder, other.info)
    row, made = 0, 0
    for turn in range(100):
        n = decoding.samples_to_window
        (chunk,) = chunked(other.data[row : row + n], 160.0, n, first=row)
        predicted = len(list(decoding.push(chunk)))
        row += n
        made += predicted
        assert predicted == 1 or turn < 30
    assert made > 60


def settings(**given: object) -> PipelineSettings:
    return PipelineSettings.model_validate({"window_s": 1.0, **given})


def test_names_are_those_of_the_channels_in_order() -> None:
    info = StreamInfo("amp", "EEG", 250.0, tuple(Channel(f"ch{i}", "eeg") for i in (1, 2, 3)))
    told = apply_stream_options(info, settings(names=["C3", "eog", "X"], unit="uV"))
    assert told.ch_names == ("C3", "eog", "X")
    assert [(c.kind, c.unit, c.position is None) for c in told.channels] == [
        ("eeg", "uV", False), ("eog", "uV", True), ("eeg", "uV", True),
    ]  # fmt: skip
    assert apply_stream_options(told, settings(names=["C3", "eog", "X"], unit="uV")) is told


def test_a_cap_that_was_rewired_is_renamed_in_order() -> None:
    names = ["C3", "Cz", "C4"]
    labels = tuple(Channel(name, "eeg", "uV", standard_position(name)) for name in reversed(names))
    told = apply_stream_options(StreamInfo("amp", "EEG", 250.0, labels), settings(names=names))
    assert told.ch_names == tuple(names)
    assert [c.position for c in told.channels] == [standard_position(name) for name in names]


def test_names_of_other_labels_are_not_given_to_a_stream_that_has_its_own(
    runs: list[Recording],
) -> None:
    names = tuple(f"X{i}" for i in range(6))
    pipeline = PROFILE.pipeline.model_copy(update={"names": names})
    made = trained_on(runs, PROFILE.model_copy(update={"pipeline": pipeline}))
    assert made.card.stream.labels == runs[0].info.ch_names
    own = tuple(Channel(name, "eeg", "uV") for name in reversed(names))
    assert fitted(made.card, StreamInfo("other", "EEG", 128.0, own)).ch_names == names[::-1]
    alien = tuple(Channel(f"Y{i}", "eeg", "uV") for i in range(6))
    stream = StreamInfo("other", "EEG", 128.0, alien)
    with pytest.raises(MismatchError, match=r"given to channels called E1, E2.*--names"):
        check_stream(made.card, stream)
    check_stream(with_options(made.card, {"names": names}), stream)


def test_kinds_and_units_are_given_where_they_are_not_said() -> None:
    channels = (Channel("a", "eeg", "mV"), Channel("b", "unknown"), Channel("c", "acc", "unknown"))
    info = StreamInfo("amp", "EEG", 250.0, channels)
    told = apply_stream_options(info, settings(unit="uV", kind_of={"B": "EOG"}))
    assert [(c.kind, c.unit) for c in told.channels] == [
        ("eeg", "mV"), ("eog", "uV"), ("acc", "unknown"),
    ]  # fmt: skip
    with pytest.raises(MismatchError, match="kind_of names 'd'"):
        apply_stream_options(info, settings(kind_of={"d": "eog"}))


@pytest.mark.slow
def test_live_predictions_of_a_bare_stream_are_those_offline(trained: Calibration) -> None:
    name = f"bare-{uuid.uuid4().hex[:8]}"
    run = two_class_recording(2, 3, sfreq=160.0)
    bare = StreamInfo(
        name, "EEG", 160.0, tuple(Channel(f"ch{i}", "eeg") for i in range(1, 7)), name
    )
    # A hop that leaves a busy machine the time to decode every window.
    options = {"names": run.info.ch_names, "unit": "V", "resample": True, "hop_s": 0.25}
    volts = (1e-6 * run.data[:1200]).astype(np.float32)
    fitted = replace(trained, card=with_options(trained.card, options))
    decoding = RunningModel(fitted.card, trained.decoder, bare)
    chunks = chunked(volts, 160.0, 1200)
    expected = [each.prediction for chunk in chunks for each in decoding.push(chunk)]
    live = start_engine(fitted, name)
    outlet = SignalOutlet(bare)
    try:
        predictions = PredictionInlet(find(f"{live.name}-predictions"))
        status = StatusInlet(find(f"{live.name}-status"))
        wait_until(lambda: outlet.has_consumers)
        received: list[Prediction] = []
        send(outlet, volts)
        wait_until(
            lambda: received.extend(predictions.pull(0.05)) or len(received) >= len(expected)
        )
        heard = wait_until(lambda: [s for s in status.pull(0.05) if s.filter_delay_s is not None])
    finally:
        end(live)
        outlet.close()
    assert len(expected) > 15
    assert heard[0].filter_delay_s == decoding.delay_s
    assert any("resampled to the model's 128 Hz" in sentence for sentence in live.said)
    np.testing.assert_array_equal(
        np.array([p.probabilities for p in received], dtype=np.float32),
        np.array([p.probabilities for p in expected], dtype=np.float32),
    )


def test_the_command_line_takes_what_a_file_does_not_say(
    trained: Calibration, tmp_path: Path
) -> None:
    model = tmp_path / "me"
    save_bundle(model, trained.card, trained.decoder.arrays())
    run = two_class_recording(6, 3, sfreq=160.0)
    writer = XdfWriter(tmp_path / "bare.xdf")
    described = pylsl.StreamInfo("amp", "EEG", 6, 160, "float32", "amp")
    stream = writer.add_stream(described.as_xml())
    cues = writer.add_stream(pylsl.StreamInfo("cues", "Markers", 1, 0, "string", "c").as_xml())
    volts = (1e-6 * run.data).astype(np.float32)
    writer.write_samples(stream, 50 + np.arange(len(volts)) / 160, volts)
    for marker in run.markers:
        label = np.array([[marker.label.encode()]], object)
        writer.write_samples(cues, np.array([50 + marker.time]), label)
    writer.close()
    asked = ("evaluate", model, tmp_path / "bare.xdf", "--json")
    refused = bci(*asked)
    assert refused.returncode == 2
    for option in ("--resample", "--names", "6 channels missing"):
        assert option in refused.stderr.replace("\n", " ")
    names = ",".join(run.info.ch_names)
    unsaid = bci(*asked, "--resample", "--names", names)
    assert unsaid.returncode == 2
    assert "--unit" in unsaid.stderr
    done = bci(*asked, "--resample", "--names", names, "--unit", "V")
    assert done.returncode == 0, done.stderr
    assert "resampled to the model's 128 Hz" in done.stdout
    (result,) = evaluations(done)
    assert result.trial_accuracy.value > 0.7
    empty = bci(*asked, "--names", "C3,,C4")
    assert empty.returncode == 2
    assert "'' is no name of 1 to 200 letters" in empty.stderr
