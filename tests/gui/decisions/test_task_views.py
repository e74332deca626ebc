"""Views of tasks from other packages; a view that fails does not disturb the others."""

import logging
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from bci.errors import PluginError
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions import task_views
from gui.decisions.engine_views import EngineViews
from gui.decisions.task_views import ViewContext, make_view
from gui.settings import DashboardSettings


class Failing(QLabel):
    def set_classes(self, classes: tuple[str, ...]) -> None: ...
    def set_engine(self, alive: bool) -> None: ...
    def show_rejected(self, why: str) -> None: ...
    def show_prediction(self, _: ReceivedPrediction | None) -> None:
        raise RuntimeError("no such word")


def fails_at_once(_: ViewContext) -> QLabel:
    raise RuntimeError("no font")


def offer(monkeypatch: pytest.MonkeyPatch, make: object) -> None:
    plugin = SimpleNamespace(is_ours=False, load=lambda: make)
    monkeypatch.setattr(task_views, "plugins", lambda _: {"toy-task": plugin})


def shown(qtbot: QtBot, folder: Path) -> EngineViews:
    remembered = DashboardSettings(folder / "settings.json")
    engine = EngineViews({"left": "left"}.get, 0.6, remembered, task="toy task")
    qtbot.addWidget(engine.decided)
    return engine


def test_a_view_that_fails_leaves_the_others_as_they_are(
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    offer(monkeypatch, lambda _: Failing())
    monkeypatch.setattr(logging.getLogger("bci"), "propagate", True)
    engine = shown(qtbot, tmp_path)
    assert isinstance(engine.own, Failing)
    engine._on_engine(("left", "right"), True)
    shares = np.array([0.3, 0.7], dtype=np.float32)
    engine._on_predictions([ReceivedPrediction(1.0, shares, 0.0, 0.0, 0.0, 0.0)])
    assert engine.decision.probabilities == pytest.approx((0.3, 0.7))
    assert set(caplog.messages) == {"view toy task: show_prediction: RuntimeError: no such word"}


def test_bars_are_shown_where_a_view_cannot_be_made(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, fails_at_once)
    engine = shown(qtbot, tmp_path)
    assert engine.own is None
    assert list(engine.by_task) == [""]
    with pytest.raises(PluginError, match="view toy task: RuntimeError: no font"):
        make_view("toy task", ViewContext(0.6))


def test_our_views_are_those_of_the_registry(qtbot: QtBot, tmp_path: Path) -> None:
    from gui.decisions.word_list import ShownWords, WordList

    remembered = DashboardSettings(tmp_path / "settings.json")
    engine = EngineViews({}.get, 0.6, remembered, words=ShownWords(1.0), task="speech")
    qtbot.addWidget(engine.decided)
    assert isinstance(engine.own, WordList)
