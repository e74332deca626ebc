"""Pairs of neighbouring contacts, by `pairs: shafts` in a profile."""

import pytest

from bci.errors import MismatchError
from bci.pipeline.bipolar import shaft_pairs
from bci.pipeline.filter_chain import Chain
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Channel, StreamInfo

SHAFTS = PipelineSettings.model_validate(
    {"kinds": ["seeg"], "filters": [{"kind": "bipolar", "pairs": "shafts"}], "window_s": 1.0}
)


def info(*names: str) -> StreamInfo:
    channels = tuple(Channel(name, "seeg", "uV") for name in names)
    return StreamInfo("depth", "iEEG", 1000.0, channels)


def test_neighbours_on_a_shaft_are_paired_in_whatever_order_the_file_has_them() -> None:
    names = ("L'2", "L'1", "N'1", "L'10", "L'3", "N'2", "L'9")
    expected = (("L'1", "L'2"), ("L'2", "L'3"), ("L'9", "L'10"), ("N'1", "N'2"))
    assert shaft_pairs(names) == expected


def test_a_gap_in_the_numbers_is_not_bridged_and_lone_channels_drop_out() -> None:
    assert shaft_pairs(("A1", "A2", "A4", "ECG", "B7")) == (("A1", "A2"),)


def test_the_chain_names_the_pairs() -> None:
    channels = Chain(SHAFTS, info("A1", "A2", "A3", "B1")).channels
    assert [channel.name for channel in channels] == ["A1-A2", "A2-A3"]


def test_channels_without_neighbours_are_refused_by_name() -> None:
    with pytest.raises(MismatchError, match="neighbours on a shaft"):
        Chain(SHAFTS, info("ECG", "Trigger"))
    with pytest.raises(MismatchError, match="same contact"):
        Chain(SHAFTS, info("A1", "A01", "A2"))
