"""Threads of a window: their reports, and their end."""

import threading
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from gui.workers.worker import Worker


class Counting(Worker):
    """A worker that reports a number each time that it is released."""

    counted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Semaphore(0)
        self.reported = threading.Semaphore(0)

    def work(self) -> None:
        n = 0
        while self.wait(0.0):
            self.go_on.acquire()
            n += 1
            self.post(self.counted.emit, n)
            self.reported.release()


@pytest.fixture
def worker() -> Iterator[Counting]:
    counting = Counting()
    counting.start()
    yield counting
    counting.retire()
    counting.go_on.release()
    counting.stop(10.0)


def test_what_a_thread_passes_on_comes_on_qt_s_thread_in_order(
    qtbot: QtBot, worker: Counting
) -> None:
    came: list[tuple[int, bool]] = []
    worker.counted.connect(
        lambda n: came.append((n, threading.current_thread() is threading.main_thread()))
    )
    worker.go_on.release(3)
    qtbot.waitUntil(lambda: len(came) == 3)
    assert came == [(1, True), (2, True), (3, True)]


def test_undelivered_messages_are_dropped_at_retirement(qtbot: QtBot, worker: Counting) -> None:
    came: list[int] = []
    worker.counted.connect(came.append)
    worker.go_on.release()
    assert worker.reported.acquire(timeout=10)
    worker.retire()
    worker.go_on.release()
    qtbot.waitUntil(lambda: worker.is_finished)
    qtbot.wait(1)
    assert came == []


def test_the_end_is_waited_for(worker: Counting) -> None:
    assert not worker.is_finished
    worker.retire()
    worker.go_on.release()
    worker.stop(10.0)
    assert worker.is_finished


def test_a_worker_that_never_began_is_stopped_at_once(qtbot: QtBot) -> None:
    worker = Worker()
    worker.stop(10.0)
    assert worker.is_finished
    assert worker.is_retired


def test_a_worker_deleted_with_its_parent_reports_nothing_and_ends(
    qtbot: QtBot, worker: Counting
) -> None:
    parent = QObject()
    worker.setParent(parent)
    worker.go_on.release()
    assert worker.reported.acquire(timeout=10)
    shiboken6.delete(parent)
    assert worker.is_retired
    # The thread is working on its next number.
    worker.go_on.release()
    assert worker.reported.acquire(timeout=10)
    worker.stop(10.0)
    assert worker.is_finished
