"""The window of several people: each card follows its own engine."""

from collections.abc import Iterator
from uuid import uuid4

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bci.lsl.engine_streams import StatusOutlet
from bci.lsl.outlet import SignalOutlet
from bci.messages import EngineStatus
from bci.quality.channel_quality import State
from bci.signals import Chunk
from gui.people.card import clock_words, drift_words, latency_words
from gui.people.trace_strip import worst
from gui.people.window import PeopleWindow
from gui.theme import DARK, LIGHT
from tests.gui.gallery import simulated
from tests.gui.gallery.people import people
from tests.signals import eeg_info

STATUS = EngineStatus(
    state="running", model="me", stream="headset", source_id="h-1", clock_offset_s=-3.5,
    clock_error_s=1e-4, clock_drift_ppm=-21.4, latency_p50_ms=3.42, latency_p99_ms=7.9,
)  # fmt: skip


@pytest.fixture
def names() -> tuple[str, str]:
    return f"anna-{uuid4().hex[:8]}", f"ben-{uuid4().hex[:8]}"


@pytest.fixture
def window(qtbot: QtBot, names: tuple[str, str]) -> Iterator[PeopleWindow]:
    shown = PeopleWindow(names)
    qtbot.addWidget(shown)
    shown.show()
    yield shown
    shown.close()


def test_a_card_shows_the_engine_of_its_name_and_draws_its_signal(
    qtbot: QtBot, window: PeopleWindow, names: tuple[str, str]
) -> None:
    info = eeg_info(8, 250.0, f"{names[0]}-headset")
    signal, engine = SignalOutlet(info), StatusOutlet(names[0], f"{names[0]}-status")
    window.follow()
    first, second = window.cards
    status = STATUS.model_copy(update={"stream": info.name, "source_id": info.source_id})

    def is_shown() -> bool:
        engine.push(status)
        signal.push(Chunk(np.zeros((25, 8), np.float32), np.arange(25) / 250, 0))
        return first.status is not None and len(first.strip.channels) > 0

    qtbot.waitUntil(is_shown)
    assert first.source.text().startswith(info.name)
    assert first.figures["Clock"].text() == "\u22123,500.0 ± 0.10 ms"
    assert second.status is None
    assert second.figures["Signal"].text() == "no engine"
    assert second.mark.state == State.BAD
    signal.close()
    engine.close()


def test_the_agreement_of_clocks_is_that_of_the_two_worst(window: PeopleWindow) -> None:
    assert "not known" in window.clocks.text()
    for card, error_s in zip(window.cards, (2e-4, 3e-4), strict=True):
        card.show_status(STATUS.model_copy(update={"clock_error_s": error_s}))
    assert window.clocks.text() == "Clock offsets: ± 0.50 ms"


def test_a_lost_stream_is_named_in_its_card(window: PeopleWindow) -> None:
    card = window.cards[0]
    card.show_status(STATUS)
    card.show_quality(simulated.quality())
    assert "good" in card.figures["Signal"].text()
    card.show_status(STATUS.model_copy(update={"state": "stream lost"}))
    assert card.figures["Signal"].text() == "stream lost"
    assert card.mark.state == State.BAD


def test_cards_share_the_width_and_simulated_people_are_marked(qtbot: QtBot) -> None:
    window = people(DARK, 4)
    qtbot.addWidget(window)
    window.resize(1280, 700)
    window.show()
    qtbot.waitUntil(lambda: len({card.y() for card in window.cards}) == 1)
    window.resize(520, 700)
    qtbot.waitUntil(lambda: len({card.y() for card in window.cards}) == 2)
    assert not window.badge.isHidden()
    assert all(not card.simulated.isHidden() for card in window.cards)
    window.toggle_theme()
    assert window.theme is LIGHT
    assert all(card.theme is LIGHT for card in window.cards)
    window.close()


def test_figures_that_are_not_known_are_a_dash() -> None:
    waiting = EngineStatus(state="waiting for stream", model="me")
    assert [words(waiting) for words in (clock_words, drift_words, latency_words)] == ["-"] * 3
    assert drift_words(STATUS) == "\u221221 ppm"
    assert latency_words(STATUS) == "3.4 ms, p99 7.9 ms"


def test_a_signal_is_bad_where_half_of_its_channels_are() -> None:
    good, doubtful, bad, unknown = State.GOOD, State.DOUBTFUL, State.BAD, State.NOT_JUDGED
    assert worst([good, good, unknown]) == good
    assert worst([good, good, bad]) == doubtful
    assert worst([doubtful, good, good]) == doubtful
    assert worst([bad, bad, good, unknown]) == bad
    assert worst([unknown]) == unknown
