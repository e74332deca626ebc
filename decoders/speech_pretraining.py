"""Pretraining Du-IN without labels: stage 1 finds units, stage 2 learns to name unseen ones.

It can be stopped after any batch and goes on from the last epoch that was whole: a checkpoint of
plain arrays holds weights and Adam's moments; random numbers start anew at each epoch from its
number, and the learning rate follows from it, so that a stopped training ends with the same
weights as one that was not.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from bci.errors import BundleError
from bci.types import FloatArray
from decoders.networks.codebook import code_shares, code_use
from decoders.networks.duin import DuinSettings
from decoders.networks.duin_pretraining import (
    DuinMasked,
    DuinVqVae,
    half_masks,
    masked_loss,
    vqvae_loss,
)

_FORMAT = "bci-duin-checkpoint-1"
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
    kept = _Checkpoint(checkpoint, json.dumps([_FORMAT, fingerprint, asdict(settings)]))
    first, second = _optimizer(units, settings), _optimizer(masked, settings)
    done = kept.load((units, masked), (first, second))

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
            kept.save((units, masked), (first, second), before + epoch + 1)
            tell(PretrainingStep(number, epoch + 1, epochs, mean, *use))
        before += epochs
    accuracy, chance = _named_rightly(masked.eval(), found(x), found(test), test, settings.seed)
    weights = {k: v.numpy() for k, v in masked.encoder.state_dict().items()}
    return Pretrained(weights, accuracy, chance)


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


class _Checkpoint:
    """Models and optimizers as one safetensors file; it appears whole or not at all."""

    def __init__(self, path: Path, belongs_to: str) -> None:
        self._path, self._belongs_to = path, belongs_to

    def save(
        self, models: tuple[nn.Module, ...], optimizers: tuple[torch.optim.Optimizer, ...], n: int
    ) -> None:
        tensors: dict[str, Tensor] = {}
        for i, (model, optimizer) in enumerate(zip(models, optimizers, strict=True)):
            tensors |= {f"{i}.model.{k}": v.clone() for k, v in model.state_dict().items()}
            for row, state in optimizer.state_dict()["state"].items():
                tensors |= {f"{i}.adam.{row}.{k}": v.clone() for k, v in state.items()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        save_file(tensors, new, {"belongs_to": self._belongs_to, "epochs": str(n)})
        new.replace(self._path)

    def load(
        self, models: tuple[nn.Module, ...], optimizers: tuple[torch.optim.Optimizer, ...]
    ) -> int:
        """Put back what was saved; how many epochs it had done, 0 where there is nothing."""
        if not self._path.exists():
            return 0
        try:
            with safe_open(self._path, "pt") as file:
                said = file.metadata() or {}
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            if said.get("belongs_to") != self._belongs_to:
                raise BundleError(
                    f"{self._path}: an unfinished pretraining with other recordings or settings; "
                    "give those again, or delete it to begin anew"
                )
            for i, (model, optimizer) in enumerate(zip(models, optimizers, strict=True)):
                own = f"{i}.model."
                model.load_state_dict(
                    {k.removeprefix(own): v for k, v in tensors.items() if k.startswith(own)}
                )
                state: dict[int, dict[str, Tensor]] = {}
                for key, value in tensors.items():
                    if key.startswith(f"{i}.adam."):
                        row, name = key.removeprefix(f"{i}.adam.").split(".")
                        state.setdefault(int(row), {})[name] = value
                groups = optimizer.state_dict()["param_groups"]
                optimizer.load_state_dict({"state": state, "param_groups": groups})
            return int(said["epochs"])
        except (SafetensorError, RuntimeError, ValueError, KeyError, OSError) as error:
            raise BundleError(
                f"{self._path}: a damaged checkpoint; delete it to begin anew"
            ) from error
