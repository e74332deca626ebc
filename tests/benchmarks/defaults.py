"""The shipped profile of motor imagery against the one before it, by the commands' own code.

``python -m tests.benchmarks.defaults ../shared/data`` takes ten minutes of one core.

Each of the runs 04, 08 and 12 of PhysioNet EEGMMIDB (imagined left or right fist) is left out in
turn. A model is calibrated on the other two, as ``bci calibrate`` does, and scored on the run that
was left out, as ``bci evaluate`` does. The people are those of the folders ``eegmmidb`` and
``eegmmidb_more``.
"""

import argparse
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy import stats
from threadpoolctl import threadpool_limits

import decoders
from bci.evaluation.pseudo_online import evaluate
from bci.models.card import adaptation, decision_threshold, evidence_span
from bci.profiles.profile import DecoderChoice, Profile, load_profile
from bci.recording.read import read_recording
from bci.signals import Recording
from bci.training.calibrate import calibrate
from tests.benchmarks.confidence import IMAGINED, file_of, people_in


class Scored(NamedTuple):
    """Decisions of a model of two runs on the third: at the end of cues, and those published."""

    person: str
    profile: str
    left_out: str
    trials: int
    right: int
    to_correct_s: tuple[float, ...]
    cues: int
    cues_decided: int
    cues_right: int
    false_decisions: int
    rest_min: float


def profiles() -> dict[str, Profile]:
    """Return the profiles that are compared: the one before, and the shipped one."""
    shipped = load_profile("motor-imagery-eegmmidb")
    before = shipped.model_copy(
        update={
            "decoder": DecoderChoice(params={"align": False, "c": 1.0}),
            "output": shipped.output.model_copy(update={"evidence_s": 0.0, "adapt": "off"}),
        }
    )
    return {"before": before, "shipped": shipped}


def score(
    person: str, name: str, profile: Profile, runs: dict[str, Recording], left_out: str
) -> Scored:
    """Calibrate on two runs and score the third."""
    made = calibrate(
        [runs[run] for run in IMAGINED if run != left_out],
        profile,
        lambda: decoders.create(profile.decoder.name, profile.decoder.params),
        person,
    )
    output = profile.output
    found = evaluate(
        made.card, made.decoder, runs[left_out], decision_threshold(output, made.card),
        evidence_s=evidence_span(output, made.card), adapt=adaptation(output, made.card),
    )  # fmt: skip
    reached = () if found.seconds_to_correct is None else (found.seconds_to_correct,)
    accuracy = found.trial_accuracy
    return Scored(
        person, name, left_out, accuracy.n, round(accuracy.value * accuracy.n),
        reached, found.cues, found.cues_decided, found.cues_right,
        found.false_positives, found.rest_min,
    )  # fmt: skip


def print_table(scored: list[Scored]) -> None:
    """Print accuracies over people, their paired difference, and the decisions beside them."""
    people = sorted({each.person for each in scored})
    accuracy = {}
    table = Table(
        "profile", "accuracy, mean ± sd", "n", "trials", "cues decided", "first right",
        "median time to right (s)", "false decisions a minute",
    )  # fmt: skip
    for name in profiles():
        own = [each for each in scored if each.profile == name]
        accuracy[name] = np.array([_share(own, person) for person in people])
        minutes = sum(each.rest_min for each in own)
        times = [time for each in own for time in each.to_correct_s]
        table.add_row(
            name,
            f"{accuracy[name].mean():.3f} ± {accuracy[name].std(ddof=1):.3f}",
            str(len(people)),
            str(sum(each.trials for each in own)),
            f"{sum(each.cues_decided for each in own)} of {sum(each.cues for each in own)}",
            str(sum(each.cues_right for each in own)),
            f"{np.median(times):.2f}" if times else "",
            f"{sum(each.false_decisions for each in own) / minutes:.2f} in {minutes:.1f} min",
        )
    console = Console(highlight=False, width=150)
    console.print(table)
    gain = 100 * (accuracy["shipped"] - accuracy["before"])
    half = stats.t.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / np.sqrt(len(gain))
    console.print(
        f"shipped - before: {gain.mean():+.1f} points [{gain.mean() - half:+.1f}, "
        f"{gain.mean() + half:+.1f}], Wilcoxon p = {stats.wilcoxon(gain).pvalue:.3f}, "
        f"{(gain > 0).sum()} better, {(gain < 0).sum()} worse, {(gain < -5).sum()} by more than 5"
    )


def _share(scored: list[Scored], person: str) -> float:
    own = [each for each in scored if each.person == person]
    return sum(each.right for each in own) / sum(each.trials for each in own)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, help="with the folders of PhysioNet EEGMMIDB")
    parser.add_argument("--out", type=Path, help="write results here, a line each")
    given = parser.parse_args()
    scored = []
    for person in track(people_in(given.folder), "People", transient=True):
        runs = {run: read_recording(file_of(given.folder, person, run)) for run in IMAGINED}
        with threadpool_limits(limits=1):
            scored += [
                score(person, name, profile, runs, left_out)
                for name, profile in profiles().items()
                for left_out in IMAGINED
            ]
        if given.out is not None:
            lines = (json.dumps(each._asdict()) + "\n" for each in scored)
            given.out.write_text("".join(lines), encoding="utf-8")
    print_table(scored)


if __name__ == "__main__":
    main()
