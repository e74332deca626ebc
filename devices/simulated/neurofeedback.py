"""A person in neurofeedback training: posterior alpha with a set amplitude in each run."""

import numpy as np

from devices.simulated.scenarios import Array, Scenario, TaskSource

_OCCIPUT = (0.0002, -0.1123, 0.0088)
_WAXING_S = 20.0
RUNS = ("baseline", "feedback", "feedback", "feedback", "transfer")


def neurofeedback(
    alpha_uv: float = 9.0,
    alpha_hz: float = 10.0,
    gain: float = 1.3,
    runs: tuple[str, ...] = RUNS,
    run_s: float = 60.0,
    pause_s: tuple[float, float] = (5.0, 8.0),
) -> Scenario:
    """Make a scenario with occipital alpha.

    Alpha is ``gain`` times as large in feedback and transfer runs. Its amplitude varies by 20 %
    with a period of 20 s. The runs are in the order of ``runs``.
    """

    def amplitude(label: str, t: Array, _strength: float) -> Array:
        level = gain if label in ("feedback", "transfer") else 1.0
        return np.asarray(level * (1.0 + 0.2 * np.sin(2 * np.pi * t / _WAXING_S)))

    source = TaskSource(_OCCIPUT, 0.04, alpha_uv, (alpha_hz, 1.0), 1.0, amplitude)
    return Scenario("neurofeedback", runs, run_s, pause_s, (source,), in_order=True)
