"""Decisions and probabilities as MIDI bytes on a real line, read by mido's parser."""

import time
from pathlib import Path

import mido
import pytest

from bci.bridges.midi import MidiBridge, MidiSettings, parse_controls
from bci.errors import BridgeError
from tests.bci.bridges.lines import Line, running
from tests.bci.bridges.published import Published
from tests.commands import refused
from tests.streams import wait_until

# A message of one byte without an effect.
CLOCK = bytes(mido.Message("clock").bytes())


def midi(line: Line, engine: Published, **settings: object) -> MidiBridge:
    given = {"port": line.path, "engine": engine.name, **settings}
    return MidiBridge(MidiSettings.model_validate(given))


def messages(line: Line) -> list[mido.Message]:
    return mido.parse_all(line.read())


def summed_up(line: Line) -> list[tuple[str, int, int]]:
    """Return type, number, and velocity or value of each message."""
    return [
        (each.type, each.control, each.value)
        if each.type == "control_change"
        else (each.type, each.note, each.velocity)
        for each in messages(line)
    ]


def until(line: Line, expected: list[tuple[str, int, int]]) -> None:
    wait_until(lambda: len(messages(line)) >= len(expected))
    assert summed_up(line) == expected


def test_each_decision_is_one_note_as_loud_as_its_confidence() -> None:
    line = Line()
    with Published() as engine:
        bridge = midi(line, engine, map=("left=note:60", "right=cc:21"), note_ms=5, channel=3)
        with running(bridge, engine):
            engine.decide("left", confidence=1.0)
            expected = [("note_on", 60, 127), ("note_off", 60, 0)]
            until(line, expected)
            engine.decide("right", confidence=0.5)
            expected += [("control_change", 21, 64), ("control_change", 21, 0)]
            until(line, expected)
            engine.decide("rest")
            engine.decide(None)
            engine.decide("left", confidence=0.0)
            # A velocity of 0 would end the note.
            until(line, [*expected, ("note_on", 60, 1), ("note_off", 60, 0)])
        assert {each.channel for each in messages(line)} == {2}
    line.unplug()


def test_note_sounds_until_the_offset_the_engine_s_death_and_the_bridge_s_end() -> None:
    line = Line()
    engine = Published()
    on, off = ("note_on", 60, 114), ("note_off", 60, 0)
    with running(midi(line, engine, map=("left=note:60",), note_ms=0), engine):
        engine.decide("left")
        until(line, [on])
        engine.decide(None)
        until(line, [on, off])
        engine.decide("left")
        until(line, [on, off, on])
        engine.close()
        until(line, [on, off, on, off])
    line.unplug()


def test_note_ends_once_a_busy_device_takes_messages_again() -> None:
    line = Line()
    with (
        Published() as engine,
        running(midi(line, engine, map=("left=note:60",), note_ms=0), engine),
    ):
        engine.decide("left")
        until(line, [("note_on", 60, 114)])
        line.fill(CLOCK)
        engine.decide(None)
        # Long enough for a try of the bridge.
        decided = time.monotonic()
        wait_until(lambda: time.monotonic() > decided + 0.3)
        line.read()
        wait_until(lambda: any(each.type == "note_off" for each in messages(line)))
    line.unplug()


def test_controller_follows_a_probability_no_faster_than_allowed() -> None:
    line = Line()
    with Published() as engine:
        bridge = midi(line, engine, levels=("left=cc:20",), per_second=10)
        with running(bridge, engine):
            began = time.monotonic()

            def predicts_enough() -> bool:
                for share in (0.0, 0.25, 0.5, 0.75, 1.0):
                    engine.predict(share, 1 - share)
                return len(messages(line)) >= 4

            wait_until(predicts_enough)
            elapsed_s = time.monotonic() - began
        assert {each[:2] for each in summed_up(line)} == {("control_change", 20)}
        assert {each[2] for each in summed_up(line)} <= {0, 32, 64, 95, 127}
        assert len(messages(line)) <= 10 * elapsed_s + 2
    line.unplug()


@pytest.mark.parametrize("control", ["note:128", "note", "drum:1", "cc:-1", "cc:²", ""])
def test_what_is_no_control_is_refused(control: str) -> None:
    with pytest.raises(BridgeError, match="is neither"):
        parse_controls((f"left={control}",))


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (("port=/dev/no-such-midi", "map=left=note:1"), "cannot be opened"),
        ((), "give map="),
        (("levels=left=note:1",), "midi: levels: a probability needs a controller"),
        (("map=left=cc:1", "levels=left"), "midi: levels: 'left' is not LABEL=VALUE"),
    ],
)
def test_wrong_parameter_is_refused_in_a_line(parameters: tuple[str, ...], reason: str) -> None:
    assert reason in refused("bridge", "midi", *parameters)


def test_file_in_the_place_of_a_device_is_refused_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    assert "is a file" in refused("bridge", "midi", f"port={file}", "map=left=note:1")
    assert file.read_text() == "mine"


@pytest.mark.skipif(Path("/dev/snd/seq").exists(), reason="this computer has MIDI ports")
def test_computer_without_midi_ports_is_named() -> None:
    assert "has no MIDI ports" in refused("bridge", "midi", "map=left=note:1")


@pytest.mark.skipif(not Path("/dev/snd/seq").exists(), reason="this computer has no MIDI ports")
def test_virtual_port_gets_notes() -> None:
    with Published() as engine:
        name = engine.name
        settings = {"port": name, "virtual": True, "engine": name, "map": ("left=note:60",)}
        with running(MidiBridge(MidiSettings.model_validate(settings)), engine):
            port = next(each for each in mido.get_input_names() if name in each)
            with mido.open_input(port) as receiver:
                engine.decide("left")
                message = wait_until(receiver.poll)
        assert (message.type, message.note) == ("note_on", 60)
