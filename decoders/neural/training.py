"""The training loop of all networks."""

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
from bci.interfaces import OnEpoch, TrainingStep
from decoders.neural.checkpoint import Checkpoint, Progress
from decoders.neural.device import find_device, mixed_precision, trained_on
from decoders.neural.one_thread import one_thread

Loss = Callable[..., Tensor]
"""Function of a model, windows (n, n_channels, n_samples), and class numbers (n,) or (n, n_axes).
If `train` has ``sources``, those of the windows (n,) are a fourth argument. It returns the loss."""

_FORMAT = "bci-training-1"
_WHOLE = ("epochs", "batch", "patience", "seed")
_ABOVE_0 = ("epochs", "batch", "lr", "clip")
# Limit of PyTorch's random generator.
_MOST = {"seed": 2**64 - 1}


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Training settings of a network.

    With ``patience`` above 0, the last group is held out and the weights with the best score on it
    are kept; training ends after this number of epochs without improvement. With 0, nothing is held
    out and the last weights are kept.

    Networks for motor imagery are not trained as in their papers. By default, AdamW trains 20
    epochs (`decoders.neural.aligned_network`) with one cycle of learning rates that rise to 1e-3
    and fall again. The authors' code uses Adam with a constant rate: MVCNet for 100 epochs at 1e-3,
    in batches of 64 (32 in cross-validation); DBConformer for 200 epochs at 1e-4 within a person,
    and for 100 at 1e-3 in cross-validation and across people.
    """

    epochs: int = 60
    batch: int = 32
    lr: float = 1e-3
    weight_decay: float = 1e-2
    clip: float = 1.0
    patience: int = 0
    seed: int = 0

    def but(self, **given: object) -> "TrainingSettings":
        """Copy the settings with other values; a value of None keeps the setting.

        Raises
        ------
        ValueError
            If a value is no number or out of range; the message names the setting.
        """
        kept = {key: value for key, value in given.items() if value is not None}
        for key, value in kept.items():
            _check(key, value)
        return replace(self, **kept)  # type: ignore[arg-type]


def epochs_for(n_steps: int, n_windows: int, settings: TrainingSettings) -> TrainingSettings:
    """Increase the epochs for few windows, so that there are at least ``n_steps`` steps."""
    per_epoch = math.ceil(n_windows / settings.batch)
    return replace(settings, epochs=max(settings.epochs, math.ceil(n_steps / per_epoch)))


def _check(key: str, value: object) -> None:
    kind, called = ((int,), "a whole number") if key in _WHOLE else ((int, float), "a number")
    # In Python, True is a number; in a profile, it is a mistake.
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
    on_epoch: OnEpoch | None = None,
    checkpoint: Path | None = None,
    sources: NDArray[np.int64] | None = None,
    also: str = "",
    device: str = "cpu",
    mixed: bool = False,
) -> list[TrainingStep]:
    """Train a model in place; return one `TrainingStep` per epoch.

    The same data, model and settings give the same weights on the same device. All classes have
    equal weight, whatever their numbers of windows. The model is on the CPU before and after.

    Parameters
    ----------
    model : nn.Module
    windows : ndarray, shape (n_windows, n_channels, n_samples)
    classes : ndarray, shape (n_windows,) or (n_windows, n_axes)
        Numbers of the classes, or of the levels on each axis.
    groups : ndarray, shape (n_windows,)
        Number of the run or subject of each window, in order of time; the last group is held out.
    settings : TrainingSettings
    loss : callable
    on_epoch : callable, optional
        Called after each epoch; an exception in it ends the training.
    checkpoint : Path, optional
        Written after each epoch; if it exists, training resumes from it. A training that was
        stopped at any time ends with the same weights. The file is kept after the training, and
        then gives the final weights at once.
    sources : ndarray, shape (n_windows,), optional
        Trial of each window; passed to the loss.
    also : str, optional
        Identifies everything else that the loss depends on; a checkpoint with another text is
        refused.
    device : str
        See `decoders.neural.device.find_device`; all data are moved to it.
    mixed : bool
        True to let CUDA multiply in bfloat16.

    Raises
    ------
    BundleError
        If the checkpoint is damaged, or belongs to another network, other data or settings.
    ProfileError
        If the loss is no longer finite, or this computer lacks the device.
    """
    place, kept = find_device(device), None
    if checkpoint is not None:
        known = _fingerprint(model, windows, classes, groups, settings)
        where = "" if place.type == "cpu" else place.type
        kept = Checkpoint(checkpoint, known + also + where)
    torch.manual_seed(settings.seed)
    with trained_on(place, model):
        return _train(
            model, windows, classes, groups, settings, loss, on_epoch, kept, sources, place, mixed
        )


def _train(
    model: nn.Module,
    windows: NDArray[np.float32],
    classes: NDArray[np.int64],
    groups: NDArray[np.int64],
    settings: TrainingSettings,
    loss: Loss,
    on_epoch: OnEpoch | None,
    kept: Checkpoint | None,
    sources: NDArray[np.int64] | None,
    device: torch.device,
    mixed: bool,
) -> list[TrainingStep]:
    rng = np.random.default_rng(settings.seed)
    held_out = _held_out(groups) if settings.patience else np.zeros(len(groups), dtype=bool)
    left = torch.from_numpy(classes[~held_out])
    x, y = torch.from_numpy(windows[~held_out]).to(device), left.to(device)
    test_x = torch.from_numpy(windows[held_out]).to(device)
    test_y = torch.from_numpy(classes[held_out]).to(device)
    more = () if sources is None else (torch.from_numpy(sources[~held_out]).to(device),)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.lr, weight_decay=settings.weight_decay
    )
    n_steps = len(_batches(left, settings.batch, rng)) * settings.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, max(n_steps, 2))
    progress = Progress(device)
    if kept is not None:
        progress.restore(kept, model, optimizer, schedule, rng)
    for epoch in range(len(progress.history), settings.epochs):
        if settings.patience and progress.waited >= settings.patience:
            break
        model.train()
        batches = _batches(left, settings.batch, rng)
        # Read only at the end of an epoch, because reading a value waits for the GPU.
        values = []
        for drawn in batches:
            rows = drawn.to(device)
            model.zero_grad(set_to_none=True)
            with mixed_precision(device, mixed):
                value = loss(model, x[rows], y[rows], *(each[rows] for each in more))
            value.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            optimizer.step()
            schedule.step()
            values.append(value.detach())
        n_drawn = sum(len(each) for each in batches)
        total = sum(v.item() * len(b) for v, b in zip(values, batches, strict=True))
        if not np.isfinite(total):
            raise ProfileError(
                f"the training came apart in epoch {epoch + 1}: its loss is not finite; give a "
                f"smaller lr than {settings.lr:g}"
            )
        score = accuracy(model, test_x, test_y) if len(test_x) else float("nan")
        progress.add(TrainingStep(epoch + 1, settings.epochs, total / n_drawn, score), model)
        if kept is not None:
            progress.save(kept, model, optimizer, schedule, rng)
        if on_epoch is not None:
            on_epoch(progress.history[-1])
    if progress.best_weights:
        model.load_state_dict(progress.best_weights)
    model.eval()
    return progress.history


def _fingerprint(
    model: nn.Module,
    windows: NDArray[np.float32],
    classes: NDArray[np.int64],
    groups: NDArray[np.int64],
    settings: TrainingSettings,
) -> str:
    """Make an identifier of the initial network, its training data and settings."""
    digest = hashlib.sha256(repr(model).encode())
    for array in (windows, classes, groups, *(v.numpy() for v in model.state_dict().values())):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return json.dumps([_FORMAT, digest.hexdigest(), asdict(settings)])


@torch.inference_mode()
def accuracy(model: nn.Module, x: Tensor, y: Tensor, batch: int = 256) -> float:
    """Compute the share of windows that a model classifies correctly.

    ``y`` has class numbers (n,); or (n, n_axes) for a model with several axes, such as valence and
    arousal, whose shares are averaged. ``batch`` is the number of windows computed at once.
    """
    model.eval()
    right = sum(
        int((model(x[i : i + batch]).argmax(-1) == y[i : i + batch]).sum())
        for i in range(0, len(x), batch)
    )
    return right / y.numel()


def _held_out(groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the last group; if there is a single one, mark its last fifth.

    The first windows of this fifth may overlap with training windows.
    """
    found = np.unique(groups)
    if len(found) > 1:
        return np.asarray(groups == found[-1])
    held_out = np.zeros(len(groups), dtype=bool)
    held_out[round(0.8 * len(groups)) :] = True
    return held_out


def _batches(y: Tensor, size: int, rng: np.random.Generator) -> list[Tensor]:
    """Draw batches of row numbers in random order, with each class equally often."""
    _, own, counts = np.unique(y.numpy(), axis=0, return_inverse=True, return_counts=True)
    rows = [np.flatnonzero(own.ravel() == c) for c in range(len(counts))]
    drawn = [np.concatenate([own, rng.choice(own, counts.max() - len(own))]) for own in rows]
    order = rng.permutation(np.concatenate(drawn))
    return [torch.from_numpy(part) for part in np.array_split(order, -(-len(order) // size))]
