"""Markers about frames are never taken for cues."""

import dataclasses
from itertools import pairwise

import numpy as np

from bci.profiles.paradigm import Paradigm
from bci.signals import FRAME_NOTES, Marker, Recording
from bci.stimulus.frame_labels import dropped_label
from bci.training.epochs import find_rest, find_trials
from bci.training.run_counts import count_run
from devices.simulated.person import SimulatedPerson
from devices.simulated.scenarios import motor_imagery
from tests.signals import two_class_recording

HANDS = Paradigm.model_validate(
    {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 2.5}
)


def with_notes(recording: Recording) -> Recording:
    """Return the run with a dropped frame between any two of its markers."""
    between = [
        Marker((a.time + b.time) / 2, dropped_label(1)) for a, b in pairwise(recording.markers)
    ]
    return dataclasses.replace(recording, markers=tuple(sorted((*recording.markers, *between))))


def test_dropped_frames_change_neither_trials_nor_rest() -> None:
    plain = two_class_recording(n_trials=6)
    noted = with_notes(plain)
    assert find_trials(noted, HANDS) == find_trials(plain, HANDS)
    assert find_rest(noted, HANDS) == find_rest(plain, HANDS)
    assert count_run(noted, HANDS) == count_run(plain, HANDS)


def test_no_item_and_no_star_of_a_paradigm_takes_a_note_for_a_cue() -> None:
    label = dropped_label(3)
    items = Paradigm.model_validate({"items": "f"})
    classes = Paradigm.model_validate({"classes": {"on": f"{FRAME_NOTES}*", "off": "off"}})
    assert items.cue_of("film-1") is not None
    assert items.cue_of(label) is None
    assert classes.cue_of(label) is None


def test_a_simulated_person_continues_with_the_task_at_a_dropped_frame() -> None:
    gains = []
    for notes in ([], [Marker(1.5, dropped_label(2))]):
        own, cued = np.random.default_rng(0), np.random.default_rng(1)
        person = SimulatedPerson(motor_imagery(), 100.0, own, cued, 10)
        person.follow(True)
        for marker in (Marker(1.0, "left"), *notes):
            person.receive(marker)
        gains.append(person.act(np.arange(0, 4, 0.01))[0])
    assert np.ptp(gains[0]) > 0
    np.testing.assert_array_equal(*gains)
