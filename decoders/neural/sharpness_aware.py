"""Sharpness-aware minimisation: gradients taken where a small step makes the loss worst.

Source: Foret et al. 2021, "Sharpness-aware minimization for efficiently improving generalization",
ICLR, arXiv 2010.01412, equations 2 and 3: the step is radius * gradient / norm of the gradient.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

# Against a division by nought where the gradient vanishes.
_TINY = 1e-12


def sharpness_aware_gradients(model: nn.Module, loss: Callable[[], Tensor], radius: float) -> float:
    """Leave the sharpness-aware gradients on a model's parameters, which stay where they are.

    Batch normalisation learns its running statistics at the parameters themselves only.

    Parameters
    ----------
    model : nn.Module
    loss : callable
        Gives the loss of a batch with the model's present parameters; called twice.
    radius : float
        Length of the step, above 0.

    Returns
    -------
    value : float
        The loss before the step.
    """
    model.zero_grad(set_to_none=True)
    value = loss()
    value.backward()  # type: ignore[no-untyped-call]
    moved = [(p, p.grad) for p in model.parameters() if p.grad is not None]
    norm = torch.linalg.vector_norm(
        torch.stack([torch.linalg.vector_norm(grad) for _, grad in moved])
    )
    before = [(p, p.detach().clone()) for p, _ in moved]
    with torch.no_grad():
        for parameter, grad in moved:
            parameter.add_(grad, alpha=radius / (float(norm) + _TINY))
    model.zero_grad(set_to_none=True)
    with _statistics_kept(model):
        loss().backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for parameter, old in before:
            parameter.copy_(old)
    return value.item()


@contextmanager
def _statistics_kept(model: nn.Module) -> Iterator[None]:
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    before = [(buffer, buffer.clone()) for norm in norms for buffer in norm.buffers(recurse=False)]
    try:
        yield
    finally:
        for buffer, old in before:
            buffer.copy_(old)
