"""The MEG encoder at full size in the real engine: ``python -m tests.benchmarks.images_live``.

A simulated helmet of 306 channels at 1 kHz (a process), the engine (another), ten windows of 0.8 s
a second; the network's weights are as good as untrained, which its cost does not depend on.
"""

import argparse
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from bci.bundle import Card, ScoreCard, describe_stream, save_bundle
from bci.chain import Chain
from bci.profile import DecoderChoice, Paradigm
from bci.settings import PipelineSettings
from bci.types import Servable, StreamInfo
from devices.simulation.montages import meg
from tests.benchmarks.decoding import images
from tests.benchmarks.latency import isolate, run_ours

_PARADIGM = {"items": "image-", "start_s": 0.0, "stop_s": 1.0}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        name = f"helmet-{uuid.uuid4().hex[:8]}"
        info = StreamInfo(name, "MEG", 1000.0, meg(), simulated=True)
        run = ["stream", "--device", "simulator", f"name={name}", "modality=meg", "sfreq=1000",
               "task=images"]  # fmt: skip
        model = make_model(info, Path(folder))
        with child(run):
            measured = run_ours(name, model, seconds)
    ms = 1000 * np.array(measured["latencies"])
    table = Table("stream", "windows", "a second", "p50 (ms)", "p95", "p99", "max", "CPU (cores)",
                  "skipped", "lost")  # fmt: skip
    table.add_row(
        f"{info.n_channels} ch, {info.sfreq:g} Hz{', simulated' * info.simulated}", str(len(ms)),
        f"{len(ms) / seconds:.1f}", *(f"{q:.1f}" for q in np.percentile(ms, [50, 95, 99])),
        f"{ms.max():.1f}", f"{measured['cpu']:.2f}", str(measured["skipped"]),
        str(measured["lost"]),
    )  # fmt: skip
    Console(highlight=False, width=120).print(table)


def make_model(info: StreamInfo, folder: Path) -> Path:
    """A profile and a model of the network at full size for a stream, fitted on noise."""
    settings = PipelineSettings.model_validate({
        "kinds": ["mag", "grad"],
        "filters": [{"kind": "remove_dc"}, {"kind": "decimate", "factor": round(info.sfreq / 125)}],
        "window_s": 0.8,
        "hop_s": 0.1,
    })  # fmt: skip
    chain = Chain(settings, info)
    decoder, _ = images(
        "meg-images", {"epochs": 1}, chain.channels, round(0.8 * chain.sfreq), chain.sfreq
    )
    assert isinstance(decoder, Servable)
    decoder.choose_runtime()
    card = Card(
        name="images-noise", task="benchmark", created="2026-01-01T00:00:00Z", simulated=True,
        decoder=DecoderChoice(name="meg-images"), classes=decoder.classes,
        stream=describe_stream(info.sfreq, chain.picked), pipeline=settings, group_delay_s=0.0,
        paradigm=Paradigm.model_validate(_PARADIGM), sources=(), versions={},
        score=ScoreCard(
            accuracy=0, low=0, high=1, trials=0, chance=0.005, p_value=1, kappa=0, confusion=[],
            folds="none: fitted on noise",
        ),
    )  # fmt: skip
    model = folder / "images-noise"
    save_bundle(model, card, decoder.arrays())
    profile = {
        "task": "benchmark",
        "pipeline": settings.model_dump(mode="json"),
        "paradigm": _PARADIGM,
        "output": {"name": "images-noise"},
    }
    (folder / "images-noise.yaml").write_text(yaml.safe_dump(profile))
    return model


@contextmanager
def child(run: list[str]) -> Iterator[None]:
    """A command of ours in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bci", *run, "--with-parent"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.stdin.close()
        process.wait(5)


if __name__ == "__main__":
    main()
