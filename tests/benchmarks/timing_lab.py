"""Error of the timing lab on a simulated sensor: ``python -m tests.benchmarks.timing_lab``."""

import numpy as np

from bci.signals import Marker
from bci.stimulus.flashes import Flashes
from bci.stimulus.offsets import figures_of, match
from bci.stimulus.onsets import SensorSignal, find_onsets
from devices.simulated.diode import SimulatedDiode

DELAY_S, N, SEEDS, FRAME_S = 0.0231, 100, 20, 1 / 60


def flash_times(seed: int) -> np.ndarray:
    """The markers of a run at 60 frames a second."""
    flashes, times = Flashes(N, seed), []
    frame = 0
    while not flashes.over:
        due = frame * FRAME_S
        if flashes.at(due, FRAME_S).begins:
            times.append(due)
        frame += 1
    return np.array(times)


def errors(sfreq: float, jitter_s: float, seed: int) -> tuple[float, ...]:
    """Errors of offset (ms) and spread (%), of these flashes' delays and of the set values."""
    markers = flash_times(seed)
    diode = SimulatedDiode(DELAY_S, jitter_s, np.random.default_rng([seed, 5]))
    for time in markers:
        diode.receive(Marker(float(time), "patch"))
    index = np.arange(round((markers[-1] + 1) * sfreq))
    light = diode.measure(index / sfreq, 1 / sfreq)
    onsets = find_onsets(SensorSignal("diode", light, index / sfreq, sfreq))
    found = figures_of(match(markers, onsets, "diode"))
    true_sd = float(np.std(diode.delays, ddof=1))
    return (
        1000 * abs(found.offset_s - float(np.median(diode.delays))),
        1000 * abs(found.offset_s - DELAY_S),
        100 * abs(found.sd_s / true_sd - 1),
        100 * abs(found.sd_s / jitter_s - 1),
    )


def main() -> None:
    print(f"{N} flashes, delay {1000 * DELAY_S:.1f} ms, {SEEDS} seeds: median and maximum error")
    print("of what the flashes had, and of what was set")
    print("rate (Hz)  jitter (ms)   offset (ms)   of set value    spread (%)   of set value")
    for sfreq in (250.0, 500.0, 1000.0, 2000.0):
        for jitter_s in (0.001, 0.002, 0.005):
            found = np.array([errors(sfreq, jitter_s, seed) for seed in range(SEEDS)])
            pairs = zip(np.median(found, axis=0), found.max(axis=0), strict=True)
            columns = "   ".join(f"{median:5.2f} {most:5.2f}" for median, most in pairs)
            print(f"{sfreq:9.0f}  {1000 * jitter_s:11.0f}   {columns}")


if __name__ == "__main__":
    main()
