"""The pre-norm Transformer block of EEG Conformer and DBConformer."""

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class Attention(nn.Module):
    """Multi-head self-attention; scores are divided by sqrt(width), as in both papers' code."""

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        if width % n_heads:
            raise ValueError(f"a width of {width} cannot be shared by {n_heads} heads")
        self.n_heads = n_heads
        self.dropout = dropout
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Convert tokens (n_trials, n_tokens, width) to tokens of the same shape."""
        n_trials, n_tokens, width = x.shape
        heads = self.queries_keys_values(x).view(n_trials, n_tokens, 3, self.n_heads, -1)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # each (B, heads, tokens, width / heads)
        dropout = self.dropout if self.training else 0.0
        x = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=width**-0.5)
        x = x.transpose(1, 2).reshape(n_trials, n_tokens, width)
        mixed: Tensor = self.projection(x)
        return mixed


class TransformerBlock(nn.Module):
    """Attention, then a feed-forward layer; each normalises its input and is added to it."""

    def __init__(self, width: int, n_heads: int, expansion: int, dropout: float) -> None:
        super().__init__()
        self.attend = nn.Sequential(
            nn.LayerNorm(width), Attention(width, n_heads, dropout), nn.Dropout(dropout)
        )
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, expansion * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(expansion * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Convert tokens (B, n_tokens, width) to tokens of the same shape."""
        x = x + self.attend(x)  # (B, tokens, width)
        changed: Tensor = self.feed_forward(x)
        return x + changed
