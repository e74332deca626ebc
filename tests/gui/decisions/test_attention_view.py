"""The attention of a network beside its decision."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bci.messages import EngineStatus
from bci.tasks.emotion_levels import LevelGrid
from gui.decisions.attention_view import AttentionView
from gui.decisions.engine_views import EngineViews
from gui.settings import DashboardSettings
from gui.theme import DARK
from tests.gui.gallery import simulated


@pytest.fixture
def view(qtbot: QtBot) -> AttentionView:
    view = AttentionView()
    view.theme = DARK
    qtbot.addWidget(view)
    return view


def test_strongest_channels_are_named_and_bright(view: AttentionView) -> None:
    names = ("FC3", "FC4", "C3", "Cz", "C4", "CP3", "CP4", "Pz")
    weights = dict.fromkeys(names, 0.1) | {"C3": 0.3}
    view.show_attention(weights)
    assert view.strongest.text().splitlines()[:2] == ["Attends to", "C3  30 %"]
    picture = view.head.picture.image[::-1]  # nose up
    row, column = divmod(int(picture.argmax()), picture.shape[1])
    assert column < picture.shape[1] / 2  # C3 is left of the middle
    assert abs(row - picture.shape[0] / 2) < picture.shape[0] / 6

    view.show_attention(dict.fromkeys(names, 0.1) | {"C4": 0.3})
    assert view.strongest.text().splitlines()[1] == "C4  30 %"
    assert int(view.head.picture.image.argmax()) % picture.shape[1] > picture.shape[1] / 2


def test_regions_have_bars_in_their_order_and_no_head(view: AttentionView) -> None:
    view.show_attention({"frontal": 0.4, "central": 0.6})
    assert view.head.isHidden()
    assert [(bar.name, bar.share) for bar in view.bars.bars] == [("frontal", 0.4), ("central", 0.6)]
    assert view.bars.threshold.value() == 0.5
    view.show_attention({"frontal": 0.7, "central": 0.3})
    assert [bar.share for bar in view.bars.bars] == [0.7, 0.3]
    view.show_attention(simulated.ATTENTION)
    assert view.bars.isHidden()
    assert not view.head.isHidden()


def test_channels_in_another_order_keep_their_places(view: AttentionView) -> None:
    names = ("FC3", "FC4", "C3", "Cz", "C4", "CP3", "CP4", "Pz")
    weights = dict.fromkeys(names, 0.1) | {"C3": 0.3}
    view.show_attention(weights)
    before = view.head.picture.image.copy()
    view.show_attention(dict(reversed(weights.items())))
    assert view.head.picture.image == pytest.approx(before, abs=1e-6)


def test_very_many_names_without_a_place_are_a_list_of_the_strongest(view: AttentionView) -> None:
    view.show_attention({f"X{k}": k / 190 for k in range(20)})
    assert view.bars.isHidden()
    assert view.strongest.text().splitlines()[1] == "X19  10 %"


def test_attention_is_shown_only_while_an_engine_attends(qtbot: QtBot, tmp_path: Path) -> None:
    engine = EngineViews(lambda _label: None, 0.7, DashboardSettings(tmp_path / "settings.json"))
    qtbot.addWidget(engine.decided)
    assert engine.attention.isHidden()
    attending = simulated.STATUS.model_copy(update={"attention": simulated.ATTENTION})
    engine._on_status(attending)
    assert not engine.attention.isHidden()
    engine._on_status(EngineStatus.model_validate(simulated.STATUS.model_dump()))
    assert engine.attention.isHidden()
    engine._on_status(attending)
    engine._on_alive(False)
    assert engine.attention.isHidden()


def test_attention_stays_below_the_decision_of_a_model_of_levels(
    qtbot: QtBot, tmp_path: Path
) -> None:
    engine = EngineViews(lambda _label: None, 0.7, DashboardSettings(tmp_path / "settings.json"))
    qtbot.addWidget(engine.decided)
    engine._on_engine(LevelGrid(("valence", "arousal")).classes, False)
    layout = engine.decided.layout()
    assert engine.emotion is not None
    assert layout is not None
    assert layout.indexOf(engine.attention) > layout.indexOf(engine.emotion)
