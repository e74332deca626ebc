"""Du-IN as a decoder of words, with choice and scaling of a person's channels."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bci.errors import MismatchError
from bci.interfaces import OnEpoch
from bci.signals import FloatArray, Signal
from decoders.classical.high_gamma import log_high_gamma, require_high_gamma
from decoders.classical.linear_head import shaped
from decoders.classical.softmax import softmax
from decoders.networks.duin import FULL, SMALL, Duin, DuinSettings
from decoders.networks.time_shift import randomly_shifted
from decoders.neural.aligned_network import NetworkDecoder, cross_entropy
from decoders.neural.serving import restore, serve
from decoders.neural.training import Loss, TrainingSettings, epochs_for, train
from decoders.parameters import flag

SIZES: dict[str, DuinSettings] = {"small": SMALL, "full": FULL}
SFREQ = 1000.0
BASE = "base"
"""The array that marks a base model, which cannot classify words yet."""
_ENCODER = "weights.encoder."
_PERSONAL = "spatial."
_CHOSEN = "chosen"
# Trained positions, which Du-IN had in an earlier version.
_EARLIER = _ENCODER + "transformer.positions"
_LEAST_SCALE = 1e-3
# Least number of training steps: 160 epochs of one run of 60 trials, 40 epochs of four runs; see
# docs/tasks/speech.md.
_STEPS = 320


class DuinDecoder(NetworkDecoder):
    """Du-IN on a person's most informative channels, each scaled to unit variance.

    Windows are cut to whole patches of 100 ms; the oldest samples are left out. The channels are
    those whose high-gamma power differs most between words, in training data only
    (`telling_channels`). With a base model from `bci pretrain-speech`, the channels are those of
    the base model, and the encoder's weights start from its weights.

    Parameters
    ----------
    size : str
        ``small`` or ``full``, the paper's.
    channels : int
        Number of channels that are chosen; all if there are fewer.
    shift : float
        Largest random shift of a window in training, as a share of its length, 0 to 0.5, as in the
        authors' code; see `decoders.networks.time_shift`.
    sigmoid : bool
        End the network in a sigmoid, as in the authors' code. Logits are then bounded, and training
        is slower.
    epochs : int, optional
        Default: 40, or more for few trials, so that there are at least 320 steps.
    batch, lr, weight_decay, patience, seed, start, device
        As in `decoders.neural.aligned_network.NetworkDecoder`.
    """

    summary = "Du-IN: words from depth electrodes"
    task = "speech"
    carries_over = False
    needs_cues = True
    network = "duin"
    _offset: FloatArray
    _scale: FloatArray
    defaults: ClassVar[TrainingSettings] = TrainingSettings(epochs=40, batch=32, lr=2e-3)

    def __init__(
        self,
        size: str = "small",
        channels: int = 10,
        shift: float = 0.1,
        sigmoid: bool = False,
        **training: Any,
    ) -> None:
        if size not in SIZES:
            raise ValueError(f"size = {size!r} must be {' or '.join(SIZES)}")
        if not (isinstance(channels, int) and 1 <= channels <= 1000):
            raise ValueError(f"channels = {channels} must be a whole number from 1 to 1000")
        if isinstance(shift, bool) or not (isinstance(shift, int | float) and 0 <= shift <= 0.5):
            raise ValueError(f"shift = {shift!r} must be a number from 0 to 0.5")
        # A base model has no word classifier, so labelled training is as long as without it.
        super().__init__(**{"epochs": self.defaults.epochs, **training})
        self._has_epochs = training.get("epochs") is not None
        self.sizes, self.channels = replace(SIZES[size], sigmoid=flag("sigmoid", sigmoid)), channels
        self.shift = float(shift)

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        groups: NDArray[np.int64] | None = None,
        signal: Signal | None = None,
        on_epoch: OnEpoch | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        """Train on windows; see `bci.interfaces.Decoder`.

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
        if self._start is not None:
            self._check_base(self._start, n_samples)
        if self._start is not None and _CHOSEN in self._start:
            self.chosen = shaped(self._start, _CHOSEN, (-1,)).astype(np.int64)
        else:
            self.chosen = telling_channels(windows, labels, self._sfreq, self.channels)
        self._fit_scale(windows)
        self._build(len(self.chosen), n_samples)
        if self._start is not None:
            self._load_encoder(self._start)
        numbers = np.searchsorted(self.classes, labels).astype(np.int64)
        if not self._has_epochs:
            self.settings = epochs_for(_STEPS, len(windows), self.settings)
        self.history = train(
            self.model, self.scaled(windows), numbers, groups, self.settings, self.loss(signal),
            on_epoch, checkpoint, also=json.dumps([self.shift, self.sizes.sigmoid]),
            device=self.device, mixed=self.mixed,
        )  # fmt: skip

    def loss(self, signal: Signal) -> Loss:  # noqa: ARG002 - of any signal
        """Return the loss: cross-entropy of randomly shifted windows."""
        most = round(self.shift * self._shape[1])

        def shifted(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
            return cross_entropy(model, randomly_shifted(x, most), y)

        return shifted

    def prepare(
        self, windows: FloatArray, chosen: NDArray[np.int64], n_samples: int, sfreq: float
    ) -> None:
        """Set channels and their scale for pretraining, which has no labels.

        ``windows`` have the shape (n_windows, n_channels, n_samples). ``chosen`` are the numbers of
        the channels.
        """
        self._sfreq, self._n_given, self.chosen = sfreq, windows.shape[1], chosen
        self._shape = (len(chosen), n_samples)
        self._fit_scale(windows)

    def adapt(self, windows: FloatArray) -> None:
        """Scale channels by a person's unlabelled windows from now on.

        ``windows`` have the shape (n_windows, n_channels, n_samples).
        """
        self._fit_scale(windows)

    def follow(self, window: FloatArray, weight: float) -> None:
        """Update the channels' offset and scale by a window (n_channels, n_samples).

        The window has the share ``weight``, 0 to 1, in the new mean and variance.
        """
        kept = window[self.chosen].astype(np.float64)
        offset = (1.0 - weight) * self._offset + weight * kept.mean(axis=1)
        variance = (1.0 - weight) * self._scale**2 + weight * kept.var(axis=1)
        self._offset = offset.astype(np.float32)
        self._scale = np.maximum(np.sqrt(variance), _LEAST_SCALE).astype(np.float32)

    def alignment(self) -> NDArray[np.float64]:
        """Return offset and scale of each chosen channel, (2, n_chosen)."""
        return np.stack([self._offset, self._scale]).astype(np.float64)

    def resume(self, alignment: NDArray[np.float64]) -> None:
        """Continue from the offsets and scales ``alignment``; see `bci.interfaces.Resumable`."""
        given = shaped({"alignment": alignment}, "alignment", (2, len(self.chosen)))
        if not (given[1] > 0).all():
            raise ValueError("a scale is not above 0")
        self._offset, self._scale = given.astype(np.float32)

    def scaled(self, windows: FloatArray) -> FloatArray:
        """Make the network's input from windows (n, n_channels, n_samples).

        Channels are selected and scaled, and the oldest samples are cut off.
        """
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
        """Return the arrays of the steps before the network.

        These are ``given`` (number of a window's channels, number of used samples), ``chosen``
        (channel numbers), ``offset`` and ``scale`` of each chosen channel, and ``sfreq``.
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
        if _EARLIER in arrays:
            raise ValueError(
                "this Du-IN was trained by an earlier version, whose layers were others: calibrate "
                "it again from its recordings"
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
        self._shape = self._seen = (n_channels, n_samples)
        self.model = Duin(n_channels, n_samples, len(self.classes), self.sizes)
        self.model.eval()
        self._serving = None

    def _fit_scale(self, windows: FloatArray) -> None:
        kept = windows[:, self.chosen].astype(np.float64)
        self._offset = kept.mean(axis=(0, 2)).astype(np.float32)
        self._scale = np.maximum(kept.std(axis=(0, 2)), _LEAST_SCALE).astype(np.float32)

    def _check_base(self, base: Mapping[str, NDArray[np.generic]], n_samples: int) -> None:
        n_given, their_samples = (int(n) for n in shaped(base, "given", (2,)))
        if _CHOSEN not in base:  # of several people, whose channels are none of this one's
            n_given = self._n_given
        if (n_given, their_samples) != (self._n_given, n_samples):
            raise MismatchError(
                f"the base model has windows of {n_given} channels x {their_samples} samples, "
                f"these have {self._n_given} x {n_samples}: pretrain with this profile"
            )

    def _load_encoder(self, base: Mapping[str, NDArray[np.generic]]) -> None:
        encoder = self.model.encoder
        assert isinstance(encoder, nn.Module)
        state = encoder.state_dict()
        own = [key for key in state if _CHOSEN in base or not key.startswith(_PERSONAL)]
        for key in own:
            array = np.asarray(base.get(_ENCODER + key, np.nan))
            if array.shape != tuple(state[key].shape) or not np.isfinite(array).all():
                raise MismatchError(
                    f"the base model's {key} has shape {array.shape}, not "
                    f"{tuple(state[key].shape)}, or is not finite: give decoder.params.size as it "
                    "was pretrained, or pretrain again if it was by an earlier version"
                )
            state[key] = torch.from_numpy(np.array(array)).to(state[key].dtype)
        encoder.load_state_dict(state)


def whole_patches(n_samples: int, sfreq: float, sizes: DuinSettings) -> int:
    """Compute the number of samples of a window that are used, a multiple of the patch.

    Raises
    ------
    MismatchError
        If the rate is not 1000 Hz or the window is shorter than a patch.
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
    """Choose the channels whose high-gamma power differs most between classes.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_channels, n_samples)
        Windows of training data only.
    labels : ndarray, shape (n_windows,)
    sfreq : float
    most : int

    Returns
    -------
    chosen : ndarray of int64
        Ascending numbers of the channels with the largest F-ratio (variance between classes divided
        by variance within classes), averaged over time bins of 100 ms. At most ``most``.
    """
    from sklearn.feature_selection import f_classif

    require_high_gamma(sfreq)
    power = _per_tenth(windows, sfreq)  # (n_windows, n_channels, n_bins)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, _ = f_classif(power.reshape(len(power), -1), labels)
    worth = np.nan_to_num(ratio, nan=0.0, posinf=0.0).reshape(power.shape[1:]).mean(axis=1)
    return np.sort(np.argsort(-worth, kind="stable")[:most]).astype(np.int64)


def lively_channels(windows: FloatArray, sfreq: float, most: int) -> NDArray[np.int64]:
    """Choose the channels whose high-gamma power varies most over time, without labels.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_channels, n_samples)
    sfreq : float
    most : int

    Returns
    -------
    chosen : ndarray of int64
        Ascending numbers of the channels with the largest range of log power in time bins of
        100 ms, from the 10th to the 90th percentile, so that rare artifacts have no effect.
    """
    require_high_gamma(sfreq)
    power = np.moveaxis(_per_tenth(windows, sfreq), 1, 0).reshape(windows.shape[1], -1)
    low, high = np.percentile(power, [10, 90], axis=1)
    return np.sort(np.argsort(low - high, kind="stable")[:most]).astype(np.int64)


def _per_tenth(windows: FloatArray, sfreq: float) -> NDArray[np.float64]:
    return log_high_gamma(windows, sfreq, max(1, round(10 * windows.shape[2] / sfreq)))
