"""A stream without names or units is shown with those of the profile."""

from collections.abc import Callable

import pytest
from pylsl import StreamInfo, StreamOutlet
from pytestqt.qtbot import QtBot

from bci.profiles.pipeline_settings import PipelineSettings
from gui.main_window import MainWindow
from tests.gui.conftest import NO_DEVICES


@pytest.mark.parametrize("names", [("C3", "C4"), ("C3", "Cz", "C4")])
def test_the_profile_names_and_units_are_shown_where_they_are_of_such_a_stream(
    qtbot: QtBot, open_window: Callable[..., MainWindow], name: str, names: tuple[str, ...]
) -> None:
    outlet = StreamOutlet(StreamInfo(name, "EEG", 2, 250.0, "float32", name))
    told = PipelineSettings.model_validate({"window_s": 1.0, "names": names, "unit": "V"})
    window = open_window(bci=NO_DEVICES, stream_options=told)
    qtbot.waitUntil(lambda: window.situation.signal_alive, timeout=15_000)
    info = window.calibrating._info
    assert info is not None
    fits = len(names) == info.n_channels
    # A stream that does not fit the profile is still shown.
    assert (info.ch_names == names) is fits
    assert {c.unit for c in info.channels} == ({"V"} if fits else {"unknown"})
    del outlet
