"""Recorders that are found on the network."""

import socket

import pylsl
import pytest

from bci.errors import StreamError
from bci.lsl import recorders
from bci.lsl.discovery import FoundStream
from bci.lsl.engine_streams import StatusInlet, StatusOutlet
from bci.lsl.recorders import FoundRecorder, RecorderWatch, found_recorder
from bci.messages import RecordedStream, RecorderStatus
from bci.signals import StreamInfo
from tests.streams import wait_until

HERE = socket.gethostname()
STREAMS = (
    RecordedStream(name="amp", samples=500, sfreq=250.0),
    RecordedStream(name="markers", samples=3),
    RecordedStream(name="pupil", samples=9, sfreq=60.0, present=False),
)


def found(hostname: str, pid: int) -> FoundRecorder:
    info = StreamInfo("recorder-status", "Status", 0.0, ())
    raw = pylsl.StreamInfo("recorder-status", "Status", 1, 0.0, "string", "r")
    status = RecorderStatus(pid=pid, file="a.xdf", elapsed_s=2.0, n_bytes=9, streams=STREAMS)
    return found_recorder(FoundStream(info, "string", hostname, "uid", raw), status)


def test_recorded_streams_are_sorted_by_presence_and_rate() -> None:
    recorder = found(HERE, 77)
    assert recorder.streams == ("amp", "markers")
    assert recorder.missing == ("pupil",)
    assert recorder.regular == (("amp", 500),)


@pytest.mark.parametrize(
    ("hostname", "pid", "trusted"), [(HERE, 77, 77), ("elsewhere", 77, 0), (HERE, 1, 0)]
)
def test_process_is_trusted_only_from_this_computer(hostname: str, pid: int, trusted: int) -> None:
    assert found(hostname, pid).pid == trusted


def test_recorder_that_did_not_answer_once_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def too_late_once(found: FoundStream) -> StatusInlet:
        asked.append(found.uid)
        if len(asked) == 1:
            raise StreamError("does not answer")
        return StatusInlet(found)

    monkeypatch.setattr(recorders, "StatusInlet", too_late_once)
    monkeypatch.setattr(recorders, "_AGAIN_S", 0.05)
    outlet, watch = StatusOutlet("recorder", "busy"), RecorderWatch()

    def runs() -> list[str]:
        outlet.push(RecorderStatus(pid=2, file="a.xdf", elapsed_s=2.0, n_bytes=9))
        return [each.file for each in watch.poll().running]

    assert wait_until(runs) == ["a.xdf"]
    assert len(asked) == 2
    watch.close()
    outlet.close()
