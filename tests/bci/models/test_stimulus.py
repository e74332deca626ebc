"""The stimulus offset in training, in the model, and live."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from pylsl import local_clock

import decoders
from bci.engine.cues import EngineCues
from bci.engine.provenance import card_hash
from bci.engine.running_model import RunningModel
from bci.engine.trigger_cues import TriggerCues
from bci.errors import ProfileError
from bci.lsl.engine_streams import PredictionInlet, StatusInlet
from bci.lsl.outlet import SignalOutlet
from bci.messages import EngineStatus
from bci.models.bundle import load_card, save_bundle
from bci.models.card import Card
from bci.models.load import Model
from bci.models.stimulus import stimulus_remark, with_stimulus
from bci.profiles.profile import Profile, load_profile
from bci.profiles.stimulus import Stimulus, Triggers
from bci.recording.trigger_events import with_triggers
from bci.signals import Channel, Marker, Recording
from bci.spelling.from_settings import Speller
from bci.training.calibrate import Calibration, calibrate
from bci.training.epochs import cut_epochs, find_trials
from tests.engines import end, start_engine
from tests.models import two_class_profile, two_class_runs
from tests.signals import two_class_recording
from tests.streams import find, wait_until

OFFSET_S = 0.25
STIMULUS = {"offset_s": OFFSET_S, "spread_s": 0.001, "measured": "2026-11-29", "screen": "left"}


def profile_with(stimulus: dict[str, object] | None) -> Profile:
    given = two_class_profile("log-power", pipeline={"at_cues": True})
    return Profile.model_validate(given.model_dump() | {"stimulus": stimulus})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    runs = two_class_runs(tmp_path_factory.mktemp("runs"))
    made = profile_with(STIMULUS)
    return calibrate(runs, made, lambda: decoders.create("log-power", {}), "me")


def early(recording: Recording) -> Recording:
    """Return the recording with markers that come before their stimuli."""
    markers = tuple(m._replace(time=m.time - OFFSET_S) for m in recording.markers)
    return replace(recording, markers=markers)


def test_windows_begin_at_the_stimulus_and_not_at_its_marker() -> None:
    whole = two_class_recording(n_trials=6)
    wanted, plain = profile_with(STIMULUS), profile_with(None)
    ours = cut_epochs([early(whole)], wanted.pipeline, wanted.paradigm)
    theirs = cut_epochs([whole], plain.pipeline, plain.paradigm)
    np.testing.assert_array_equal(ours.windows, theirs.windows)
    onsets = [trial.onset for trial in find_trials(early(whole), wanted.paradigm)]
    assert onsets == pytest.approx([t.onset for t in find_trials(whole, plain.paradigm)])


def test_model_keeps_the_offset_and_old_cards_load_without_one(
    trained: Calibration, tmp_path: Path
) -> None:
    assert trained.card.stimulus == Stimulus.model_validate(STIMULUS)
    folder = tmp_path / "me"
    save_bundle(folder, trained.card, trained.decoder.arrays())
    again = load_card(folder)
    assert again.paradigm.offset_s == OFFSET_S
    assert card_hash(again) == card_hash(trained.card)
    card = yaml.safe_load((folder / "card.yaml").read_text())
    assert "offset_s" not in card["paradigm"]
    del card["stimulus"], card["triggers"]
    old = Card.model_validate(card)
    assert (old.stimulus, old.paradigm.offset_s) == (None, 0.0)


def trigger_channel(recording: Recording) -> Recording:
    """Return the recording with its cues on a trigger channel instead of markers."""
    codes = np.zeros(len(recording.data), np.float32)
    for marker in recording.markers:
        row = round(marker.time * recording.info.sfreq)
        codes[row : row + 5] = {"left": 1, "right": 2, "rest": 9}[marker.label]
    info = replace(recording.info, channels=(*recording.info.channels, Channel("TRIG", "stim")))
    return replace(recording, info=info, data=np.column_stack([recording.data, codes]), markers=())


@pytest.mark.parametrize("hold", [1, 16, 300])
def test_live_cues_of_a_trigger_channel_are_those_of_training(
    trained: Calibration, hold: int
) -> None:
    triggers = Triggers(channel="TRIG", codes=(1, 9))
    whole = trigger_channel(early(two_class_recording(n_trials=4, seed=5)))
    classes = trained.card.paradigm.model_copy(update={"classes": {"left": "1", "right": "2"}})
    card = trained.card.model_copy(update={"paradigm": classes})
    epochs = cut_epochs([with_triggers(whole, triggers)], card.pipeline, card.paradigm)
    source = TriggerCues(triggers, whole.info)
    running = RunningModel(card, trained.decoder, whole.info)
    cues = EngineCues(None, "amp", print, source)
    found = []
    for chunk in whole.chunks(hold):
        source.take(chunk)
        cues.pass_on([running])
        found += [(d.prediction.end, d.prediction.probabilities) for d in running.push(chunk)]
    assert epochs.ends is not None
    assert [end for end, _ in found] == epochs.ends.tolist()
    expected = [trained.decoder.predict_proba(window) for window in epochs.windows]
    np.testing.assert_array_equal([p for _, p in found], expected)
    status = cues.describe(card.paradigm)
    assert (status.n_cues, status.markers) == (4, "trigger channel TRIG of test EEG")


def test_live_the_profile_s_measurement_counts_where_the_model_has_one(
    trained: Calibration,
) -> None:
    here = Stimulus(offset_s=0.1, screen="right")
    assert with_stimulus(trained.card, here).paradigm.offset_s == 0.1
    assert with_stimulus(trained.card, None).paradigm.offset_s == OFFSET_S
    unmeasured = trained.card.model_copy(update={"stimulus": None})
    assert with_stimulus(unmeasured, here) is unmeasured


def test_engine_reports_an_offset_that_is_unmeasured_or_differs(trained: Calibration) -> None:
    card, own = trained.card, trained.card.stimulus
    bare = card.model_copy(update={"stimulus": None})
    other = Stimulus(offset_s=0.1, screen="right")
    assert stimulus_remark(card, own) is None
    assert "stimulus offset unmeasured" in str(stimulus_remark(bare, None))
    assert "calibrate again" in str(stimulus_remark(bare, other))
    assert "100.0 ms on right, differs from that of me, 250.0 ms" in str(
        stimulus_remark(card, other)
    )
    assert "that of me is used" in str(stimulus_remark(card, None))
    sliding = card.pipeline.model_copy(update={"at_cues": False})
    assert stimulus_remark(bare.model_copy(update={"pipeline": sliding}), None) is None


def test_offset_is_a_key_of_the_stimulus_alone(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    shipped = Path("configs/motor-imagery.yaml").read_text()

    def refused(change: Callable[[str], str], words: str) -> None:
        file.write_text(change(shipped))
        with pytest.raises(ProfileError, match=words):
            load_profile(file)

    refused(lambda text: text.replace("  start_s:", "  offset_s: 0.1\n  start_s:"), "stimulus.off")
    refused(lambda text: f"{text}\nstimulus: {{offset_s: 23}}\n", "stimulus.offset_s.*less than")
    file.write_text(f"{shipped}\nstimulus: {{offset_s: 0.0231, measured: 2026-11-29}}\n")
    assert load_profile(file).paradigm.offset_s == 0.0231


def test_rest_and_interruptions_move_with_their_cues() -> None:
    paradigm = profile_with(STIMULUS).paradigm
    moved = paradigm.at_stimuli([Marker(1.0, "rest"), Marker(2.0, "left")])
    assert moved == (Marker(1.25, "rest"), Marker(2.25, "left"))


def test_live_engine_decodes_at_triggers_with_the_offset_of_its_screen(
    trained: Calibration,
) -> None:
    triggers = Triggers(channel="TRIG", codes=(1, 9))
    here = Stimulus(offset_s=0.5, screen="right")
    whole = trigger_channel(two_class_recording(n_trials=4, seed=5))
    classes = trained.card.paradigm.model_copy(update={"classes": {"left": "1", "right": "2"}})
    card = trained.card.model_copy(update={"paradigm": classes})
    moved = with_stimulus(card, here).paradigm
    epochs = cut_epochs([with_triggers(whole, triggers)], card.pipeline, moved)
    name = f"amp-{uuid.uuid4().hex[:8]}"
    outlet = SignalOutlet(replace(whole.info, name=name, source_id=name))
    model = Model(card, trained.decoder)
    live = start_engine(model, name, triggers=triggers, stimulus=here)
    try:
        wait_until(lambda: outlet.has_consumers)
        inlet = PredictionInlet(find(f"{live.name}-predictions"))
        statuses = StatusInlet(find(f"{live.name}-status"))
        start = local_clock() - whole.duration
        for chunk in whole.chunks(64):
            outlet.push(replace(chunk, timestamps=chunk.timestamps + start))
        found: list[np.ndarray] = []
        wait_until(
            lambda: (
                found.extend(p.probabilities for p in inlet.pull(0.05))
                or len(found) >= len(epochs.windows)
            )
        )
        received: list[EngineStatus] = []
        wait_until(
            lambda: (
                received.extend(statuses.pull(0.05))
                or any(isinstance(s, EngineStatus) and s.cues == 4 for s in received)
            )
        )
    finally:
        end(live)
        outlet.close()
    expected = [trained.decoder.predict_proba(window) for window in epochs.windows]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    status = received[-1]
    assert (status.stimulus_offset_s, status.markers) == (0.5, f"trigger channel TRIG of {name}")
    assert any("differs from that of me" in sentence for sentence in live.said)


def test_stream_without_the_trigger_channel_is_refused_where_cues_are_needed(
    trained: Calibration,
) -> None:
    recording = two_class_recording(n_trials=2)
    name = f"amp-{uuid.uuid4().hex[:8]}"
    outlet = SignalOutlet(replace(recording.info, name=name, source_id=name))
    sliding = trained.card.pipeline.model_copy(update={"at_cues": False})
    free = Model(trained.card.model_copy(update={"pipeline": sliding}), trained.decoder)
    needy = start_engine(Model(trained.card, trained.decoder), name, triggers=Triggers(channel="S"))
    other = start_engine(free, name, triggers=Triggers(channel="S"))
    wait_until(lambda: needy.errors and any("decoding" in each for each in other.said))
    end(other)
    needy.thread.join(5.0)
    outlet.close()
    (error,) = needy.errors
    assert str(error).startswith(f"{name}: no channel 'S' (triggers.channel of the profile)")


def test_speller_knows_a_flash_by_its_marker_and_a_window_by_its_light() -> None:
    given = load_profile("p300")
    moved = Profile.model_validate(given.model_dump() | {"stimulus": STIMULUS})
    delays = [
        Speller(each).windows(("nontarget", "target"), 250.0).delay_s for each in (given, moved)
    ]
    assert delays[1] - delays[0] == pytest.approx(OFFSET_S)
