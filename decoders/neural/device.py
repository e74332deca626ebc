"""The device on which networks are trained; predictions are always computed on the CPU."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from bci.errors import ProfileError

DEVICES = ("auto", "cpu", "cuda", "mps")
# Workspace size with which cuBLAS gives reproducible results.
_WORKSPACE = ":4096:8"


def check_device(wanted: str) -> str:
    """Check that ``wanted`` is the name of a device; `find_device` checks that it is available.

    A model trained on a GPU has its name among the parameters, but needs no GPU for predictions.

    Raises
    ------
    ValueError
        If there is no such device; the message names it.
    """
    if wanted not in DEVICES:
        raise ValueError(f"device = {wanted!r} must be {', '.join(DEVICES[:-1])} or {DEVICES[-1]}")
    return wanted


def find_device(wanted: str) -> torch.device:
    """Find the device for training; ``auto`` is a CUDA GPU if available, else the CPU.

    Raises
    ------
    ProfileError
        If this computer lacks the device.
    """
    check_device(wanted)
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if wanted == "mps":
        if not torch.backends.mps.is_available():
            raise ProfileError("device = mps, but PyTorch finds no Apple GPU; give device: cpu")
        return torch.device("mps")
    if not torch.cuda.is_available():
        raise ProfileError(
            f"device = cuda, but PyTorch {torch.__version__} finds no CUDA GPU; give device: cpu, "
            "or install PyTorch's CUDA build and a driver"
        )
    return torch.device("cuda", torch.cuda.current_device())


def describe_device() -> str:
    """Describe the device that ``auto`` means on this computer."""
    device = find_device("auto")
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    if torch.backends.mps.is_available():
        return "the CPU; device: mps would train on the Apple GPU"
    return "the CPU"


@contextmanager
def trained_on(device: torch.device, *modules: nn.Module) -> Iterator[None]:
    """Move modules to a device during the ``with`` block, then back to the CPU.

    Deterministic kernels are used, so that the same seed gives the same weights.
    """
    if device.type == "cpu":
        yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", _WORKSPACE)
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    for module in modules:
        module.to(device)
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)
        for module in modules:
            module.to("cpu")


@contextmanager
def mixed_precision(device: torch.device, wanted: bool) -> Iterator[None]:
    """With ``wanted``, let CUDA multiply in bfloat16; weights and sums stay in float32."""
    if not wanted or device.type != "cuda":
        yield
        return
    with torch.autocast("cuda", dtype=torch.bfloat16):
        yield


def random_state(device: torch.device) -> torch.Tensor | None:
    """Return the state of a GPU's random numbers; None for the CPU."""
    if device.type == "cuda":
        return torch.cuda.get_rng_state(device)
    return torch.mps.get_rng_state() if device.type == "mps" else None


def set_random_state(device: torch.device, state: torch.Tensor) -> None:
    """Set the state of a GPU's random numbers to a result of `random_state`."""
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    elif device.type == "mps":
        torch.mps.set_rng_state(state)
