"""Sample-to-prediction latency over LSL, ours beside the straightforward loop, in turns.

``python -m tests.benchmarks.latency [--seconds 20] [--rounds 3]`` prints a table: from the time
stamp of a window's last sample until the prediction is handed to the outlet. One process makes
the samples, another decodes them; on each set-up the two decoders take turns.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import yaml
from rich.console import Console
from rich.table import Table

from bci.commands import bci_command
from bci.errors import StreamError
from bci.lsl.discovery import StreamQuery, resolve
from bci.lsl.engine_streams import PredictionInlet, StatusInlet
from bci.messages import EngineStatus
from bci.profiles.pipeline_settings import PipelineSettings
from tests.benchmarks.throughput import SETTINGS

SETUPS = ((64, 1000.0), (306, 1000.0), (1024, 2000.0))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    table = Table(
        "channels", "rate (Hz)", "loop", "p50 (ms)", "p95", "p99", "max", "CPU (cores)",
        "memory (MB)", "lost", "p50 ratio",
        title=f"sample to prediction, {options.rounds} x {options.seconds:g} s each in turns",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        for n_channels, sfreq in SETUPS:
            ours, theirs = measure(n_channels, sfreq, options.seconds, options.rounds, Path(folder))
            ratio = np.median(ours["latencies"]) / np.median(theirs["latencies"])
            for label, run, shown in (("bci", ours, f"{ratio:.2f}"), ("pylsl + scipy", theirs, "")):
                ms = 1000 * np.array(run["latencies"])
                table.add_row(
                    str(n_channels), f"{sfreq:g}", label,
                    *(f"{q:.2f}" for q in np.percentile(ms, [50, 95, 99, 100])),
                    f"{run['cpu']:.2f}", f"{run['rss_mb']:.0f}", str(run.get("lost", "")), shown,
                )  # fmt: skip
    Console(highlight=False, width=140).print(table)


def isolate(folder: Path) -> None:
    """Keep this run's streams to itself; children inherit the setting."""
    config = folder / "lsl_api.cfg"
    config.write_text(f"[lab]\nSessionID = benchmark-{uuid.uuid4().hex}\n[log]\nlevel = -2\n")
    os.environ["LSLAPICFG"] = str(config)


def measure(n_channels: int, sfreq: float, seconds: float, rounds: int, folder: Path):
    """Both decoders on one set-up, in turns; the runs of each put together."""
    results: tuple[list[dict], list[dict]] = ([], [])
    model = make_model(n_channels, sfreq, folder)
    for _ in range(rounds):
        with source(n_channels, sfreq) as name:
            results[0].append(run_ours(name, model, seconds))
            results[1].append(run_peer(name, seconds))
    return tuple(merged(runs) for runs in results)


def merged(runs: list[dict]) -> dict:
    return {
        "latencies": np.concatenate([run["latencies"] for run in runs]),
        "cpu": float(np.mean([run["cpu"] for run in runs])),
        "rss_mb": float(np.max([run["rss_mb"] for run in runs])),
        **({"lost": sum(run["lost"] for run in runs)} if "lost" in runs[0] else {}),
    }


def make_model(
    n_channels: int, sfreq: float, folder: Path, settings: PipelineSettings = SETTINGS
) -> Path:
    """A profile and a model (log band power + LDA, fitted on noise) for the set-up."""
    from bci.models.bundle import save_bundle
    from bci.models.card import Card, ScoreCard, describe_stream
    from bci.profiles.paradigm import Paradigm
    from bci.profiles.profile import DecoderChoice
    from bci.signals import Channel
    from decoders.classical.log_power import LogPower

    rng = np.random.default_rng(0)
    decoder = LogPower()
    windows = rng.normal(size=(40, n_channels, 50)).astype(np.float32)
    decoder.fit(windows, np.resize(["left", "right"], 40))
    channels = tuple(Channel(f"E{i + 1}", "eeg", "uV") for i in range(n_channels))
    paradigm = {"classes": {"left": "left", "right": "right"}}
    card = Card(
        name=f"noise-{n_channels}", task="benchmark", created="2026-01-01T00:00:00Z",
        simulated=True, decoder=DecoderChoice(name="log-power"), classes=decoder.classes,
        stream=describe_stream(sfreq, channels), pipeline=settings, group_delay_s=0.0,
        paradigm=Paradigm.model_validate(paradigm), sources=(), versions={},
        score=ScoreCard(
            accuracy=0.5, low=0, high=1, trials=0, chance=0.5, p_value=1, kappa=0, confusion=[],
            folds="none: fitted on noise",
        ),
    )  # fmt: skip
    model = folder / f"noise-{n_channels}"
    save_bundle(model, card, decoder.arrays())
    profile = {
        "task": "benchmark",
        "pipeline": settings.model_dump(mode="json"),
        "paradigm": paradigm,
        "output": {"name": f"noise-{n_channels}"},
    }
    (folder / f"noise-{n_channels}.yaml").write_text(yaml.safe_dump(profile))
    return model


@contextmanager
def source(n_channels: int, sfreq: float) -> Iterator[str]:
    """A second process that streams noise."""
    name = f"source-{uuid.uuid4().hex[:8]}"
    command = [sys.executable, "-m", "tests.benchmarks.source", name, str(n_channels), str(sfreq)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        yield name
    finally:
        child.stdin.close()
        child.wait(5)


@contextmanager
def engine(name: str, model: Path) -> Iterator[psutil.Popen]:
    """The engine as a user runs it, on the stream ``name``.

    Raises
    ------
    RuntimeError
        If what is done with it fails, or it does; the message has what the engine said.
    """
    command = [*bci_command(), "run", f"{model}.yaml", "--model", str(model),
               "--stream", name, "--with-parent"]  # fmt: skip
    with tempfile.TemporaryFile() as log:
        child = psutil.Popen(command, stdin=subprocess.PIPE, stderr=log)
        problem: Exception | None = None
        try:
            yield child
        except Exception as error:
            problem = error
        finally:
            child.stdin.close()
            # On a busy machine the interpreter alone takes seconds to end.
            code = child.wait(30)
        if problem is not None or code != 0:
            log.seek(0)
            said = log.read().decode(errors="replace").strip() or "nothing"
            raise RuntimeError(
                f"{problem or 'the engine failed'} (its exit code: {code}); the engine said: {said}"
            ) from problem


def first_prediction(engine: psutil.Popen, name: str, within_s: float = 120.0) -> PredictionInlet:
    """The engine's predictions, once there is one.

    Raises
    ------
    StreamError
        If there is none in time, or the engine has ended.
    """
    deadline = time.monotonic() + within_s
    inlet: PredictionInlet | None = None
    while engine.poll() is None and time.monotonic() < deadline:
        try:
            inlet = inlet or PredictionInlet(resolve(StreamQuery(name=f"{name}-predictions"), 1.0))
        except StreamError:
            continue
        if inlet.pull():
            return inlet
        time.sleep(0.1)
    raise StreamError(f"{name} made no prediction")


def run_ours(name: str, model: Path, seconds: float) -> dict:
    """The engine, watched from outside."""
    with engine(name, model) as process:
        inlet = first_prediction(process, model.name)
        status = StatusInlet(resolve(StreamQuery(name=f"{model.name}-status"), 10))
        began, cpu = time.monotonic(), sum(process.cpu_times()[:2])
        latencies: list[float] = []
        in_engine: list[float] = []
        last: EngineStatus | None = None
        while time.monotonic() - began < seconds:
            time.sleep(0.5)
            for prediction in inlet.pull():
                latencies.append(prediction.published_s)
                in_engine.append(prediction.published_s - prediction.arrived_s)
            last = (status.pull() or [last])[-1]
        spent = time.monotonic() - began
        cpu = (sum(process.cpu_times()[:2]) - cpu) / spent
        rss = process.memory_info().rss / 1e6
        inlet.close()
        status.close()
    return {
        "latencies": latencies, "in_engine": in_engine, "cpu": cpu, "rss_mb": rss,
        "lost": -1 if last is None else last.lost_samples,
        "skipped": -1 if last is None else last.windows.skipped,
    }  # fmt: skip


def run_peer(name: str, seconds: float) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.straightforward", name, str(seconds + 2)],
        stdout=subprocess.PIPE, timeout=seconds + 60, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
