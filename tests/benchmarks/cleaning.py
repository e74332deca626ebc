"""Artifact filters on a simulated person: blinks removed, mu rhythm lost, cost of a chunk.

The same signal is simulated with and without blinks, to the bit, so that both are known.

    python -m tests.benchmarks.cleaning
"""

from dataclasses import dataclass, replace
from functools import cache
from time import thread_time

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.signal import butter, sosfiltfilt
from threadpoolctl import threadpool_limits

from bci.pipeline.filter_chain import Chain
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Channel, Recording, StreamInfo
from bci.training.trained_filters import train_filters
from devices.simulated import montages, scenarios
from devices.simulated.signal import Amplitudes, SimulatedSignal

SFREQ = 250.0
TRAINING_S, TEST_S = 120.0, 60.0
SEEDS = range(3)
_CHUNK_S = 0.01
_COST_SFREQ = 1000.0
_COST_S = 24.0
# The high-pass before, so that offsets are no signal.
BEFORE = [{"kind": "bandpass", "low_hz": 0.5, "high_hz": 45.0, "order": 2}]
METHODS = {
    "regress, EOG": [{"kind": "regress"}],
    "regress, EOG, adapt": [{"kind": "regress", "adapt": True}],
    "regress, Fp1 and Fp2": [{"kind": "regress", "sources": ["Fp1", "Fp2"]}],
    "asr, cutoff 20": [{"kind": "asr", "cutoff": 20}],
    "asr, cutoff 10": [{"kind": "asr", "cutoff": 10}],
    "asr, cutoff 7": [{"kind": "asr"}],
    "asr, window 0.5 s": [{"kind": "asr", "window_s": 0.5}],
    "regress, EOG, then asr": [{"kind": "regress"}, {"kind": "asr"}],
}
COSTED = {
    "regress": [{"kind": "regress", "sources": ["Fp1", "Fp2"]}],
    "regress, adapt": [{"kind": "regress", "sources": ["Fp1", "Fp2"], "adapt": True}],
    "asr, no blinks": [{"kind": "asr"}],
    "asr, blinks": [{"kind": "asr"}],
    "cancel_line, 3 harmonics": [{"kind": "cancel_line"}],
    "notch, 3 harmonics": [{"kind": "notch", "freq_hz": 50, "harmonics": 3}],
    "interpolate_bad": [{"kind": "interpolate_bad"}],
    "interpolate_bad, 3 bad": [{"kind": "interpolate_bad"}],
}


@dataclass(frozen=True)
class Removal:
    """Shares: of the blinks' variance that is gone, and of the mu rhythm's power that is.

    ``changed`` is the variance of all else that was changed, of that of the signal without blinks.
    """

    blinks: float
    mu: float
    changed: float


def settings(filters: list[dict[str, object]]) -> PipelineSettings:
    """Return a pipeline of these filters over EEG, and EOG where it is regressed out."""
    has_eog = any(each["kind"] == "regress" and "sources" not in each for each in filters)
    kinds = ["eeg", "eog"] if has_eog else ["eeg"]
    given = {"filters": filters, "window_s": 1.0, "kinds": kinds}
    return PipelineSettings.model_validate(given)


def simulate(
    seed: int,
    run: int,
    seconds: float,
    blinks: bool,
    n_channels: int = 31,
    sfreq: float = SFREQ,
    eog: bool = True,
) -> Recording:
    """Simulate a run of motor imagery; without blinks all else is the same to the bit."""
    channels: tuple[Channel, ...] = montages.eeg(n_channels)
    if eog:
        channels = (*channels, montages.EOG)
    levels = Amplitudes(blink_uv=180.0 if blinks else 0.0)
    made = SimulatedSignal(channels, sfreq, scenarios.motor_imagery(), seed, run, levels)
    n, blocks, markers = round(seconds * sfreq), [], []
    for block, cues in made.blocks():
        blocks.append(block)
        markers += cues
        if sum(map(len, blocks)) >= n:
            break
    data = np.concatenate(blocks)[:n]
    index = np.arange(n)
    info = StreamInfo("simulated", "EEG", sfreq, channels, simulated=True)
    cued = tuple(marker for marker in markers if marker.time < seconds)
    return Recording(info, data, index / sfreq, index, cued, f"simulated {seed}-{run}")


def filtered(
    wanted: PipelineSettings, recording: Recording
) -> tuple[NDArray[np.float64], list[str]]:
    """Return the settled output of a chain, and its channels' names."""
    chain = Chain(wanted, recording.info)
    parts = [chain.process(c.data, c.first).data.copy() for c in recording.chunks(50)]
    names = [channel.name for channel in chain.channels]
    return np.concatenate(parts).astype(np.float64), names


@dataclass(frozen=True)
class Runs:
    """Simulated runs of one person: to train on, and to judge on with and without blinks."""

    training: Recording
    contaminated: Recording
    clean: Recording

    @classmethod
    def of(cls, seed: int) -> "Runs":
        return cls(
            simulate(seed, 1, TRAINING_S, blinks=True),
            simulate(seed, 2, TEST_S, blinks=True),
            simulate(seed, 2, TEST_S, blinks=False),
        )


def remove_blinks(filters: list[dict[str, object]], runs: Runs) -> Removal:
    """Train filters on one run and judge them on another, by the run without blinks."""
    wanted = settings([*BEFORE, *filters])
    plain = wanted.model_copy(update={"filters": wanted.filters[: len(BEFORE)]})
    cleaned, kept = filtered(train_filters(wanted, [runs.training]), runs.contaminated)
    before, names = filtered(plain, runs.contaminated)
    truth, _ = filtered(plain, runs.clean)
    columns = [names.index(name) for name in kept]
    settled = round(10 * SFREQ)
    before, truth = before[settled:, columns], truth[settled:, columns]
    cleaned = cleaned[settled:]
    left = cleaned - truth
    locked = _locked(left, before - truth)
    gone = 1 - np.square(locked).sum() / np.square(before - truth).sum()
    changed = np.square(left - locked).sum() / np.square(truth).sum()
    mu = [kept.index(name) for name in ("C3", "C4")]
    sos = butter(4, [8, 13], "bandpass", fs=SFREQ, output="sos")
    power = [np.square(sosfiltfilt(sos, each[:, mu], axis=0)).sum() for each in (cleaned, truth)]
    return Removal(float(gone), float(1 - power[0] / power[1]), float(changed))


def _locked(signal: NDArray[np.float64], blinks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of a signal that goes along with blinks, in any shape from 0.1 s before to 0.4 s after.

    A blink has one course in all channels, so that of the strongest is taken.
    """
    course = blinks[:, np.square(blinks).sum(axis=0).argmax()]
    lags = np.round(np.arange(-0.1, 0.4, 0.02) * SFREQ).astype(int)
    design = np.column_stack([np.roll(course, lag) for lag in lags])
    return np.asarray(design @ np.linalg.lstsq(design, signal, rcond=None)[0])


@cache
def _for_cost(blinks: bool) -> Recording:
    return simulate(1, 1, _COST_S, blinks, 64, _COST_SFREQ, eog=False)


def measure_cost(name: str, filters: list[dict[str, object]]) -> NDArray[np.float64]:
    """CPU seconds of each chunk of 10 ms: 64 channels at 1 kHz."""
    blinks = name == "asr, blinks"
    recording = _for_cost(blinks)
    if name.endswith("3 bad"):
        recording = replace(recording, data=recording.data.copy())
        bad = np.random.default_rng(0).normal(0, 800, (len(recording.data), 3))
        recording.data[:, 10:13] += bad.astype(np.float32)
    # Nothing comes before the filter alone but what its signal needs.
    own = [] if name.startswith("interpolate") else [{"kind": "remove_dc"}]
    trained = train_filters(settings([*own, *filters]), [_for_cost(False)])
    chain = Chain(trained, recording.info)
    stage = chain._stages[-1]
    before = Chain(settings(own), recording.info)
    n, seconds = round(_CHUNK_S * _COST_SFREQ), []
    for chunk in recording.chunks(n):
        data = before.process(chunk.data, chunk.first).data.copy()
        began = thread_time()
        stage.process(data, chunk.first)
        seconds.append(thread_time() - began)
    return np.array(seconds[len(seconds) // 4 :])


def main() -> None:
    console = Console(highlight=False, width=120)
    table = Table(
        "filters", "blink variance removed (%)", "mu power lost (%)", "else changed (%)", "n"
    )
    people = [Runs.of(seed) for seed in SEEDS]
    for name, filters in METHODS.items():
        found = [remove_blinks(filters, runs) for runs in people]
        shares = 100 * np.array([[each.blinks, each.mu, each.changed] for each in found])
        table.add_row(
            name,
            *(f"{own.mean():.1f} ({own.min():.1f} to {own.max():.1f})" for own in shares.T),
            str(len(found)),
        )
    console.print(table)
    table = Table("stage, 64 channels at 1 kHz", "p50 (ms)", "p99 (ms)", "max (ms)", "chunks")
    for name, filters in COSTED.items():
        cost = 1000 * measure_cost(name, filters)
        p50, p99 = np.percentile(cost, [50, 99])
        table.add_row(name, f"{p50:.3f}", f"{p99:.3f}", f"{cost.max():.3f}", str(len(cost)))
    console.print(table)


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
