"""Time to the release of a held key: ``python -m tests.benchmarks.keys_release [N]``.

A real engine decodes, `bci bridge keys` holds a key on a screen of its own (Xvfb), and one of the
processes is killed (``kill -9``). The time ends when the X server reports no key as pressed. A key
that is not released within `_LONGEST_S` ends the run with exit code 1.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
from pylsl import local_clock

from bci.commands import bci_command
from bci.lsl.outlet import SignalOutlet
from bci.models.bundle import save_bundle
from bci.signals import Recording
from tests.bci.bridges.screen import Screen, screen
from tests.models import two_class_model, two_class_profile
from tests.signals import two_class_recording
from tests.streams import send, wait_until

_LONGEST_S = 0.5
_N = 20
# A busy computer takes minutes to start a program.
_PATIENCE_S = 300.0


class Lab:
    """A signal, a model, and the processes that use them."""

    def __init__(self, folder: Path, display: Screen) -> None:
        made = two_class_recording(seed=3)
        name = f"lab-{uuid.uuid4().hex[:8]}"
        self.recording = replace(made, info=replace(made.info, name=name, source_id=name))
        self.display = display
        self.name = f"engine-{uuid.uuid4().hex[:8]}"
        # Every window decides, so that a key is held all the time.
        profile = two_class_profile(output={"name": self.name, "decision_threshold": 0.0})
        trained = two_class_model(folder, profile)
        save_bundle(folder / "me", trained.card, trained.decoder.arrays())
        (folder / "profile.yaml").write_text(json.dumps(profile.model_dump(mode="json")))
        self.folder = folder

    def start_engine(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            (*bci_command(), "run", str(self.folder / "profile.yaml"), "--no-decisions",
             f"--model={self.folder / 'me'}", f"--stream={self.recording.info.name}"),
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def start_bridge(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            (*bci_command(), "bridge", "keys", f"engine={self.name}", "map=left=left,right=right",
             "mode=hold", "hold_off_s=0", "per_minute=1200", "max_hold_s=600"),
            env=os.environ | {"DISPLAY": self.display.name},
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def stream(recording: Recording, stop: threading.Event) -> None:
    """Send the recording in real time, over and over, in chunks of 40 ms."""
    outlet = SignalOutlet(recording.info)
    size, sent, sfreq = 5, 0, recording.info.sfreq
    began = local_clock()
    while not stop.wait(max(0.0, began + (sent + size) / sfreq - local_clock())):
        rows = np.arange(sent, sent + size) % len(recording.data)
        send(outlet, recording.data[rows], sent, began)
        sent += size
    outlet.close()


def release_s(display: Screen) -> float:
    """Time until nothing is pressed, looked at every millisecond; infinite beyond 5 s."""
    began = time.monotonic()
    while time.monotonic() - began < 5:
        if not display.is_anything_pressed():
            return time.monotonic() - began
        time.sleep(0.001)
    return float("inf")


def kill_engines(lab: Lab, n: int) -> list[float]:
    bridge = lab.start_bridge()
    times = []
    for _ in range(n):
        engine = lab.start_engine()
        wait_until(lab.display.is_anything_pressed, _PATIENCE_S)
        time.sleep(np.random.default_rng(len(times)).uniform(0.2, 0.5))
        wait_until(lab.display.is_anything_pressed, _PATIENCE_S)
        engine.kill()
        times.append(release_s(lab.display))
        engine.wait()
    bridge.terminate()
    bridge.wait()
    return times


def kill_bridges(lab: Lab, n: int, number: signal.Signals) -> list[float]:
    engine = lab.start_engine()
    times = []
    for _ in range(n):
        bridge = lab.start_bridge()
        wait_until(lab.display.is_anything_pressed, _PATIENCE_S)
        bridge.send_signal(number)
        times.append(release_s(lab.display))
        # Only a hung process goes on.
        psutil.Process(bridge.pid).kill()
        bridge.wait()
    engine.terminate()
    engine.wait()
    return times


def main() -> int:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else _N
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, screen() as display:
        lab = Lab(Path(folder), display)
        stop = threading.Event()
        streaming = threading.Thread(target=stream, args=(lab.recording, stop))
        streaming.start()
        print(f"{n} times each   median (ms)   longest (ms)")
        for what, measure in (
            ("kill -9 of the engine", lambda: kill_engines(lab, n)),
            ("kill -9 of the bridge", lambda: kill_bridges(lab, n, signal.SIGKILL)),
            ("kill -STOP of the bridge", lambda: kill_bridges(lab, n, signal.SIGSTOP)),
        ):
            times = 1000 * np.array(measure())
            worst = max(worst, float(times.max()))
            print(f"{what:26} {np.median(times):8.0f} {times.max():12.0f}", flush=True)
        stop.set()
        streaming.join()
    return int(worst > 1000 * _LONGEST_S)


if __name__ == "__main__":
    sys.exit(main())
