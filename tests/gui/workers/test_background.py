"""Work in a thread: windows are not blocked, and only the newest job is reported."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bci.errors import BundleError
from gui.workers.background import Background


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Yield an event that is set at the end, so that no thread waits for ever."""
    event = threading.Event()
    yield event
    event.set()


def test_the_loop_runs_during_work_and_gets_the_result_on_its_thread(
    qtbot: QtBot, released: threading.Event
) -> None:
    background, reported = Background(), []

    def note(result: str) -> None:
        reported.append((result, threading.current_thread()))

    background.run(lambda: "read" if released.wait(10) else "", note, pytest.fail)
    qtbot.wait(1)  # a turn of the event loop, which blocking work would prevent
    assert reported == []
    released.set()
    qtbot.waitUntil(lambda: bool(reported))
    assert reported == [("read", threading.main_thread())]


def test_of_two_requests_only_the_last_is_reported(qtbot: QtBot, released: threading.Event) -> None:
    background, reported = Background(), []
    background.run(lambda: "old" if released.wait(10) else "", reported.append, pytest.fail)
    background.run(lambda: "new", reported.append, pytest.fail)
    qtbot.waitUntil(lambda: bool(reported))
    with qtbot.waitSignal(background._posted):
        released.set()
    qtbot.wait(1)
    assert reported == ["new"]


def test_an_error_comes_as_its_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    background, whys = Background(), []

    def broken(error: Exception) -> None:
        raise error

    damaged = BundleError("card.yaml: damaged; train the model again")
    for work in (
        partial(broken, damaged),
        (tmp_path / "gone").read_text,
        partial(broken, KeyError("x")),
    ):
        n = len(whys)
        background.run(work, pytest.fail, whys.append)
        qtbot.waitUntil(lambda n=n: len(whys) > n)
    assert whys[0] == str(damaged)
    assert "gone" in whys[1]
    assert "x" in whys[2]


def test_work_that_hangs_is_not_waited_for(released: threading.Event) -> None:
    background, hangs = Background(), threading.Event()

    def hang() -> None:
        hangs.set()
        released.wait()

    background.run(hang, pytest.fail, pytest.fail)
    assert hangs.wait(10)
    background.stop(10.0)
    assert background.is_finished
    assert not released.is_set()


def test_after_its_retirement_nothing_is_reported(qtbot: QtBot, released: threading.Event) -> None:
    background, reported, workers = Background(), [], []

    def work() -> str:
        workers.append(threading.current_thread())
        released.wait(10)
        return "late"

    background.run(work, reported.append, pytest.fail)
    qtbot.waitUntil(lambda: bool(workers))
    background.retire()
    released.set()
    workers[0].join(10)
    qtbot.wait(1)
    assert not workers[0].is_alive()
    assert reported == []
