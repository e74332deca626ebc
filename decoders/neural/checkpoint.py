"""How far a training is, as one file of plain arrays, so that it can go on after a stop."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from bci.errors import BundleError

Tensors = dict[str, Tensor]


class Kept(NamedTuple):
    """What a checkpoint holds: tensors, and ``said``, which JSON can hold."""

    tensors: Tensors
    said: dict[str, Any]


class Checkpoint:
    """A safetensors file that is written whole or not at all.

    Parameters
    ----------
    path : Path
    belongs_to : str
        Tells data, network and settings; a file of others is refused.
    """

    def __init__(self, path: Path, belongs_to: str) -> None:
        self._path, self._belongs_to = path, belongs_to

    def save(self, tensors: Tensors, said: Mapping[str, object]) -> None:
        """Replace what was kept; on the disk when this returns."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        described = {"belongs_to": self._belongs_to, "said": json.dumps(said)}
        try:
            with new.open("wb") as file:
                file.write(safetensors.torch.save(tensors, described))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        finally:
            new.unlink(missing_ok=True)

    def load(self) -> Kept | None:
        """What was kept; None where there is nothing.

        Raises
        ------
        BundleError
            If the file is damaged or belongs to something else.
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
                    "give those again, or delete it to begin anew"
                )
            return Kept(tensors, json.loads(described["said"]))
        except (SafetensorError, ValueError, KeyError, OSError) as error:
            raise self.damaged() from error

    def damaged(self) -> BundleError:
        """What to raise where the file holds something else than was kept in it."""
        return BundleError(f"{self._path}: a damaged checkpoint; delete it to begin anew")


def state_of(name: str, model: nn.Module, optimizer: torch.optim.Optimizer) -> Tensors:
    """Weights and the optimizer's moments, each key beginning with ``name``."""
    tensors = {f"{name}.model.{k}": v.clone() for k, v in model.state_dict().items()}
    for row, state in optimizer.state_dict()["state"].items():
        tensors |= {f"{name}.adam.{row}.{k}": v.clone() for k, v in state.items()}
    return tensors


def put_back(
    name: str, model: nn.Module, optimizer: torch.optim.Optimizer, tensors: Tensors
) -> None:
    """Undo `state_of`; raises RuntimeError, ValueError or KeyError where that is not possible."""
    model.load_state_dict(below(f"{name}.model.", tensors))
    state: dict[int, Tensors] = {}
    for key, value in below(f"{name}.adam.", tensors).items():
        row, what = key.split(".")
        state.setdefault(int(row), {})[what] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def below(prefix: str, tensors: Tensors) -> Tensors:
    """Those whose keys begin with ``prefix``, without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
