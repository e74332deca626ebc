"""Ends of a measurement of bridges, each a process: a publisher, and receivers of each kind.

``python -m tests.benchmarks.bridge_ends publish NAME SECONDS FILE`` and
``... receive KIND ADDRESS FILE``. A receiver writes a line for each decision, with its time of
arrival on the LSL clock, which is one for all processes of a computer. It may be killed at any
time.
"""

import json
import random
import socket
import sys
import time
from pathlib import Path
from typing import TextIO

import numpy as np
from pylsl import local_clock

from bci.decisions import DecisionEvent
from bci.lsl.discovery import StreamQuery, resolve
from bci.lsl.engine_streams import DecisionInlet, DecisionOutlet, PredictionOutlet, StatusOutlet
from bci.messages import BridgedDecision, EngineStatus, read_bridged
from bci.signals import Prediction

DECISIONS_A_S, PREDICTIONS_A_S = 5.0, 20.0
_WAIT_S = 5.0


def publish(name: str, seconds: str, file: str) -> None:
    """Publish as an engine does, after so long that receivers are there."""
    status = StatusOutlet(name, f"{name}-status")
    decisions = DecisionOutlet(name, f"{name}-decisions", simulated=True)
    classes = ("left", "right")
    predictions = PredictionOutlet(name, classes, f"{name}-predictions", True, "benchmark")
    rng = random.Random(1)
    now = time.monotonic()
    due = {"status": now, "prediction": now, "decision": now + _WAIT_S}
    end, n = now + _WAIT_S + float(seconds), 0
    with Path(file).open("w", buffering=1) as written:
        while (now := time.monotonic()) < end:
            what = min(due, key=lambda each: due[each])
            time.sleep(max(0.0, due[what] - now))
            if what == "status":
                due[what] += 0.5
                status.push(EngineStatus(state="running", model="noise", simulated=True))
            elif what == "prediction":
                due[what] += 1 / PREDICTIONS_A_S
                at = local_clock()
                shares = np.array([0.6, 0.4])
                predictions.push(Prediction(classes, shares, 0, 9, at, at, at, at))
            else:
                due[what] += rng.uniform(0.0, 2 / DECISIONS_A_S)
                n += 1
                at = local_clock()
                decisions.push(DecisionEvent("onset", f"d{n}", 0.9, at))
                print(json.dumps({"label": f"d{n}", "at": at}), file=written)
    time.sleep(1.0)  # liblsl forgets what it has not sent yet


def receive_lsl(address: str, written: TextIO) -> None:
    """Receive the engine's stream itself: the part of LSL and of this computer."""
    inlet = DecisionInlet(resolve(StreamQuery(name=address), 30.0))
    _ready(written)
    while True:
        events, at = inlet.pull(0.5), local_clock()
        for event in events:
            if event.label is not None:
                _write(written, at, event.label)


def receive_udp(address: str, written: TextIO) -> None:
    receiver = _socket(address)
    _ready(written)
    while True:
        datagram, at = receiver.recv(65536), local_clock()
        message = read_bridged(datagram)
        if isinstance(message, BridgedDecision) and message.label is not None:
            _write(written, at, message.label, message.seq)


def receive_osc(address: str, written: TextIO) -> None:
    from pythonosc.osc_message import OscMessage

    receiver = _socket(address)
    _ready(written)
    while True:
        datagram, at = receiver.recv(65536), local_clock()
        if datagram.startswith(b"/bci/decision\0"):
            seq, change, label, *_ = OscMessage(datagram).params
            if change != "offset":
                _write(written, at, label, seq)


def receive_websocket(address: str, written: TextIO) -> None:
    """Receive, and after a restart go on from the newest decision that was written."""
    from websockets.sync.client import connect

    lines = [json.loads(line) for line in Path(written.name).read_text().splitlines()]
    got = [line for line in lines if "label" in line]
    resume = f"?run={got[-1]['run']}&since={got[-1]['seq']}" if got else ""
    with connect(f"ws://127.0.0.1:{address}/events{resume}", compression=None) as connection:
        _ready(written)
        for text in connection:
            at = local_clock()
            message = read_bridged(text)
            if isinstance(message, BridgedDecision) and message.label is not None:
                more = {"run": message.run, "again": message.again}
                _write(written, at, message.label, message.seq, **more)


def _socket(port: str) -> socket.socket:
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", int(port)))
    return receiver


def _ready(written: TextIO) -> None:
    print(json.dumps({"up": local_clock()}), file=written)


def _write(written: TextIO, at: float, label: str, seq: int = 0, **more: object) -> None:
    print(json.dumps({"label": label, "seq": seq, "at": at, **more}), file=written)


RECEIVERS = {
    "lsl": receive_lsl, "udp": receive_udp, "osc": receive_osc, "websocket": receive_websocket,
}  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1] == "publish":
        publish(*sys.argv[2:])
    else:
        kind, address, file = sys.argv[2:]
        with Path(file).open("a", buffering=1) as written:
            RECEIVERS[kind](address, written)
