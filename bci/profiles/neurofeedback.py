"""Settings of a neurofeedback protocol: the section ``neurofeedback`` of a profile."""

from math import hypot
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from bci.profiles.pipeline_settings import Hertz, Label, Seconds, Settings

Band = tuple[Hertz, Hertz]
Kind = Literal["band_power", "ratio", "asymmetry", "coherence", "slow_potential"]

# Places on a head, from a newborn's to beyond an adult's.
_NEAREST_M, _FARTHEST_M = 0.03, 0.2

# Sites that each kind of feature is of: the least and the most.
_N_SITES = {
    "band_power": (1, 256), "ratio": (1, 256), "asymmetry": (2, 2), "coherence": (2, 2),
    "slow_potential": (1, 256),
}  # fmt: skip


class Place(Settings):
    """A place on the head, whose signal is interpolated from all electrodes by spherical splines.

    ``at`` is an electrode's name of the 10-05 system, or x, y and z in head coordinates (x right, y
    front, z up), in metres.
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


# Told apart by form, so that a message is about what was meant.
Site = Annotated[
    Annotated[Label, Tag("channel")] | Annotated[Place, Tag("place")], Discriminator(_site_kind)
]


class FeatureSettings(Settings):
    """The quantity that is fed back; it is computed from each window of the pipeline.

    - ``band_power``: power in ``band_hz``, in dB, the mean over the sites; with ``relative_to_hz``
      its share of the power in that range, in dB
    - ``ratio``: power in ``band_hz`` over that in ``over_hz``, in dB, the mean over the sites
    - ``asymmetry``: power in ``band_hz`` at the second site over that at the first, as the
      difference of natural logarithms
    - ``coherence``: magnitude-squared coherence of two sites, the mean over ``band_hz``, 0 to 1;
      from segments of ``segment_s`` that overlap by half (Welch)
    - ``slow_potential``: mean of the window's last ``mean_s`` less that of its first
      ``reference_s``, in the channel's unit

    A site is a channel's name, or a place: ``{at: POz}``. ``smooth_s`` is the time constant of an
    exponential mean over the windows; 0 takes each as it is.
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
        """Unit of the feature; empty where it has none or the channel's."""
        return {"band_power": "dB", "ratio": "dB"}.get(self.kind, "")


class ThresholdSettings(Settings):
    """The threshold that the feature has to pass.

    - ``fixed``: ``value``, in the feature's unit; without one, ``baseline_sd`` standard deviations
      of the baseline beyond its mean
    - ``adaptive``: moves so that the feature is beyond it for ``success_rate`` of the time; the
      less the larger ``time_s``
    - ``staircase``: at each ``step_every_s`` it becomes harder by ``step_sd`` of the baseline's
      standard deviations where the success rate since the last step was above ``harder_above``,
      and easier where it was below ``easier_below``

    The last two begin where the baseline was beyond for ``success_rate`` of the time.
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
    """Windows in which nothing is rewarded or adapted, and the shown value stays.

    A window is held back where a site swings by more than ``max_peak_to_peak`` (in its unit), or
    its power in ``muscle_hz`` is above the limit, and for ``hold_s`` after it. Limits that are left
    out come from the baseline: ``baseline_sd`` robust standard deviations beyond its median, on a
    logarithmic scale.
    """

    max_peak_to_peak: float | None = Field(default=None, gt=0)
    muscle_hz: Band | None = None
    baseline_sd: float = Field(default=6.0, gt=0, le=100)
    hold_s: float = Field(default=0.5, ge=0, le=60)


class RewardSettings(Settings):
    """A reward is given where the feature was beyond the threshold for ``hold_s`` on end.

    The next one comes ``refractory_s`` later at the earliest.
    """

    hold_s: float = Field(default=0.25, ge=0, le=60)
    refractory_s: float = Field(default=1.0, ge=0, le=600)


class ShownSettings(Settings):
    """The feedback that the subject gets: a ``view`` on the screen and a ``sound``."""

    view: Literal["bar", "ball", "picture", "none"] = "bar"
    picture: str | None = Field(default=None, min_length=1, max_length=1000)
    sound: Literal["none", "pitch", "volume"] = "none"


class RunSettings(Settings):
    """Lengths of the runs, in seconds, and how many there are in a session.

    In a transfer run nothing is shown.
    """

    baseline_s: float = Field(default=60.0, ge=1, le=3600)
    feedback_s: float = Field(default=180.0, ge=1, le=3600)
    transfer_s: float = Field(default=60.0, ge=1, le=3600)
    pause_s: float = Field(default=15.0, ge=0, le=600)
    feedback_runs: int = Field(default=4, ge=0, le=100)
    transfer_runs: int = Field(default=1, ge=0, le=100)


class Neurofeedback(Settings):
    """A protocol: the feature, which way it is to go, and what happens when it does."""

    feature: FeatureSettings
    direction: Literal["up", "down"] = "up"
    threshold: ThresholdSettings = ThresholdSettings()
    artifacts: ArtifactSettings = ArtifactSettings()
    reward: RewardSettings = RewardSettings()
    shown: ShownSettings = ShownSettings()
    runs: RunSettings = RunSettings()

    @property
    def sign(self) -> int:
        """1 where the feature is to rise, -1 where it is to fall."""
        return 1 if self.direction == "up" else -1
