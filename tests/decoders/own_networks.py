"""The networks of our decoders, by the decoder's name."""

from collections.abc import Callable

from torch import nn

from bci.plugins.decoder_offers import networks
from bci.plugins.registry import find

NETWORKS: dict[str, Callable[[int, int, float, int], nn.Module]] = {
    name: find("bci.decoders", name).load().make for name in networks()
}
