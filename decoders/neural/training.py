"""The one training loop of all networks."""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bci.errors import ProfileError
from bci.interfaces import TrainingStep, Watch
from decoders.neural.checkpoint import Checkpoint, below, put_back, state_of
from decoders.neural.one_thread import one_thread
from decoders.neural.sharpness_aware import sharpness_aware_gradients

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
"""Loss of a model on windows (n, n_channels, n_samples) and class numbers (n,) or (n, n_axes)."""

_FORMAT = "bci-training-1"
_WHOLE = ("epochs", "batch", "patience", "seed")
_ABOVE_0 = ("epochs", "batch", "lr", "clip")
# What PyTorch's generator takes.
_MOST = {"seed": 2**64 - 1}


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How a network is trained.

    With ``patience`` above 0, the last group is held out and the weights that scored best on it
    are kept; training ends when that many epochs brought nothing better. With 0, nothing is held
    out and the last weights are kept. With ``sharpness`` above 0, steps are sharpness-aware with
    that radius; see `decoders.neural.sharpness_aware`.

    Networks for motor imagery are not trained as they were published: by default AdamW takes them
    through 20 epochs (`decoders.neural.network_decoder`) in one cycle of rates that rise to 1e-3
    and fall again, where the authors of DBConformer and of MVCNet give Adam 200 epochs at 1e-4.
    """

    epochs: int = 60
    batch: int = 32
    lr: float = 1e-3
    weight_decay: float = 1e-2
    clip: float = 1.0
    patience: int = 0
    seed: int = 0
    sharpness: float = 0.0

    def but(self, **given: object) -> "TrainingSettings":
        """The same, but for what is given and not None.

        Raises
        ------
        ValueError
            If one is no number, or outside what it may be; the message names it.
        """
        kept = {key: value for key, value in given.items() if value is not None}
        for key, value in kept.items():
            _check(key, value)
        return replace(self, **kept)  # type: ignore[arg-type]


def _check(key: str, value: object) -> None:
    kind, called = ((int,), "a whole number") if key in _WHOLE else ((int, float), "a number")
    # True is a number to Python, and none to whoever writes it.
    if isinstance(value, bool) or not isinstance(value, kind) or not math.isfinite(value):
        hint = " (YAML takes 1e-3 for text: write 0.001)" if isinstance(value, str) else ""
        raise ValueError(f"{key} = {value!r} must be {called}{hint}")
    if value < 0 or (value == 0 and key in _ABOVE_0):
        raise ValueError(f"{key} = {value} must be {'above 0' if key in _ABOVE_0 else '0 or more'}")
    if value > _MOST.get(key, math.inf):
        raise ValueError(f"{key} = {value} must be at most {_MOST[key]}")


@one_thread()
def train(
    model: nn.Module,
    windows: NDArray[np.float32],
    classes: NDArray[np.int64],
    groups: NDArray[np.int64],
    settings: TrainingSettings,
    loss: Loss,
    watch: Watch | None = None,
    checkpoint: Path | None = None,
) -> list[TrainingStep]:
    """Train in place; what happened, epoch by epoch.

    Seeded: the same data, model and settings give the same weights on the same machine. Classes
    weigh alike, however many windows each has.

    Parameters
    ----------
    model : nn.Module
    windows : ndarray, shape (n_windows, n_channels, n_samples)
    classes : ndarray, shape (n_windows,) or (n_windows, n_axes)
        Numbers of the classes, or of the levels on each axis.
    groups : ndarray, shape (n_windows,)
        Runs or subjects, in order of time; what is held out is whole groups.
    settings : TrainingSettings
    loss : callable
    watch : callable, optional
        Told after each epoch; what it raises ends the training.
    checkpoint : Path, optional
        Written after each epoch, and gone on from where it is there: a training that was stopped,
        at any moment, ends with the same weights as one that was not. It stays when all is done,
        and then gives those weights at once.

    Raises
    ------
    BundleError
        If the checkpoint is damaged, or of another network, other data or settings.
    ProfileError
        If the loss is no longer finite.
    """
    kept = None
    if checkpoint is not None:
        kept = Checkpoint(checkpoint, _fingerprint(model, windows, classes, groups, settings))
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    held_out = _held_out(groups) if settings.patience else np.zeros(len(groups), dtype=bool)
    x, y = torch.from_numpy(windows[~held_out]), torch.from_numpy(classes[~held_out])
    test_x, test_y = torch.from_numpy(windows[held_out]), torch.from_numpy(classes[held_out])
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.lr, weight_decay=settings.weight_decay
    )
    n_steps = len(_batches(y, settings.batch, rng)) * settings.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, max(n_steps, 2))
    progress = _Progress()
    if kept is not None:
        progress.restore(kept, model, optimizer, schedule, rng)
    for epoch in range(len(progress.history), settings.epochs):
        if settings.patience and progress.waited >= settings.patience:
            break
        model.train()
        total, n_drawn = 0.0, 0
        for rows in _batches(y, settings.batch, rng):
            value = _gradients(model, x[rows], y[rows], loss, settings.sharpness)
            nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            optimizer.step()
            schedule.step()
            total, n_drawn = total + value * len(rows), n_drawn + len(rows)
        if not np.isfinite(total):
            raise ProfileError(
                f"the training came apart in epoch {epoch + 1}: its loss is not finite; give a "
                f"smaller lr than {settings.lr:g}"
            )
        score = accuracy(model, test_x, test_y) if len(test_x) else float("nan")
        progress.add(TrainingStep(epoch + 1, settings.epochs, total / n_drawn, score), model)
        if kept is not None:
            progress.save(kept, model, optimizer, schedule, rng)
        if watch is not None:
            watch(progress.history[-1])
    if progress.best_weights:
        model.load_state_dict(progress.best_weights)
    model.eval()
    return progress.history


class _Progress:
    """How far a training is.

    ``best_weights`` are those that scored best on what is held out, ``waited`` epochs ago; where
    nothing is held out there are none.
    """

    def __init__(self) -> None:
        self.history: list[TrainingStep] = []
        self.waited = 0
        self.best_weights: dict[str, Tensor] = {}
        self._best = -np.inf

    def add(self, step: TrainingStep, model: nn.Module) -> None:
        self.history.append(step)
        if np.isnan(step.score):
            return
        self.waited += 1
        if step.score > self._best:
            self._best, self.waited = step.score, 0
            self.best_weights = {k: v.detach().clone() for k, v in model.state_dict().items()}

    def save(
        self,
        kept: Checkpoint,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.OneCycleLR,
        rng: np.random.Generator,
    ) -> None:
        tensors = state_of("last", model, optimizer) | {"random": torch.get_rng_state()}
        tensors |= {f"best.{k}": v for k, v in self.best_weights.items()}
        said = {
            "history": self.history,
            "waited": self.waited,
            "best": self._best,
            "random": rng.bit_generator.state,
            "steps": schedule.last_epoch,
            "rates": [(group["lr"], group["betas"]) for group in optimizer.param_groups],
        }
        kept.save(tensors, said)

    def restore(
        self,
        kept: Checkpoint,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.OneCycleLR,
        rng: np.random.Generator,
    ) -> None:
        found = kept.load()
        if found is None:
            return
        tensors, said = found
        try:
            put_back("last", model, optimizer, tensors)
            torch.set_rng_state(tensors["random"])
            self.best_weights = below("best.", tensors)
            self.history = [TrainingStep(*step) for step in said["history"]]
            self.waited, self._best = int(said["waited"]), float(said["best"])
            rng.bit_generator.state = said["random"]
            schedule.last_epoch = int(said["steps"])
            for group, (lr, betas) in zip(optimizer.param_groups, said["rates"], strict=True):
                group["lr"], group["betas"] = lr, tuple(betas)
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise kept.damaged() from error


def _fingerprint(
    model: nn.Module,
    windows: NDArray[np.float32],
    classes: NDArray[np.int64],
    groups: NDArray[np.int64],
    settings: TrainingSettings,
) -> str:
    """Tells an untrained or a base network, what it is trained on, and how."""
    digest = hashlib.sha256(repr(model).encode())
    for array in (windows, classes, groups, *(v.numpy() for v in model.state_dict().values())):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return json.dumps([_FORMAT, digest.hexdigest(), asdict(settings)])


def _gradients(model: nn.Module, x: Tensor, y: Tensor, loss: Loss, sharpness: float) -> float:
    """Leave the gradients of a batch on the parameters; its loss."""
    if sharpness:
        return sharpness_aware_gradients(model, lambda: loss(model, x, y), sharpness)
    model.zero_grad(set_to_none=True)
    value = loss(model, x, y)
    value.backward()  # type: ignore[no-untyped-call]
    return value.item()


@torch.inference_mode()
def accuracy(model: nn.Module, x: Tensor, y: Tensor, batch: int = 256) -> float:
    """Share of windows that a model classifies rightly; a mean over axes, where there are."""
    model.eval()
    right = sum(
        int((model(x[i : i + batch]).argmax(-1) == y[i : i + batch]).sum())
        for i in range(0, len(x), batch)
    )
    return right / y.numel()


def _held_out(groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The last group; of a single one its last fifth, whose first windows overlap with the rest."""
    found = np.unique(groups)
    if len(found) > 1:
        return np.asarray(groups == found[-1])
    held_out = np.zeros(len(groups), dtype=bool)
    held_out[round(0.8 * len(groups)) :] = True
    return held_out


def _batches(y: Tensor, size: int, rng: np.random.Generator) -> list[Tensor]:
    """Row numbers in random order, with each class drawn as often as any other."""
    _, own, counts = np.unique(y.numpy(), axis=0, return_inverse=True, return_counts=True)
    rows = [np.flatnonzero(own.ravel() == c) for c in range(len(counts))]
    drawn = [np.concatenate([own, rng.choice(own, counts.max() - len(own))]) for own in rows]
    order = rng.permutation(np.concatenate(drawn))
    return [torch.from_numpy(part) for part in np.array_split(order, -(-len(order) // size))]
