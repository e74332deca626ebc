"""A baseline: the feature at rest and the limits of artifacts, stored in a small YAML file."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from bci.errors import MismatchError, ProfileError
from bci.files.plain_yaml import dump
from bci.files.writable import appearing
from bci.neurofeedback.artifacts import ArtifactLimits, Measures, limits_from
from bci.profiles.neurofeedback import Neurofeedback
from bci.profiles.pipeline_settings import PipelineSettings, Settings
from bci.profiles.profile import Profile, parse_yaml

_LEAST_WINDOWS = 20
_N_QUANTILES = 101
_NOTE = "# A baseline of neurofeedback, written by 'bci neurofeedback'.\n"


class Baseline(Settings):
    """The feature of a subject at rest.

    ``quantiles`` are the 0 %, 1 % ... 100 % quantiles of the feature in the clean windows.
    ``windows`` and ``clean`` count all windows and those without an artifact. ``protocol``
    identifies the feature, its pipeline, its sites and the band of muscles; a baseline of another
    protocol is refused.
    """

    version: Literal[1] = 1
    protocol: str = Field(min_length=1, max_length=100)
    simulated: bool = False
    windows: int = Field(ge=1)
    clean: int = Field(ge=1)
    mean: float
    sd: float = Field(gt=0)
    quantiles: tuple[float, ...] = Field(min_length=_N_QUANTILES, max_length=_N_QUANTILES)
    peak_to_peak: float | None = Field(None, gt=0)
    muscle_db: float | None = None

    @model_validator(mode="after")
    def _ascending(self) -> "Baseline":
        if any(b < a for a, b in zip(self.quantiles, self.quantiles[1:], strict=False)):
            raise ValueError("quantiles must not fall")
        return self

    @property
    def limits(self) -> ArtifactLimits:
        """Limits beyond which a window has an artifact."""
        return ArtifactLimits(self.peak_to_peak, self.muscle_db)

    def beyond(self, share: float, sign: int) -> float:
        """Value that the feature at rest exceeded for this share of the time, 0 to 1.

        With the ``sign`` -1, the feature was below the value for this share.
        """
        at = 100 * (1 - share if sign > 0 else share)
        return float(np.interp(at, np.arange(_N_QUANTILES), self.quantiles))


def protocol_id(protocol: Neurofeedback, pipeline: PipelineSettings) -> str:
    """Hash the feature, the band of muscles and the pipeline to 16 hexadecimal digits."""
    content = {
        "feature": protocol.feature.model_dump(mode="json"),
        "muscle_hz": protocol.artifacts.muscle_hz,
        "pipeline": pipeline.alone.model_dump(mode="json"),
    }
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_baseline(
    protocol: Neurofeedback,
    identity: str,
    values: Sequence[float],
    measures: Sequence[Measures],
    simulated: bool,
) -> Baseline:
    """Make a baseline from the windows of a run at rest.

    ``values`` has the feature and ``measures`` the artifact measures of each window. ``identity``
    is the hash of `protocol_id`.


    Raises `MismatchError` if too few windows are clean, or the feature does not vary.
    """
    n = len(values)
    if n < _LEAST_WINDOWS:
        raise MismatchError(
            f"the baseline has {n} windows, {_LEAST_WINDOWS} are the least: make "
            "neurofeedback.runs.baseline_s longer, or look at the signal"
        )
    swings, muscles = np.array(measures, dtype=np.float64).T
    limits = limits_from(protocol.artifacts, swings, muscles)
    clean = np.array([not limits.exceeded(each) for each in measures])
    if clean.sum() < max(_LEAST_WINDOWS, n / 4):
        raise MismatchError(
            f"only {int(clean.sum())} of {n} windows of the baseline are free of artifacts: check "
            "the electrodes, or raise neurofeedback.artifacts.max_peak_to_peak"
        )
    kept = np.array(values)[clean]
    sd = float(kept.std(ddof=1))
    if not sd > 1e-9 * max(1.0, abs(float(kept.mean()))):
        raise MismatchError("the feature does not vary in the baseline: check the signal")
    return Baseline(
        protocol=identity,
        simulated=simulated,
        windows=n,
        clean=int(clean.sum()),
        mean=float(kept.mean()),
        sd=sd,
        quantiles=tuple(float(q) for q in np.percentile(kept, np.arange(_N_QUANTILES))),
        peak_to_peak=limits.peak_to_peak,
        muscle_db=limits.muscle_db,
    )


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write a baseline to a YAML file."""
    with appearing(path) as new:
        new.write_text(_NOTE + dump(baseline.model_dump(mode="json")), encoding="utf-8")


def load_baseline(path: Path, profile: Profile) -> Baseline:
    """Read a baseline of the profile's protocol.

    Raises `ProfileError` if the file is missing, damaged, or a baseline of another protocol.
    """
    assert profile.neurofeedback is not None
    baseline = parse_yaml(path, Baseline, ProfileError)
    if baseline.protocol != protocol_id(profile.neurofeedback, profile.pipeline):
        raise ProfileError(
            f"{path}: a baseline of another feature, muscle_hz or pipeline than the profile's; "
            "record a new one"
        )
    return baseline
