"""The flicker of one selection at frames, and the markers of its onset."""

import numpy as np

from bci.profiles.profile import load_profile
from bci.stimulus.flicker import flickering
from bci.stimulus.flicker_onsets import FlickerStimulation

HZ = 60.0


def stimulation(profile: str, max_s: float = 2.5) -> FlickerStimulation:
    paradigm = load_profile(profile).paradigm
    shown = flickering(paradigm.flicker, paradigm.codes, HZ)
    return FlickerStimulation(shown, HZ, max_s)


def test_the_onset_is_marked_once_with_the_attended_class() -> None:
    flicker = stimulation("ssvep")
    flicker.begin(2)
    labels = [label for frame in range(100) for label in flicker.advance(frame / HZ)]
    assert labels == ["flicker/C"]


def test_in_free_spelling_the_class_is_left_out() -> None:
    flicker = stimulation("ssvep")
    flicker.begin(None)
    assert flicker.advance(0.0) == ("flicker",)


def test_a_code_is_marked_at_each_cycle_even_where_its_frame_was_dropped() -> None:
    flicker = stimulation("cvep", max_s=3.5)
    flicker.begin(0)
    frames = [frame for frame in range(140) if frame != 63]
    marked = [frame for frame in frames if flicker.advance(frame / HZ)]
    assert marked == [0, 64, 126]


def test_a_dropped_frame_does_not_shift_the_flicker() -> None:
    whole, holed = stimulation("ssvep"), stimulation("ssvep")
    for each in (whole, holed):
        each.begin(0)
    for frame in range(31):
        whole.advance(frame / HZ)
        if frame % 3 != 1:
            holed.advance(frame / HZ)
    np.testing.assert_array_equal(whole.luminances, holed.luminances)


def test_nothing_flickers_before_the_onset_and_after_the_end() -> None:
    flicker = stimulation("ssvep", max_s=0.5)
    assert flicker.luminances is None
    flicker.begin(0)
    assert flicker.luminances is None
    flicker.advance(0.0)
    assert flicker.luminances is not None
    flicker.advance(0.5)
    assert flicker.luminances is None
    assert flicker.is_over


def test_a_cycle_that_is_not_shown_to_its_end_is_not_marked() -> None:
    flicker = stimulation("cvep", max_s=2.5)
    flicker.begin(0)
    assert [frame for frame in range(150) if flicker.advance(frame / HZ)] == [0, 63]
