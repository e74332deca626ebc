"""Event-related potentials of a simulated person who copies a text symbol by symbol.

This is no model of a brain: it has bumps at the positions and latencies of the literature. Each
flash evokes a small visual response. A flash of the attended symbol also evokes an N200 over the
parietal and occipital cortex and a P300 at the vertex (Polich, Clin. Neurophysiol. 118 (2007)
2128-2148). Feedback of a wrong symbol evokes the error potential of Ferrez and Millan (IEEE Trans.
Biomed. Eng. 55 (2008) 923-929): a negativity and a later positivity in front of the vertex.
Responses to successive flashes add up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import ndtri

from bci.spelling.codes import FlashCode, make_code
from bci.spelling.stimulation import FlashTiming
from bci.spelling.symbols import SymbolGrid
from devices.simulated.scenarios import Array, Place, Scenario, SimulatedTrial, TaskSource

TEXTS = ("BRAIN", "POWER", "CLOUD", "HAPPY", "MUSIC", "TIGER")
"""Texts that successive runs copy."""

RESPONSE_S = 1.0
"""Length of the longest response to a flash, in seconds."""

_PZ: Place = (0.0003, -0.0811, 0.0826)
_CZ: Place = (0.0004, -0.0092, 0.1002)
_FCZ: Place = (0.0004, 0.0274, 0.0887)
_OCCIPUT: Place = (0.0002, -0.1123, 0.0088)
_PARIETAL = (((-0.055, -0.0975, 0.0028), 1.0), ((0.0557, -0.0976, 0.0027), 1.0))
_REPETITIONS = 10
_TARGET_S = 2.0
_REST_S = 1.5
_FIRST_S = 3.0


@dataclass(frozen=True, slots=True)
class ErpTraits:
    """Responses of a simulated person.

    Parameters
    ----------
    response : float
        Size of the N200, the P300 and the error potential; 1 is the usual size.
    latency_s : float
        Mean latency of the P300, in seconds.
    jitter_s : float
        Standard deviation of the latency from one flash to the next, in seconds.
    """

    response: float = 1.0
    latency_s: float = 0.36
    jitter_s: float = 0.03


def traits_of(seed: int) -> ErpTraits:
    """Draw the traits of a person; the same seed gives the same traits."""
    rng = np.random.default_rng([seed, 300])
    return ErpTraits(
        response=float(rng.uniform(0.7, 1.3)),
        latency_s=float(rng.uniform(0.32, 0.42)),
        jitter_s=float(rng.uniform(0.02, 0.05)),
    )


def spelling(
    run: int = 1,
    traits: ErpTraits | None = None,
    text: str | None = None,
    code: FlashCode | None = None,
    repetitions: int = _REPETITIONS,
    timing: FlashTiming | None = None,
) -> Scenario:
    """Make the scenario of copying a text on the 6 x 6 matrix.

    The person also responds to other programs' markers ``target/G``, ``nontarget/G``, ``flash/G``
    and ``feedback/...``. At ``flash/G``, the attended symbol is unknown, so there is a visual
    response only.

    Parameters
    ----------
    run : int
        Number of the run, from 1; it chooses the text if ``text`` is not given.
    traits : ErpTraits, optional
    text : str, optional
    code : FlashCode, optional
        Code of the 36 symbols. Default: rows and columns.
    repetitions : int
        Number of repetitions of all flashes per symbol.
    timing : FlashTiming, optional
    """
    grid, timing = SymbolGrid(), timing or FlashTiming()
    code = code or make_code("row-column", grid)
    wanted = grid.spelling(text or TEXTS[(run - 1) % len(TEXTS)])
    labels = tuple(f"selection/{k + 1}/{symbol}" for k, symbol in enumerate(wanted))
    targets = tuple(map(grid.number, wanted))
    selection_s = _TARGET_S + repetitions * code.n_groups * timing.soa_s + _REST_S

    def own(rng: np.random.Generator) -> Iterator[SimulatedTrial]:
        time = _FIRST_S
        while True:
            for label, target in zip(labels, targets, strict=True):
                yield SimulatedTrial(time, label, 0.0)
                flashes = time + _TARGET_S
                before: tuple[int, ...] = ()
                for number in range(repetitions):
                    before = code.repetition(rng, before)
                    for k, group in enumerate(before):
                        onset = flashes + (number * code.n_groups + k) * timing.soa_s
                        kind = "target" if code.groups[group, target] else "nontarget"
                        yield SimulatedTrial(onset, f"{kind}/{group}", float(rng.uniform()))
                time += selection_s

    return Scenario(
        "p300", labels, selection_s - 0.5, (0.0, 0.0), _sources(traits or ErpTraits()),
        marks_rest=False, understands=_responds_to, overlaps=True, own=own,
    )  # fmt: skip


def feedback(
    traits: ErpTraits | None = None, n_trials: int = 120, error_share: float = 0.25
) -> Scenario:
    """Make a scenario with feedback every 2 s, for models of the error potential.

    The share ``error_share`` of markers is ``feedback/error/A``, the others are
    ``feedback/correct/A``.
    """
    labels = ("begin",)

    def own(rng: np.random.Generator) -> Iterator[SimulatedTrial]:
        wrong = rng.permutation(np.arange(n_trials) < round(error_share * n_trials))
        yield SimulatedTrial(_FIRST_S - 1.0, labels[0], 0.0)
        for k in range(1_000_000):
            kind = "error" if wrong[k % n_trials] else "correct"
            onset = _FIRST_S + 2.0 * k + float(rng.uniform(0, 0.3))
            yield SimulatedTrial(onset, f"feedback/{kind}/A", float(rng.uniform()))

    return Scenario(
        "errp", labels, 2.0 * n_trials, (0.0, 0.0), _sources(traits or ErpTraits()),
        marks_rest=False, understands=_responds_to, overlaps=True, own=own,
    )  # fmt: skip


def _responds_to(label: str) -> str | None:
    kinds = ("target/", "nontarget/", "flash/", "feedback/")
    return label if label.startswith(kinds) else None


def _sources(traits: ErpTraits) -> tuple[TaskSource, ...]:
    """Make the sources of the alpha rhythm and of each component."""
    flashes = ("target/", "nontarget/", "flash/")
    target, wrong = ("target/",), ("feedback/error",)
    size, later = traits.response, partial(_late, traits)

    def bump(
        to: tuple[str, ...], peak_s: float, width_s: float, jitters: bool = False
    ) -> Callable[[str, Array, float], Array]:
        def course(label: str, t: Array, strength: float) -> Array:
            if not label.startswith(to):
                return np.zeros(len(t))
            late = later(strength) if jitters else 0.0
            # The amplitude varies from trial to trial as well, by another random number.
            height = 0.6 + 0.8 * ((7919.0 * strength) % 1.0)
            shape = np.exp(-0.5 * ((t - peak_s - late) / width_s) ** 2)
            return np.asarray(height * shape * ((t >= 0) & (t < RESPONSE_S)))

        return course

    none = bump((), 0.0, 1.0)
    return (
        TaskSource(_OCCIPUT, 0.04, 7.0, (10.0, 1.0), 1.0, none),
        TaskSource(_OCCIPUT, 0.035, 2.5, None, 0.0, bump((*flashes, "feedback/"), 0.14, 0.03)),
        TaskSource(
            _PARIETAL[0][0], 0.035, -5.0 * size, None, 0.0, bump(target, 0.22, 0.03, True),
            _PARIETAL[1:],
        ),
        TaskSource(
            _PZ, 0.05, 8.0 * size, None, 0.0, bump(target, traits.latency_s, 0.08, True),
            ((_CZ, 0.6),),
        ),
        TaskSource(_FCZ, 0.04, -7.0 * size, None, 0.0, bump(wrong, 0.26, 0.035, True)),
        TaskSource(_FCZ, 0.045, 8.0 * size, None, 0.0, bump(wrong, 0.38, 0.06, True)),
    )  # fmt: skip


def _late(traits: ErpTraits, strength: float) -> float:
    """Compute a trial's deviation from the mean latency, in seconds, from its ``strength``."""
    return float(traits.jitter_s * ndtri(min(max(strength, 0.01), 0.99)))
