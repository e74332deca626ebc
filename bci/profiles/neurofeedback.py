"""Settings of a neurofeedback protocol, a profile's ``neurofeedback``."""

from math import hypot
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from bci.profiles.pipeline_settings import Hertz, Label, Seconds, Settings

Band = tuple[Hertz, Hertz]
Kind = Literal["band_power", "ratio", "asymmetry", "coherence", "slow_potential"]

# Distance of a place from the centre of the head in metres, from newborns to adults.
_NEAREST_M, _FARTHEST_M = 0.03, 0.2

# Least and largest number of sites of each kind of feature.
_N_SITES = {
    "band_power": (1, 256), "ratio": (1, 256), "asymmetry": (2, 2), "coherence": (2, 2),
    "slow_potential": (1, 256),
}  # fmt: skip


class Place(Settings):
    """A place on the head without its own electrode.

    Its signal is interpolated from all electrodes by spherical splines. ``at`` is an electrode
    name of the 10-05 system, or x, y and z in head coordinates (x right, y front, z up), in
    metres.
    """

    at: Label | tuple[float, float, float]

    @model_validator(mode="after")
    def _on_a_head(self) -> "Place":
        if not isinstance(self.at, str):
            distance_m = hypot(*self.at)
            if not _NEAREST_M <= distance_m <= _FARTHEST_M:
                raise ValueError(
                    f"at is {distance_m:g} m from the centre of the head; give x, y and z in "
                    "metres, as [0.0, -0.10, 0.05]"
                )
        return self


def _site_kind(site: object) -> str:
    return "channel" if isinstance(site, str) else "place"


# Distinguished by form, so that an error message is about the intended kind.
Site = Annotated[
    Annotated[Label, Tag("channel")] | Annotated[Place, Tag("place")], Discriminator(_site_kind)
]


class FeatureSettings(Settings):
    """The feature that is fed back, computed from each window of the pipeline.

    - ``band_power``: power in ``band_hz`` in dB, averaged over the sites; with ``relative_to_hz``,
      its ratio to the power in that range, in dB
    - ``ratio``: ratio of the powers in ``band_hz`` and ``over_hz`` in dB, averaged over the sites
    - ``asymmetry``: natural logarithm of the power in ``band_hz`` at the second site, minus that at
      the first
    - ``coherence``: magnitude-squared coherence of two sites, averaged over ``band_hz``, 0 to 1,
      from segments of ``segment_s`` seconds that overlap by half (Welch)
    - ``slow_potential``: mean of the window's last ``mean_s`` seconds minus the mean of its first
      ``reference_s`` seconds, in the channel's unit

    A site is a channel name, or a place: ``{at: POz}``. ``smooth_s`` is the time constant in
    seconds of an exponential mean over the windows; 0 does not smooth.
    """

    kind: Kind
    sites: tuple[Site, ...] = Field(min_length=1, max_length=256)
    band_hz: Band | None = None
    over_hz: Band | None = None
    relative_to_hz: Band | None = None
    segment_s: Seconds = 0.5
    mean_s: Seconds = 0.5
    reference_s: Seconds = 0.5
    smooth_s: float = Field(default=0.0, ge=0, le=60)

    @model_validator(mode="after")
    def _complete(self) -> "FeatureSettings":
        least, most = _N_SITES[self.kind]
        if not least <= len(self.sites) <= most:
            raise ValueError(f"sites: {self.kind} is of {least} sites, not {len(self.sites)}")
        needed = {"band_hz": self.kind != "slow_potential", "over_hz": self.kind == "ratio"}
        for key, is_needed in needed.items():
            if is_needed and getattr(self, key) is None:
                raise ValueError(f"{key} is missing: {self.kind} needs it, as [8, 12]")
        for key in ("band_hz", "over_hz", "relative_to_hz"):
            band = getattr(self, key)
            if band is not None and band[0] >= band[1]:
                raise ValueError(f"{key} must go from a lower to a higher frequency, not {band}")
        return self

    @property
    def unit(self) -> str:
        """Unit of the feature; empty without a unit, and for the channel's unit."""
        return {"band_power": "dB", "ratio": "dB"}.get(self.kind, "")


class ThresholdSettings(Settings):
    """The threshold that the feature has to cross.

    - ``fixed``: ``value`` in the feature's unit; without it, ``baseline_sd`` standard deviations
      of the baseline beyond its mean
    - ``adaptive``: adapts with the time constant ``time_s``, so that the feature is beyond it for
      the share ``success_rate`` of the time
    - ``staircase``: every ``step_every_s`` seconds, it gets harder if the success rate since the
      last step was above ``harder_above``, and easier if it was below ``easier_below``; a step is
      ``step_sd`` standard deviations of the baseline

    The last two kinds start at the value that the baseline exceeded for the share ``success_rate``
    of the time.
    """

    kind: Literal["fixed", "adaptive", "staircase"] = "adaptive"
    value: float | None = None
    baseline_sd: float = Field(default=0.5, ge=-10, le=10)
    success_rate: float = Field(default=0.6, gt=0, lt=1)
    time_s: float = Field(default=30.0, gt=0, le=3600)
    step_every_s: float = Field(default=20.0, gt=0, le=3600)
    step_sd: float = Field(default=0.1, gt=0, le=10)
    harder_above: float = Field(default=0.7, gt=0, lt=1)
    easier_below: float = Field(default=0.4, gt=0, lt=1)

    @model_validator(mode="after")
    def _in_order(self) -> "ThresholdSettings":
        if self.easier_below >= self.harder_above:
            raise ValueError(
                f"easier_below ({self.easier_below:g}) must be less than harder_above "
                f"({self.harder_above:g})"
            )
        return self


class ArtifactSettings(Settings):
    """Rejection of windows with artifacts.

    There is then no reward and no adaptation, and the shown value stays. A window is rejected
    if the peak-to-peak amplitude of a site exceeds ``max_peak_to_peak`` (in its unit), or if
    its power in ``muscle_hz`` exceeds a limit. Windows in the following ``hold_s`` seconds are
    rejected too. Limits that are not given come from the baseline: ``baseline_sd`` robust
    standard deviations above its median, on a logarithmic scale.
    """

    max_peak_to_peak: float | None = Field(default=None, gt=0)
    muscle_hz: Band | None = None
    baseline_sd: float = Field(default=6.0, gt=0, le=100)
    hold_s: float = Field(default=0.5, ge=0, le=60)


class RewardSettings(Settings):
    """Timing of rewards, in seconds.

    A reward is given when the feature has been beyond the threshold for ``hold_s`` without a break.
    The next reward comes at least ``refractory_s`` later.
    """

    hold_s: float = Field(default=0.25, ge=0, le=60)
    refractory_s: float = Field(default=1.0, ge=0, le=600)


class ShownSettings(Settings):
    """The feedback for the subject: a ``view`` on the screen and a ``sound``.

    ``picture`` is the image file for the view ``picture``.
    """

    view: Literal["bar", "ball", "picture", "none"] = "bar"
    picture: str | None = Field(default=None, min_length=1, max_length=1000)
    sound: Literal["none", "pitch", "volume"] = "none"


class RunSettings(Settings):
    """Lengths of the runs in seconds, and their numbers in a session.

    A transfer run has no feedback.
    """

    baseline_s: float = Field(default=60.0, ge=1, le=3600)
    feedback_s: float = Field(default=180.0, ge=1, le=3600)
    transfer_s: float = Field(default=60.0, ge=1, le=3600)
    pause_s: float = Field(default=15.0, ge=0, le=600)
    feedback_runs: int = Field(default=4, ge=0, le=100)
    transfer_runs: int = Field(default=1, ge=0, le=100)


class Neurofeedback(Settings):
    """A neurofeedback protocol: feature, direction, threshold, rewards, runs."""

    feature: FeatureSettings
    direction: Literal["up", "down"] = "up"
    threshold: ThresholdSettings = ThresholdSettings()
    artifacts: ArtifactSettings = ArtifactSettings()
    reward: RewardSettings = RewardSettings()
    shown: ShownSettings = ShownSettings()
    runs: RunSettings = RunSettings()

    @property
    def sign(self) -> int:
        """1 if the feature shall increase, -1 if it shall decrease."""
        return 1 if self.direction == "up" else -1
