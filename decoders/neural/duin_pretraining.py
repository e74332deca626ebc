"""Pretraining Du-IN without labels: stage 1 finds units, stage 2 learns to name unseen ones.

It can be stopped after any batch and goes on from the last epoch that was whole: a checkpoint of
plain arrays holds weights and Adam's moments; random numbers start anew at each epoch from its
number, and the learning rate follows from it, so that a stopped training ends with the same
weights as one that was not.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bci.signals import FloatArray
from decoders.networks.codebook import code_shares, code_use
from decoders.networks.duin import DuinSettings
from decoders.networks.duin_pretraining import (
    DuinMasked,
    DuinVqVae,
    half_masks,
    masked_loss,
    vqvae_loss,
)
from decoders.neural.checkpoint import Checkpoint, put_back, state_of
from decoders.neural.one_thread import one_thread

_FORMAT = "bci-duin-checkpoint-2"
_HELD_OUT = 0.1


@dataclass(frozen=True, slots=True)
class PretrainingSettings:
    """How long and how fast; the learning rate warms up over a tenth, then falls as a cosine."""

    unit_epochs: int = 40
    masked_epochs: int = 40
    batch: int = 32
    lr: float = 1e-3
    least_lr: float = 5e-5
    weight_decay: float = 1e-2
    seed: int = 0


class PretrainingStep(NamedTuple):
    """An epoch: ``stage`` 1 or 2, its mean loss, and how the codes are used on held-out windows.

    ``perplexity`` is between 1 and the number of codes, ``share`` that of codes in use at all.
    """

    stage: int
    epoch: int
    of: int
    loss: float
    perplexity: float
    share: float


class Stopped(Exception):  # noqa: N818 - no error
    """The training was asked to stop; what was done is in the checkpoint."""


class Pretrained(NamedTuple):
    """The encoder's weights, and how well units that it does not see are named.

    ``accuracy`` holds each held-out window's share of rightly named units (n_windows,);
    ``chance`` is the share of the most frequent unit.
    """

    encoder: dict[str, NDArray[np.generic]]
    accuracy: NDArray[np.float64]
    chance: float


@one_thread()
def pretrain_duin(
    windows: FloatArray,
    sizes: DuinSettings,
    settings: PretrainingSettings,
    checkpoint: Path,
    fingerprint: str,
    stop: Callable[[], bool],
    tell: Callable[[PretrainingStep], None],
) -> Pretrained:
    """Both stages; the last tenth of the windows is held out.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_channels, n_samples)
        Chosen channels, scaled, in order of time; not overlapping.
    sizes : DuinSettings
    settings : PretrainingSettings
    checkpoint : Path
        Written after each epoch; gone on from where it is there.
    fingerprint : str
        Tells the data; a checkpoint of other data or settings is refused.
    stop : callable
        Asked before each batch.
    tell : callable
        Told after each epoch.

    Raises
    ------
    Stopped
        If ``stop`` said so.
    BundleError
        If the checkpoint is damaged or belongs to something else.
    """
    n_held_out = max(1, round(_HELD_OUT * len(windows)))
    x, test = torch.from_numpy(windows[:-n_held_out]), torch.from_numpy(windows[-n_held_out:])
    torch.manual_seed(settings.seed)
    shape = windows.shape[1], windows.shape[2]
    units, masked = DuinVqVae(*shape, sizes), DuinMasked(*shape, sizes)
    first, second = _optimizer(units, settings), _optimizer(masked, settings)
    both = (("units", units, first), ("masked", masked, second))
    kept = Checkpoint(checkpoint, json.dumps([_FORMAT, fingerprint, asdict(settings)]))
    done = _go_on(kept, both)

    def found(batch: Tensor) -> Tensor:
        units.eval()
        return units.units(batch)

    stages: tuple[tuple[nn.Module, torch.optim.Optimizer, int, Callable[[Tensor], Tensor]], ...] = (
        (units, first, settings.unit_epochs, lambda b: vqvae_loss(units, b)),
        (
            masked, second, settings.masked_epochs,
            lambda b: masked_loss(masked, b, found(b), half_masks(len(b), units.encoder.n_tokens)),
        ),
    )  # fmt: skip
    before = 0
    for number, (model, optimizer, epochs, loss) in enumerate(stages, 1):
        for epoch in range(max(0, done - before), epochs):
            _set_rate(optimizer, settings, epoch, epochs)
            mean = _epoch(model, optimizer, loss, x, settings, before + epoch, stop)
            use = code_use(code_shares(found(test), sizes.n_codes))
            states = [state_of(*each) for each in both]
            kept.save(states[0] | states[1], {"epochs": before + epoch + 1})
            tell(PretrainingStep(number, epoch + 1, epochs, mean, *use))
        before += epochs
    accuracy, chance = _named_rightly(masked.eval(), found(x), found(test), test, settings.seed)
    weights = {k: v.numpy() for k, v in masked.encoder.state_dict().items()}
    return Pretrained(weights, accuracy, chance)


def _go_on(kept: Checkpoint, both: tuple[tuple[str, nn.Module, torch.optim.Optimizer], ...]) -> int:
    """Put back what was saved; how many epochs it had done, 0 where there is nothing."""
    found = kept.load()
    if found is None:
        return 0
    try:
        for each in both:
            put_back(*each, found.tensors)
        return int(found.said["epochs"])
    except (RuntimeError, ValueError, KeyError) as error:
        raise kept.damaged() from error


def _epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Callable[[Tensor], Tensor],
    x: Tensor,
    settings: PretrainingSettings,
    number: int,
    stop: Callable[[], bool],
) -> float:
    torch.manual_seed(1000 * settings.seed + number + 1)
    total = 0.0
    for rows in torch.split(torch.randperm(len(x)), settings.batch):
        if stop():
            raise Stopped
        model.train()
        optimizer.zero_grad(set_to_none=True)
        value = loss(x[rows])
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += value.item() * len(rows)
    return total / len(x)


@torch.inference_mode()
def _named_rightly(
    model: nn.Module, learnt: Tensor, units: Tensor, test: Tensor, seed: int
) -> tuple[NDArray[np.float64], float]:
    torch.manual_seed(seed)
    mask = half_masks(*units.shape)
    one, other = model(test, mask).argmax(-1), model(test, ~mask).argmax(-1)
    right = torch.where(mask, one, other) == units
    most_frequent = torch.bincount(learnt.flatten()).argmax()
    return right.double().mean(1).numpy(), float((units == most_frequent).double().mean())


def _optimizer(model: nn.Module, settings: PretrainingSettings) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.parameters(), settings.lr, weight_decay=settings.weight_decay)


def _set_rate(
    optimizer: torch.optim.Optimizer, settings: PretrainingSettings, epoch: int, epochs: int
) -> None:
    warm_up = max(1, epochs // 10)
    share = (epoch + 1) / warm_up if epoch < warm_up else (
        0.5 + 0.5 * np.cos(np.pi * (epoch - warm_up) / max(1, epochs - warm_up))
    )  # fmt: skip
    for group in optimizer.param_groups:
        group["lr"] = settings.least_lr + share * (settings.lr - settings.least_lr)
