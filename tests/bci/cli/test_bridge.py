"""The command ``bci bridge`` itself: its list, its help, its events and its end."""

import signal
import subprocess

from bci.messages import NoteEvent, PluginsEvent, read_event
from tests.bci.bridges.published import Published
from tests.bci.bridges.receivers import UdpReceiver
from tests.commands import BCI, bci
from tests.streams import wait_until


def test_bridges_are_listed_with_their_parameters_and_defaults() -> None:
    listed = bci("bridge")
    assert listed.returncode == 0
    assert "udp: Decisions and probabilities as JSON, a UDP datagram each" in listed.stdout
    assert "5005" in listed.stdout
    assert "UDP port of the receiver." in listed.stdout
    helped = bci("bridge", "--help").stdout
    assert "Usage" in helped
    assert "token_file" in helped
    event = read_event(bci("bridge", "--json").stdout)
    assert isinstance(event, PluginsEvent)
    assert {"osc", "udp", "websocket"} <= {each.name for each in event.plugins}
    assert {each.kind for each in event.plugins} == {"bridge"}


def test_bridge_prints_events_for_programs_and_ends_when_asked() -> None:
    receiver = UdpReceiver()
    with Published() as engine:
        bridge = subprocess.Popen(
            [*BCI, "bridge", "udp", f"engine={engine.name}", f"port={receiver.port}", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            engine.keep_reporting()
            engine.wait_for_bridge()
            engine.decide("left")
            wait_until(lambda: any(each.kind == "decision" for each in receiver.messages()))
            bridge.send_signal(signal.SIGTERM)
            printed, complained = bridge.communicate(timeout=60)
        finally:
            bridge.kill()
            bridge.wait()
    assert bridge.returncode == 0
    assert complained == ""
    notes = [read_event(line) for line in printed.splitlines()]
    assert all(isinstance(each, NoteEvent) for each in notes)
    # On a busy computer the engine may be silent for a while, which is reported too.
    assert [each.text for each in notes if isinstance(each, NoteEvent)][:2] == [
        f"sending to 127.0.0.1:{receiver.port}", f"connected to engine {engine.name!r}",
    ]  # fmt: skip
    receiver.close()
