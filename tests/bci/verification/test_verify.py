"""A recorded session, decoded again, equals what ran live; what does not is found and named."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.cli.verify import load_changed
from bci.engine import provenance
from bci.engine.provenance import read_provenance
from bci.errors import MessageError, RecordingError
from bci.messages import VerifyEvent, read_event
from bci.models.bundle import ARRAYS, CARD, load_bundle, save_bundle
from bci.profiles.profile import Profile
from bci.signals import Marker, Recording
from bci.training.calibrate import calibrate
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
    """A folder of three models: two of windows that slide, one of windows at cues."""
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
    """With a hot swap, a gap, evidence of one second, and a decoder that is late for a while."""
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


def test_a_model_that_is_there_but_damaged_is_said_to_be_damaged(
    live: Live, models: Path, tmp_path: Path
) -> None:
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


@pytest.mark.parametrize("adapt", ["alignment", "supervised"])
def test_a_decoder_that_adapted_is_adapted_again(
    adapt: str, models: Path, signal: Recording, tmp_path: Path
) -> None:
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
    # Another task or other classes: the engine publishes a new stream.
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
    # An engine that publishes a new stream ends the decision that holds, by its clock.
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


def test_the_command_prints_the_result_and_its_exit_code_tells_it(
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
