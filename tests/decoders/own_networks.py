"""The networks of the built-in decoders, by name, and their size."""

from collections.abc import Callable

from torch import nn

from bci.plugins.decoder_offers import networks
from bci.plugins.registry import find

NETWORKS: dict[str, Callable[[int, int, float, int], nn.Module]] = {
    name: find("bci.decoders", name).load().make for name in networks()
}


def n_parameters(model: nn.Module) -> int:
    """Count a network's trainable parameters."""
    return sum(parameter.numel() for parameter in model.parameters())
