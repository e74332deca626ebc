"""Events of trigger channels, the same live and in files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci.errors import MismatchError, ProfileError, RecordingError
from bci.profiles.profile import load_profile
from bci.profiles.stimulus import Triggers
from bci.recording.trigger_events import TriggerEvents, TriggerMarkers, with_triggers
from bci.signals import Channel, Chunk, Marker, Recording, StreamInfo
from bci.stimulus.offset_label import offset_label

SFREQ = 1000.0
CHANNELS = (Channel("Cz", "eeg", "uV"), Channel("TRIG", "stim"))


def events(values: list[float], **settings: object) -> list[tuple[int, int]]:
    triggers = Triggers.model_validate({"channel": "TRIG", **settings})
    found = TriggerEvents(triggers, SFREQ)
    times = np.arange(len(values)) / SFREQ
    return [(e.sample, e.code) for e in found.push(np.array(values, np.float32), times, 0)]


def recording(codes: np.ndarray) -> Recording:
    data = np.column_stack([np.zeros(len(codes)), codes]).astype(np.float32)
    index = np.arange(len(codes))
    info = StreamInfo("amp", "EEG", SFREQ, CHANNELS)
    return Recording(info, data, index / SFREQ, index, (Marker(0.0, "other"),), "run.xdf")


def test_rising_edge_is_a_change_to_another_code_than_0() -> None:
    assert events([0, 0, 5, 5, 0, 7, 9, 9, 0]) == [(2, 5), (5, 7), (6, 9)]
    assert events([4, 4, 0, 4]) == [(3, 4)]  # the first code is no event


def test_falling_edge_has_the_code_that_ended() -> None:
    assert events([0, 5, 5, 0, 7, 9, 0], edge="falling") == [(3, 5), (6, 9)]


def test_mask_keeps_its_bits_alone() -> None:
    assert events([256, 256 + 3, 256, 512 + 3], mask=255) == [(1, 3), (3, 3)]


def test_codes_outside_the_range_are_no_events() -> None:
    assert events([0, 1, 0, 64, 0, 65, 0], codes=[1, 64]) == [(1, 1), (3, 64)]


def test_debounce_drops_what_is_not_held_and_dates_the_rest_at_its_first_sample() -> None:
    bouncing = [0, 5, 0, 5, 5, 5, 0, 5, 5, 0, 0, 0]
    assert events(bouncing) == [(1, 5), (3, 5), (7, 5)]
    assert events(bouncing, debounce_s=0.002) == [(3, 5)]
    # Lines of a port that do not switch at the same time.
    assert events([0, 64, 65, 65, 65, 0, 0], debounce_s=0.002) == [(2, 65)]


def test_threshold_reads_a_line_of_volts() -> None:
    assert events([0.1, 0.2, 4.9, 5.0, 0.3, 3.4], threshold=2.5) == [(2, 1), (5, 1)]


@pytest.mark.filterwarnings("error")
def test_values_that_are_no_codes_are_0() -> None:
    assert events([0, 3, np.nan, np.inf, 4, -np.inf, 5]) == [(1, 3), (4, 4), (6, 5)]
    assert events([1e30, 0, 2]) == [(2, 2)]


@given(
    codes=st.lists(st.sampled_from([0, 1, 5, 260, -3, np.nan]), min_size=1, max_size=60),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=20),
    debounce=st.sampled_from([0.0, 0.002, 0.005]),
    mask=st.sampled_from([None, 255]),
    edge=st.sampled_from(["rising", "falling"]),
)
def test_any_split_into_chunks_gives_the_same_markers(
    codes: list[float], sizes: list[int], debounce: float, mask: int | None, edge: str
) -> None:
    settings = Triggers.model_validate(
        {"channel": "TRIG", "debounce_s": debounce, "mask": mask, "edge": edge}
    )
    whole = recording(np.array(codes, np.float32))
    parts = TriggerMarkers(settings, CHANNELS, SFREQ, "amp")
    found: list[Marker] = []
    row, turn = 0, 0
    while row < len(codes):
        stop = row + sizes[turn % len(sizes)]
        found += parts.push(Chunk(whole.data[row:stop], whole.timestamps[row:stop], row))
        row, turn = stop, turn + 1
    assert tuple(found) == with_triggers(whole, settings).markers


def test_markers_of_a_recording_are_those_of_its_trigger_channel() -> None:
    codes = np.zeros(100)
    codes[20:30], codes[60:70] = 1, 2
    made = with_triggers(recording(codes), Triggers(channel="trig"))
    assert made.markers == (Marker(0.02, "1"), Marker(0.06, "2"))


def test_notes_about_the_frames_stay_with_the_events_of_the_trigger_channel() -> None:
    codes = np.zeros(100)
    codes[20:30] = 1
    notes = Marker(0.01, offset_label(None)), Marker(0.09, "frames/dropped/2")
    given = replace(recording(codes), markers=(notes[0], Marker(0.03, "left"), notes[1]))
    made = with_triggers(given, Triggers(channel="TRIG"))
    assert made.markers == (notes[0], Marker(0.02, "1"), notes[1])


def test_missing_channel_is_named_beside_those_there_are() -> None:
    with pytest.raises(RecordingError, match=r"run.xdf: no channel 'STI'.*channels are TRIG"):
        with_triggers(recording(np.zeros(5)), Triggers(channel="STI"))
    with pytest.raises(MismatchError, match=r"irregular.*timing\.sfreq"):
        TriggerMarkers(Triggers(channel="TRIG"), CHANNELS, 0.0, "amp")


def test_profile_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    shipped = Path("configs/motor-imagery.yaml").read_text()
    for keys, words in (
        ("codes: [64, 1]", "triggers: codes is the first and the last code"),
        ("mask: 1, threshold: 2", "triggers: give either mask or threshold"),
        ("threshold: 2, codes: [2, 5]", "with threshold no code is above 1, and codes begins"),
        ("mask: 3, codes: [4, 9]", "with mask no code is above 3, and codes begins later"),
        ("mask: 0", "triggers.mask"),
    ):
        file.write_text(f"{shipped}\ntriggers: {{channel: TRIG, {keys}}}\n")
        with pytest.raises(ProfileError, match=words):
            load_profile(file)
