"""Pseudo-random codes of flickering targets (c-VEP), made by pyntbci.

m-sequence: Golomb, Shift Register Sequences (1967). Gold codes: Gold, IEEE Trans. Inf. Theory 13
(1967) 619-621.
"""

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError
from bci.profiles.flicker import Codes

# Feedback taps of primitive polynomials in pyntbci's notation: 1 + x + x^6 is 1 0 0 0 0 1. The two
# polynomials of a register's length are a preferred pair, as Gold codes need.
_TAPS = {
    5: ([0, 1, 0, 0, 1], [0, 1, 1, 1, 1]),
    6: ([1, 0, 0, 0, 0, 1], [1, 1, 0, 0, 1, 1]),
    7: ([0, 0, 1, 0, 0, 0, 1], [1, 1, 1, 0, 0, 0, 1]),
}


def code_bits(codes: Codes) -> NDArray[np.uint8]:
    """Make the bits of each target in the order of the profile, (n_targets, n_bits).

    Raises
    ------
    ProfileError
        If pyntbci is not installed.
    """
    try:
        from pyntbci.stimulus import make_gold_codes, make_m_sequence
    except ImportError as error:
        raise ProfileError(
            f"paradigm.codes needs pyntbci ({error}); install it: pip install 'bci[cvep]'"
        ) from error
    first, second = _TAPS[codes.register_bits]
    n = len(codes.targets)
    if codes.kind == "gold":
        return np.ascontiguousarray(make_gold_codes(first, second)[:n], dtype=np.uint8)
    sequence = make_m_sequence(first)[0].astype(np.uint8)
    return np.stack([np.roll(sequence, -k * codes.shift) for k in range(n)])


def sampled_bits(codes: Codes, sfreq: float, n_samples: int) -> NDArray[np.float64]:
    """Sample the bits, 0 or 1, of each target from the onset on, (n_targets, n_samples)."""
    number = np.floor(np.arange(n_samples) / sfreq * codes.rate_hz + 1e-9).astype(np.int64)
    return code_bits(codes)[:, number % codes.n_bits].astype(np.float64)
