"""Chains of scalp electrodes from front to back: the longitudinal bipolar montage."""

from collections.abc import Sequence
from itertools import pairwise

from bci.head.electrodes import electrode

# In clinical order: left, middle, right, with the temporal chain of each side first. A position has
# two names if the 10-20 and the 10-10 system differ.
_CHAINS = (
    ("Fp1", "F7", "T7/T3", "P7/T5", "O1"),
    ("Fp1", "F3", "C3", "P3", "O1"),
    ("Fz", "Cz", "Pz"),
    ("Fp2", "F4", "C4", "P4", "O2"),
    ("Fp2", "F8", "T8/T4", "P8/T6", "O2"),
)
# Largest number of steps along a chain between the electrodes of a pair.
_FARTHEST = 2


def longitudinal_pairs(ch_names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """List pairs of neighbours in the chains of the 10-20 system, the front electrode first.

    One missing electrode is bridged: its two neighbours are a pair. Two missing electrodes in
    succession are not bridged, as such a pair would span half the head. Empty if no chain has a
    pair.
    """
    by_place: dict[str, str] = {}
    for name in ch_names:
        by_place.setdefault(electrode(name) or "", name)
    pairs: list[tuple[str, str]] = []
    for chain in _CHAINS:
        found = (next((n for n in place.split("/") if n in by_place), "") for place in chain)
        placed = [(k, by_place[name]) for k, name in enumerate(found) if name]
        pairs += [(a, b) for (k, a), (m, b) in pairwise(placed) if m - k <= _FARTHEST]
    return tuple(pairs)
