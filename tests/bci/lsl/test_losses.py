"""Sentences of a log about lost samples and channels without numbers."""

from bci.lsl.losses import UnsoundLog


def test_channels_without_numbers_are_named_once_and_their_return_once() -> None:
    log = UnsoundLog("amp")
    assert log.news([]) is None
    said = log.news(["F4"])
    assert said is not None
    assert said.startswith("amp: F4 held values that are no numbers (NaN)")
    assert log.news(["F4"]) is None
    assert log.news([]) == "amp: all channels hold numbers again"
