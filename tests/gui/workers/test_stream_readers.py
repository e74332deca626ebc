"""Readers of real streams, without a window."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from bci.lsl.discovery import StreamQuery
from bci.lsl.outlet import SignalOutlet
from gui.workers.stream_readers import SignalFound, SignalReader
from gui.workers.stream_worker import StreamNews
from tests.signals import eeg_info, noise
from tests.streams import send

LONG = 15_000


class Reported:
    """A reader of the stream ``name``, and its reports."""

    def __init__(self, name: str) -> None:
        self.news = StreamNews()
        self.reader = SignalReader(StreamQuery(name=name), self.news)
        self.found: list[SignalFound] = []
        self.alive: list[bool] = []
        self.silent: list[float | None] = []
        self.judged: list[int] = []  # number of channels in each report
        self.news.signal_found.connect(self.found.append)
        self.news.signal_alive.connect(self.alive.append)
        self.news.signal_silent.connect(self.silent.append)
        self.news.quality_came.connect(lambda channels: self.judged.append(len(channels)))


@pytest.fixture
def reported(qtbot: QtBot, name: str) -> Iterator[Reported]:
    reported = Reported(name)
    reported.reader.start()
    yield reported
    reported.reader.stop(2.0)


def test_a_frozen_stream_is_silent_and_a_closed_one_gone(
    qtbot: QtBot, reported: Reported, name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, 250.0, name))
    qtbot.waitUntil(lambda: reported.alive == [True], timeout=LONG)
    start = send(outlet, noise(500, 4))
    qtbot.waitUntil(lambda: reported.judged[:1] == [4], timeout=LONG)
    assert reported.found[0].info.name == name
    # The quality of a silent stream is unknown.
    qtbot.waitUntil(lambda: reported.judged[-1] == 0, timeout=LONG)
    assert reported.silent[0] is not None
    send(outlet, noise(500, 4), first=500, start=start)
    qtbot.waitUntil(lambda: reported.silent[1:] == [None], timeout=LONG)
    qtbot.waitUntil(lambda: reported.judged[-1] == 4, timeout=LONG)
    assert reported.found[0].ring.end == 1000
    outlet.close()
    qtbot.waitUntil(lambda: reported.alive == [True, False], timeout=LONG)
    assert len(reported.silent) == 2
