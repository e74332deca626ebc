"""The names of `import bci`: same results as the commands, and one error per mistake."""

import importlib.util
import sys
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mne
import numpy as np
import pytest
from pyriemann.classification import MDM
from pyriemann.estimation import Covariances
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_info

import bci
from bci.decisions import DecisionEvent
from bci.errors import (
    BundleError,
    MismatchError,
    PluginError,
    ProfileError,
    RecordingError,
    StreamError,
)
from bci.lsl.engine_streams import DecisionOutlet, PredictionOutlet
from bci.lsl.outlet import SignalOutlet
from bci.models.load import Model
from bci.recording.identity import digests, source_digest
from bci.signals import Channel, Marker, Recording
from decoders.sklearn_api import BciClassifier
from tests.signals import eeg_info, noise, two_class_recording
from tests.streams import send, wait_until

PROFILE = bci.load_profile(
    {
        "task": "test",
        "pipeline": {
            "filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}],
            "window_s": 1.0,
            "hop_s": 0.2,
        },
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
        "decoder": {"name": "log-power"},
    }
)


@pytest.fixture(scope="module")
def runs() -> list[Recording]:
    return [two_class_recording(12, seed) for seed in (1, 2)]


@pytest.fixture(scope="module")
def model(runs: list[Recording]) -> Model:
    return bci.calibrate(runs, PROFILE, name="me")


def with_gap(recording: Recording, row: int = 300, lost: int = 40) -> Recording:
    """Return the recording with some samples lost."""
    keep = np.r_[0:row, row + lost : len(recording.data)]
    return replace(
        recording,
        data=recording.data[keep],
        timestamps=recording.timestamps[keep],
        indices=recording.indices[keep],
    )


def new_name() -> str:
    return f"stream-{uuid.uuid4().hex[:8]}"


def test_public_names_hide_no_module_and_are_all_described() -> None:
    names = [name for name in bci.__all__ if name != "__version__"]
    for name in names:
        assert importlib.util.find_spec(f"bci.{name}") is None, name
        assert name in (bci.__doc__ or "")
        assert (getattr(bci, name).__doc__ or "").strip(), name
    assert set(bci.__all__) <= set(dir(bci))
    with pytest.raises(AttributeError, match="no attribute 'calibrte'"):
        bci.calibrte  # type: ignore[attr-defined]  # noqa: B018


def test_recording_goes_to_mne_and_comes_back_bit_by_bit() -> None:
    recording = with_gap(two_class_recording(2, seed=5))
    channels = (
        Channel("C3", "eeg", "uV"), Channel("EOG", "eog", "uV"), Channel("M1", "mag", "T"),
        Channel("M2", "grad", "T/m"), Channel("E5", "seeg", "uV"), Channel("X", "misc", "unknown"),
    )  # fmt: skip
    recording = replace(recording, info=replace(recording.info, channels=channels))
    raw = bci.to_mne(recording)
    assert raw.get_channel_types() == ["eeg", "eog", "mag", "grad", "seeg", "misc"]
    np.testing.assert_allclose(raw.get_data()[0, :300], recording.data[:300, 0] * 1e-6)
    assert "BAD_ACQ_SKIP" in raw.annotations.description
    back = bci.from_mne(raw)
    np.testing.assert_array_equal(back.data, recording.data)
    np.testing.assert_array_equal(back.indices, recording.indices)
    assert back.markers == recording.markers
    assert back.info.ch_names == recording.info.ch_names
    assert [each.kind for each in back.info.channels] == [each.kind for each in channels]
    assert [each.unit for each in back.info.channels[:5]] == [each.unit for each in channels[:5]]
    assert back.info.simulated


@pytest.mark.parametrize("has_pandas", [True, False])
def test_epochs_go_to_mne_and_come_back_bit_by_bit(
    runs: list[Recording], has_pandas: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_pandas:
        monkeypatch.setitem(sys.modules, "pandas", None)
    epochs = bci.cut_epochs(runs, PROFILE)
    converted = bci.to_mne(epochs)
    assert isinstance(converted, mne.BaseEpochs)
    assert converted.event_id == {"left": 1, "right": 2}
    back = bci.from_mne(converted)
    for name in ("windows", "labels", "trials", "runs"):
        np.testing.assert_array_equal(getattr(back, name), getattr(epochs, name))
    assert back.signal is not None
    assert epochs.signal is not None
    assert back.signal.sfreq == epochs.signal.sfreq
    assert [c.name for c in back.signal.channels] == [c.name for c in epochs.signal.channels]


def test_epochs_of_others_need_no_trials() -> None:
    info = mne.create_info(["C3", "C4"], 100.0, "eeg")
    data = np.random.default_rng(0).normal(0, 1e-5, (4, 2, 50))
    events = np.array([[0, 0, 7], [1, 0, 9], [2, 0, 7], [3, 0, 9]])
    made = mne.EpochsArray(data, info, events, event_id={"left": 7, "right": 9}, verbose="error")
    epochs = bci.from_mne(made)
    assert epochs.labels.tolist() == ["left", "right", "left", "right"]
    assert epochs.trials.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(epochs.windows, data * 1e6, rtol=1e-6)


def as_array(recording: Recording) -> object:
    info = recording.info
    return bci.from_array(
        recording.data, info.sfreq, info.ch_names, recording.markers, name=recording.source
    )


def as_raw(recording: Recording) -> object:
    return bci.to_mne(recording)


@pytest.mark.parametrize("form", [as_array, as_raw])
def test_every_form_of_a_recording_gives_the_same_model(
    form: Callable[[Recording], object],
    runs: list[Recording],
    model: Model,
) -> None:
    made = bci.calibrate([form(each) for each in runs], PROFILE)
    assert made.card.score == model.card.score
    assert made.arrays.keys() == model.arrays.keys()
    for name, array in model.arrays.items():
        np.testing.assert_array_equal(made.arrays[name], array, err_msg=name)


@pytest.mark.slow
def test_estimator_is_calibrated_stored_and_decodes(tmp_path: Path) -> None:
    estimator = make_pipeline(Covariances("oas"), MDM())
    # Each window passes scikit-learn's checks by itself, so few cues are used, to save time.
    short = [two_class_recording(4, seed) for seed in (1, 2)]
    made = bci.calibrate(short, PROFILE, decoder=estimator)
    assert made.card.score.accuracy > 0.8
    assert made.card.decoder.name == "sklearn.pipeline:Pipeline"
    made.save(tmp_path / "mdm")
    recording = two_class_recording(3, seed=7)
    live, stored = (
        [each.prediction.probabilities for each in bci.decode(model, recording)]
        for model in (made, tmp_path / "mdm")
    )
    np.testing.assert_array_equal(live, stored)


def test_classifier_of_ours_is_the_decoder_of_its_name(runs: list[Recording], model: Model) -> None:
    made = bci.calibrate(runs, PROFILE, decoder=BciClassifier("log-power"))
    assert made.card.decoder == model.card.decoder
    np.testing.assert_array_equal(made.arrays["coef"], model.arrays["coef"])


def test_estimator_without_probabilities_is_refused(runs: list[Recording]) -> None:
    with pytest.raises(PluginError, match="has no predict_proba"):
        bci.calibrate(runs, PROFILE, decoder=LinearSVC())
    with pytest.raises(ProfileError, match="cannot be fine-tuned"):
        bci.calibrate(runs, PROFILE, decoder=LinearSVC(), base=bci.calibrate(runs, PROFILE))


def test_saved_model_decodes_as_before(model: Model, runs: list[Recording], tmp_path: Path) -> None:
    model.save(tmp_path / "me")
    with pytest.raises(BundleError, match="exists already"):
        model.save(tmp_path / "me")
    loaded = bci.load_model(tmp_path / "me")
    window = bci.cut_epochs(runs, PROFILE).windows[0]
    np.testing.assert_array_equal(loaded.predict_proba(window), model.predict_proba(window))
    card, decoder = loaded
    assert (card.name, decoder.classes) == ("me", ("left", "right"))


def test_model_knows_the_arrays_that_it_was_trained_on(model: Model, runs: list[Recording]) -> None:
    assert model.card.has_learnt_from(source_digest(runs[0]))
    changed = replace(runs[0], data=runs[0].data + np.float32(1))
    assert not model.card.has_learnt_from(source_digest(changed))
    base = bci.calibrate(runs, PROFILE, decoder="tangent-space")
    with pytest.warns(UserWarning, match="was trained on run with seed 1"):
        bci.evaluate(model, runs[0])
    with pytest.raises(MismatchError, match="was trained on"):
        bci.calibrate(runs, PROFILE, decoder="tangent-space", base=base)
    with pytest.raises(ProfileError, match="log-power cannot be fine-tuned; leave the base"):
        bci.calibrate(runs, PROFILE, base=model)


def test_model_of_files_knows_their_signal_in_every_form(
    runs: list[Recording], tmp_path: Path
) -> None:
    files = [tmp_path / f"run{number}_eeg.fif" for number in range(len(runs))]
    for file, recording in zip(files, runs, strict=True):
        bci.to_mne(recording).save(file, fmt="double", verbose="error")
    of_files = bci.calibrate(files, PROFILE).card
    read = bci.read_recording(files[0])
    for form in (read, bci.from_mne(bci.to_mne(read)), as_array(read)):
        assert of_files.has_learnt_from(*digests(form))
    assert not of_files.has_learnt_from(*digests(as_array(replace(read, data=read.data + 1))))
    of_arrays = bci.calibrate([as_array(bci.read_recording(file)) for file in files], PROFILE)
    with pytest.warns(UserWarning, match="was trained on"):
        bci.evaluate(of_arrays, files[0])


def test_what_is_no_recording_is_named(model: Model) -> None:
    for given in (7, object(), [7]):
        with pytest.raises(RecordingError, match=r"a recording is a file, .*not (int|object)"):
            bci.calibrate(given, PROFILE)
        with pytest.raises(RecordingError, match="to_mne was given"):
            bci.to_mne(given)
    two = np.ones((10, 2))
    with pytest.raises(RecordingError, match="sfreq is 'fast'"):
        bci.from_array(two, "fast", ["C3", "C4"])
    with pytest.raises(RecordingError, match="ch_names is 'C3'; give a list"):
        bci.from_array(two, 250, "C3")
    for marker in ("left", ("left", 2.0), 3.0):
        with pytest.raises(RecordingError, match=r"a marker is \(time in seconds, label\)"):
            bci.from_array(two, 250, ["C3", "C4"], [marker])
    assert len(repr(model)) < 200
    assert len(repr(bci.from_array(two, 250, ["C3", "C4"]))) < 200


def test_digest_of_an_array_does_not_read_a_folder_of_its_name(
    runs: list[Recording], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = source_digest(replace(runs[0], source="data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/file").write_text("other")
    monkeypatch.chdir(tmp_path)
    assert source_digest(replace(runs[0], source="data")) == before


def test_decode_gives_what_the_pipeline_gives(model: Model) -> None:
    recording = with_gap(two_class_recording(3, seed=7))
    pipeline = bci.Pipeline(model.card.pipeline, recording.info, model.decoder)
    expected = [p for chunk in recording.chunks(100) for p in pipeline.push(chunk)]
    decoded = [each.prediction for each in bci.decode(model, recording)]
    assert [p.taken for p in decoded] == [p.taken for p in expected]
    for one, other in zip(decoded, expected, strict=True):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_decode_leaves_the_threads_of_the_loop_around_it_alone(model: Model) -> None:
    recording = two_class_recording(3, seed=7)
    before = [each["num_threads"] for each in threadpool_info()]
    one, other = bci.decode(model, recording), bci.decode(model, recording)
    next(one)
    next(other)
    assert [each["num_threads"] for each in threadpool_info()] == before
    one.close()
    other.close()
    assert [each["num_threads"] for each in threadpool_info()] == before


def test_decisions_of_decode_need_whole_evidence_and_the_threshold(model: Model) -> None:
    recording = two_class_recording(3, seed=7)
    decoded = list(bci.decode(model, recording, threshold=0.8, evidence_s=0.6))
    assert [each.decision for each in decoded[:2]] == [None, None]
    decisions = [each.decision for each in decoded[2:] if each.decision is not None]
    assert len(decisions) == len(decoded) - 2
    for decision in decisions:
        assert (decision.label is not None) == (decision.confidence >= 0.8)
    assert {decision.label for decision in decisions} == {None, "left", "right"}


def test_decode_at_cues_gives_one_window_a_cue(runs: list[Recording]) -> None:
    at_cues = PROFILE.model_copy(
        update={"pipeline": PROFILE.pipeline.model_copy(update={"at_cues": True})}
    )
    made = bci.calibrate(runs, at_cues)
    recording = two_class_recording(4, seed=3)
    assert len(list(bci.decode(made, recording))) == 4
    stream = new_name()
    outlet = SignalOutlet(replace(recording.info, name=stream, source_id=stream))
    with (
        bci.open_stream(stream, timeout_s=30) as live,
        pytest.raises(StreamError, match="markers=NAME"),
    ):
        next(bci.decode(made, live))
    outlet.close()


def test_live_stream_is_decoded_filtered_and_read_as_the_recording_of_it(model: Model) -> None:
    recording = two_class_recording(3, seed=8)
    name = new_name()
    outlet = SignalOutlet(replace(recording.info, name=name, source_id=name))
    expected = [each.prediction for each in bci.decode(model, recording)]
    with bci.open_stream(name, timeout_s=30) as stream:
        wait_until(lambda: outlet.has_consumers)
        send(outlet, recording.data)
        live = []
        for decoded in bci.decode(model, stream):
            live.append(decoded.prediction)
            if len(live) == len(expected):
                break
        assert [p.end for p in live] == [p.end for p in expected]
        for one, other in zip(live, expected, strict=True):
            np.testing.assert_array_equal(one.probabilities, other.probabilities)
        send(outlet, recording.data[:200])
        read = stream.read(1.0)
        assert read.data.shape == (128, 6)
        assert read.timestamps[0] == 0
    outlet.close()


def test_stream_that_falls_silent_is_an_error() -> None:
    name = new_name()
    outlet = SignalOutlet(eeg_info(2, name=name))
    with bci.open_stream(name, timeout_s=30) as stream:
        stream._timeout_s = 0.1
        with pytest.raises(StreamError, match=r"no sample for 0\.1 s"):
            next(iter(stream))
        with pytest.raises(RecordingError, match="duration_s"):
            stream.read(-1.0)
    with pytest.raises(StreamError, match="is closed; open it again"):
        stream.read(1.0)
    outlet.close()


def test_filters_start_again_after_a_gap() -> None:
    recording = with_gap(two_class_recording(2, seed=4), row=300, lost=40)
    after = replace(
        recording,
        data=recording.data[300:],
        timestamps=recording.timestamps[300:],
        indices=recording.indices[300:],
    )
    whole = [each for each in bci.filtered(recording, PROFILE) if each.first >= 340]
    alone = list(bci.filtered(after, PROFILE))
    np.testing.assert_array_equal(
        np.concatenate([each.data for each in whole]), np.concatenate([each.data for each in alone])
    )


def test_windows_own_their_data() -> None:
    windows = list(bci.windows(two_class_recording(2, seed=4), PROFILE))
    assert not np.shares_memory(windows[0].data, windows[1].data)
    assert windows[0].data.shape == (6, 128)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"data": np.zeros((3, 100))}, r"shape \(3, 100\).*transpose it"),
        ({"data": np.zeros(100)}, r"shape \(100,\)"),
        ({"data": np.zeros((0, 3))}, r"shape \(0, 3\)"),
        ({"data": [["a", "b", "c"]]}, "does not hold numbers"),
        ({"sfreq": 0}, "sfreq is 0"),
        ({"sfreq": float("nan")}, "sfreq is nan"),
        ({"kind": ["eeg"]}, "kind has 1 items for 3 channels"),
        ({"markers": [(float("inf"), "left")]}, "'left' has no finite time"),
    ],
)
def test_array_that_does_not_fit_is_refused(given: dict[str, object], error: str) -> None:
    fits = {"data": np.zeros((100, 3)), "sfreq": 100, "ch_names": ["C3", "Cz", "C4"]}
    with pytest.raises(RecordingError, match=error):
        bci.from_array(**(fits | given))


def test_array_keeps_markers_and_units() -> None:
    made = bci.from_array(noise(50, 2), 50, ["A", "B"], [(0.5, "b"), (0.1, "a")], unit="mV")
    assert made.markers == (Marker(0.1, "a"), Marker(0.5, "b"))
    assert {channel.unit for channel in made.info.channels} == {"mV"}


def test_mistakes_are_typed_errors(runs: list[Recording], model: Model, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such file"):
        bci.calibrate(tmp_path / "none.fif", PROFILE)
    with pytest.raises(RecordingError, match="holds the same signal"):
        bci.calibrate([runs[0], replace(runs[0], source="copy")], PROFILE)
    with pytest.raises(RecordingError, match="no recording"):
        bci.calibrate([], PROFILE)
    with pytest.raises(ProfileError, match="no decoder 'csp'"):
        bci.calibrate(runs, PROFILE, decoder="csp")
    with pytest.raises(RecordingError, match="not int"):
        bci.evaluate(model, 3)  # type: ignore[arg-type]
    with pytest.raises(MismatchError, match="channels missing"):
        bci.decode(model, bci.from_array(noise(500, 2), 128, ["C3", "C4"]))
    with pytest.raises(ProfileError, match=r"the profile: pipeline\.window_s"):
        bci.load_profile({"task": "x", "pipeline": {"window_s": -1}, "paradigm": {"items": "a"}})
    with pytest.raises(StreamError, match="no LSL stream with name 'nobody-predictions'"):
        bci.subscribe("nobody", timeout_s=0.1)


def test_recording_of_nothing_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="'nobody' is not on the network"):
        bci.record(tmp_path / "run.xdf", "nobody", timeout_s=0.1)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RecordingError, match=r"ends in \.xdf"):
        bci.record(tmp_path / "run.edf")


def test_decision_that_holds_ends_with_the_engine() -> None:
    name = new_name()
    predictions = PredictionOutlet(name, ("left", "right"), f"{name}-p", True, "test")
    decisions = DecisionOutlet(name, f"{name}-d")
    with bci.subscribe(name, timeout_s=30) as engine:
        wait_until(lambda: decisions.has_consumers)
        assert engine.classes == ("left", "right")
        assert engine.simulated
        decisions.push(DecisionEvent("onset", "left", 0.8, 100.0))
        assert wait_until(lambda: engine.decision) == "left"
        decisions.close()
        predictions.close()
        (event,) = engine.decisions(duration_s=60)
        assert (event.event, event.ended) == ("offset", "left")
        assert engine.decision is None
        assert not engine.connected
