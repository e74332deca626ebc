"""Bridges: is each decision passed on once and in order, how late, and does the engine notice?

``python -m tests.benchmarks.bridges [--seconds 600] [--rounds 2] [--round-seconds 20]`` prints two
tables. In the first one, a publisher sends decisions to the bridges ``udp``, ``osc`` and
``websocket``, whose receivers are killed and restarted twice; a receiver of the LSL stream itself
shows the part of LSL and of the computer. In the second one, a real engine decodes in turns
without bridges, with receivers that are well, and with receivers that are dead, do not read, or
flood the bridge, and with a bridge that hangs. Every program is a process of its own. Exit code 1:
a decision was lost, came twice or out of order.
"""

import argparse
import itertools
import json
import math
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bci.commands import bci_command
from tests.benchmarks.bridge_ends import RECEIVERS
from tests.benchmarks.latency import isolate, make_model, run_ours, source

_ENDS = (sys.executable, "-m", "tests.benchmarks.bridge_ends")
_AWAY_S = 1.0
_DONE_S = 3.0
# A datagram may be on its way when its receiver is killed.
_EDGE_S = 0.25
_READY_S = 60.0
# The bridge has connected to the engine by then; what it is sent from then on piles up.
_HANG_S = 15.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--round-seconds", type=float, default=20.0)
    options = parser.parse_args()
    console = Console(highlight=False, width=140)
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        is_whole = True
        if options.seconds:
            is_whole = pass_on(options.seconds, Path(folder), console)
        if options.rounds:
            upstream(options.rounds, options.round_seconds, Path(folder), console)
    sys.exit(0 if is_whole else 1)


def pass_on(seconds: float, folder: Path, console: Console) -> bool:
    """Measure what receivers get; print a table; False where something is wrong."""
    ports = dict(zip(("udp", "osc", "websocket"), free_ports(3), strict=True))
    addresses = {"lsl": "bridged-decisions", **{kind: str(port) for kind, port in ports.items()}}
    down: dict[str, list[float]] = {kind: [] for kind in RECEIVERS}
    moments: list[float] = []
    with ExitStack() as running:
        for kind, port in ports.items():
            more = ["signal=false"] if kind == "websocket" else []
            running.enter_context(bridge(kind, "engine=bridged", f"port={port}", *more))
        wait_for_port(ports["websocket"])
        publisher = subprocess.Popen([*_ENDS, "publish", "bridged", str(seconds), folder / "sent"])
        running.callback(publisher.kill)
        receivers = {kind: receiver(kind, addresses[kind], folder) for kind in RECEIVERS}
        running.callback(lambda: [each.kill() for each in receivers.values()])
        began = time.monotonic()
        for part in (1, 2):
            time.sleep(max(0.0, began + part * seconds / 3 - time.monotonic()))
            moments.append(clock())
            for kind in ports:
                down[kind].append(clock())
                receivers[kind].send_signal(signal.SIGKILL)
                receivers[kind].wait()
            time.sleep(_AWAY_S)
            for kind in ports:
                receivers[kind] = receiver(kind, addresses[kind], folder)
        publisher.wait(seconds + 120)
        time.sleep(_DONE_S)
    sent = {each["label"]: each["at"] for each in read(folder / "sent")}
    ups = [line["up"] for kind in RECEIVERS for line in read(folder / kind) if "up" in line]
    restarts = restarting(moments, ups)
    table = Table(
        "receiver", "decisions sent", "received", "while away", "lost", "twice", "out of order",
        "p50 (ms)", "p99", "max",
        title=f"decisions over {seconds:g} s, each receiver killed and restarted twice",
    )  # fmt: skip
    is_whole = True
    for kind in RECEIVERS:
        row, is_right = judge(kind, sent, read(folder / kind), down[kind], restarts)
        is_whole &= is_right
        table.add_row(kind, *row)
    console.print(table)
    return is_whole


def restarting(moments: list[float], ups: list[float]) -> list[tuple[float, float]]:
    """Times from a restart until all are up: Python's start takes all of a small computer."""
    spans = []
    for begin, end in itertools.pairwise([-math.inf, *moments, math.inf]):
        spans.append((begin, max(up for up in ups if begin < up < end) + _EDGE_S))
    return spans


def judge(
    kind: str,
    sent: dict[str, float],
    lines: list[dict],
    killed: list[float],
    restarts: list[tuple[float, float]],
) -> tuple[list[str], bool]:
    """Compare what came with what was sent; latencies while all receivers are up."""
    got = [line for line in lines if "label" in line]
    ups = [line["up"] for line in lines if "up" in line]
    labels = [line["label"] for line in got]
    back = [min((up for up in ups if up > at), default=math.inf) for at in killed]
    away = [(at - _EDGE_S, up + _EDGE_S) for at, up in zip(killed, back, strict=True)]
    begin = ups[0] + _EDGE_S
    missing = [label for label in sent if label not in set(labels) and sent[label] > begin]
    excused = [
        label for label in missing
        if any(
            # A web receiver gets the decisions of its absence when it is back.
            start < sent[label] < end and (kind != "websocket" or end == math.inf)
            for start, end in away
        )
    ]  # fmt: skip
    lost = len(missing) - len(excused)
    twice = len(labels) - len(set(labels))
    numbers = [int(label[1:]) for label in labels]
    disorder = sum(b <= a for a, b in itertools.pairwise(numbers))
    latencies = [
        line["at"] - sent[line["label"]] for line in got
        if not any(begin <= sent[line["label"]] <= end for begin, end in restarts)
    ]  # fmt: skip
    ms = 1000 * np.array(latencies)
    row = [len(sent), len(got), len(excused), lost, twice, disorder]
    figures = [f"{value:.2f}" for value in np.percentile(ms, [50, 99, 100])]
    if kind == "websocket":
        row[2] = sum(bool(each.get("again")) for each in got)
    return [*map(str, row), *figures], not (lost or twice or disorder)


def upstream(rounds: int, seconds: float, folder: Path, console: Console) -> None:
    """Measure the engine beside receivers of all kinds; print a table."""
    model = make_model(64, 1000.0, folder)
    results: dict[str, list[dict]] = {}
    for _ in range(rounds):
        for name, beside in (("none", none), ("well", well), ("unwell", unwell)):
            with source(64, 1000.0) as stream, beside(model.name):
                results.setdefault(name, []).append(run_ours(stream, model, seconds))
    table = Table(
        "bridges", "predictions", "p50 (ms)", "p95", "p99", "in the engine p50", "p99",
        "CPU (cores)", "lost", "skipped",
        title=f"engine, 64 channels at 1000 Hz, {rounds} x {seconds:g} s each in turns",
    )  # fmt: skip
    for name, runs in results.items():
        ms = 1000 * np.concatenate([run["latencies"] for run in runs])
        inside = 1000 * np.concatenate([run["in_engine"] for run in runs])
        table.add_row(
            name, str(len(ms)), *(f"{value:.2f}" for value in np.percentile(ms, [50, 95, 99])),
            *(f"{value:.2f}" for value in np.percentile(inside, [50, 99])),
            f"{np.mean([run['cpu'] for run in runs]):.2f}",
            str(sum(run["lost"] for run in runs)), str(sum(run["skipped"] for run in runs)),
        )  # fmt: skip
    console.print(table)


@contextmanager
def none(engine: str) -> Iterator[None]:
    """No bridge at all."""
    yield


@contextmanager
def well(engine: str) -> Iterator[None]:
    """The three bridges, each with a receiver that reads."""
    ports = free_ports(3)
    with ExitStack() as running, tempfile.TemporaryDirectory() as folder:
        for kind, port in zip(("udp", "osc", "websocket"), ports, strict=True):
            running.enter_context(bridge(kind, f"engine={engine}", f"port={port}"))
        wait_for_port(ports[2])
        for kind, port in zip(("udp", "osc", "websocket"), ports, strict=True):
            reading = receiver(kind, str(port), Path(folder))
            running.callback(reading.kill)
        yield


@contextmanager
def unwell(engine: str) -> Iterator[None]:
    """No receiver, one that does not read, one that floods; and a bridge that is stopped."""
    ports = free_ports(3)
    with ExitStack() as running:
        for kind, port in zip(("udp", "osc", "websocket"), ports, strict=True):
            process = running.enter_context(bridge(kind, f"engine={engine}", f"port={port}"))
            if kind == "osc":
                # A process that is stopped cannot end either.
                running.callback(process.send_signal, signal.SIGCONT)
                hanging = threading.Timer(_HANG_S, process.send_signal, [signal.SIGSTOP])
                running.callback(hanging.cancel)
        hanging.start()
        wait_for_port(ports[2])
        deaf = websocket(ports[2])
        running.callback(deaf.close)
        flood = "import socket, sys, time\n" + FLOOD
        flooding = subprocess.Popen([sys.executable, "-c", flood, str(ports[2])])
        running.callback(flooding.kill)
        yield


FLOOD = """
while True:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as raw:
        raw.sendall(b"GET /events HTTP/1.1\\r\\nHost: 127.0.0.1:%d\\r\\nUpgrade: websocket\\r\\n"
            b"Connection: Upgrade\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n"
            b"Sec-WebSocket-Version: 13\\r\\n\\r\\n" % int(sys.argv[1]))
        try:
            while True:
                raw.sendall(b"\\x81\\x84\\0\\0\\0\\0ping" * 1000)
        except OSError:
            time.sleep(0.2)
"""


def websocket(port: int) -> socket.socket:
    """A receiver that connects and never reads."""
    raw = socket.create_connection(("127.0.0.1", port))
    raw.sendall(
        b"GET /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n" % port
    )
    return raw


@contextmanager
def bridge(kind: str, *parameters: str) -> Iterator[subprocess.Popen[bytes]]:
    """A bridge as a user runs it."""
    command = [*bci_command(), "bridge", kind, *parameters, "--with-parent"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(20)


def receiver(kind: str, address: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*_ENDS, "receive", kind, address, str(folder / kind)])


def read(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def free_ports(n: int) -> list[int]:
    with ExitStack() as held:
        chosen = [held.enter_context(socket.socket()) for _ in range(n)]
        for each in chosen:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in chosen]


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + _READY_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def clock() -> float:
    from pylsl import local_clock

    return float(local_clock())


if __name__ == "__main__":
    main()
