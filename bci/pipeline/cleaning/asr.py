"""Artifact subspace reconstruction (ASR) of the live signal.

Principal components with large amplitudes are replaced. Mullen, Kothe et al., IEEE Trans. Biomed.
Eng. 62 (2015) 2553-2567, without their look-ahead: a component is judged by past samples alone, so
the first moments of an artifact pass.
"""

from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bci.pipeline.cleaning import kernels
from bci.pipeline.cleaning.asr_calibration import FLOOR, weighting
from bci.pipeline.filters import SosFilter
from bci.signals import FloatArray

Values = NDArray[np.float64]

_REPORTED_S = 30.0
# Duration of the transition between two reconstructions; short, since artifacts pass meanwhile.
_BLEND_S = 0.01


class SubspaceReconstruction:
    """Stage that removes components with larger amplitudes than clean signal.

    Removed components are estimated from the others by the covariance of clean signal.

    Parameters
    ----------
    learnt : mapping
        ``mixing`` and ``thresholds``; see `bci.pipeline.cleaning.asr_calibration`.
    window_s, step_s : float
        Length of the judged signal, and time from one judgement to the next, in seconds.
    max_removed : float
        Share of the components that may be replaced at once.
    n_channels : int
        Number of channels.
    sfreq : float
        Sampling rate in hertz.
    """

    decimation = 1

    def __init__(
        self,
        learnt: Mapping[str, NDArray[np.generic]],
        window_s: float,
        step_s: float,
        max_removed: float,
        n_channels: int,
        sfreq: float,
    ) -> None:
        mixing = np.asarray(learnt["mixing"], dtype=np.float64)
        thresholds = np.asarray(learnt["thresholds"], dtype=np.float64)
        if mixing.shape != (n_channels, n_channels) or thresholds.shape != mixing.shape:
            raise ValueError("its stored statistics are of other channels; calibrate again")
        eye = np.eye(n_channels)
        covariance = mixing @ mixing.T
        self._inverse = np.linalg.inv(covariance + FLOOR * np.trace(covariance) / n_channels * eye)
        limits = thresholds.T @ thresholds
        self._limits = limits + FLOOR * np.trace(limits) / n_channels * eye
        self._thresholds = thresholds
        self._n_removable = int(max_removed * n_channels)
        self._step = max(1, round(step_s * sfreq))
        n_blocks = max(1, round(window_s * sfreq / self._step))
        self._weighting = SosFilter(weighting(sfreq), n_channels, sfreq)
        self.settling = n_blocks * self._step + self._weighting.settling
        self._blocks = np.zeros((n_blocks, n_channels, n_channels))
        self._eye = eye
        self._before, self._after = eye, eye
        ramp = min(self._step, max(1, round(_BLEND_S * sfreq)))
        self._shares = (1 - np.cos(np.pi * np.minimum(np.arange(1, self._step + 1) / ramp, 1))) / 2
        self._scratch = np.empty(n_channels)
        self._changed: deque[bool] = deque(maxlen=max(1, round(_REPORTED_S * sfreq / self._step)))
        self.n_removed = 0  # Components that are replaced now
        self.reset()

    def report(self) -> dict[str, float]:
        """Return the changed share of the signal, and the components replaced now.

        The share is that of the last half minute.
        """
        share = sum(self._changed) / len(self._changed) if self._changed else 0.0
        return {"changed share": round(share, 4), "components replaced": float(self.n_removed)}

    def reset(self) -> None:
        self._weighting.reset()
        self._blocks[:] = 0.0
        self._before = self._after = self._eye
        self._age, self.n_removed = 0, 0
        self._changed.clear()

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        if not len(data):
            return data, first
        weighted, _ = self._weighting.process(data.copy(), first)
        row = 0
        while row < len(data):
            at = self._age % self._step
            n = min(len(data) - row, self._step - at)
            block = self._blocks[self._age // self._step % len(self._blocks)]
            if at == 0:
                block[:] = 0.0
            kernels.add_products(weighted[row : row + n], block)
            if self._before is not self._eye or self._after is not self._eye:
                kernels.blend(
                    data[row : row + n], self._before, self._after, self._shares[at : at + n],
                    self._scratch,
                )  # fmt: skip
            row += n
            self._age += n
            if self._age % self._step == 0:
                self._before, self._after = self._after, self._reconstruction()
                self._changed.append(self._after is not self._eye)
        return data, first

    def _reconstruction(self) -> Values:
        """Return the transposed projection of the next step.

        The result is `_eye` itself if nothing changes.
        """
        self.n_removed = 0
        if self._age < self.settling:
            return self._eye
        covariance = self._blocks.sum(axis=0) / (len(self._blocks) * self._step)
        try:
            # If this is positive definite, no direction exceeds its limit. The test takes a tenth
            # of the time of the eigenvectors and is mostly sufficient.
            np.linalg.cholesky(self._limits - covariance)
            return self._eye
        except np.linalg.LinAlgError:
            powers, vectors = np.linalg.eigh(covariance)
        limits = np.square(self._thresholds @ vectors).sum(axis=0)
        is_beyond = powers >= limits
        is_beyond[: len(powers) - self._n_removable] = False
        removed = np.ascontiguousarray(vectors[:, is_beyond])
        self.n_removed = removed.shape[1]
        if not self.n_removed:
            return self._eye
        weights = self._inverse @ removed
        projected = removed @ np.linalg.solve(removed.T @ weights, weights.T)
        return np.ascontiguousarray((self._eye - projected).T)

    def response(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        return np.ones(len(freqs_hz), dtype=np.complex128)
