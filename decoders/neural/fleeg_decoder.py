"""FLEEG as a decoder: one site's personal layers, and a trunk that may be shared.

It is trained alone by ``fit`` like any network, or with other sites by `decoders.federation.site`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from decoders.networks.fleeg import DEFAULT, Fleeg, FleegSettings
from decoders.neural.aligned_network import NetworkDecoder


class FleegDecoder(NetworkDecoder):
    """FLEEG; see `decoders.networks.fleeg`.

    Parameters
    ----------
    trunk, n_virtual, sfreq, window_s
        Settings that sites share; see `decoders.networks.fleeg.FleegSettings`.
    start : mapping of str to ndarray, optional
        Arrays of a base model of the same network.
    **training
        As for every network; see `decoders.neural.aligned_network.NetworkDecoder`.
    """

    summary = "FLEEG, for federated training"
    network = "fleeg"
    make = Fleeg

    def __init__(
        self,
        trunk: str = DEFAULT.trunk,
        n_virtual: int = DEFAULT.n_virtual,
        sfreq: float = DEFAULT.sfreq,
        window_s: float = DEFAULT.window_s,
        start: Mapping[str, NDArray[np.generic]] | None = None,
        **training: Any,
    ) -> None:
        super().__init__(start=start, **training)
        for key, value, most in (
            ("n_virtual", n_virtual, 1024), ("sfreq", sfreq, 10_000), ("window_s", window_s, 60),
        ):  # fmt: skip
            if not 0 < value <= most:
                raise ValueError(f"{key} = {value} must be above 0 and at most {most}")
        self.common = FleegSettings(trunk, int(n_virtual), float(sfreq), float(window_s))

    def _make(self, n_channels: int, n_samples: int) -> nn.Module:
        return Fleeg(n_channels, n_samples, self._sfreq, len(self.classes), self.common)
