"""Calibrate your own torch network, then: python examples/torch_decoder.py STREAM SECONDS RUN..."""

import sys

import torch
from skorch import NeuralNetClassifier

import bci


class PowerNet(torch.nn.Module):
    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.scale = torch.nn.BatchNorm1d(n_channels)
        self.spatial = torch.nn.Conv1d(n_channels, 8, 1, bias=False)
        self.linear = torch.nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (n_windows, n_channels, n_samples)
        power = self.spatial(self.scale(x)).square().mean(dim=2)  # (n_windows, 8)
        return self.linear(torch.log(power + 1e-6))


def main(name: str, seconds: str, *runs: str) -> None:
    n_channels = bci.cut_epochs(runs, "motor-imagery").windows.shape[1]
    training = {"optimizer": torch.optim.Adam, "lr": 0.01, "max_epochs": 30, "train_split": None}
    net = NeuralNetClassifier(
        PowerNet(n_channels), criterion=torch.nn.CrossEntropyLoss, verbose=0, **training
    )
    model = bci.calibrate(runs, "motor-imagery", decoder=net)
    print(f"held-out accuracy {model.card.score.accuracy:.2f}")
    with bci.open_stream(name) as stream:
        for decoded in bci.decode(model, stream, duration_s=float(seconds)):
            print(decoded.prediction.label, f"{decoded.prediction.confidence:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
