"""Decoders that a training makes from a profile."""

import pytest

from bci.cli.training_source import TrainingSource
from bci.errors import ProfileError
from bci.profiles.profile import load_profile


def test_windows_may_slide_unless_the_decoder_needs_the_onset_of_a_flicker() -> None:
    for name in ("speech-sliding", "ssvep", "ssvep-trca", "cvep"):
        TrainingSource(load_profile(name)).make_decoder()
    sliding = load_profile("ssvep").with_decoder("trca")
    with pytest.raises(ProfileError, match="the decoder trca needs a window at each cue"):
        TrainingSource(sliding).make_decoder()
