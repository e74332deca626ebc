"""Motor imagery with and without artifact filters: simulated people, and real ones.

Each model is calibrated by the code of ``bci calibrate``; accuracy is that of its own
leave-one-run-out, in which the filters learn from the other runs too.

    python -m tests.benchmarks.cleaning_accuracy simulated
    python -m tests.benchmarks.cleaning_accuracy ../shared/data/eegmmidb
    python -m tests.benchmarks.cleaning_accuracy ../shared/data/eegmmidb --filters asr
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import stats
from threadpoolctl import threadpool_limits

import decoders
from bci.profiles.profile import Profile, load_profile
from bci.recording.read import read_recording
from bci.signals import Recording
from bci.training.calibrate import calibrate
from devices.simulated import montages, scenarios
from devices.simulated.signal import Amplitudes, SimulatedSignal
from tests.benchmarks.confidence import IMAGINED

Filters = list[dict[str, object]]

SFREQ = 250.0
SEEDS = range(3)
TRIALS, RUNS = 24, 2
N_CHANNELS = 31
# Of the shipped 0.1 s: windows of 2.5 s overlap by four fifths even so.
HOP_S = 0.5
_FRONTAL = ["Fp1", "Fpz", "Fp2"]
_DC: Filters = [{"kind": "remove_dc"}]
# Of each simulated contamination, the filters that are compared; the first are the profile's own.
SIMULATED: dict[str, dict[str, Filters]] = {
    "none": {"none": [], "regress": [*_DC, {"kind": "regress"}], "asr": [*_DC, {"kind": "asr"}],
             "interpolate_bad": [{"kind": "interpolate_bad"}]},
    "blinks": {"none": [], "regress": [*_DC, {"kind": "regress"}], "asr": [*_DC, {"kind": "asr"}]},
    "bad electrode": {"none": [], "interpolate_bad": [{"kind": "interpolate_bad"}]},
    "jumps": {"none": [], "asr": [*_DC, {"kind": "asr"}]},
}  # fmt: skip
REAL: dict[str, Filters] = {
    "none": [],
    "remove_dc": _DC,
    "regress": [*_DC, {"kind": "regress", "sources": _FRONTAL}],
    "asr": [*_DC, {"kind": "asr"}],
    "interpolate_bad": [{"kind": "interpolate_bad", "line_hz": 60}],
}


def simulate(seed: int, run: int, contamination: str) -> Recording:
    """Simulate a run of a person, called contaminated by one kind of artifact."""
    channels = (*montages.eeg(N_CHANNELS), montages.EOG)
    blinks = contamination == "blinks"
    levels = Amplitudes(blink_uv=400.0 if blinks else 0.0, blinks_per_min=40.0)
    made = SimulatedSignal(channels, SFREQ, scenarios.motor_imagery(), seed, run, levels)
    blocks, markers, n_cues = [], [], 0
    for block, cues in made.blocks():
        n_cues += sum(cue.label in (scenarios.LEFT, scenarios.RIGHT) for cue in cues)
        if n_cues > TRIALS:
            break
        blocks.append(block)
        markers += cues
    data = np.concatenate(blocks)
    _contaminate(data, [c.name for c in channels], contamination, seed, run)
    index = np.arange(len(data))
    info = replace(_info(channels), simulated=True)
    return Recording(info, data, index / SFREQ, index, tuple(markers), f"person {seed} run {run}")


def _info(channels):  # type: ignore[no-untyped-def]
    from bci.signals import StreamInfo

    return StreamInfo("simulated", "EEG", SFREQ, channels)


def _contaminate(
    data: NDArray[np.float32], names: list[str], contamination: str, seed: int, run: int
) -> None:
    """Add an artifact in place: an electrode that falls off, or cables that jump."""
    rng = np.random.default_rng([seed, run, 7])
    if contamination == "bad electrode":
        own = names.index(str(rng.choice(["C3", "C4", "FC3", "CP4"])))
        half = len(data) // 2
        data[half:, own] += rng.normal(0, 1500, len(data) - half).astype(np.float32)
    elif contamination == "jumps":
        for _ in range(len(data) // round(4 * SFREQ)):
            at, n = rng.integers(len(data)), round(0.6 * SFREQ)
            size = rng.normal(0, 150, len(names)) * (rng.random(len(names)) < 0.2)
            burst = rng.normal(0, 1, (len(data[at : at + n]), 1)) * size
            data[at : at + n] += burst.astype(np.float32)


def with_filters(profile: Profile, filters: Filters) -> Profile:
    """Put filters before those of a profile, and let it pick the channels that they need."""
    given = profile.pipeline.model_dump(mode="json", exclude_unset=True)
    given["hop_s"] = HOP_S
    given["filters"] = [*filters, *given["filters"]]
    if any(each["kind"] == "regress" for each in filters):
        if given.get("channels"):
            given["channels"] = [*given["channels"], *_FRONTAL]
        else:
            given["kinds"] = ["eeg", "eog"]
    pipeline = type(profile.pipeline).model_validate(given)
    return profile.model_copy(update={"pipeline": pipeline})


def accuracy(runs: Sequence[Recording], profile: Profile, filters: Filters) -> float:
    """Accuracy of leave-one-run-out."""
    own = with_filters(profile, filters)

    def make() -> object:
        return decoders.create(own.decoder.name, own.decoder.params)

    return calibrate(list(runs), own, make, "benchmark").card.score.accuracy  # type: ignore[arg-type]


def compare(
    console: Console,
    title: str,
    people: Sequence[tuple[str, Callable[[], Sequence[Recording]]]],
    profile: Profile,
    methods: dict[str, Filters],
) -> None:
    """Print the accuracy of each method over people, and its paired difference to none."""
    found: dict[str, list[float]] = {name: [] for name in methods}
    for person, read in people:
        runs = read()
        for name, filters in methods.items():
            found[name].append(accuracy(runs, profile, filters))
        line = ", ".join(f"{name} {values[-1]:.3f}" for name, values in found.items())
        console.print(f"{title}, {person}: {line}")
    table = Table(title, "accuracy, mean ± sd", "n", "against none (points)", "95 % interval", "p")
    none = np.array(found["none"])
    for name, values in found.items():
        own = np.array(values)
        gain = 100 * (own - none)
        half = stats.t.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / np.sqrt(len(gain))
        p = stats.wilcoxon(gain).pvalue if gain.any() else 1.0
        interval = f"{gain.mean() - half:+.1f} to {gain.mean() + half:+.1f}"
        table.add_row(
            name, f"{own.mean():.3f} ± {own.std(ddof=1):.3f}", str(len(own)),
            f"{gain.mean():+.1f}", interval if gain.any() else "", f"{p:.2f}",
        )  # fmt: skip
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("of", help="simulated, or the folder of PhysioNet EEGMMIDB")
    parser.add_argument("--filters", nargs="+", choices=list(REAL), default=list(REAL),
                        help="rows to compute beside none")  # fmt: skip
    given = parser.parse_args()
    wanted = {"none", *given.filters}
    console = Console(highlight=False, width=120)
    if given.of == "simulated":
        profile = load_profile("motor-imagery")
        for contamination, methods in SIMULATED.items():
            people = [
                (
                    f"person {seed}",
                    lambda seed=seed, c=contamination: [
                        simulate(seed, run, c) for run in range(1, RUNS + 1)
                    ],
                )
                for seed in SEEDS
            ]
            chosen = {name: each for name, each in methods.items() if name in wanted}
            compare(console, f"contamination: {contamination}", people, profile, chosen)
        return
    folder = Path(given.of)
    profile = load_profile("motor-imagery-eegmmidb")
    real = [
        (
            person.name,
            lambda person=person: [
                read_recording(person / f"{person.name}R{run}.edf") for run in IMAGINED
            ],
        )
        for person in sorted(each for each in folder.iterdir() if each.is_dir())
    ]
    chosen = {name: each for name, each in REAL.items() if name in wanted}
    compare(console, "EEGMMIDB", real, profile, chosen)


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
