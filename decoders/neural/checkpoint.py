"""Progress of a training in one file of plain arrays, so that training can be resumed."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from bci.errors import BundleError
from bci.interfaces import TrainingStep
from decoders.neural.device import random_state, set_random_state

Tensors = dict[str, Tensor]


class Kept(NamedTuple):
    """Content of a checkpoint: tensors, and ``plain`` values that JSON can represent."""

    tensors: Tensors
    plain: dict[str, Any]


class Checkpoint:
    """A safetensors file that is written completely or not at all.

    Parameters
    ----------
    path : Path
    belongs_to : str
        Identifies data, network and settings; a file with another identifier is refused.
    """

    def __init__(self, path: Path, belongs_to: str) -> None:
        self._path, self._belongs_to = path, belongs_to

    def save(self, tensors: Tensors, plain: Mapping[str, object]) -> None:
        """Replace the checkpoint; it is on the disk when this method returns."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        described = {"belongs_to": self._belongs_to, "said": json.dumps(plain)}
        try:
            with new.open("wb") as file:
                file.write(safetensors.torch.save(tensors, described))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        finally:
            new.unlink(missing_ok=True)

    def load(self) -> Kept | None:
        """Read the checkpoint; None if there is no file.

        Raises
        ------
        BundleError
            If the file is damaged or belongs to another training.
        """
        if not self._path.exists():
            return None
        try:
            with safe_open(self._path, "pt") as file:
                described = file.metadata() or {}
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            if described.get("belongs_to") != self._belongs_to:
                raise BundleError(
                    f"{self._path}: an unfinished training with other recordings or settings; "
                    "give those again, or delete it to start again"
                )
            return Kept(tensors, json.loads(described["said"]))
        except (SafetensorError, ValueError, KeyError, OSError) as error:
            raise self.damaged() from error

    def damaged(self) -> BundleError:
        """Make the error for a file with invalid content."""
        return BundleError(f"{self._path}: a damaged checkpoint; delete it to start again")


def state_of(name: str, model: nn.Module, optimizer: torch.optim.Optimizer) -> Tensors:
    """Copy the weights and the optimizer's moments; each key begins with ``name``."""
    tensors = {f"{name}.model.{k}": v.clone() for k, v in model.state_dict().items()}
    for row, state in optimizer.state_dict()["state"].items():
        tensors |= {f"{name}.adam.{row}.{k}": v.clone() for k, v in state.items()}
    return tensors


def put_back(
    name: str, model: nn.Module, optimizer: torch.optim.Optimizer, tensors: Tensors
) -> None:
    """Restore ``model`` and ``optimizer`` from the result of `state_of` with the same ``name``.

    Raises RuntimeError, ValueError or KeyError if ``tensors`` do not fit.
    """
    model.load_state_dict(below(f"{name}.model.", tensors))
    state: dict[int, Tensors] = {}
    for key, value in below(f"{name}.adam.", tensors).items():
        row, what = key.split(".")
        state.setdefault(int(row), {})[what] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def below(prefix: str, tensors: Tensors) -> Tensors:
    """Select the tensors whose keys begin with ``prefix``, and remove it from the keys."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


class Progress:
    """Progress of a training.

    ``best_weights`` are the weights with the best score on held-out windows, ``waited`` epochs ago.
    They are empty if nothing is held out.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
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
        if (state := random_state(self._device)) is not None:
            tensors["random_of_device"] = state
        tensors |= {f"best.{k}": v for k, v in self.best_weights.items()}
        plain = {
            "history": self.history,
            "waited": self.waited,
            "best": self._best,
            "random": rng.bit_generator.state,
            "steps": schedule.last_epoch,
            "rates": [(group["lr"], group["betas"]) for group in optimizer.param_groups],
        }
        kept.save(tensors, plain)

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
        tensors, plain = found
        try:
            put_back("last", model, optimizer, tensors)
            torch.set_rng_state(tensors["random"])
            if "random_of_device" in tensors:
                set_random_state(self._device, tensors["random_of_device"])
            self.best_weights = below("best.", tensors)
            self.history = [TrainingStep(*step) for step in plain["history"]]
            self.waited, self._best = int(plain["waited"]), float(plain["best"])
            rng.bit_generator.state = plain["random"]
            schedule.last_epoch = int(plain["steps"])
            for group, (lr, betas) in zip(optimizer.param_groups, plain["rates"], strict=True):
                group["lr"], group["betas"] = lr, tuple(betas)
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise kept.damaged() from error
