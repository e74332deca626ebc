"""A codebook of unit vectors, updated by a moving average of the vectors that it quantises.

Source: van den Oord et al. 2017, "Neural discrete representation learning", arXiv 1711.00937, for
the straight-through gradient, the commitment term and the moving average. Vectors and codes have
unit length, as in LaBraM (Jiang et al. 2024, arXiv 2405.18765) and Du-IN. Codes start at the
k-means centres of the first batch. Added here: a code that has long been used by hardly any vector
is dead, and is moved to a vector of the present batch.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

_KMEANS_ROUNDS = 10


class Quantised(NamedTuple):
    """Vectors replaced by codes.

    Attributes
    ----------
    codes : Tensor, shape (..., width)
        Gradients pass through unchanged (straight-through).
    indices : Tensor of int64, shape (...)
    commitment : Tensor, scalar
        Mean squared distance of the vectors to their codes; its gradient moves the vectors only.
    """

    codes: Tensor
    indices: Tensor
    commitment: Tensor


class CodeUse(NamedTuple):
    """Usage of a codebook: ``perplexity``, 1 to n_codes, and the ``share`` of codes in use."""

    perplexity: float
    share: float


class Codebook(nn.Module):
    """Quantisation to the nearest code by cosine; every batch in training mode updates the codes.

    Parameters
    ----------
    n_codes, width : int
    decay : float
        Weight of the old code in the update by a batch.
    dead_below : float
        A code is dead if its running share of the vectors is below this factor times 1 / n_codes.
    """

    codes: Tensor
    shares: Tensor
    started: Tensor

    def __init__(
        self, n_codes: int, width: int, decay: float = 0.99, dead_below: float = 0.1
    ) -> None:
        super().__init__()
        self.decay, self.dead_below = decay, dead_below
        self.register_buffer("codes", F.normalize(torch.randn(n_codes, width), dim=1))
        self.register_buffer("shares", torch.full((n_codes,), 1.0 / n_codes))
        self.register_buffer("started", torch.tensor(False))

    def forward(self, x: Tensor) -> Quantised:
        """Replace each of the vectors (..., width) by the nearest code.

        The vectors are scaled to unit length first. In training mode, the codes follow them.
        """
        x = F.normalize(x, dim=-1)
        flat = x.detach().flatten(0, -2)  # (N, width)
        if self.training and not self.started:
            self.codes.copy_(kmeans(flat, len(self.codes)))
            self.started.fill_(True)
        indices = nearest(flat, self.codes)  # (N,)
        quantised = self.codes[indices].view_as(x)
        if self.training:
            self._follow(flat, indices)
        commitment = F.mse_loss(x, quantised)
        return Quantised(x + (quantised - x).detach(), indices.view(x.shape[:-1]), commitment)

    @torch.no_grad()
    def _follow(self, x: Tensor, indices: Tensor) -> None:
        """Move used codes towards the mean of their vectors; replace dead codes by vectors."""
        means, counts = means_by_code(x, indices, len(self.codes))
        moved = F.normalize(self.decay * self.codes + (1 - self.decay) * means, dim=1)
        self.codes.copy_(torch.where(counts[:, None] > 0, moved, self.codes))
        self.shares.mul_(self.decay).add_(counts / len(x), alpha=1 - self.decay)
        dead = (self.shares < self.dead_below / len(self.codes)).nonzero()[:, 0]
        if len(dead):
            chosen = torch.randint(len(x), (len(dead),), device=x.device)
            self.codes[dead] = x[chosen]
            self.shares[dead] = 1.0 / len(self.codes)

    def use(self) -> CodeUse:
        """Return the running usage in training; a replaced code counts as used for some time.

        For held-out data, use ``code_use(code_shares(indices, n_codes))``.
        """
        return code_use(self.shares, self.dead_below / len(self.codes))


def nearest(x: Tensor, codes: Tensor) -> Tensor:
    """Find the code with the largest inner product for unit vectors (N, width); shape (N,)."""
    return (x @ codes.T).argmax(dim=1)


def means_by_code(x: Tensor, indices: Tensor, n_codes: int) -> tuple[Tensor, Tensor]:
    """Compute the unit mean (n_codes, width) of each code's vectors, and their numbers (n_codes,).

    The mean is 0 for a code without vectors.
    """
    sums = x.new_zeros(n_codes, x.shape[1]).index_add_(0, indices, x)
    return F.normalize(sums, dim=1), torch.bincount(indices, minlength=n_codes).to(x.dtype)


@torch.no_grad()
def kmeans(x: Tensor, n_codes: int, n_rounds: int = _KMEANS_ROUNDS) -> Tensor:
    """Compute unit centres (n_codes, width) of unit vectors (N, width) by k-means.

    With fewer vectors than codes, vectors are repeated with a little noise.
    """
    order = torch.randperm(len(x), device=x.device)
    centres = x[order.repeat(-(-n_codes // len(x)))[:n_codes]]
    if n_codes > len(x):
        return F.normalize(centres + 0.01 * torch.randn_like(centres), dim=1)
    for _ in range(n_rounds):
        means, counts = means_by_code(x, nearest(x, centres), n_codes)
        centres = torch.where(counts[:, None] > 0, means, centres)
    return centres


def code_use(shares: Tensor, least: float = 0.0) -> CodeUse:
    """Compute perplexity exp(-sum p log p) of shares (n_codes,), and the share above ``least``."""
    p = shares.double() / shares.sum()
    entropy = -torch.xlogy(p, p).sum()
    return CodeUse(float(entropy.exp()), float((p > least).double().mean()))


def code_shares(indices: Tensor, n_codes: int) -> Tensor:
    """Compute the share of each code, (n_codes,), in ``indices`` of any shape."""
    return torch.bincount(indices.flatten(), minlength=n_codes) / indices.numel()
