"""The flicker benchmark: decoders by window length and with dynamic stopping."""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import decoders
from bci.cli.benchmark.runner import (
    Cell,
    Conditions,
    Results,
    first,
    mean_and_sd,
    print_table,
    version,
)
from bci.cli.benchmark.study import Group, fill
from bci.errors import RecordingError
from bci.evaluation.compare_flicker import (
    FlickerDecision,
    decide_dynamically,
    decide_windows,
    score_flicker,
)
from bci.evaluation.metrics import exact_interval
from bci.interfaces import Decoder
from bci.jobs.workers import THIS_PROCESS, Workers
from bci.profiles.profile import Profile, load_profile
from bci.recording.read import read_recording
from bci.signals import Recording
from bci.stimulus.flicker import joint_frequency_phase

_VERSION = 1
DYNAMIC = "dynamic"
"""Value of ``window`` if the stopping rule ends each selection."""

_EIGHT, _FORTY, _CODES = "simulated, 8 targets", "simulated, 40 targets", "simulated, 8 codes"
WORLDS = (_EIGHT, _CODES, _FORTY)
STUDIED = ("cca", "fbcca", "trca", "reconvolution-cca")

_WINDOWS_S = (0.5, 1.0, 2.0)
_RECORDED_WINDOWS_S = (1.0, 2.0, 3.0)
_CONFIDENCE = 0.9
# Longest flicker of a selection.
_MAX_S = {_EIGHT: 4.2, _FORTY: 3.2, _CODES: 4.2}
_RUNS = 3
_SYMBOLS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,?")


class FlickerRow(NamedTuple):
    """Results of one person with one decoder; ``window`` is in seconds, or `DYNAMIC`."""

    world: str
    decoder: str
    window: str
    person: str
    accuracy: float
    chance: float
    seconds: float
    chars_per_min: float
    itr_bits_per_min: float
    n: int


class _Job(NamedTuple):
    decoder: str
    window: str
    profile: Profile


def _interval(rows: list[FlickerRow]) -> str:
    n = sum(row.n for row in rows)
    low, high = exact_interval(round(sum(row.accuracy * row.n for row in rows)), n)
    return f"{low:.2f}-{high:.2f}"


def _figure(name: str, digits: int) -> Cell:
    return lambda rows: mean_and_sd([getattr(row, name) for row in rows], digits)


_CELLS: dict[str, Cell] = {
    "decoder": first("decoder"),
    "window (s)": first("window"),
    "accuracy": _figure("accuracy", 2),
    "95 % interval": _interval,
    "chance": lambda rows: f"{rows[0].chance:.3g}",
    "s a selection": _figure("seconds", 2),
    "characters/min": _figure("chars_per_min", 1),
    "bits/min": _figure("itr_bits_per_min", 1),
    "n": lambda rows: f"{len(rows)} people, {sum(row.n for row in rows)} selections",
}


def ssvep(
    folder: Path | None,
    names: list[str] | None,
    n_people: int,
    out_file: Path | None,
    workers: Workers = THIS_PROCESS,
) -> None:
    """Run the flicker benchmark and print one table per world; keep results in ``out_file``."""
    results = Results("ssvep", FlickerRow, 4, out_file, version_of=_version_of)
    people = _recorded(folder) if folder is not None else _simulated(n_people)
    wanted = [
        (world, job.decoder, job.window, person)
        for world, own in people.items()
        for person in own
        for job in _jobs(world)
        if not names or job.decoder in names
    ]

    def makers(missing: list[Conditions]) -> _Makers:
        if folder is None:
            return {(world, person): people[world][person] for world, _, _, person in missing}
        needed = {(world, person): people[world][person]() for world, _, _, person in missing}
        return {key: partial(_as_read, runs) for key, runs in needed.items()}

    fill(
        results, wanted, _run, workers, makers, kind=lambda each: each[:3],
        doing="Simulating and decoding" if folder is None else "Decoding",
    )  # fmt: skip
    for world in people:
        shown: dict[tuple[str, str], list[FlickerRow]] = {}
        for row in results.rows:
            is_wanted = not names or row.decoder in names
            if is_wanted and row.world == world and row.person in people[world]:
                shown.setdefault((row.decoder, row.window), []).append(row)
        if shown:
            print_table(world, _CELLS, shown.values())


def _version_of(row: FlickerRow) -> str:
    return version(_VERSION, _jobs(row.world)[0].profile, row.decoder)


_Makers = dict[tuple[str, str], Callable[[], list[Recording]]]
"""Functions that make the runs, by (world, person)."""


def _as_read(runs: list[Recording]) -> list[Recording]:
    return runs


def _run(makers: _Makers, group: Group) -> list[FlickerRow]:
    ((world, name, window, person),) = group
    job = next(each for each in _jobs(world) if (each.decoder, each.window) == (name, window))
    runs = makers[world, person]()
    profile = job.profile
    make: Callable[[], Decoder] = partial(decoders.create, job.decoder, stimuli=profile.stimuli)
    decisions: list[FlickerDecision]
    if job.window == DYNAMIC:
        decisions = decide_dynamically(runs, profile, make, _CONFIDENCE, _MAX_S[world])
    else:
        decisions = decide_windows(runs, profile, make, float(job.window))
    score = score_flicker(decisions, len(profile.paradigm.classes))
    row = FlickerRow(
        world, job.decoder, job.window, person, score.accuracy.value, score.accuracy.chance,
        score.seconds, score.chars_per_min, score.itr_bits_per_min, score.accuracy.n,
    )  # fmt: skip
    return [row]


def _jobs(world: str) -> list[_Job]:
    if world == _CODES:
        profile = load_profile("cvep")
        window = f"{profile.pipeline.window_s:g}"
        return [_Job("reconvolution-cca", each, profile) for each in (window, DYNAMIC)]
    if world in (_EIGHT, _FORTY):
        profile = load_profile("ssvep") if world == _EIGHT else _forty()
        windows = [f"{window:g}" for window in _WINDOWS_S]
    else:
        profile = load_profile("ssvep-exoskeleton")
        windows = [f"{window:g}" for window in _RECORDED_WINDOWS_S]
    jobs = [_Job(name, window, profile) for name in ("cca", "fbcca", "trca") for window in windows]
    if world in (_EIGHT, _FORTY):
        jobs.append(_Job("fbcca", DYNAMIC, profile))
    return jobs


def _forty() -> Profile:
    """Make the profile ssvep with 40 targets, 8 to 15.8 Hz in steps of 0.2 Hz."""
    profile = load_profile("ssvep")
    targets = joint_frequency_phase(_SYMBOLS)
    flicker = profile.paradigm.flicker
    assert flicker is not None
    flicker = flicker.model_copy(update={"targets": targets})
    paradigm = profile.paradigm.model_dump() | {"classes": {}, "flicker": flicker.model_dump()}
    return Profile.model_validate(profile.model_dump() | {"paradigm": paradigm})


_People = dict[str, dict[str, Callable[[], list[Recording]]]]
"""Functions that make the runs, by world and then by person."""


def _recorded(folder: Path) -> _People:
    found = {
        person.name: partial(_read, sorted(person.glob("*_raw.fif")))
        for person in sorted(folder.iterdir() if folder.is_dir() else ())
        if person.is_dir() and any(person.glob("*_raw.fif"))
    }
    if not found:
        raise RecordingError(
            f"{folder}: no person found; give the folder of dataset-ssvep-exoskeleton, which holds "
            "sub-01/run-1_raw.fif and run-1-eve.fif"
        )
    return {"recorded, 3 targets": dict(found)}


def _read(files: list[Path]) -> list[Recording]:
    return [read_recording(file) for file in files]


def _simulated(n_people: int) -> _People:
    seeds = {f"simulated {seed}": seed for seed in range(1, n_people + 1)}
    return {
        world: {name: partial(_simulate, world, seed) for name, seed in seeds.items()}
        for world in WORLDS
    }


@lru_cache(maxsize=1)
def _simulate(world: str, seed: int) -> list[Recording]:
    from devices.simulated import flicker
    from devices.simulated.subject import SubjectSettings, simulate_run

    traits = flicker.flicker_traits_of(seed)
    pause_s = (0.6, 0.8)
    if world == _CODES:
        codes = load_profile("cvep").paradigm.codes
        assert codes is not None
        scenario, trials = flicker.cvep(codes, traits, cycles=4, pause_s=pause_s), 8
    else:
        shown = (load_profile("ssvep") if world == _EIGHT else _forty()).paradigm.flicker
        assert shown is not None
        scenario = flicker.ssvep(shown, traits, _MAX_S[world], pause_s)
        trials = 2 if world == _EIGHT else 1
    settings = SubjectSettings(seed, "cvep" if world == _CODES else "ssvep", trials)
    return [simulate_run(settings, run, scenario) for run in range(1, _RUNS + 1)]
