"""The true cues in the dashboard: those of the engine's model, from any marker stream."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pylsl import local_clock
from pytestqt.qtbot import QtBot

from bci.lsl.discovery import StreamQuery
from bci.lsl.outlet import MarkerOutlet
from bci.messages import EngineStatus
from bci.profiles.paradigm import Paradigm
from bci.signals import Marker
from gui.decisions.engine_views import EngineViews
from gui.main_window import MainWindow
from gui.settings import DashboardSettings
from gui.workers.stream_feed import Feed
from tests.gui.conftest import NO_DEVICES

LONG = 10_000
OpenWindow = Callable[..., MainWindow]
PARADIGM = Paradigm.model_validate({"classes": {"left fist": "T1", "right fist": "T2"}})


@pytest.fixture
def engine(qtbot: QtBot, tmp_path) -> EngineViews:  # type: ignore[no-untyped-def]
    """Return views of a profile with other markers than the model's."""
    shown = EngineViews({"left": "left"}.get, 0.7, DashboardSettings(tmp_path / "settings.json"))
    for view in (shown.decided, shown.passed, shown.latency):
        qtbot.addWidget(view)
    return shown


@pytest.fixture
def name() -> str:
    return f"amp-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def feeds() -> Iterator[list[Feed]]:
    opened: list[Feed] = []
    yield opened
    for feed in opened:
        feed.stop(5.0)


def test_cues_are_those_of_the_model_that_decodes(engine: EngineViews) -> None:
    engine._on_markers([Marker(1.0, "T1")])
    assert engine.history.cues_shown() == []
    engine._on_status(EngineStatus(state="running", model="me", paradigm=PARADIGM.model_dump()))
    engine._on_markers([Marker(2.0, "T2")])
    assert [cue for *_, cue in engine.history.cues_shown()] == ["right fist"]
    assert engine.decision.cue == "right fist"
    assert engine.is_cue("T1")
    assert not engine.is_cue("left")


@pytest.mark.parametrize("told", [None, {"classes": {"left": 1}}, {"classes": "x"}, {}])
def test_an_engine_that_reports_nothing_sensible_leaves_the_profile_s_cues(
    engine: EngineViews, told: dict[str, Any] | None
) -> None:
    engine._on_status(EngineStatus(state="running", model="me", paradigm=told))
    assert engine.is_cue("left")


def test_a_marker_stream_of_any_name_is_shown_and_own_output_is_not(
    qtbot: QtBot, name: str, feeds: list[Feed]
) -> None:
    outlets = {
        kind: MarkerOutlet(f"{name}-{what}", f"{name}-{what}", False, kind)
        for what, kind in (("task", "Markers"), ("decided", "Decisions"), ("told", "Status"))
    }
    guided = MarkerOutlet(f"{name}-engine-cues", f"{name}-g", stream_type="Cues")
    feed = Feed(f"{name}-engine", is_cue=lambda label: label == "left")
    feeds.append(feed)
    came: list[str] = []
    feed.markers_came.connect(lambda markers: came.extend(m.label for m in markers))
    feed.show(StreamQuery(name=name), StreamQuery(type="Markers"))
    qtbot.waitUntil(lambda: outlets["Markers"].has_consumers, timeout=LONG)
    outlets["Markers"].push(Marker(local_clock(), "left"))
    qtbot.waitUntil(lambda: came == ["left"], timeout=LONG)
    # Cues of the dashboard's own calibration are shown when sent, and must not be shown twice.
    for outlet in (outlets["Decisions"], outlets["Status"], guided):
        assert not outlet.has_consumers
    for outlet in (*outlets.values(), guided):
        outlet.close()


def test_a_named_marker_stream_alone_is_followed(
    qtbot: QtBot, name: str, feeds: list[Feed]
) -> None:
    mine, other = (MarkerOutlet(f"{name}-{k}", f"{name}-{k}") for k in "ab")
    feed = Feed(f"{name}-engine")
    feeds.append(feed)
    feed.show(StreamQuery(name=name), StreamQuery(name=f"{name}-a"))
    qtbot.waitUntil(lambda: mine.has_consumers, timeout=LONG)
    assert not other.has_consumers
    mine.close()
    other.close()


@pytest.mark.parametrize("is_demo", [False, True])
def test_another_stream_keeps_the_cues_that_the_profile_names(
    open_window: OpenWindow, name: str, is_demo: bool
) -> None:
    markers = StreamQuery(name=f"{name}-task")
    window = open_window(bci=NO_DEVICES, markers=markers, autostart=is_demo)
    followed: list[StreamQuery | None] = []
    window.feed.show = lambda _signal, named: followed.append(named)  # type: ignore[method-assign, assignment]
    window.links.show_stream(StreamQuery(name=name), name)
    # A demo names the markers of its own stream.
    assert followed == [StreamQuery(type="Markers") if is_demo else markers]


def test_markers_that_the_profile_names_count_beside_another_stream_too(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    window = open_window(markers=StreamQuery(name=f"{name}-codes"), cue_of={"left": "left"}.get)
    window.links.show_stream(StreamQuery(name=f"{name}-2"), f"{name}-2")
    codes = MarkerOutlet(f"{name}-codes", f"{name}-codes", False, "Codes")
    qtbot.waitUntil(lambda: codes.has_consumers, timeout=LONG)
    codes.push(Marker(local_clock(), "left"))
    shown = window.history.cues_shown
    qtbot.waitUntil(lambda: [cue for *_, cue in shown()] == ["left"], timeout=LONG)
    codes.close()
