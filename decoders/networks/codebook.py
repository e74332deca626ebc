"""A codebook of unit vectors that follows what it quantises by a moving average.

Source: van den Oord et al. 2017, "Neural discrete representation learning", arXiv 1711.00937, for
the straight-through gradient, the commitment term and the moving average; vectors and codes of
unit length as LaBraM (Jiang et al. 2024, arXiv 2405.18765) and Du-IN have them. Codes start at
k-means of the first batch. Ours: a code that hardly any vector has come to for long is dead and
put onto a vector of the present batch.
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
        Gradients pass through as if nothing had been replaced.
    indices : Tensor of int64, shape (...)
    commitment : Tensor, scalar
        Mean squared distance of the vectors to their codes; pulls the vectors only.
    """

    codes: Tensor
    indices: Tensor
    commitment: Tensor


class CodeUse(NamedTuple):
    """Usage of a codebook: ``perplexity``, 1 to n_codes, and the ``share`` of codes in use."""

    perplexity: float
    share: float


class Codebook(nn.Module):
    """Nearest code by cosine; learns in training mode from every batch it sees.

    Parameters
    ----------
    n_codes, width : int
    decay : float
        How much of a code is kept when a batch moves it.
    dead_below : float
        A code is dead when its running share of the vectors is less than this times 1 / n_codes.
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
        """Quantise vectors of any length, (..., width)."""
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
        """Move used codes towards the mean of their vectors; put dead ones elsewhere."""
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
        """Running use in training; a code just put elsewhere counts as used for a while.

        Of held-out data: ``code_use(code_shares(indices, n_codes))``.
        """
        return code_use(self.shares, self.dead_below / len(self.codes))


def nearest(x: Tensor, codes: Tensor) -> Tensor:
    """Number of the code with the greatest inner product, (N,), of unit vectors (N, width)."""
    return (x @ codes.T).argmax(dim=1)


def means_by_code(x: Tensor, indices: Tensor, n_codes: int) -> tuple[Tensor, Tensor]:
    """Unit mean (n_codes, width) of each code's vectors, 0 where it has none; their counts."""
    sums = x.new_zeros(n_codes, x.shape[1]).index_add_(0, indices, x)
    return F.normalize(sums, dim=1), torch.bincount(indices, minlength=n_codes).to(x.dtype)


@torch.no_grad()
def kmeans(x: Tensor, n_codes: int, n_rounds: int = _KMEANS_ROUNDS) -> Tensor:
    """Unit centres (n_codes, width) of unit vectors (N, width).

    With fewer vectors than codes the surplus are vectors drawn again, a little displaced.
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
    """Perplexity exp(-sum p log p) and share of codes above ``least``, of shares (n_codes,)."""
    p = shares.double() / shares.sum()
    entropy = -torch.xlogy(p, p).sum()
    return CodeUse(float(entropy.exp()), float((p > least).double().mean()))


def code_shares(indices: Tensor, n_codes: int) -> Tensor:
    """Share of each code, (n_codes,), among code numbers of any shape."""
    return torch.bincount(indices.flatten(), minlength=n_codes) / indices.numel()
