"""References of the displayed signal, such as average or Laplacian."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

import numpy as np

from bci.channels.description import AVERAGED
from bci.channels.units import UNKNOWN, is_potential
from bci.head.chains import longitudinal_pairs
from bci.head.electrodes import electrode
from bci.head.splines import laplacian_weights
from bci.head.top_view import channel_directions
from bci.pipeline.bipolar import shaft_pairs
from bci.pipeline.filters import BipolarReference
from bci.signals import Channel, FloatArray

_MASTOIDS = (("M1", "M2"), ("A1", "A2"), ("TP9", "TP10"))
_DEPTH = ("seeg", "ecog", "dbs")
# Radius of the spherical head model, in metres.
_RADIUS_M = 0.095
_CM2_PER_M2 = 1e4
# Fewest electrodes for the spline interpolation; with fewer the result is meaningless.
_FEWEST_OF_LAPLACIAN = 8


class DisplayReference(Enum):
    """A reference of the displayed signal; the value is its name in the scope."""

    RECORDED = "as recorded"
    AVERAGE = "average reference"
    MASTOIDS = "linked mastoids"
    BIPOLAR = "bipolar chains"
    LAPLACIAN = "surface Laplacian"


def reference_named(name: str) -> DisplayReference:
    """Return the reference of this name, or that of the recording for an unknown name."""
    return next(
        (each for each in DisplayReference if each.value == name), DisplayReference.RECORDED
    )


@dataclass(frozen=True)
class Derivation:
    """The displayed channels, and the function that computes them.

    ``members`` names, for each displayed channel, the electrodes whose signal quality it has.
    ``derive`` converts samples (n_samples, n_stream_channels) to (n_samples, n_channels), and may
    overwrite them. A value that is not finite stays so in its own channel and is left out of means.
    """

    channels: tuple[Channel, ...]
    members: tuple[tuple[str, ...], ...]
    derive: Callable[[FloatArray], FloatArray]


# Cached, since the scope, the analysis and the list of references all call it.
@lru_cache(maxsize=16)
def derivation(
    reference: DisplayReference,
    channels: tuple[Channel, ...],
    left_out: frozenset[str] = frozenset(),
) -> Derivation:
    """Plan the display of a stream's ``channels`` with a reference.

    The channels ``left_out`` are excluded from means. Channels that are no brain electrodes stay
    unchanged. Raises `ValueError` with the reason, in a few words, if the reference is impossible.
    """
    return _PLANS[reference](channels, left_out)


def why_not(
    reference: DisplayReference,
    channels: tuple[Channel, ...],
    left_out: frozenset[str] = frozenset(),
) -> str:
    """Return the reason why a reference is impossible for a stream.

    The result is empty if it is possible.
    """
    try:
        derivation(reference, channels, left_out)
    except ValueError as error:
        return str(error)
    return ""


def _recorded(channels: tuple[Channel, ...], _left_out: frozenset[str]) -> Derivation:
    return Derivation(channels, _own(channels), lambda data: data)


def _average(channels: tuple[Channel, ...], left_out: frozenset[str]) -> Derivation:
    groups = []
    for targets in _groups(channels):
        sources = [k for k in targets if channels[k].name not in left_out]
        if len(targets) > 1 and sources:
            groups.append((np.array(targets), np.array(sources)))
    if not groups:
        raise ValueError("it takes two electrodes of the brain")

    def derive(data: FloatArray) -> FloatArray:
        for targets, sources in groups:
            data[:, targets] -= _mean(data[:, sources])[:, None]
        return data

    return Derivation(channels, _own(channels), derive)


def _mastoids(channels: tuple[Channel, ...], left_out: frozenset[str]) -> Derivation:
    places = {electrode(c.name): k for k, c in enumerate(channels) if c.name not in left_out}
    pair = next((pair for pair in _MASTOIDS if set(pair) <= places.keys()), None)
    if pair is None:
        raise ValueError("no M1 and M2, A1 and A2, or TP9 and TP10")
    sources = np.array([places[name] for name in pair])
    unit = channels[sources[0]].unit
    targets = np.array([k for k, c in enumerate(channels) if (c.kind, c.unit) == ("eeg", unit)])
    if not len(targets) or channels[sources[1]].unit != unit:
        raise ValueError(f"no EEG in the unit of {pair[0]} and {pair[1]}")

    def derive(data: FloatArray) -> FloatArray:
        data[:, targets] -= _mean(data[:, sources])[:, None]
        return data

    return Derivation(channels, _own(channels), derive)


def _bipolar(channels: tuple[Channel, ...], _left_out: frozenset[str]) -> Derivation:
    of_brain = [c for c in channels if c.kind in AVERAGED]
    named = longitudinal_pairs([c.name for c in of_brain if c.kind == "eeg"])
    try:
        named += shaft_pairs([c.name for c in of_brain if c.kind in _DEPTH])
    except ValueError as error:
        if not named:
            raise ValueError("no two electrodes of the 10-20 chains or of a shaft") from error
    index = {channel.name: k for k, channel in enumerate(channels)}
    by_index = [(index[anode], index[cathode]) for anode, cathode in named]
    pairs = [(a, c) for a, c in by_index if channels[a].unit == channels[c].unit]
    if not pairs:
        raise ValueError("neighbouring electrodes differ in their units")
    others = [k for k, c in enumerate(channels) if c.kind not in AVERAGED]
    differences = tuple(
        replace(channels[a], name=f"{channels[a].name}-{channels[c].name}", position=None)
        for a, c in pairs
    )
    stage = BipolarReference(pairs)

    def derive(data: FloatArray) -> FloatArray:
        return np.hstack([stage.process(data, 0)[0], data[:, others]])

    rest = tuple(channels[k] for k in others)
    members = tuple((channels[a].name, channels[c].name) for a, c in pairs)
    return Derivation(differences + rest, members + _own(rest), derive)


def _laplacian(channels: tuple[Channel, ...], left_out: frozenset[str]) -> Derivation:
    unit = Counter(c.unit for c in channels if c.kind == "eeg").most_common(1)
    directions = channel_directions(channels)
    placed = [
        k for k, c in enumerate(channels)
        if unit and (c.kind, c.unit) == ("eeg", unit[0][0]) and np.isfinite(directions[k]).all()
    ]  # fmt: skip
    sources = [k for k in placed if channels[k].name not in left_out]
    if len(sources) < _FEWEST_OF_LAPLACIAN:
        raise ValueError(f"it takes {_FEWEST_OF_LAPLACIAN} EEG electrodes with a known place")
    weights = np.zeros((len(placed), len(placed)))
    row_of = {k: row for row, k in enumerate(placed)}
    rows = [row_of[k] for k in sources]
    weights[np.ix_(rows, rows)] = laplacian_weights(directions[sources], _RADIUS_M)
    for k in set(placed) - set(sources):
        # A left-out channel is computed from its own samples, but contributes to no other channel.
        also = [*sources, k]
        of_these = laplacian_weights(directions[also], _RADIUS_M)
        weights[row_of[k], [row_of[each] for each in also]] = of_these[-1]
    matrix = np.ascontiguousarray(weights.T / _CM2_PER_M2, dtype=np.float32)

    def derive(data: FloatArray) -> FloatArray:
        before = data[:, placed]
        known = np.isfinite(before)
        if not known.all():
            # The sum over all electrodes needs every value; the mean has the least influence.
            before = np.where(known, before, _mean(before)[:, None])
        data[:, placed] = np.where(known, before @ matrix, np.nan)
        return data

    per_area = {UNKNOWN: UNKNOWN, "uV": "µV/cm²"}
    shown = list(channels)
    for k in placed:
        shown[k] = replace(shown[k], unit=per_area.get(shown[k].unit, f"{shown[k].unit}/cm²"))
    return Derivation(tuple(shown), _own(channels), derive)


def _own(channels: tuple[Channel, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple((channel.name,) for channel in channels)


def _groups(channels: tuple[Channel, ...]) -> list[list[int]]:
    """Group brain electrodes by kind and unit.

    Without brain electrodes, channels of unknown kind are grouped.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    kinds = {c.kind for c in channels} & set(AVERAGED) or {UNKNOWN}
    for k, channel in enumerate(channels):
        if channel.kind in kinds and is_potential(channel.unit):
            groups.setdefault((channel.kind, channel.unit), []).append(k)
    return list(groups.values())


def _mean(data: FloatArray) -> FloatArray:
    """Return the mean of the finite values of each sample, (n_samples,).

    The result is 0 without any.
    """
    known = np.isfinite(data)
    if known.all():
        mean: FloatArray = data.mean(axis=1)
        return mean
    total = np.where(known, data, 0).sum(axis=1, dtype=np.float32)
    return np.asarray(total / np.maximum(known.sum(axis=1), 1), dtype=np.float32)


_PLANS: dict[DisplayReference, Callable[[tuple[Channel, ...], frozenset[str]], Derivation]] = {
    DisplayReference.RECORDED: _recorded,
    DisplayReference.AVERAGE: _average,
    DisplayReference.MASTOIDS: _mastoids,
    DisplayReference.BIPOLAR: _bipolar,
    DisplayReference.LAPLACIAN: _laplacian,
}
