"""A network at full size in the real engine: ``python -m tests.benchmarks.live TASK``.

The stream comes from one process, the engine is another, ten windows a second. ``emotion``: HiSTN
on 14 simulated channels at 128 Hz, windows of 4 s. ``images``: the MEG encoder, windows of 0.8 s,
on a simulated helmet of 306 channels at 1 kHz. ``speech``: Du-IN with 61 words and windows of 4 s
as published, on 98 simulated contacts at 1 kHz. With ``--recording`` the latter two decode a
recording that is played in a loop. The networks' weights are as good as untrained, which their
cost does not depend on.
"""

import argparse
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from bci.commands import bci_command
from bci.interfaces import Decoder, Servable
from bci.models.bundle import save_bundle
from bci.models.card import Card, ScoreCard, describe_stream
from bci.pipeline.filter_chain import Chain
from bci.profiles.paradigm import Paradigm
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import DecoderChoice, load_profile
from bci.recording.read import read_recording
from bci.signals import Channel, StreamInfo
from devices.simulated.montages import eeg, meg, seeg
from tests.benchmarks.decoding import emotion, images, speech
from tests.benchmarks.latency import isolate, run_ours


@dataclass(frozen=True)
class Setup:
    """A stream, the command that makes it, and what decodes it.

    ``make`` is given channels, number of samples in a window and rate behind the filters.
    """

    info: StreamInfo
    run: list[str]
    settings: PipelineSettings
    paradigm: dict[str, object]
    make: Callable[[tuple[Channel, ...], int, float], Decoder]
    decoder: str
    params: dict[str, object]


def emotion_setup(name: str) -> Setup:
    own = load_profile("emotion")
    return Setup(
        StreamInfo(name, "EEG", 128.0, eeg(14), simulated=True),
        ["stream", "--device", "simulator", f"name={name}", "sfreq=128", "channels=14",
         "task=emotion"],
        own.pipeline.model_copy(update={"hop_s": 0.1}), own.paradigm.model_dump(mode="json"),
        lambda channels, *_: emotion("histn", {"epochs": 1}, channels)[0],
        "histn", {},
    )  # fmt: skip


def images_setup(name: str, recording: Path | None) -> Setup:
    if recording is None:
        info = StreamInfo(name, "MEG", 1000.0, meg(), simulated=True)
        run = ["stream", "--device", "simulator", f"name={name}", "modality=meg", "sfreq=1000",
               "task=images"]  # fmt: skip
        filters: list[dict[str, object]] = [
            {"kind": "remove_dc"}, {"kind": "decimate", "factor": 8},
        ]  # fmt: skip
    else:
        info, run = looped(recording, name)
        # A high-pass would settle anew after every seam of so short a loop.
        filters = [{"kind": "decimate", "factor": max(1, round(info.sfreq / 125))}]
    return Setup(
        info, run,
        PipelineSettings.model_validate(
            {"kinds": ["mag", "grad"], "filters": filters, "window_s": 0.8}
        ),
        {"items": "image-", "start_s": 0.0, "stop_s": 1.0},
        lambda *given: images("meg-images", {"epochs": 1}, *given)[0],
        "meg-images", {"size": "published"},
    )  # fmt: skip


def speech_setup(name: str, recording: Path | None) -> Setup:
    if recording is None:
        info = StreamInfo(name, "iEEG", 1000.0, seeg(98), simulated=True)
        run = ["stream", "--device", "simulator", f"name={name}", "modality=seeg", "sfreq=1000",
               "channels=98", "task=speech"]  # fmt: skip
    else:
        info, run = looped(recording, name)
    return Setup(
        info, run,
        PipelineSettings.model_validate({
            "kinds": ["seeg", "eeg"],
            "filters": [
                {"kind": "bipolar", "pairs": "shafts"},
                {"kind": "notch", "freq_hz": 50},
                {"kind": "notch", "freq_hz": 100},
                {"kind": "notch", "freq_hz": 150},
                {"kind": "bandpass", "low_hz": 70, "high_hz": 150, "order": 2},
            ],
            "window_s": 4.0,
        }),
        {"classes": {f"word-{i}": f"word-{i}" for i in range(61)}, "start_s": 0.0, "stop_s": 5.0},
        lambda channels, n_samples, _sfreq: speech(len(channels), n_samples)[0],
        "duin", {"size": "full"},
    )  # fmt: skip


def looped(recording: Path, name: str) -> tuple[StreamInfo, list[str]]:
    return (
        replace(read_recording(recording).info, name=name),
        ["replay", str(recording), "--loop", "--name", name],
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=("emotion", "images", "speech"))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--recording", type=Path, help="of MEG for images, of depth electrodes for speech"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        name = f"live-{uuid.uuid4().hex[:8]}"
        if given.task == "emotion":
            setup = emotion_setup(name)
        else:
            make = images_setup if given.task == "images" else speech_setup
            setup = make(name, given.recording)
        model = make_model(setup, Path(folder))
        with child(setup.run):
            measured = run_ours(name, model, given.seconds)
    ms = 1000 * np.array(measured["latencies"])
    own_ms = 1000 * np.array(measured["in_engine"])
    table = Table("stream", "windows", "a second", "p50 (ms)", "p95", "p99", "max",
                  "from arrival: p50", "p99", "CPU (cores)", "skipped", "lost")  # fmt: skip
    info = setup.info
    table.add_row(
        f"{info.n_channels} ch, {info.sfreq:g} Hz{', simulated' * info.simulated}", str(len(ms)),
        f"{len(ms) / given.seconds:.1f}", *(f"{q:.1f}" for q in np.percentile(ms, [50, 95, 99])),
        f"{ms.max():.1f}", *(f"{q:.1f}" for q in np.percentile(own_ms, [50, 99])),
        f"{measured['cpu']:.2f}", str(measured["skipped"]), str(measured["lost"]),
    )  # fmt: skip
    Console(highlight=False, width=150).print(table)


def make_model(setup: Setup, folder: Path) -> Path:
    """A profile and a model of the network at full size for a stream, fitted on noise."""
    settings, info = setup.settings, setup.info
    chain = Chain(settings, info)
    decoder = setup.make(chain.channels, round(settings.window_s * chain.sfreq), chain.sfreq)
    assert isinstance(decoder, Servable)
    decoder.choose_runtime()
    card = Card(
        name="noise", task="benchmark", created="2026-01-01T00:00:00Z", simulated=True,
        decoder=DecoderChoice(name=setup.decoder, params=setup.params),
        classes=decoder.classes, stream=describe_stream(info.sfreq, chain.picked),
        pipeline=settings, group_delay_s=0.0,
        paradigm=Paradigm.model_validate(setup.paradigm), sources=(), versions={},
        score=ScoreCard(
            accuracy=0, low=0, high=1, trials=0, chance=0.005, p_value=1, kappa=0, confusion=[],
            folds="none: fitted on noise",
        ),
    )  # fmt: skip
    model = folder / "noise"
    save_bundle(model, card, decoder.arrays())
    profile = {
        "task": "benchmark",
        "pipeline": settings.model_dump(mode="json"),
        "paradigm": setup.paradigm,
        "output": {"name": "noise"},
    }
    (folder / "noise.yaml").write_text(yaml.safe_dump(profile))
    return model


@contextmanager
def child(run: list[str]) -> Iterator[None]:
    """A command of ours in a process of its own."""
    process = subprocess.Popen(
        [*bci_command(), *run, "--with-parent"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.stdin.close()
        process.wait(30)


if __name__ == "__main__":
    main()
