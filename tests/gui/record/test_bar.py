"""The record bar alone."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bci.lsl.recorders import FoundRecorder
from gui.record.bar import RecordBar, RecordState

RECORDER = FoundRecorder(
    "uid", "here", 7, "runs/run-01_eeg.xdf", 61.0, 2_500_000, ("markers", "amp"), (), (("amp", 9),)
)
ELSEWHERE = FoundRecorder("uid", "lab", 0, "x.xdf", 3700.0, 900, ("amp",), ("pupil",))


@pytest.fixture
def bar(qtbot: QtBot) -> RecordBar:
    bar = RecordBar({"subject": "07", "task": "rest"})
    qtbot.addWidget(bar)
    bar.show()
    return bar


def test_a_recording_is_shown_with_its_length_its_size_and_its_streams(bar: RecordBar) -> None:
    bar.show_state(RecordState(RECORDER))
    assert bar.button.text() == "\u25a0  Stop"
    assert bar.elapsed.text() == "01:01"
    # Signal streams come first.
    assert bar.details.text() == "2.5 MB   2 streams: amp, markers"
    assert bar.file.text() == "run-01_eeg.xdf"
    assert not bar.fields["subject"].isVisible()
    assert not bar.note.isEnabled()
    bar.show_state(RecordState(RECORDER, takes_notes=True))
    assert bar.note.isEnabled()


def test_trouble_takes_the_place_of_the_streams(bar: RecordBar) -> None:
    bar.show_state(RecordState(ELSEWHERE, silent=(("amp", 4.2),), restarts=2))
    assert bar.alarm.text() == (
        "no samples from amp for 4 s; gone: pupil; recorder restarted 2 times"
    )
    assert bar.elapsed.text() == "1:01:40"
    assert bar.details.text() == "1 kB"
    assert not bar.file.isVisible()
    bar.show_state(RecordState(ELSEWHERE, unanswered_s=5.0))
    assert bar.alarm.text() == "the recorder has not answered for 5 s"


def test_nothing_can_be_pressed_while_something_is_waited_for(bar: RecordBar) -> None:
    bar.show_state(RecordState(waiting="starting ..."))
    assert bar.details.text() == "starting ..."
    assert not bar.button.isEnabled()
    assert not bar.fields["subject"].isEnabled()


def test_the_saved_file_is_shown_until_the_next_recording(bar: RecordBar, qtbot: QtBot) -> None:
    bar.saved.show_files((Path("a.xdf"), Path("b.xdf")), "00:41, 12.4 MB")
    assert bar.saved.text.text() == "Saved 2 files: b.xdf, a.xdf (00:41, 12.4 MB)"
    with qtbot.waitSignal(bar.saved.open_wanted) as wanted:
        bar.saved.open.click()
    assert wanted.args == [Path("b.xdf")]
    bar.show_state(RecordState(RECORDER))
    assert not bar.saved.isVisible()
