"""Messages between processes: written messages are read again, others are refused."""

import dataclasses
import json
import math

import pytest
from pydantic import ValidationError

from bci.errors import MessageError
from bci.messages import (
    MAX_STATUS,
    EngineStatus,
    NoteEvent,
    RecordedStream,
    RecorderStatus,
    RunEvent,
    WindowCounts,
    read_event,
    read_status,
)
from bci.pipeline.pipeline import WindowTally

ENGINE = EngineStatus(state="running", model="me", stream="amp", lost_samples=3, drift=0.8)
RECORDER = RecorderStatus(
    pid=77, file="a.xdf", elapsed_s=3.0, n_bytes=9, streams=(RecordedStream(name="amp"),)
)


@pytest.mark.parametrize("status", [ENGINE, RECORDER])
def test_a_status_survives_the_round_trip(status: EngineStatus | RecorderStatus) -> None:
    assert read_status(status.line()) == status
    assert read_status(status.line().encode()) == status


def test_an_event_survives_the_round_trip_in_ascii_and_on_one_line() -> None:
    event = RunEvent(file="Lauf é\n\u2028.xdf", cues=4, trials={"left": 2}, stream=None)
    line = event.line()
    assert line.isascii()
    assert "\n" not in line
    assert read_event(line) == event


def test_a_file_name_that_no_encoding_takes_can_be_sent() -> None:
    status = RECORDER.model_copy(update={"file": "x"})
    sent = RecorderStatus(**{**status.model_dump(), "file": "run-\udcff.xdf"}).line()
    assert read_status(sent).file == "run-?.xdf"


def test_windows_are_counted_alike_in_pipeline_and_status() -> None:
    counted = {field.name for field in dataclasses.fields(WindowTally)}
    assert counted == set(WindowCounts.model_fields)


def test_keys_of_a_later_version_are_left_out() -> None:
    later = {**ENGINE.model_dump(mode="json"), "mood": "well"}
    assert read_status(json.dumps(later)) == ENGINE


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "not a message of JSON"),
        ("[" * 10_000, "not a message of JSON"),
        ("[1, 2]", "Input should be"),
        ('{"state": "running"}', "no kind"),
        ('{"kind": "person"}', "kind"),
        (b"\xff\xfe", "not a message of JSON"),
        (f'"{"x" * MAX_STATUS}"', "too long"),
        ('{"kind": "engine", "state": "running", "model": "me", "version": 2}', "version 2"),
        ('{"kind": "engine", "state": "asleep", "model": "me"}', "state"),
        ('{"kind": "engine", "state": "running", "model": 3}', "model"),
        ('{"kind": "engine", "state": "running", "model": "me", "samples": -1}', "samples"),
        ('{"kind": "engine", "state": "running", "model": "me", "samples": 1e40}', "samples"),
        ('{"kind": "engine", "state": "running", "model": "me", "drift": NaN}', "drift"),
        ('{"kind": "engine", "state": "running", "model": "me", "drift": 1e999}', "drift"),
        ('{"kind": "engine", "state": "running", "model": "me", "findings": [3]}', "findings.0"),
        ('{"kind": "recorder", "pid": 0, "file": "", "elapsed_s": 0, "n_bytes": 0}', "pid"),
        ('{"kind": "recorder", "pid": "2", "file": "", "elapsed_s": "x", "n_bytes": 0}', "elapsed"),
    ],
)
def test_a_text_that_is_no_status_is_refused_with_the_field(line: str | bytes, why: str) -> None:
    with pytest.raises(MessageError, match=why) as caught:
        read_status(line)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("digits", [30, 5000])
def test_a_number_of_many_digits_is_refused(digits: int) -> None:
    line = ENGINE.line().replace('"samples": 0', f'"samples": {"9" * digits}')
    with pytest.raises(MessageError):
        read_status(line)


def test_a_long_text_is_cut() -> None:
    assert len(NoteEvent(text="x" * 1_000_000).text) == 100_000


def test_a_number_that_is_not_finite_is_no_value() -> None:
    with pytest.raises(ValidationError):
        EngineStatus(state="running", model="me", drift=math.nan)


@pytest.mark.parametrize("line", ['{"event": "note"}', '{"event": "dance"}', "{}", "Starting ..."])
def test_a_line_that_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(MessageError):
        read_event(line)
