"""A recorded session, decoded again, equals the live one; differences are reported."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.cli.verify import load_changed
from bci.engine import provenance
from bci.engine.adaptation_state import read_state, write_state
from bci.engine.provenance import Provenance, read_provenance
from bci.errors import MessageError, RecordingError
from bci.messages import VerifyEvent, read_event
from bci.models.bundle import ARRAYS, CARD, load_bundle, save_bundle
from bci.models.signal_states import BandPowers, StatesCard
from bci.profiles.profile import Profile
from bci.profiles.stimulus import Stimulus, Triggers
from bci.signals import Channel, Marker, Recording
from bci.training.calibrate import calibrate
from bci.training.epochs import stream_run
from bci.verification.verify import verify
from tests.commands import bci, refused
from tests.sessions import OFFSET, START, Live, run_live, without_samples, write_session
from tests.signals import stored, two_class_recording

SFREQ = 128
LOST = (900, 937)


def _profile(decoder: str, low_hz: float, window_s: float, **pipeline: object) -> Profile:
    band = {"kind": "bandpass", "low_hz": low_hz, "high_hz": 30}
    return Profile.model_validate(
        {
            "task": "test",
            "pipeline": {
                "filters": [{"kind": "common_average"}, band],
                "window_s": window_s,
                **pipeline,
            },
            "paradigm": {
                "classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3,
            },
            "decoder": {"name": decoder},
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of three models: two with sliding windows, one with windows at cues."""
    folder = tmp_path_factory.mktemp("models")
    for name, profile in (
        ("first", _profile("tangent-space", 8, 1.0)),
        ("second", _profile("log-power", 10, 1.5)),
        ("cued", _profile("log-power", 8, 1.0, at_cues=True)),
    ):
        runs = [stored(two_class_recording(8, seed), folder / f"{seed}.bin") for seed in (1, 2)]
        decoder = profile.decoder.name
        made = calibrate(runs, profile, lambda name=decoder: decoders.create(name), name)
        save_bundle(folder / name, made.card, made.decoder.arrays() | {"spare": np.ones(3)})
    return folder


@pytest.fixture(scope="module")
def signal() -> Recording:
    return without_samples(two_class_recording(6, seed=3), *LOST)


@pytest.fixture(scope="module")
def live(models: Path, signal: Recording) -> Live:
    """Run a session with a hot swap, a gap, 1 s of evidence, and a slow decoder."""
    return run_live(
        signal, [models / "first", models / "second"], 1500, {12}, chunk=32,
        evidence_s=1.0, decision_threshold=0.6,
    )  # fmt: skip


def verified(file: Path, *places: Path, given: tuple[Path, ...] = ()) -> VerifyEvent:
    (event,) = verify(file, load_changed, given, places)
    return event


def test_a_session_with_a_hot_swap_and_a_gap_is_equal_to_the_bit(
    live: Live, models: Path, tmp_path: Path
) -> None:
    event = verified(write_session(tmp_path / "run.xdf", live), models)
    assert event.all_equal
    assert event.windows == event.windows_equal == len(live.predictions) > 200
    assert event.decisions == event.decisions_equal == len(live.events) > 4
    assert (event.swaps, event.gaps, event.models) == (1, 1, ("first", "second"))
    assert event.skipped == live.messages[-1][1].skipped > 0
    assert (event.missing, event.extra, event.left_out, event.differs) == (0, 0, 0, ())


def test_a_changed_sample_is_found_in_the_first_window_that_holds_it(
    live: Live, models: Path, tmp_path: Path
) -> None:
    row = 400

    def flip(data: np.ndarray) -> None:
        data.view(np.uint32)[row, 2] ^= 1 << 23

    event = verified(write_session(tmp_path / "run.xdf", live, alter=flip), models)
    first = next(k for k, (time, _) in enumerate(live.predictions)
                 if time - live.signal.timestamps[row] > 5000.25 - 1e-6)  # fmt: skip
    at_s = live.predictions[first][0] - live.predictions[0][0]
    assert not event.all_equal
    assert event.windows_equal < event.windows
    assert event.first_difference is not None
    assert event.first_difference.startswith(f"the window at {at_s:.3f} s (first)")
    assert event.first_difference_s == pytest.approx(at_s)
    assert event.differs == ()


def test_a_changed_array_of_the_model_is_found_and_named(
    live: Live, models: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed"
    for name in ("first", "second"):
        shutil.copytree(models / name, changed / name)
    arrays = changed / "second" / ARRAYS
    raw = bytearray(arrays.read_bytes())
    header = 8 + int.from_bytes(raw[:8], "little")
    at = json.loads(raw[8:header])["coef"]["data_offsets"][1]
    raw[header + at - 2] ^= 1
    arrays.write_bytes(raw)
    event = verified(write_session(tmp_path / "run.xdf", live), changed)
    n_first = sum("first" in model for model in event.models)
    assert n_first == 1
    assert event.windows_equal < event.windows
    assert event.first_difference is not None
    assert "(second)" in event.first_difference
    (sentence,) = event.differs
    assert "model second" in sentence
    assert sentence.endswith("different: array coef")


def test_a_changed_array_that_decodes_nothing_is_named_too(
    live: Live, models: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        shutil.copytree(models / name, tmp_path / name)
    card, arrays = load_bundle(tmp_path / "first")
    arrays["spare"] = np.zeros(3)
    save_bundle(tmp_path / "first", card, arrays, overwrite=True)
    event = verified(write_session(tmp_path / "run.xdf", live), tmp_path)
    assert event.all_equal
    assert event.differs[0].endswith(f"{ARRAYS}, but none of the arrays that decode")


def test_a_changed_card_is_named(live: Live, models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / "first", tmp_path / "first")
    shutil.copytree(models / "second", tmp_path / "second")
    card = tmp_path / "first" / CARD
    card.write_text(card.read_text().replace("low_hz: 8.0", "low_hz: 9.0"))
    event = verified(write_session(tmp_path / "run.xdf", live), tmp_path)
    assert not event.all_equal
    assert event.differs[0].endswith("different: card")


def test_a_copied_model_of_another_name_is_found_by_its_hash(
    live: Live, models: Path, tmp_path: Path
) -> None:
    shutil.copytree(models / "first", tmp_path / "copied")
    shutil.copytree(models / "second", tmp_path / "second")
    event = verified(write_session(tmp_path / "run.xdf", live), tmp_path)
    assert event.all_equal


def test_a_model_that_was_replaced_under_its_name_is_named_beside_its_copy(
    live: Live, models: Path, tmp_path: Path
) -> None:
    shutil.copytree(models / "first", tmp_path / "copied")
    shutil.copytree(models / "cued", tmp_path / "first")
    shutil.copytree(models / "second", tmp_path / "second")
    event = verified(write_session(tmp_path / "run.xdf", live), tmp_path)
    assert event.all_equal
    assert event.differs[0].endswith(f"{tmp_path / 'copied'} is, and was compared")


def test_a_changed_model_is_named_beside_an_intact_copy_of_its_name(
    live: Live, models: Path, tmp_path: Path
) -> None:
    file = write_session(tmp_path / "run.xdf", live)
    changed = tmp_path / "changed"
    shutil.copytree(models / "cued", changed / "first")
    rename = (changed / "first" / CARD).read_text().replace("name: cued", "name: first", 1)
    (changed / "first" / CARD).write_text(rename)
    event = verified(file, changed, models)
    assert event.all_equal
    assert event.differs[0].startswith(f"model first: {changed / 'first'} is not the one that ran")
    assert event.differs[0].endswith(f"{models / 'first'} is, and was compared")


def test_one_named_model_does_not_stand_for_all_of_a_hot_swap(
    live: Live, models: Path, tmp_path: Path
) -> None:
    file = write_session(tmp_path / "run.xdf", live)
    with pytest.raises(RecordingError, match="the model second that decoded live is not among"):
        verified(file, given=(models / "first",))


def test_a_damaged_model_is_reported_as_damaged(live: Live, models: Path, tmp_path: Path) -> None:
    file = write_session(tmp_path / "run.xdf", live)
    shutil.copytree(models / "second", tmp_path / "second")
    shutil.copytree(models / "first", tmp_path / "first")
    (tmp_path / "first" / CARD).write_text("x: [")
    with pytest.raises(
        RecordingError, match=r"the model first .* cannot be read: .*not valid YAML"
    ):
        verified(file, tmp_path)


def test_a_prediction_that_is_missing_or_changed_is_counted(
    live: Live, models: Path, tmp_path: Path
) -> None:
    kept = [*live.predictions[:50], *live.predictions[51:]]
    event = verified(write_session(tmp_path / "a.xdf", replace(live, predictions=kept)), models)
    assert (event.missing, event.all_equal) == (1, False)
    time, row = live.predictions[30]
    other = [*live.predictions]
    other[30] = time, row + np.array([0.125, *[0] * (len(row) - 1)], dtype=np.float32)
    event = verified(write_session(tmp_path / "b.xdf", replace(live, predictions=other)), models)
    assert event.windows - event.windows_equal == 1
    assert event.first_difference is not None
    assert "differ by up to 0.125" in event.first_difference


def test_the_first_missing_prediction_is_named(
    models: Path, signal: Recording, tmp_path: Path
) -> None:
    ran = run_live(signal, [models / "first"])
    kept = ran.predictions[:20] + ran.predictions[22:]
    event = verified(write_session(tmp_path / "run.xdf", replace(ran, predictions=kept)), models)
    at_s = ran.predictions[20][0] - ran.predictions[0][0]
    assert (event.missing, event.all_equal) == (2, False)
    assert event.first_difference == f"the window at {at_s:.3f} s has no live prediction"


def test_a_changed_decision_is_found(live: Live, models: Path, tmp_path: Path) -> None:
    event = live.events[2]
    said = json.loads(event.label) | {"event": "onset", "label": "other"}
    changed = [*live.events]
    changed[2] = event._replace(label=json.dumps(said))
    told = verified(write_session(tmp_path / "run.xdf", replace(live, events=changed)), models)
    assert told.decisions - told.decisions_equal >= 1
    assert told.windows == told.windows_equal
    assert told.first_decision is not None
    assert "onset other" in told.first_decision


def test_a_recording_that_began_later_is_compared_once_the_past_is_forgotten(
    live: Live, models: Path, tmp_path: Path
) -> None:
    file = write_session(tmp_path / "run.xdf", live, from_row=300, from_prediction=24)
    event = verified(file, models)
    assert event.all_equal
    assert event.left_out > 5
    assert event.windows > 100
    assert event.decisions > 2
    assert "began after the engine" in event.notes[0]


@pytest.fixture(scope="module")
def adapting(models: Path, signal: Recording) -> Live:
    """Run a session with two adaptive models, a gap, and 1 s of evidence."""
    return run_live(
        signal, [models / "first", models / "first"], 2200, {12}, adapt="alignment",
        evidence_s=1.0, decision_threshold=0.6,
    )  # fmt: skip


def test_an_alignment_that_followed_is_verified_from_its_first_published_state(
    adapting: Live, models: Path, tmp_path: Path
) -> None:
    whole = verified(write_session(tmp_path / "whole.xdf", adapting), models)
    assert whole.all_equal
    assert whole.windows == len(adapting.predictions)
    assert (whole.left_out, whole.decisions_left_out) == (0, 0)
    n_states = sum(message.adapted is not None for _, message in adapting.messages)
    assert whole.states == whole.states_equal == n_states > 4

    file = write_session(tmp_path / "late.xdf", adapting, from_row=300, from_prediction=24)
    late = verified(file, models)
    assert late.all_equal
    assert late.windows + late.left_out == len(adapting.predictions) - 24
    assert late.windows > 100
    assert 0 < late.decisions < whole.decisions
    assert late.decisions + late.decisions_left_out <= whole.decisions
    assert 2 < late.states == late.states_equal < n_states
    (note,) = [note for note in late.notes if "resumed" in note]
    assert note.endswith(f"{late.left_out} predictions are not compared")


def _flip_bit(message: Provenance, at: int) -> Provenance:
    """Return the message with one bit of the published state flipped."""
    assert message.adapted is not None
    raw = bytearray(base64.b64decode(message.adapted.data))
    raw[at] ^= 1
    changed = message.adapted.model_copy(update={"data": base64.b64encode(raw).decode()})
    return message.model_copy(update={"adapted": changed})


def _each_state(live: Live, change: Callable[[Provenance], Provenance]) -> Iterator[Live]:
    """Yield the session with one published state changed, for each in a late recording."""
    for k, (time, message) in enumerate(live.messages):
        if message.adapted is not None and time > live.predictions[40][0]:
            messages = [*live.messages]
            messages[k] = time, change(message)
            yield replace(live, messages=messages)


@pytest.mark.parametrize("at", [0, 8, 8 * 36 - 1])
def test_one_flipped_bit_in_a_published_state_is_found(
    at: int, adapting: Live, models: Path, tmp_path: Path
) -> None:
    changed = next(_each_state(adapting, lambda message: _flip_bit(message, at)))
    for name, rows in (("whole", {}), ("late", {"from_row": 300, "from_prediction": 24})):
        file = write_session(tmp_path / f"{name}.xdf", changed, **rows)
        event = verified(file, models)
        assert not event.all_equal
        assert event.states - event.states_equal == 1
        assert event.first_state is not None
        assert "damaged: adapted.hash" in event.first_state
        # Verification resumes at the next valid state.
        assert event.windows == event.windows_equal > 50


def test_a_state_that_was_never_reached_is_found(
    adapting: Live, models: Path, tmp_path: Path
) -> None:
    def other(message: Provenance) -> Provenance:
        assert message.adapted is not None
        state = read_state(message.adapted)
        moved = state._replace(alignment=np.nextafter(state.alignment, np.inf))
        sound = write_state(moved, message.adapted.decides_from)
        return message.model_copy(update={"adapted": sound})

    changed = next(_each_state(adapting, other))
    event = verified(write_session(tmp_path / "whole.xdf", changed), models)
    assert (event.states - event.states_equal, event.windows_equal) == (1, event.windows)
    assert not event.all_equal
    assert event.first_state is not None
    assert event.first_state.startswith("the state of the adaptation: the alignment differs (after")
    # If a late recording resumes from the changed state, its windows or the next states differ.
    file = write_session(tmp_path / "late.xdf", changed, from_row=300, from_prediction=24)
    assert not verified(file, models).all_equal


@pytest.mark.parametrize("alignment", [np.eye(3), np.zeros((6, 6))])
def test_a_state_that_does_not_fit_the_model_is_found(
    alignment: np.ndarray, adapting: Live, models: Path, tmp_path: Path
) -> None:
    def other(message: Provenance) -> Provenance:
        assert message.adapted is not None
        state = read_state(message.adapted)._replace(alignment=alignment)
        sound = write_state(state, message.adapted.decides_from)
        return message.model_copy(update={"adapted": sound})

    changed = next(_each_state(adapting, other))
    file = write_session(tmp_path / "late.xdf", changed, from_row=300, from_prediction=24)
    event = verified(file, models)
    assert (event.states - event.states_equal, event.all_equal) == (1, False)
    assert event.first_state is not None
    assert "does not fit the model" in event.first_state
    assert event.windows == event.windows_equal > 50


def test_an_alignment_is_resumed_behind_samples_that_the_recorder_lost(
    adapting: Live, models: Path, tmp_path: Path
) -> None:
    signal = adapting.signal
    kept = np.r_[0:1200, 1300 : len(signal.data)]
    lossy = replace(
        signal, data=signal.data[kept], timestamps=signal.timestamps[kept],
        indices=signal.indices[kept],
    )  # fmt: skip
    event = verified(write_session(tmp_path / "run.xdf", replace(adapting, signal=lossy)), models)
    assert event.all_equal
    assert event.windows + event.left_out == len(adapting.predictions)
    assert 0 < event.left_out < event.windows
    assert event.states > 2


def test_an_alignment_without_a_published_state_is_refused(
    models: Path, signal: Recording, tmp_path: Path
) -> None:
    ran = run_live(signal, [models / "first"], adapt="alignment")
    silent = [(t, message.model_copy(update={"adapted": None})) for t, message in ran.messages]
    rows = {"from_row": 300, "from_prediction": 24}
    file = write_session(tmp_path / "run.xdf", replace(ran, messages=silent), **rows)
    with pytest.raises(RecordingError, match=r"adapted live \(alignment\) to samples"):
        verified(file, models)
    early = next(message.adapted for _, message in ran.messages)
    last = [*silent[:-1], (silent[-1][0], silent[-1][1].model_copy(update={"adapted": early}))]
    file = write_session(tmp_path / "last.xdf", replace(ran, messages=last), **rows)
    with pytest.raises(RecordingError, match="or a state of the adaptation behind those"):
        verified(file, models)


def test_a_decoder_that_was_trained_on_cues_learns_again(
    models: Path, signal: Recording, tmp_path: Path
) -> None:
    adapt = "supervised"
    ran = run_live(signal, [models / "first"], adapt=adapt)
    fixed = run_live(signal, [models / "first"])
    assert any((a != b).any() for (_, a), (_, b) in zip(
        ran.predictions, fixed.predictions, strict=True))  # fmt: skip
    event = verified(write_session(tmp_path / "run.xdf", ran), models)
    assert event.all_equal
    assert event.windows == len(ran.predictions)
    late = write_session(tmp_path / "late.xdf", ran, from_row=300, from_prediction=24)
    with pytest.raises(RecordingError, match=f"adapted live \\({adapt}\\) to samples"):
        verified(late, models)


@pytest.mark.parametrize("at", ["markers", "triggers"])
def test_cues_are_taken_again_at_their_stimuli(
    at: str, models: Path, signal: Recording, tmp_path: Path
) -> None:
    card, arrays = load_bundle(models / "first")
    codes = {"left": "1", "right": "2"}
    paradigm = card.paradigm.model_dump()
    triggers = None
    if at == "triggers":
        paradigm |= {"classes": codes, "rest": "9"}
        triggers = Triggers(channel="TRIG", codes=(1, 9), debounce_s=0.02)
        column = np.zeros(len(signal.data), np.float32)
        for marker in signal.markers:
            row = int(np.searchsorted(signal.timestamps, marker.time))
            column[row : row + 5] = int(codes.get(marker.label, "9"))
        info = signal.info
        info = replace(info, channels=(*info.channels, Channel("TRIG", "stim")))
        data = np.column_stack([signal.data, column])
        signal = replace(signal, info=info, data=data, markers=())
    given = card.model_dump(mode="json") | {
        "paradigm": paradigm, "stimulus": {"offset_s": 0.1, "screen": "there"}
    }  # fmt: skip
    save_bundle(tmp_path / "me", type(card).model_validate(given), arrays)
    # The live session had another screen.
    here = Stimulus(offset_s=0.4, screen="here")
    ran = run_live(signal, [tmp_path / "me"], adapt="supervised", triggers=triggers, stimulus=here)
    own = run_live(signal, [tmp_path / "me"], adapt="supervised", triggers=triggers)
    assert any((a != b).any() for (_, a), (_, b) in zip(
        ran.predictions, own.predictions, strict=True))  # fmt: skip
    event = verified(write_session(tmp_path / "run.xdf", ran), tmp_path)
    assert event.all_equal
    assert event.windows == len(ran.predictions)


def test_decisions_held_back_in_a_state_are_held_back_again(
    models: Path, signal: Recording, tmp_path: Path
) -> None:
    card, arrays = load_bundle(models / "first")
    run = stream_run(signal, card.pipeline, None)
    powers = BandPowers(run.pipeline.n_samples, SFREQ)
    seen = np.stack([powers(window.data) for window in run.windows])
    states = StatesCard(
        centre=seen.mean(axis=0), scale=seen.std(axis=0), means=[[-0.7] * 4, [0.7] * 4],
        variances=[[1.0] * 4] * 2, moves=[[0.7, 0.3], [0.3, 0.7]], cues=[9, 0], share=[0.5, 0.5],
    )  # fmt: skip
    save_bundle(tmp_path / "gated", card.model_copy(update={"states": states}), arrays)
    ran = run_live(signal, [tmp_path / "gated"], decision_threshold=0.6)
    free = run_live(signal, [models / "first"], decision_threshold=0.6)
    assert 0 < _n_decided(ran) < _n_decided(free)
    event = verified(write_session(tmp_path / "run.xdf", ran), tmp_path)
    assert event.all_equal
    assert event.decisions == len(ran.events) > 2
    # The first state depends on the missing part of the recording; the predictions do not.
    late = write_session(tmp_path / "late.xdf", ran, from_row=300, from_prediction=24)
    event = verified(late, tmp_path)
    assert event.all_equal
    assert event.windows > 100
    assert event.decisions == 0


def _n_decided(ran: Live) -> int:
    return sum(row[-2] >= 0 for _, row in ran.predictions)


def test_windows_at_cues_are_compared(models: Path, signal: Recording, tmp_path: Path) -> None:
    ran = run_live(signal, [models / "cued"])
    event = verified(write_session(tmp_path / "run.xdf", ran), models)
    assert event.all_equal
    assert event.windows == len(ran.predictions) >= 5


def test_a_stream_of_another_rate_and_montage_is_brought_to_the_model_again(
    models: Path, tmp_path: Path
) -> None:
    fast = two_class_recording(4, seed=3, sfreq=256.0)
    ran = run_live(fast, [models / "first"], options={"resample": True}, mapped=True)
    event = verified(write_session(tmp_path / "run.xdf", ran), models)
    assert event.all_equal
    assert event.windows == len(ran.predictions) > 100


def test_predictions_before_a_recorder_found_their_new_stream_are_no_difference(
    models: Path, signal: Recording, tmp_path: Path
) -> None:
    # For another task or other classes, the engine publishes a new stream.
    shutil.copytree(models / "second", tmp_path / "second")
    card = tmp_path / "second" / CARD
    card.write_text(card.read_text().replace("task: test", "task: other"))
    ran = run_live(
        signal, [models / "first", tmp_path / "second"], 1000, chunk=32,
        evidence_s=1.0, decision_threshold=0.6,
    )  # fmt: skip
    swapped = ran.messages[-1][1].models[-1].decides_from / SFREQ + START + OFFSET
    n_before = sum(time < swapped for time, _ in ran.predictions)
    kept = ran.predictions[:n_before] + ran.predictions[n_before + 12 :]
    # An engine that publishes a new stream ends the current decision, by its clock.
    k = next(k for k, event in enumerate(ran.events) if event.time >= swapped)
    assert '"offset"' in ran.events[k].label
    events = [*ran.events[:k], Marker(swapped + 0.004, ran.events[k].label), *ran.events[k + 1 :]]
    live = replace(ran, predictions=kept, events=events)
    file = write_session(tmp_path / "run.xdf", live)
    event = verified(file, given=(models / "first", tmp_path / "second"))
    assert (event.missing, event.extra, event.first_difference) == (0, 0, None)
    assert event.windows == event.windows_equal == len(kept)
    assert event.decisions == event.decisions_equal > 0
    assert event.all_equal


def test_each_run_of_an_engine_that_was_started_again_is_compared(
    models: Path, signal: Recording, tmp_path: Path
) -> None:
    runs = [run_live(signal, [models / name], rows=rows)
            for name, rows in (("first", (0, 1800)), ("second", (2000, None)))]  # fmt: skip
    events = verify(write_session(tmp_path / "run.xdf", *runs), load_changed, places=[models])
    assert [event.models for event in events] == [("first",), ("second",)]
    for event, ran in zip(events, runs, strict=True):
        assert event.all_equal
        assert event.windows == len(ran.predictions) > 50


def test_another_version_is_named(
    live: Live, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_session(tmp_path / "run.xdf", live)
    monkeypatch.setattr("bci.verification.verify.installed", lambda _: "0.0.7")
    event = verified(file, models)
    assert event.all_equal
    assert any(sentence.startswith("numpy ") and "0.0.7 now" in sentence
               for sentence in event.differs)  # fmt: skip


def test_versions_of_libraries_are_read_from_disk_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(provenance, "version", lambda name: read.append(name) or "1")
    provenance.installed.cache_clear()
    try:
        first = provenance.versions()
        assert provenance.versions() == first
        assert len(read) == len(set(read)) > 0
    finally:
        provenance.installed.cache_clear()


def test_the_command_prints_the_result_and_sets_its_exit_code(
    live: Live, models: Path, tmp_path: Path
) -> None:
    file = write_session(tmp_path / "run.xdf", live)
    given = ["--model", models / "first", "--model", models / "second"]
    done = bci("verify", file, *given)
    assert done.returncode == 0, done.stderr
    assert "all equal to the bit" in done.stdout
    assert f"{len(live.predictions)} of {len(live.predictions)} equal" in done.stdout
    changed = write_session(tmp_path / "b.xdf", replace(live, predictions=live.predictions[:-9:2]))
    done = bci("verify", changed, *given, "--json")
    assert done.returncode == 1
    event = read_event(done.stdout)
    assert isinstance(event, VerifyEvent)
    assert event.missing > 0


def test_a_session_that_cannot_be_compared_is_refused_in_one_line(
    live: Live, models: Path, tmp_path: Path
) -> None:
    for lacks, what in (
        ("engine-provenance", "holds no provenance of predictions"),
        ("engine-predictions", "holds no predictions of the engine engine"),
        (live.signal.info.name, "it was not recorded"),
    ):
        file = write_session(tmp_path / f"{lacks}.xdf", live, without={lacks})
        assert what in refused("verify", file, "--model", models / "first", "--model",
                               models / "second")  # fmt: skip
    file = write_session(tmp_path / "run.xdf", live)
    assert "the model first that decoded live is not in" in refused("verify", file)
    assert "is not a model" in refused("verify", file, "--model", tmp_path)
    assert "no engine called 'other' ran" in refused("verify", file, "--engine", "other")
    assert "only an XDF recording" in refused("verify", tmp_path / "run.fif")
    assert "No such file" in refused("verify", tmp_path / "none.xdf")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("output", {"adapt": "now"}), ("sfreq", 1e-9), ("map_montage", True),
        ("markers", {"type": "x" * 10_000}), ("here", None), ("models", []),
        ("seams", [{"stamp": 5001.0, "sample": 1 << 60, "index": 1 << 60, "time": 0.0}]),
        ("versions", {"": "1", "numpy": "9"}),
    ],
)  # fmt: skip
def test_a_provenance_that_makes_no_sense_is_no_crash(
    key: str, value: object, live: Live, models: Path, tmp_path: Path
) -> None:
    changed = [
        (time, type(message).model_validate(message.model_dump() | {key: value}))
        for time, message in live.messages
    ]
    file = write_session(tmp_path / "run.xdf", replace(live, messages=changed))
    done = bci("verify", file, "--model", models / "first", "--model", models / "second")
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr


def test_a_message_that_is_no_provenance_is_refused() -> None:
    for text in ("", "{", "[]", '{"kind": "provenance"}', "1" * 100, "[" * 10_000):
        with pytest.raises(MessageError):
            read_provenance(text)
