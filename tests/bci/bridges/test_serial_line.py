"""Decisions on a serial line: pulses, loss and return of a real pseudo-terminal."""

from pathlib import Path

import pytest

from bci.bridges.engine_client import EngineClient
from bci.bridges.serial_line import SerialBridge, SerialSettings, parse_codes
from bci.decisions import DecisionEvent
from bci.errors import BridgeError
from tests.bci.bridges.lines import Line, running
from tests.bci.bridges.published import Published
from tests.commands import refused
from tests.streams import wait_until


def serial_line(port: object, *codes: str, **settings: object) -> SerialBridge:
    given = {"port": str(port), "map": codes, **settings}
    return SerialBridge(SerialSettings.model_validate(given))


def test_each_decision_is_one_pulse_and_the_line_rests_between() -> None:
    line = Line()
    with Published() as engine:
        bridge = serial_line(line.path, "left=1", "right=0xff", engine=engine.name, pulse_ms=5)
        with running(bridge, engine) as said:
            expected = b""
            for label in ("left", "right", "left", "left"):
                engine.decide(label)
                expected += (b"\x01" if label == "left" else b"\xff") + b"\0"
                line.until(expected)
            # A class without a code, or the end of a decision, writes nothing.
            engine.decide("rest")
            engine.decide(None)
            engine.decide("right")
            line.until(expected + b"\xff\0")
        assert said[-1] == "5 decisions written, 0 lost"
    line.unplug()


def test_byte_stays_until_the_offset_and_the_end_of_the_bridge_without_a_pulse() -> None:
    line = Line()
    with Published() as engine:
        bridge = serial_line(line.path, "left=1", engine=engine.name, pulse_ms=0, rest=7)
        with running(bridge, engine):
            engine.decide("left")
            line.until(b"\x01")
            engine.decide(None)
            line.until(b"\x01\x07")
            engine.decide("left")
            line.until(b"\x01\x07\x01")
        line.until(b"\x01\x07\x01\x07")
    line.unplug()


def test_line_rests_when_the_engine_dies() -> None:
    line = Line()
    engine = Published()
    with running(serial_line(line.path, "left=1", engine=engine.name, pulse_ms=0), engine):
        engine.decide("left")
        line.until(b"\x01")
        engine.close()
        line.until(b"\x01\x00")
    line.unplug()


def test_line_rests_once_a_busy_device_takes_bytes_again() -> None:
    line = Line()
    with Published() as engine:
        bridge = serial_line(line.path, "left=1", engine=engine.name, pulse_ms=0)
        with running(bridge, engine) as said:
            engine.decide("left")
            line.until(b"\x01")
            line.fill(b"\xff")
            engine.decide(None)
            wait_until(lambda: any("takes no bytes now" in each for each in said))
            line.read()
            wait_until(lambda: line.read().endswith(b"\0"))
    line.unplug()


def test_texts_are_lines_without_a_pulse() -> None:
    line = Line()
    with Published() as engine:
        bridge = serial_line(line.path, "left=text:L 1", engine=engine.name)
        with running(bridge, engine):
            engine.decide("left")
            line.until(b"L 1\n")
    line.unplug()


def test_line_that_is_lost_is_waited_for_and_decisions_continue(tmp_path: Path) -> None:
    first, second = Line(), Line()
    port = tmp_path / "tty"
    port.symlink_to(first.path)
    with Published() as engine:
        bridge = serial_line(port, "left=text:L", engine=engine.name)
        with running(bridge, engine) as said:
            engine.decide("left")
            first.until(b"L\n")
            first.unplug()
            wait_until(lambda: (engine.decide("left"), any("is lost" in each for each in said))[1])
            port.unlink()
            port.symlink_to(second.path)
            wait_until(lambda: any("is back" in each for each in said))
            engine.decide("left")
            wait_until(lambda: second.read().endswith(b"L\n"))
    second.unplug()


@pytest.mark.slow
def test_device_that_takes_nothing_changes_nothing_for_others() -> None:
    line = Line()
    with Published() as engine, EngineClient(engine.name) as other:
        bridge = serial_line(line.path, f"left=text:{'x' * 100}", engine=engine.name)
        with running(bridge, engine) as said:
            came: list[DecisionEvent] = []
            sent = []
            while not any("takes no bytes now" in each for each in said):
                sent.append(engine.decide("left"))
                came += [each for each in other.poll(0.01) if isinstance(each, DecisionEvent)]
            wait_until(
                lambda: (
                    came.extend(e for e in other.poll(0.01) if isinstance(e, DecisionEvent)),
                    len(came) >= len(sent),
                )[1]
            )
            assert [each.event for each in came] == [each.event for each in sent]
            # A device that wakes up gets new decisions.
            before = len(line.read())
            wait_until(lambda: (engine.decide("left"), len(line.read()) > before + 500)[1])
    line.unplug()


@pytest.mark.parametrize("code", ["256", "-1", "0x100", "0b1", "text:", "text:ä", "text:a\nb", "x"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(BridgeError, match="is no code"):
        parse_codes((f"left={code}",))


def test_port_that_is_not_there_is_refused_in_a_line() -> None:
    line = refused("bridge", "serial", "port=/dev/no-such-port", "map=left=1")
    assert "/dev/no-such-port cannot be opened" in line
    assert "serial: map: '256' is no code" in refused("bridge", "serial", "port=x", "map=left=256")
