"""Find neighbouring contacts of depth electrodes by the names of their channels."""

import re
from collections.abc import Sequence
from itertools import pairwise

# A channel name is the shaft's name, without a final digit, and a number: A1, L'1, "LACN 1".
_CONTACT = re.compile(r"(?P<shaft>.*\D)(?P<number>\d{1,3})")


def shaft_pairs(ch_names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return pairs of neighbouring contacts: (A1, A2), (A2, A3) ...

    The lower number comes first. Contacts with a gap between their numbers are no pair, since
    they are further apart. A channel without a neighbour is in no pair. Shafts come in the
    order of their first channel.

    Raises `ValueError` if no two channels are neighbours, or if two have the same contact.
    """
    shafts: dict[str, dict[int, str]] = {}
    for name in ch_names:
        if found := _CONTACT.fullmatch(name.strip()):
            contacts = shafts.setdefault(found["shaft"].lower(), {})
            if (number := int(found["number"])) in contacts:
                raise ValueError(f"{contacts[number]!r} and {name!r} are the same contact")
            contacts[number] = name
    pairs = tuple(
        (contacts[one], contacts[next_one])
        for contacts in shafts.values()
        for one, next_one in pairwise(sorted(contacts))
        if next_one == one + 1
    )
    if not pairs:
        raise ValueError(
            f"no two channels are neighbours on a shaft, as A1 and A2 are (there are: "
            f"{', '.join(ch_names[:8])}); name the pairs"
        )
    return pairs
