"""All streams of a window, without the window."""

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bci.decisions import DecisionEvent
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import DecisionOutlet
from bci.lsl.outlet import SignalOutlet
from gui.workers.stream_feed import Feed
from tests.gui.published import Published
from tests.signals import eeg_info

LONG = 15_000


@pytest.fixture
def feed(qtbot: QtBot, name: str) -> Iterator[Feed]:
    feed = Feed(f"{name}-engine")
    yield feed
    feed.stop(2.0)


def test_another_stream_is_shown_and_the_one_before_is_left(
    feed: Feed, qtbot: QtBot, name: str
) -> None:
    first = SignalOutlet(eeg_info(4, 250.0, name))
    second = SignalOutlet(eeg_info(6, 500.0, f"{name}-b"))
    found: list[str] = []
    feed.signal_found.connect(lambda signal: found.append(signal.info.name))
    feed.show(StreamQuery(name=name), None)
    qtbot.waitUntil(lambda: found == [name] and first.has_consumers, timeout=LONG)
    feed.show(StreamQuery(name=f"{name}-b"), None)
    qtbot.waitUntil(lambda: second.has_consumers and not first.has_consumers, timeout=LONG)
    qtbot.waitUntil(lambda: found == [name, f"{name}-b"], timeout=LONG)
    first.close()
    second.close()


def test_everything_of_an_engine_comes_by_its_own_signal(
    feed: Feed, qtbot: QtBot, name: str
) -> None:
    came: dict[str, object] = {}
    feed.engine_found.connect(lambda classes, simulated: came.update(found=(classes, simulated)))
    feed.engine_alive.connect(lambda alive: came.update(alive=alive))
    feed.engine_there.connect(lambda there: came.update(there=there))
    feed.predictions_came.connect(lambda each: came.update(predicted=each[-1].taken))
    feed.decisions_came.connect(lambda each: came.update(decided=each[-1].label))
    feed.status_came.connect(lambda status: came.update(status=status.state))
    feed.markers_came.connect(lambda markers: came.update(cue=markers[-1].label))
    published = Published(name, ("left", "right"), "motor imagery")
    decisions = DecisionOutlet(f"{name}-engine", name, True)
    feed.show(StreamQuery(name=name), published.markers)
    published.wait_for_listeners(qtbot)
    published.cue(1.0, "left")
    qtbot.waitUntil(lambda: decisions.has_consumers, timeout=LONG)
    decisions.push(DecisionEvent("onset", "left", 0.9, 2.0))
    published.predict(2.0, np.array([0.9, 0.1]))
    published.reject()
    qtbot.waitUntil(lambda: len(came) == 7, timeout=LONG)
    assert came["found"] == (("left", "right"), True)
    assert came["predicted"] == pytest.approx(2.0, abs=0.1)
    assert came["decided"] == "left"
    assert came["status"] == "running"
    assert came["cue"] == "left"
    decisions.close()
    published.end_engine()
    qtbot.waitUntil(lambda: came["alive"] is False, timeout=LONG)
    assert came["there"] is True
    published.close()
    qtbot.waitUntil(lambda: came["there"] is False, timeout=LONG)
