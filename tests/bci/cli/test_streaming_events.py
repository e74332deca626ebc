"""Announcements of `bci stream` and `bci replay`: a sentence for people, an event for programs."""

from dataclasses import replace

import pytest

from bci.cli import events
from bci.cli.console import note, warn
from bci.cli.stream import announce_stream
from bci.messages import NoteEvent, StreamingEvent, WarningEvent, read_event
from tests.signals import eeg_info

INFO = replace(eeg_info(4, 250.0, "amp"), simulated=True)


def test_a_person_reads_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    announce_stream(INFO, "; 12 markers")
    note("amp: back after 2.0 s")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "streaming amp: 4 channels, 250 Hz, simulated; 12 markers" in printed.err
    assert "amp: back after" in printed.err


def test_a_program_reads_events(capsys: pytest.CaptureFixture[str]) -> None:
    events.want(True)
    try:
        announce_stream(INFO, "; 12 markers")
        note("amp: back after 2.0 s")
        warn("amp: the device lost 3 samples")
    finally:
        events.want(False)
    printed = capsys.readouterr()
    assert [read_event(line) for line in printed.out.splitlines()] == [
        StreamingEvent(stream="amp", n_channels=4, sfreq=250.0, simulated=True),
        NoteEvent(text="amp: back after 2.0 s"),
        WarningEvent(text="amp: the device lost 3 samples"),
    ]
    # A warning is also printed for the person at the terminal.
    assert printed.err == "amp: the device lost 3 samples\n"
