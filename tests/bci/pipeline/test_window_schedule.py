"""Windows at cues, and items: the film, word or image of each trial."""

import threading
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.engine.engine import Engine
from bci.errors import RecordingError, StreamError
from bci.evaluation.pseudo_online import evaluate
from bci.lsl.device_stream import stream_device
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import PredictionInlet
from bci.pipeline.pipeline import Pipeline
from bci.profiles.paradigm import Paradigm
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import Output, Profile
from bci.signals import Marker, Recording
from bci.training.calibrate import calibrate
from bci.training.epochs import cut_epochs, find_trials
from devices.file import ReplayDevice
from tests.signals import chunked, eeg_info, noise, stored, two_class_recording
from tests.streams import find, wait_until

SFREQ = 250.0
BARE = PipelineSettings.model_validate({"window_s": 1.0, "at_cues": True})
CHAIN = PipelineSettings.model_validate(
    {
        "filters": [
            {"kind": "bandpass", "low_hz": 8, "high_hz": 30},
            {"kind": "decimate", "factor": 2},
        ],
        "window_s": 1.0,
        "at_cues": True,
    }
)
AT_CUES = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {
            "filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}],
            "window_s": 2.0,
            "at_cues": True,
        },
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    }
)


def windows(pipeline: Pipeline, data: np.ndarray, sizes, times: list[float]) -> list[tuple]:
    for time in times:
        pipeline.request_window(time)
    return [
        (w.start, w.end, w.taken, w.data.tobytes())
        for chunk in chunked(data, SFREQ, sizes)
        for w in pipeline.windows(chunk)
    ]


def test_a_window_begins_at_the_sample_nearest_to_its_cue() -> None:
    data = noise(2000)
    times = [1.0, 2.0019, 2.9981, 4.5]
    found = windows(Pipeline(BARE, eeg_info()), data, 2000, times)
    assert [start for start, *_ in found] == [250, 500, 750, 1125]
    assert found[1][3] == data[500:750].T.tobytes()


@pytest.mark.parametrize("size", [1, 7, 100, [3, 1, 250, 17, 64]])
def test_windows_at_cues_are_bit_identical_for_every_chunk_size(size) -> None:
    data, times = noise(4000), [4.0, 4.3, 9.001, 9.001, 12.7, 15.5]
    expected = windows(Pipeline(CHAIN, eeg_info()), data, 4000, times)
    assert len(expected) == 4
    assert windows(Pipeline(CHAIN, eeg_info()), data, size, times) == expected


def test_a_cue_that_is_received_late_gives_the_same_window() -> None:
    data = noise(3000)
    in_time = windows(Pipeline(CHAIN, eeg_info()), data, 100, [6.0])
    pipeline = Pipeline(CHAIN, eeg_info())
    late = []
    for chunk in chunked(data, SFREQ, 100):
        if chunk.first == 2400:
            pipeline.request_window(6.0)
        late += [(w.start, w.end, w.taken, w.data.tobytes()) for w in pipeline.windows(chunk)]
    assert late == in_time
    assert len(late) == 1


def test_a_cue_whose_beginning_was_lost_or_is_forgotten_is_counted() -> None:
    pipeline = Pipeline(BARE, eeg_info())
    pipeline.request_window(3.0)
    before, _, after = chunked(noise(3000), SFREQ, [700, 300, 2000])
    assert list(pipeline.windows(before)) == []
    # Samples 700-1000 are lost, including 3.0 s; the cue at 3.5 s comes before the loss is known.
    assert [w.start for w in pipeline.windows(after)] == []
    assert pipeline.counts.rejected_gap == 1
    pipeline.request_window(-100.0)
    assert pipeline.counts.rejected_gap == 2


def test_no_window_at_a_cue_reaches_over_a_gap() -> None:
    pipeline = Pipeline(BARE, eeg_info())
    pipeline.request_window(2.5)
    first, _, rest = chunked(noise(3000), SFREQ, [700, 100, 2200])
    assert list(pipeline.windows(first)) == []
    assert list(pipeline.windows(rest)) == []
    assert pipeline.counts.rejected_gap == 1
    pipeline.request_window(4.0)
    assert [w.start for w in pipeline.windows(chunked(noise(300), SFREQ, 300, first=3000)[0])] == [
        1000
    ]


def test_epochs_at_cues_are_one_a_trial_even_where_trials_overlap() -> None:
    data = noise(3000)
    index = np.arange(3000)
    cues = tuple(Marker(t, f"image-{k:02d}") for k, t in enumerate((2.0, 2.6, 3.2, 5.0)))
    recording = Recording(eeg_info(), data, index / SFREQ, index, cues, "test")
    paradigm = Paradigm(items="image-", start_s=0.1, stop_s=2.0)
    epochs = cut_epochs([recording], BARE, paradigm)
    assert epochs.labels.tolist() == ["image-00", "image-01", "image-02", "image-03"]
    for window, onset in zip(epochs.windows, (2.0, 2.6, 3.2, 5.0), strict=True):
        start = round((onset + 0.1) * SFREQ)
        np.testing.assert_array_equal(window, data[start : start + 250].T)


def test_an_item_carries_its_class_behind_a_stroke() -> None:
    index = np.arange(1000)
    cues = (Marker(1.0, "film-01/sad"), Marker(2.0, "other"), Marker(3.0, "film-02/glad"))
    recording = Recording(eeg_info(), noise(1000), index / SFREQ, index, cues, "test")
    trials = find_trials(recording, Paradigm(items="film-", start_s=0.0, stop_s=1.0))
    assert [(t.label, t.item) for t in trials] == [("sad", "film-01"), ("glad", "film-02")]
    with pytest.raises(RecordingError, match=r"no marker 'clip-'.*film-01/sad.*paradigm.items"):
        find_trials(recording, Paradigm(items="clip-"))


def with_items(recording: Recording, per_class: int) -> Recording:
    """Return the recording with an item for each cue, ``per_class`` per class in turn."""
    markers, shown = [], {"left": 0, "right": 0}
    for marker in recording.markers:
        if marker.label in shown:
            number = shown[marker.label] % per_class
            shown[marker.label] += 1
            markers.append(Marker(marker.time, f"clip-{marker.label}{number}/{marker.label}"))
    return replace(recording, markers=tuple(markers))


def test_items_are_held_out_whole(tmp_path: Path) -> None:
    profile = Profile.model_validate(
        AT_CUES.model_dump() | {"paradigm": {"items": "clip-", "stop_s": 3}}
    )
    runs = [
        stored(with_items(two_class_recording(40, seed=seed), 6), tmp_path / f"{seed}.bin")
        for seed in (1, 2)
    ]
    made = calibrate(runs, profile, lambda: decoders.create("tangent-space"), "me")
    assert made.card.score.folds == "5 folds of whole items, 12 items"
    assert made.card.score.accuracy > 0.9
    assert made.card.score.trials == 80
    few = [
        stored(with_items(two_class_recording(40, seed=seed), 3), tmp_path / f"{seed}.bin")
        for seed in (1, 2)
    ]
    with pytest.raises(RecordingError, match="6 items are too few"):
        calibrate(few, profile, lambda: decoders.create("tangent-space"), "me")


@pytest.mark.slow
def test_the_engine_decodes_after_each_cue_as_evaluation_does(tmp_path: Path) -> None:
    runs = [stored(two_class_recording(seed=seed), tmp_path / f"{seed}.bin") for seed in (1, 2)]
    made = calibrate(runs, AT_CUES, lambda: decoders.create("tangent-space"), "me")
    whole = two_class_recording(n_trials=8, seed=3)
    name = f"run-{uuid.uuid4().hex[:8]}"
    live = replace(whole, info=replace(whole.info, name=name, source_id=name))
    assert evaluate(made.card, made.decoder, whole, 0.5).trial_accuracy.value > 0.8
    heard, stop = f"engine-{uuid.uuid4().hex[:8]}", threading.Event()
    with pytest.raises(StreamError, match="decodes at cues"):
        Engine(made.card, made.decoder, StreamQuery(name=name), Output(name=heard), print)
    engine = Engine(
        made.card,
        made.decoder,
        StreamQuery(name=name),
        Output(name=heard),
        lambda _: None,
        StreamQuery(name=f"{name}-markers"),
    )
    decoding = threading.Thread(target=engine.run, args=(stop, 20.0))
    device = ReplayDevice(live, 8.0)
    streaming = threading.Thread(
        target=stream_device, args=(device, stop), kwargs={"wait_for_consumers_s": 20.0}
    )
    decoding.start()
    streaming.start()
    inlet = PredictionInlet(find(f"{heard}-predictions"))
    received: list = []
    wait_until(lambda: received.extend(inlet.pull(0.05)) or len(received) >= 6, 30.0)
    stop.set()
    decoding.join(5)
    streaming.join(5)
    inlet.close()
    assert not decoding.is_alive()
    offline = cut_epochs([whole], AT_CUES.pipeline, AT_CUES.paradigm)
    expected = [made.decoder.predict_proba(window) for window in offline.windows]
    near = [np.abs(np.stack(expected) - p.probabilities).max(axis=1).min() for p in received]
    assert np.median(near) < 0.05
