"""Du-IN as a decoder of words: a person's channels, their scale, the network, its serving."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bci.errors import MismatchError
from bci.interfaces import Watch
from bci.signals import FloatArray, Signal
from decoders.classical.high_gamma import log_high_gamma, require_high_gamma
from decoders.classical.linear_head import shaped
from decoders.classical.softmax import softmax
from decoders.networks.duin import FULL, SMALL, Duin, DuinSettings
from decoders.neural.network_decoder import NetworkDecoder
from decoders.neural.serving import restore, serve
from decoders.neural.training import TrainingSettings, train

SIZES: dict[str, DuinSettings] = {"small": SMALL, "full": FULL}
SFREQ = 1000.0
BASE = "base"
"""The array that tells a base model, which knows no words yet."""
_ENCODER = "weights.encoder."
_LEAST_SCALE = 1e-3


class DuinDecoder(NetworkDecoder):
    """Du-IN on a person's most telling channels, each scaled to unit variance.

    Windows are cut to whole patches of 100 ms; what is left out is the oldest. The channels are
    those whose high-gamma power differs most between words, on training data only
    (`telling_channels`). With a base model from `bci pretrain-speech` they are the base's, and
    encoder weights start at the base's.

    Parameters
    ----------
    size : str
        ``small`` or ``full``, the paper's.
    channels : int
        How many channels are chosen; all where there are fewer.
    epochs, batch, lr, weight_decay, patience, seed, start
        As in `decoders.neural.network_decoder.NetworkDecoder`.
    """

    summary = "Du-IN: words from depth electrodes"
    task = "speech"
    carries_over = False
    needs_cues = True
    network = "duin"
    _offset: FloatArray
    _scale: FloatArray
    defaults: ClassVar[TrainingSettings] = TrainingSettings(epochs=40, batch=32, lr=2e-3)

    def __init__(self, size: str = "small", channels: int = 10, **training: Any) -> None:
        if size not in SIZES:
            raise ValueError(f"size = {size!r} must be {' or '.join(SIZES)}")
        if not (isinstance(channels, int) and 1 <= channels <= 1000):
            raise ValueError(f"channels = {channels} must be a whole number from 1 to 1000")
        # A base knows no words, so what is learnt from the labels is as much as without one.
        super().__init__(**{"epochs": self.defaults.epochs, **training})
        self.sizes, self.channels = SIZES[size], channels

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        groups: NDArray[np.int64] | None = None,
        signal: Signal | None = None,
        watch: Watch | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        """Learn from windows; see `bci.interfaces.Decoder`.

        Raises
        ------
        MismatchError
            If the rate is not 1000 Hz, the window is shorter than a patch, or the base model has
            another size or window.
        BundleError
            If the checkpoint is damaged, or of another network, other data or settings.
        """
        if signal is None:
            raise ValueError("a network needs to know the sampling rate")
        n_samples = whole_patches(windows.shape[2], signal.sfreq, self.sizes)
        groups = np.zeros(len(windows), dtype=np.int64) if groups is None else groups
        self.classes = tuple(str(label) for label in np.unique(labels))
        self._sfreq, self._n_given = signal.sfreq, windows.shape[1]
        if self._start is None:
            self.chosen = telling_channels(windows, labels, self._sfreq, self.channels)
        else:
            self._go_on(self._start, n_samples)
        self._fit_scale(windows)
        self._build(len(self.chosen), n_samples)
        if self._start is not None:
            self._load_encoder(self._start)
        numbers = np.searchsorted(self.classes, labels).astype(np.int64)
        self.history = train(
            self.model, self.scaled(windows), numbers, groups, self.settings, self.loss(signal),
            watch, checkpoint,
        )  # fmt: skip

    def prepare(
        self, windows: FloatArray, chosen: NDArray[np.int64], n_samples: int, sfreq: float
    ) -> None:
        """Take channels and their scale for pretraining, where there are no words."""
        self._sfreq, self._n_given, self.chosen = sfreq, windows.shape[1], chosen
        self._shape = (len(chosen), n_samples)
        self._fit_scale(windows)

    def adapt(self, windows: FloatArray) -> None:
        """Take a person's windows, labels unknown, for the channels' scale."""
        self._fit_scale(windows)

    def follow(self, window: FloatArray, weight: float) -> None:
        """Let the channels' offset and scale forget a little for a new window."""
        kept = window[self.chosen].astype(np.float64)
        offset = (1.0 - weight) * self._offset + weight * kept.mean(axis=1)
        variance = (1.0 - weight) * self._scale**2 + weight * kept.var(axis=1)
        self._offset = offset.astype(np.float32)
        self._scale = np.maximum(np.sqrt(variance), _LEAST_SCALE).astype(np.float32)

    def scaled(self, windows: FloatArray) -> FloatArray:
        """What the network sees of windows (n, n_channels, n_samples), chosen, cut and scaled."""
        cut = windows[:, self.chosen, windows.shape[2] - self._shape[1] :]
        return np.ascontiguousarray((cut - self._offset[:, None]) / self._scale[:, None])

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        scaled = self.scaled(window[None])
        logits = serve(self.served, self._serving, scaled)[0]
        return softmax(logits.astype(np.float64))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        weights = {f"weights.{k}": v.numpy() for k, v in self.served.state_dict().items()}
        serving = self._serving.arrays() if self._serving is not None else {}
        return {**self.preparation(), **weights, **serving}

    def preparation(self) -> dict[str, NDArray[np.generic]]:
        """What is done to a window before the network, as arrays.

        ``given`` (channels of a window, samples that are used), ``chosen`` channel numbers,
        ``offset`` and ``scale`` of each, ``sfreq``.
        """
        return {
            "given": np.array([self._n_given, self._shape[1]], dtype=np.int64),
            "chosen": self.chosen, "offset": self._offset, "scale": self._scale,
            "sfreq": np.array([self._sfreq]),
        }  # fmt: skip

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "DuinDecoder":
        if BASE in arrays:
            raise ValueError(
                "this is a base model, which knows no words yet: give it to bci calibrate --base"
            )
        decoder = cls(**params)
        decoder.classes = classes
        decoder._restore_preparation(arrays)
        decoder._load_weights(arrays)
        decoder._serving = restore(arrays, decoder.served, decoder._shape)
        return decoder

    def _restore_preparation(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        n_given, n_samples = (int(n) for n in shaped(arrays, "given", (2,)))
        chosen = shaped(arrays, "chosen", (-1,)).astype(np.int64)
        if not (1 <= n_given <= 10_000 and 1 <= n_samples <= 1_000_000):
            raise ValueError(f"array 'given' is {n_given} x {n_samples}")
        if not len(chosen) or not ((chosen >= 0) & (chosen < n_given)).all():
            raise ValueError(f"array 'chosen' names channels beyond the {n_given} there are")
        self._n_given, self.chosen = n_given, chosen
        self._offset = shaped(arrays, "offset", (len(chosen),)).astype(np.float32)
        self._scale = shaped(arrays, "scale", (len(chosen),)).astype(np.float32)
        if not (self._scale > 0).all():
            raise ValueError("array 'scale' holds values that are not above 0")
        self._sfreq = float(shaped(arrays, "sfreq", (1,))[0])
        self._build(len(chosen), n_samples)

    def _build(self, n_channels: int, n_samples: int) -> None:
        torch.manual_seed(self.settings.seed)
        self._shape = (n_channels, n_samples)
        self.model = Duin(n_channels, n_samples, len(self.classes), self.sizes)
        self.model.eval()
        self._serving = None

    def _fit_scale(self, windows: FloatArray) -> None:
        kept = windows[:, self.chosen].astype(np.float64)
        self._offset = kept.mean(axis=(0, 2)).astype(np.float32)
        self._scale = np.maximum(kept.std(axis=(0, 2)), _LEAST_SCALE).astype(np.float32)

    def _go_on(self, base: Mapping[str, NDArray[np.generic]], n_samples: int) -> None:
        n_given, their_samples = (int(n) for n in shaped(base, "given", (2,)))
        if (n_given, their_samples) != (self._n_given, n_samples):
            raise MismatchError(
                f"the base model has windows of {n_given} channels x {their_samples} samples, "
                f"these have {self._n_given} x {n_samples}: pretrain with this profile"
            )
        self.chosen = shaped(base, "chosen", (-1,)).astype(np.int64)

    def _load_encoder(self, base: Mapping[str, NDArray[np.generic]]) -> None:
        encoder = self.model.encoder
        assert isinstance(encoder, nn.Module)
        wanted = encoder.state_dict()
        state = {}
        for key, like in wanted.items():
            array = np.asarray(base[_ENCODER + key])
            if array.shape != tuple(like.shape) or not np.isfinite(array).all():
                raise MismatchError(
                    f"the base model's {key} has shape {array.shape}, not {tuple(like.shape)}, "
                    "or is not finite: give decoder.params.size as it was pretrained"
                )
            state[key] = torch.from_numpy(np.array(array)).to(like.dtype)
        encoder.load_state_dict(state)


def whole_patches(n_samples: int, sfreq: float, sizes: DuinSettings) -> int:
    """How many samples of a window are used.

    Raises
    ------
    MismatchError
        If the rate is not 1000 Hz or not one patch fits.
    """
    if abs(sfreq - SFREQ) > 1e-3 * SFREQ:
        factor = round(sfreq / SFREQ)
        hint = (
            f": add {{kind: decimate, factor: {factor}}} to the profile's filters"
            if factor > 1 and abs(sfreq / factor - SFREQ) < 1e-3 * SFREQ
            else "; choose high-gamma-lda"
        )
        raise MismatchError(f"Du-IN takes signals at {SFREQ:g} Hz, these have {sfreq:g} Hz{hint}")
    used = n_samples // sizes.patch * sizes.patch
    if not used:
        raise MismatchError(
            f"Du-IN needs windows of at least {sizes.patch / SFREQ:g} s; pipeline.window_s is "
            f"{n_samples / sfreq:g}"
        )
    return used


def telling_channels(
    windows: FloatArray, labels: NDArray[np.str_], sfreq: float, most: int
) -> NDArray[np.int64]:
    """The channels whose high-gamma power differs most between classes, in their order.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_channels, n_samples)
        Of training data only.
    labels : ndarray, shape (n_windows,)
    sfreq : float
    most : int

    Returns
    -------
    chosen : ndarray of int64
        Those with the greatest F-ratio (variance between classes over that within), the mean
        over time bins of 100 ms.
    """
    from sklearn.feature_selection import f_classif

    require_high_gamma(sfreq)
    power = _per_tenth(windows, sfreq)  # (n_windows, n_channels, n_bins)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, _ = f_classif(power.reshape(len(power), -1), labels)
    worth = np.nan_to_num(ratio, nan=0.0, posinf=0.0).reshape(power.shape[1:]).mean(axis=1)
    return np.sort(np.argsort(-worth, kind="stable")[:most]).astype(np.int64)


def lively_channels(windows: FloatArray, sfreq: float, most: int) -> NDArray[np.int64]:
    """The channels whose high-gamma power comes and goes most, in their order: without labels.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_channels, n_samples)
    sfreq : float
    most : int

    Returns
    -------
    chosen : ndarray of int64
        Those with the widest spread of log power over time bins of 100 ms, between the 10th and
        the 90th percentile, so that rare artifacts do not count.
    """
    require_high_gamma(sfreq)
    power = np.moveaxis(_per_tenth(windows, sfreq), 1, 0).reshape(windows.shape[1], -1)
    low, high = np.percentile(power, [10, 90], axis=1)
    return np.sort(np.argsort(low - high, kind="stable")[:most]).astype(np.int64)


def _per_tenth(windows: FloatArray, sfreq: float) -> NDArray[np.float64]:
    return log_high_gamma(windows, sfreq, max(1, round(10 * windows.shape[2] / sfreq)))
