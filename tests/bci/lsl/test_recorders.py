"""Recorders that are found on the network."""

import socket

import pylsl
import pytest

from bci.lsl.discovery import FoundStream
from bci.lsl.recorders import FoundRecorder, found_recorder
from bci.messages import RecordedStream, RecorderStatus
from bci.signals import StreamInfo

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
