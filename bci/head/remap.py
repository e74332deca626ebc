"""Conversion of a montage to another: channels by name, others by spherical splines.

The reference stays that of the source.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bci.channels.units import factor
from bci.errors import MismatchError, shortened
from bci.head.electrodes import fit_sphere, standard_directions, standard_name, standard_position
from bci.head.splines import spline_weights
from bci.pipeline import kernels
from bci.signals import Channel, Chunk, Recording, StreamInfo

# Measured on EEGMMIDB (11 people, run 04, 8-30 Hz, 8 to 48 of 64 electrodes drawn at random). If
# the nearest electrode is within 30 degrees (about 50 mm), the correlation of an interpolated
# channel with the true one is 0.65 to 0.88 (medians). Beyond, it is 0.66, falling to 0.3. In a
# 10-20 cap, no 10-10 position between electrodes is farther than 29 degrees from one.
FARTHEST_DEG = 30.0
# With fewer electrodes, the correlation at the same distance falls: at 20-25 degrees from 0.75 to
# 0.66 with 4 electrodes.
FEWEST_ELECTRODES = 8
# Range of plausible radii of a head, including the height of an electrode.
_RADIUS_M = (0.05, 0.15)
# If stated positions deviate more from those of a template head, their axes are wrong.
_AXES_DEG = 30.0
_MAX_NAMED = 12


@dataclass(frozen=True)
class MontageMap:
    """A linear map from a stream's channels to target channels, sample by sample.

    ``info`` describes the output, with the names of the interpolated channels. ``picks``
    (n_targets,) is the column of the source channel that is copied, or -1 for an interpolated
    channel. An interpolated channel is the sum over the source channels ``sources`` (n,) weighted
    by ``weights`` (n_targets, n).
    """

    info: StreamInfo
    n_sources: int
    picks: NDArray[np.int64]
    sources: NDArray[np.int64]
    weights: NDArray[np.float64]

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The map as one matrix, (n_targets, n_sources)."""
        matrix = np.zeros((len(self.picks), self.n_sources))
        matrix[:, self.sources] = self.weights
        taken = np.flatnonzero(self.picks >= 0)
        matrix[taken, self.picks[taken]] = 1.0
        return matrix

    def apply(self, chunk: Chunk) -> Chunk:
        """Convert a chunk to the channels of ``info``; the result is the same for any chunking."""
        out = np.empty((len(chunk.data), len(self.picks)), dtype=np.float32)
        kernels.map_channels(chunk.data, self.picks, self.weights, self.sources, out)
        return replace(chunk, data=out)


def map_montage(info: StreamInfo, targets: Sequence[Channel]) -> MontageMap:
    """Make the map from a stream's channels to ``targets``.

    A channel of the same name, in upper or lower case, is copied. Any other target must be scalp
    EEG. It is interpolated from all EEG channels of its unit with a known position: that of their
    10-05 name on a template head, otherwise the position that the stream states.

    Raises `MismatchError` if a target cannot be interpolated: it is not EEG, its position is
    unknown, there are too few electrodes, or none is near enough.
    """
    targets = [_as_stated(target, info) for target in targets]
    by_name = {_key(channel.name): i for i, channel in reversed(list(enumerate(info.channels)))}
    picks = np.array([by_name.get(_key(target.name), -1) for target in targets], dtype=np.int64)
    missing = [target for target, pick in zip(targets, picks, strict=True) if pick < 0]
    sources, weights = np.empty(0, dtype=np.int64), np.zeros((len(targets), 0))
    if missing:
        sources, directions = _sources(info, missing)
        weights = np.zeros((len(targets), len(sources)))
        weights[picks < 0] = spline_weights(directions, _places(info, missing, directions))
    channels = tuple(
        replace(
            target if pick < 0 else info.channels[pick],
            name=target.name,
            position=standard_position(target.name),
        )
        for target, pick in zip(targets, picks, strict=True)
    )
    names = tuple(target.name for target in missing)
    mapped = replace(info, channels=channels, interpolated=names)
    return MontageMap(mapped, info.n_channels, picks, sources, weights)


def map_recording(recording: Recording, targets: Sequence[Channel]) -> Recording:
    """Convert a recording to the channels ``targets`` by the same map as live chunks.

    Raises `MismatchError` as `map_montage` does.
    """
    mapping = map_montage(replace(recording.info, name=recording.source), targets)
    whole = mapping.apply(Chunk(recording.data, recording.timestamps, 0))
    return replace(recording, info=replace(mapping.info, name=recording.info.name), data=whole.data)


def named_channels(names: Sequence[str], info: StreamInfo) -> tuple[Channel, ...]:
    """Make channels with these names, as in a profile; kinds and units are the stream's."""
    by_name = {_key(channel.name): channel for channel in info.channels}
    units = {channel.unit for channel in info.channels if channel.kind == "eeg"}
    other = Channel("", "eeg", units.pop() if len(units) == 1 else "uV")
    return tuple(replace(by_name.get(_key(name), other), name=name) for name in names)


def describe_map(name: str, info: StreamInfo) -> str:
    """Describe in a sentence the result of a montage map for the stream or file ``name``."""
    n = len(info.interpolated)
    text = f"{name}: {info.n_channels - n} of {info.n_channels} channels by name, {n} interpolated"
    if n:
        text += f" ({shortened(info.interpolated, _MAX_NAMED)})"
    if 2 * n > info.n_channels:
        text += "; that is most of them: score the model on this headset before you rely on it"
    return text


def _as_stated(target: Channel, info: StreamInfo) -> Channel:
    """Give a target the unit of the stream's channels of its kind, if these share one unit."""
    units = {channel.unit for channel in info.channels if channel.kind == target.kind}
    unit = units.pop() if len(units) == 1 else target.unit
    return replace(target, unit=unit) if factor(unit, target.unit) is not None else target


def _key(name: str) -> str:
    return standard_name(name).strip().lower()


def _sources(
    info: StreamInfo, missing: list[Channel]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the channels to interpolate from, and the unit vectors of their positions."""
    wanted = missing[0]
    alike = {(channel.kind, channel.unit) for channel in missing}
    lacking = shortened([channel.name for channel in missing], _MAX_NAMED)
    if len(alike) > 1 or wanted.kind != "eeg":
        raise MismatchError(
            f"{info.name} lacks {lacking}: only EEG of one unit can be interpolated; "
            "choose another stream or calibrate a model for this one"
        )
    candidates = [i for i, c in enumerate(info.channels) if (c.kind, c.unit) in alike]
    found = standard_directions([info.channels[i].name for i in candidates])
    unnamed = np.isnan(found).any(axis=1)
    if unnamed.any():
        stated = _stated_directions(info, candidates, found)
        found[unnamed] = stated[unnamed]
    known = ~np.isnan(found).any(axis=1)
    if known.sum() < FEWEST_ELECTRODES:
        raise MismatchError(
            f"{info.name} has {known.sum()} channels of {wanted.kind} in {wanted.unit} at a known "
            f"place; to interpolate {lacking} it takes {FEWEST_ELECTRODES}: name them by the 10-05 "
            "system, or state their positions in the stream"
        )
    return np.array(candidates, dtype=np.int64)[known], found[known]


def _stated_directions(
    info: StreamInfo, candidates: list[int], by_name: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Unit vectors of a stream's stated positions, from the centre of the sphere fitted to them.

    Raises `MismatchError` if the positions do not lie on a head, or their axes are not x right,
    y front, z up.
    """
    placed = [info.channels[i] for i in candidates]
    positions = np.array([channel.position or (np.nan,) * 3 for channel in placed])
    stated = ~np.isnan(positions).any(axis=1)
    if stated.sum() < FEWEST_ELECTRODES:
        return np.full_like(positions, np.nan)
    centre, radius = fit_sphere(positions[stated])
    if not _RADIUS_M[0] < radius < _RADIUS_M[1]:
        raise MismatchError(
            f"{info.name}: its electrode positions lie on a sphere of {1000 * radius:.3g} mm, "
            "which is no head; state them in millimetres (LSL) or metres (files)"
        )
    offsets = positions - centre
    lengths = np.sqrt((offsets**2).sum(axis=1, keepdims=True))
    directions: NDArray[np.float64] = offsets / lengths
    angles = _angles(directions, by_name)
    both = ~np.isnan(angles)
    if both.any() and (off := float(np.median(angles[both]))) > _AXES_DEG:
        raise MismatchError(
            f"{info.name}: its electrode positions are {off:.0f} degrees from the places of "
            "their names; state them with x to the right, y to the front and z up"
        )
    return directions


def _places(
    info: StreamInfo, missing: list[Channel], sources: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Unit vectors of the channels to interpolate, after a check that each is near a source."""
    places = standard_directions([channel.name for channel in missing])
    unknown = [missing[i].name for i in np.flatnonzero(np.isnan(places).any(axis=1))]
    if unknown:
        raise MismatchError(
            f"{info.name} lacks {shortened(unknown, _MAX_NAMED)}, which cannot be "
            "interpolated: no such name in the 10-05 system, so the place is unknown"
        )
    nearest = np.degrees(np.arccos(np.clip((places @ sources.T).max(axis=1), -1.0, 1.0)))
    far = [(c, a) for c, a in zip(missing, nearest, strict=True) if a > FARTHEST_DEG]
    if far:
        channel, angle = max(far, key=lambda pair: float(pair[1]))
        raise MismatchError(
            f"{info.name} has no electrode near "
            f"{shortened([c.name for c, _ in far], _MAX_NAMED)}: the nearest to "
            f"{channel.name} is {angle:.0f} degrees away on the head, and what is interpolated "
            f"over more than {FARTHEST_DEG:.0f} degrees (50 mm) has little to do with the signal "
            "there; choose another stream or calibrate a model for this one"
        )
    return places


def _angles(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    angles: NDArray[np.float64] = np.degrees(np.arccos(np.clip((a * b).sum(axis=1), -1.0, 1.0)))
    return angles
