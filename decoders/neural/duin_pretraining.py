"""Pretraining of Du-IN without labels: stage 1 finds units, stage 2 predicts masked units.

It can be stopped after any batch, and resumes after the last complete epoch. A checkpoint of plain
arrays has the weights and Adam's moments. Random numbers and learning rate depend on the number of
the epoch only. So a training that was stopped and resumed ends with the same weights.
"""

import json
from collections.abc import Callable, Sequence
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
    Target,
    half_masks,
    log_band_power,
    masked_loss,
    rate_bound,
    vqvae_loss,
)
from decoders.neural.checkpoint import Checkpoint, put_back, state_of
from decoders.neural.device import find_device, mixed_precision, trained_on
from decoders.neural.one_thread import one_thread

_FORMAT = "bci-duin-checkpoint-3"
_HELD_OUT = 0.1
_LEAST_SCALE = 1e-6
Loss = Callable[[int, Tensor], Tensor]
"""Function of a person's number and row numbers; returns the loss on these windows."""


@dataclass(frozen=True, slots=True)
class PretrainingSettings:
    """Settings of the pretraining.

    The learning rate rises over the first tenth of the epochs, then follows a cosine. For
    ``target`` see `decoders.networks.duin_pretraining`.
    """

    unit_epochs: int = 40
    masked_epochs: int = 40
    batch: int = 32
    lr: float = 1e-3
    least_lr: float = 5e-5
    weight_decay: float = 1e-2
    seed: int = 0
    target: Target = "power"


class PretrainingStep(NamedTuple):
    """An epoch of ``stage`` 1 or 2: mean loss, and usage of the codes on held-out windows.

    ``perplexity`` is between 1 and the number of codes. ``share`` is the share of codes in use.
    """

    stage: int
    epoch: int
    of: int
    loss: float
    perplexity: float
    share: float


class Stopped(Exception):  # noqa: N818 - no error
    """The training was stopped on request; the checkpoint has the finished epochs."""


class Pretrained(NamedTuple):
    """The encoder's weights, and scores on held-out windows.

    Attributes
    ----------
    encoder : dict of str to ndarray
    accuracy : ndarray, shape (n_windows,)
        Share of correctly predicted masked units of each held-out window.
    chance : float
        Share of the most frequent unit.
    explained, bound : float
        Share of the target's variance on held-out windows that the units explain, and the upper
        bound for a Gaussian target; see `rate_bound`.
    """

    encoder: dict[str, NDArray[np.generic]]
    accuracy: NDArray[np.float64]
    chance: float
    explained: float
    bound: float


class _Person(NamedTuple):
    """One person's windows and stage 1's targets; the last tenth is held out as ``test``."""

    x: Tensor
    target: Tensor
    test: Tensor
    test_target: Tensor

    @classmethod
    def of(
        cls, windows: FloatArray, sfreq: float, patch: int, target: Target, device: torch.device
    ) -> "_Person":
        n_held_out = max(1, round(_HELD_OUT * len(windows)))
        wanted = windows if target == "signal" else log_band_power(windows, sfreq, patch)
        mean = wanted[:-n_held_out].mean(axis=(0, 2), keepdims=True)
        scale = wanted[:-n_held_out].std(axis=(0, 2), keepdims=True)
        wanted = (wanted - mean) / np.maximum(scale, _LEAST_SCALE)
        x, y = torch.from_numpy(windows).to(device), torch.from_numpy(wanted).to(device)
        return cls(x[:-n_held_out], y[:-n_held_out], x[-n_held_out:], y[-n_held_out:])


@one_thread()
def pretrain_duin(
    people: Sequence[FloatArray],
    sfreq: float,
    sizes: DuinSettings,
    settings: PretrainingSettings,
    checkpoint: Path,
    fingerprint: str,
    stop: Callable[[], bool],
    report: Callable[[PretrainingStep], None],
    device: str = "cpu",
    mixed: bool = False,
) -> Pretrained:
    """Train both stages; the last tenth of each person's windows is held out.

    Parameters
    ----------
    people : sequence of ndarray, shape (n_windows, n_channels, n_samples)
        Windows of each person, with chosen and scaled channels, in order of time, not overlapping.
    sfreq : float
    sizes : DuinSettings
    settings : PretrainingSettings
    checkpoint : Path
        Written after each epoch; if it exists, training resumes from it.
    fingerprint : str
        Identifies the data; a checkpoint of other data or settings is refused.
    stop : callable
        Called before each batch; returns True to stop.
    report : callable
        Called after each epoch.
    device, mixed
        See `decoders.neural.training.train`.

    Raises
    ------
    Stopped
        If ``stop`` returned true.
    BundleError
        If the checkpoint is damaged or belongs to another training.
    ProfileError
        If this computer lacks the device.
    """
    place = find_device(device)
    torch.manual_seed(settings.seed)
    shape = [each.shape[1] for each in people], people[0].shape[2]
    units, masked = DuinVqVae(*shape, sizes, settings.target), DuinMasked(*shape, sizes)
    where = [] if place.type == "cpu" else [place.type]
    belongs_to = json.dumps([_FORMAT, fingerprint, asdict(settings), *where])
    parts = [_Person.of(each, sfreq, sizes.patch, settings.target, place) for each in people]
    with trained_on(place, units, masked):
        found = _pretrain(
            parts, units, masked, settings, Checkpoint(checkpoint, belongs_to), stop, report, mixed
        )
    weights = {k: v.numpy() for k, v in masked.encoder.state_dict().items()}
    return Pretrained(weights, *found)


def _pretrain(
    parts: Sequence[_Person],
    units: DuinVqVae,
    masked: DuinMasked,
    settings: PretrainingSettings,
    kept: Checkpoint,
    stop: Callable[[], bool],
    report: Callable[[PretrainingStep], None],
    mixed: bool,
) -> tuple[NDArray[np.float64], float, float, float]:
    """Train both stages on the networks' device; return the figures of `Pretrained`."""
    n_codes, n_tokens = len(units.codebook.codes), units.encoder.n_tokens
    first, second = _optimizer(units, settings), _optimizer(masked, settings)
    both = (("units", units, first), ("masked", masked, second))
    done = _go_on(kept, both)

    def found(x: Tensor, person: int) -> Tensor:
        units.eval()
        return units.units(x, person)

    def of_units(person: int, rows: Tensor) -> Tensor:
        own = parts[person]
        return vqvae_loss(units, own.x[rows], own.target[rows], person)

    def of_masked(person: int, rows: Tensor) -> Tensor:
        x = parts[person].x[rows]
        mask = half_masks(len(x), n_tokens).to(x.device)
        return masked_loss(masked, x, found(x, person), mask, person)

    stages: tuple[tuple[nn.Module, torch.optim.Optimizer, int, Loss], ...] = (
        (units, first, settings.unit_epochs, of_units),
        (masked, second, settings.masked_epochs, of_masked),
    )
    lengths = [len(each.x) for each in parts]
    before = 0
    for number, (model, optimizer, epochs, loss) in enumerate(stages, 1):
        for epoch in range(max(0, done - before), epochs):
            _set_rate(optimizer, settings, epoch, epochs)
            mean = _epoch(model, optimizer, loss, lengths, settings, before + epoch, stop, mixed)
            named = torch.cat([found(own.test, k) for k, own in enumerate(parts)]).cpu()
            use = code_use(code_shares(named, n_codes))
            states = [state_of(*each) for each in both]
            kept.save(states[0] | states[1], {"epochs": before + epoch + 1})
            report(PretrainingStep(number, epoch + 1, epochs, mean, *use))
        before += epochs
    learnt = [found(own.x, k) for k, own in enumerate(parts)]
    tested = [found(own.test, k) for k, own in enumerate(parts)]
    accuracy, chance = _named_rightly(masked.eval(), learnt, tested, parts, settings.seed)
    bounds = [rate_bound(own.target.cpu().numpy(), n_codes, n_tokens) for own in parts]
    explained = _explained(units.eval(), parts)
    return accuracy, chance, explained, float(np.mean(bounds))


def _go_on(kept: Checkpoint, both: tuple[tuple[str, nn.Module, torch.optim.Optimizer], ...]) -> int:
    """Restore the checkpoint; return its number of finished epochs, 0 if there is none."""
    found = kept.load()
    if found is None:
        return 0
    try:
        for each in both:
            put_back(*each, found.tensors)
        return int(found.plain["epochs"])
    except (RuntimeError, ValueError, KeyError) as error:
        raise kept.damaged() from error


def _epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Loss,
    lengths: Sequence[int],
    settings: PretrainingSettings,
    number: int,
    stop: Callable[[], bool],
    mixed: bool,
) -> float:
    """Train one epoch, each batch with windows of one person; return the mean loss."""
    torch.manual_seed(1000 * settings.seed + number + 1)
    batches = [
        (person, rows)
        for person, n in enumerate(lengths)
        for rows in torch.split(torch.randperm(n), settings.batch)
    ]
    values: list[tuple[Tensor, int]] = []
    device = next(model.parameters()).device
    for k in torch.randperm(len(batches)).tolist():
        person, drawn = batches[k]
        rows = drawn.to(device)
        if stop():
            raise Stopped
        model.train()
        optimizer.zero_grad(set_to_none=True)
        with mixed_precision(device, mixed):
            value = loss(person, rows)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        values.append((value.detach(), len(rows)))
    return sum(value.item() * n for value, n in values) / sum(lengths)


@torch.inference_mode()
def _named_rightly(
    model: nn.Module,
    learnt: Sequence[Tensor],
    tested: Sequence[Tensor],
    parts: Sequence[_Person],
    seed: int,
) -> tuple[NDArray[np.float64], float]:
    torch.manual_seed(seed)
    shares = []
    for person, (units, own) in enumerate(zip(tested, parts, strict=True)):
        mask = half_masks(*units.shape).to(units.device)
        one = model(own.test, mask, person).argmax(-1)
        other = model(own.test, ~mask, person).argmax(-1)
        right = torch.where(mask, one, other) == units
        shares.append(right.cpu().double().mean(1).numpy())
    most_frequent = torch.bincount(torch.cat(list(learnt)).flatten()).argmax()
    chance = float((torch.cat(list(tested)) == most_frequent).cpu().double().mean())
    return np.concatenate(shares), chance


@torch.inference_mode()
def _explained(model: nn.Module, parts: Sequence[_Person]) -> float:
    """Compute the share of variance of held-out targets that the model explains."""
    errors, squares = 0.0, 0.0
    for person, own in enumerate(parts):
        made = model(own.test, person).target
        errors += float((made - own.test_target).square().sum())
        squares += float(own.test_target.square().sum())
    return 1 - errors / squares


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
