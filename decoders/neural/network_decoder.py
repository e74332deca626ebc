"""Networks of motor imagery as decoders."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from bci.signals import FloatArray, Signal
from decoders.networks.augmentations import three_views
from decoders.networks.conformer import Conformer as ConformerNetwork
from decoders.networks.dbconformer import PUBLISHED, Dbconformer
from decoders.networks.eegnet import Eegnet
from decoders.networks.ifnet import Ifnet
from decoders.networks.mvcnet import Mvcnet, MvcnetSettings
from decoders.networks.shallow import Shallow as ShallowNetwork
from decoders.neural.aligned_network import NetworkDecoder
from decoders.neural.training import Loss

# Rate of the Transformer's input in MVCNet, which is used in training only. It is sufficient for
# the 8-30 Hz of the motor-imagery profiles, and halves the time of a training step.
_MVCNET = MvcnetSettings(encoder_hz=80.0)

_DEEPEST = 12
_BLOCK = r"weights\.temporal_encoder\.(\d+)\."


class EegNetDecoder(NetworkDecoder):
    """EEGNet; see `decoders.networks.eegnet`."""

    summary = "EEGNet"
    network = "eegnet"
    make = Eegnet
    across_montages = True


class ShallowDecoder(NetworkDecoder):
    """ShallowConvNet; see `decoders.networks.shallow`."""

    summary = "ShallowConvNet"
    network = "shallow"
    make = ShallowNetwork
    across_montages = True


class ConformerDecoder(NetworkDecoder):
    """EEG Conformer; see `decoders.networks.conformer`."""

    summary = "EEG Conformer"
    network = "conformer"
    make = ConformerNetwork
    across_montages = True


class IfNetDecoder(NetworkDecoder):
    """IFNet; see `decoders.networks.ifnet`."""

    summary = "IFNet"
    network = "ifnet"
    make = Ifnet
    across_montages = True


class DbConformerDecoder(NetworkDecoder):
    """DBConformer; see `decoders.networks.dbconformer`.

    Parameters
    ----------
    depth : int, optional
        Number of blocks per branch. Default: the number of the base model, or 2.
    **settings
        See `NetworkDecoder`.
    """

    summary = "DBConformer"
    network = "dbconformer"
    across_montages = True
    make = Dbconformer

    def __init__(
        self,
        depth: int | None = None,
        start: Mapping[str, NDArray[np.generic]] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(start=start, **settings)
        if depth is not None and (type(depth) is not int or not 1 <= depth <= _DEEPEST):
            raise ValueError(f"depth = {depth!r} must be a whole number from 1 to {_DEEPEST}")
        of_base = None if start is None else _depth_of(start)
        if of_base and depth not in (None, of_base):
            raise ValueError(f"depth = {depth}, but the base model is {of_base} blocks deep")
        self._depth = depth or of_base or PUBLISHED.temporal_depth

    def _restore_signal(self, arrays: Mapping[str, NDArray[np.generic]], n_channels: int) -> None:
        super()._restore_signal(arrays, n_channels)
        self._depth = _depth_of(arrays)

    def _make(self, n_channels: int, n_samples: int) -> nn.Module:
        settings = replace(PUBLISHED, temporal_depth=self._depth, spatial_depth=self._depth)
        return Dbconformer(n_channels, n_samples, self._sfreq, len(self.classes), settings)


def _depth_of(arrays: Mapping[str, NDArray[np.generic]]) -> int:
    """Count the blocks per branch of a stored DBConformer."""
    blocks = {int(found[1]) for key in arrays if (found := re.match(_BLOCK, key))}
    return min(len(blocks), _DEEPEST)


class MvcNetDecoder(NetworkDecoder):
    """MVCNet around IFNet; see `decoders.networks.mvcnet`.

    The input of its Transformer, which is used in training only, is averaged to about 80 Hz. In the
    authors' code it has all samples.
    """

    summary = "MVCNet around IFNet"
    network = "mvcnet"
    across_montages = True
    make = staticmethod(partial(Mvcnet, settings=_MVCNET))

    def loss(self, signal: Signal) -> Loss:
        """Return the loss: cross-entropy and both contrastive losses, on three views per trial."""
        # With a base model of another headset, its electrodes have no names here; so there is no
        # mirrored view.
        ch_names = [] if self._onto is not None else [each.name for each in signal.channels]
        views = three_views(signal.sfreq, ch_names, self.classes)

        def total(model: nn.Module, x: Tensor, y: Tensor, trials: Tensor) -> Tensor:
            assert isinstance(model, Mvcnet)
            return model.loss(x, y, views(x, y), trials).total

        return total

    def sources(self, windows: FloatArray) -> NDArray[np.int64]:
        """Number the trials of windows, (n_windows,).

        A window belongs to the trial of the window before if the two overlap.
        """
        goes_on = [
            bool((before == own[:, :1]).all(axis=0).any()) for before, own in pairwise(windows)
        ]
        return np.cumsum([True, *(not each for each in goes_on)]).astype(np.int64)


class MvcDbConformerDecoder(MvcNetDecoder):
    """MVCNet around DBConformer."""

    summary = "MVCNet around DBConformer"
    network = "mvcnet-dbconformer"
    make = staticmethod(partial(Mvcnet, backbone="dbconformer", settings=_MVCNET))
