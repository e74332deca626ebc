"""Networks in PyTorch and in ONNX Runtime: ``python -m tests.benchmarks.serving``.

One window of 64 channels x 2 s at 250 Hz at a time, on one thread, both runtimes in turns. The
networks are untrained: their cost does not depend on what they have learnt.
"""

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table

import decoders
from bci.signals import Channel, Signal
from decoders.neural import serving
from decoders.neural.aligned_network import NetworkDecoder
from decoders.neural.onnx_export import OnnxNetwork, export
from tests.decoders.own_networks import NETWORKS

SHAPE = (64, 500)
SIGNAL = Signal(250.0, tuple(Channel(f"E{i}", "eeg", "uV") for i in range(SHAPE[0])))


def untrained(name: str) -> NetworkDecoder:
    """A network after a single step on noise."""
    decoder = decoders.create(name, {"epochs": 1, "batch": 4})
    assert isinstance(decoder, NetworkDecoder)
    windows = np.random.default_rng(0).normal(size=(4, *SHAPE)).astype(np.float32)
    decoder.fit(windows, np.array(["left", "right"] * 2), signal=SIGNAL)
    return decoder


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--windows", type=int, default=500, help="of each network")
    n_windows = parser.parse_args().windows
    table = Table(
        "network", "PyTorch p50 (ms)", "p99", "ONNX Runtime p50 (ms)", "p99", "p50 ratio",
        "largest difference",
        title="64 ch x 2 s at 250 Hz, one window at a time on one thread, in turns",
    )  # fmt: skip
    for name in NETWORKS:
        module = untrained(name).served
        network = OnnxNetwork(export(module, SHAPE), SHAPE)
        torch_ms, onnx_ms = serving.timed(module, network, SHAPE, n_windows)
        table.add_row(
            name,
            *(f"{q:.2f}" for q in np.percentile(torch_ms, [50, 99])),
            *(f"{q:.2f}" for q in np.percentile(onnx_ms, [50, 99])),
            f"{np.median(onnx_ms) / np.median(torch_ms):.2f}",
            f"{serving.compared(module, network, SHAPE)[0]:.1g}",
        )
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    main()
