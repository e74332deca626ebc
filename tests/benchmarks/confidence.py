"""Promises of few false decisions at rest, on real people.

``python -m tests.benchmarks.confidence ../shared/data`` takes a quarter of an hour.

Each of the runs 04, 08 and 12 of PhysioNet EEGMMIDB (imagined left or right fist) is left out in
turn. A model is calibrated on the other two with the shipped profile, and again with rest as a
class, and scored on the run that was left out. The executed runs 03, 07 and 11 of the same people
give rest: for the threshold, or for the score. The people are those of the folders ``eegmmidb``
(executed runs in ``eegmmidb_executed``) and ``eegmmidb_more``.
"""

import argparse
import dataclasses
import json
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table
from threadpoolctl import threadpool_limits

import decoders
from bci.evaluation.pseudo_online import evaluate
from bci.models.card import adaptation, decision_threshold, evidence_span
from bci.profiles.profile import Profile, load_profile
from bci.recording.read import read_recording
from bci.signals import Recording
from bci.training.calibrate import calibrate

IMAGINED = ("04", "08", "12")
_EXECUTED = ("03", "07", "11")
Split = tuple[tuple[str, ...], tuple[str, ...]]
# Executed runs whose rest the threshold is chosen on, and those whose rest is scored.
_SPLITS = ((), _EXECUTED), (_EXECUTED[:2], _EXECUTED[2:]), (_EXECUTED, ())
_FOLDERS = ("eegmmidb", "eegmmidb_executed", "eegmmidb_more")


@dataclasses.dataclass(frozen=True)
class Scored:
    """A model of two runs: its promise, and what it did on runs that it had not seen."""

    person: str
    left_out: str
    rest_class: bool
    n_rest_runs: int
    promised: bool
    at_chance: bool
    asked_per_min: float
    threshold: float | None
    calibration_min: float
    bound_per_min: float
    false_decisions: int
    minutes: float
    cues: int
    decided: int
    right: int

    @property
    def held(self) -> bool:
        """Whether rest had no more false decisions than were promised."""
        return self.false_decisions <= self.asked_per_min * self.minutes


def score(
    person: str,
    runs: dict[str, Recording],
    left_out: str,
    splits: Split,
    profile: Profile,
) -> Scored:
    """Calibrate on two imagined runs and score the third, with more rest on either side."""
    for_threshold, for_score = splits
    made = calibrate(
        [runs[run] for run in IMAGINED if run != left_out],
        profile,
        lambda: decoders.create(profile.decoder.name, profile.decoder.params),
        person,
        rest=[runs[run] for run in for_threshold],
    )
    sure = made.card.confidence
    assert sure is not None
    assert sure.rest_min is not None
    assert sure.bound_per_min is not None
    output = profile.output
    results = [
        evaluate(
            made.card, made.decoder, runs[run], decision_threshold(output, made.card),
            evidence_s=evidence_span(output, made.card), adapt=adaptation(output, made.card),
        )
        for run in (left_out, *for_score)
    ]  # fmt: skip
    return Scored(
        person, left_out, profile.paradigm.rest_class, len(for_threshold), sure.promised,
        made.card.score.at_chance, profile.output.false_positives_per_min, sure.threshold,
        sure.rest_min, sure.bound_per_min,
        sum(result.false_positives for result in results),
        sum(result.rest_min for result in results),
        results[0].cues, results[0].cues_decided, results[0].cues_right,
    )  # fmt: skip


def people_in(folder: Path) -> list[str]:
    found = {path.name for name in _FOLDERS for path in folder.glob(f"{name}/S[0-9][0-9][0-9]")}
    return sorted(found)


def file_of(folder: Path, person: str, run: str) -> Path:
    places = [folder / name / person / f"{person}R{run}.edf" for name in _FOLDERS]
    return next((file for file in places if file.exists()), places[0])


def _row(title: str, scored: list[Scored]) -> list[str]:
    """Sum up models: of those with a promise how many kept it, and what they decided."""
    minutes = sum(each.minutes for each in scored)
    cues = sum(each.cues for each in scored)
    decided = sum(each.decided for each in scored)
    return [
        title,
        str(len(scored)),
        str(sum(each.held for each in scored)),
        f"{sum(e.calibration_min for e in scored) / len(scored):.2f}" if scored else "",
        f"{sum(e.false_decisions for e in scored) / minutes:.2f} in {minutes:.1f} min"
        if scored
        else "",
        f"{decided} of {cues}",
        str(sum(each.right for each in scored)),
        str(decided - sum(each.right for each in scored)),
    ]


def _print(scored: list[Scored]) -> None:
    table = Table(
        "classes, rest for the threshold", "models", "kept the limit", "minutes of it",
        "false decisions a minute", "cues decided", "right", "wrong",
        title=f"at most {scored[0].asked_per_min:g} false decisions a minute at rest",
    )  # fmt: skip
    for rest_class in (False, True):
        for for_threshold, _ in _SPLITS:
            own = [
                each
                for each in scored
                if (each.rest_class, each.n_rest_runs) == (rest_class, len(for_threshold))
            ]
            which = f"+ executed {', '.join(for_threshold)}" if for_threshold else "two runs alone"
            title = f"{'left, right, rest' if rest_class else 'left, right'}; {which}"
            table.add_row(*_row(f"{title}: promised", [e for e in own if e.promised]))
            table.add_row(*_row(f"{title}: not promised", [e for e in own if not e.promised]))
    Console(highlight=False, width=150).print(table)


def _load(file: Path | None) -> list[Scored]:
    if file is None or not file.exists():
        return []
    return [Scored(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, help="with the folders of PhysioNet EEGMMIDB")
    parser.add_argument("--limit", type=float, default=2.0, help="false decisions a minute")
    parser.add_argument("--person", action="append", help="only this one; may be repeated")
    parser.add_argument("--rest-runs", type=int, choices=(0, 2, 3), help="only with so many")
    parser.add_argument("--out", type=Path, help="keep results here, a line each; go on from it")
    given = parser.parse_args()
    shipped = load_profile("motor-imagery-eegmmidb")
    output = shipped.output.model_copy(update={"false_positives_per_min": given.limit})
    scored = _load(given.out)
    done = {each.person for each in scored}
    people = [person for person in given.person or people_in(given.folder) if person not in done]
    for person in track(people, "People", transient=True):
        profile = shipped.model_copy(update={"output": output})
        splits = [each for each in _SPLITS if given.rest_runs in (None, len(each[0]))]
        own = _of_person(given.folder, person, profile, splits)
        scored += own
        if given.out is not None:
            with given.out.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(dataclasses.asdict(each)) + "\n" for each in own)
    _print(scored)


def _of_person(folder: Path, person: str, shipped: Profile, wanted: list[Split]) -> list[Scored]:
    runs = {run: read_recording(file_of(folder, person, run)) for run in (*IMAGINED, *_EXECUTED)}
    scored = []
    for rest_class in (False, True):
        paradigm = shipped.paradigm.model_copy(update={"rest_class": rest_class})
        profile = shipped.model_copy(update={"paradigm": paradigm})
        for splits in wanted:
            for left_out in IMAGINED:
                with threadpool_limits(limits=1):
                    scored.append(score(person, runs, left_out, splits, profile))
    return scored


if __name__ == "__main__":
    main()
