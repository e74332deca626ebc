"""The data of one training step, and the limit of its size."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from decoders.neural.aligned_network import cross_entropy
from decoders.neural.training import TrainingSettings, train

# The values of a window are its number; one of three classes has most windows.
WINDOWS = np.tile(np.arange(36, dtype=np.float32)[:, None, None], (1, 2, 4))
CLASSES = np.repeat([0, 1, 2], [24, 8, 4])
GROUPS = np.zeros(36, dtype=np.int64)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(8, 3))


def scaled(by: float) -> Callable[[nn.Module, Tensor, Tensor], Tensor]:
    return lambda model, x, y: by * cross_entropy(model, x, y)


def gradient_norms(settings: TrainingSettings, scale: float) -> list[float]:
    """Return the norm of the whole gradient at each step of the optimizer."""
    norms: list[float] = []

    def note(optimizer: torch.optim.Optimizer, _given: object, _more: object) -> None:
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"]]
        norms.append(torch.cat([gradient.flatten() for gradient in gradients]).norm().item())

    hook = register_optimizer_step_pre_hook(note)
    try:
        train(network(), WINDOWS / 36, CLASSES, GROUPS, settings, scaled(scale))
    finally:
        hook.remove()
    return norms


def test_a_long_gradient_is_clipped_and_a_short_one_unchanged() -> None:
    settings = TrainingSettings(epochs=2, batch=16, clip=0.5)
    steep = gradient_norms(settings, 1e6)
    assert len(steep) == 10
    assert steep == pytest.approx([0.5] * 10, rel=1e-4)
    gentle = gradient_norms(settings, 1e-3)
    assert 0 < max(gentle) < 0.01


def test_an_epoch_holds_each_class_as_often_and_every_window() -> None:
    drawn: list[tuple[Tensor, Tensor]] = []

    def noting(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        drawn.append((x[:, 0, 0], y))
        return cross_entropy(model, x, y)

    train(network(), WINDOWS, CLASSES, GROUPS, TrainingSettings(epochs=1, batch=16), noting)
    numbers, classes = (torch.cat(part).numpy() for part in zip(*drawn, strict=True))
    assert np.bincount(classes).tolist() == [24, 24, 24]
    assert np.array_equal(np.unique(numbers), np.arange(36))
    assert np.array_equal(CLASSES[numbers.astype(int)], classes)
