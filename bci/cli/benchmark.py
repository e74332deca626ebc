"""The motor-imagery benchmark on PhysioNet EEGMMIDB."""

import dataclasses
import json
from pathlib import Path

import numpy as np
from rich.progress import track
from rich.table import Table

import decoders
from bci.bundle import decision_threshold
from bci.calibration import calibrate
from bci.cli.console import err, out
from bci.errors import RecordingError
from bci.evaluation import Evaluation, evaluate
from bci.profile import DecoderChoice, load_profile
from bci.recording.reading import read_recording
from bci.types import Recording

_TRAINING_RUNS = ("04", "08")
_TEST_RUN = "12"


def motor_imagery(folder: Path, names: list[str] | None, out_file: Path | None) -> None:
    """Print one row a subject and a mean row, one column a decoder.

    Raises
    ------
    RecordingError
        If no subject of the folder has the three runs.
    """
    profile = load_profile("motor-imagery-eegmmidb")
    chosen = names or list(decoders.CLASSICAL)
    subjects = [s for s in sorted(folder.glob("S[0-9][0-9][0-9]")) if _run(s, _TEST_RUN).exists()]
    if not subjects:
        raise RecordingError(f"{folder}: no subject folder like S001 with a run S001R12.edf in it")
    results: dict[str, dict[str, Evaluation]] = {name: {} for name in chosen}
    for subject in track(subjects, "Subjects", transient=True, console=err):
        training: list[Recording] = [read_recording(_run(subject, run)) for run in _TRAINING_RUNS]
        test = read_recording(_run(subject, _TEST_RUN))
        for name in chosen:
            wanted = profile.model_copy(update={"decoder": DecoderChoice(name=name)})
            trained = calibrate(training, wanted, lambda n=name: decoders.create(n), subject.name)  # type: ignore[misc]
            results[name][subject.name] = evaluate(
                trained.card,
                trained.decoder,
                test,
                decision_threshold(profile.output, trained.card),
            )
    _print_table(results)
    if out_file is not None:
        rows = {
            name: {subject: dataclasses.asdict(result) for subject, result in scores.items()}
            for name, scores in results.items()
        }
        out_file.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _run(subject: Path, run: str) -> Path:
    return subject / f"{subject.name}R{run}.edf"


def _print_table(results: dict[str, dict[str, Evaluation]]) -> None:
    table = Table("subject", *results, "chance", "trials", title="accuracy, end of cue")
    first = next(iter(results.values()))
    for subject, shown in first.items():
        cells = [f"{scores[subject].trial_accuracy.value:.2f}" for scores in results.values()]
        accuracy = shown.trial_accuracy
        table.add_row(subject, *cells, f"{accuracy.chance:.2f}", str(accuracy.n))
    means = []
    for scores in results.values():
        values = [result.trial_accuracy.value for result in scores.values()]
        spread = np.std(values, ddof=1) if len(values) > 1 else float("nan")
        means.append(f"{np.mean(values):.2f} ± {spread:.2f}")
    chance = np.mean([result.trial_accuracy.chance for result in first.values()])
    table.add_section()
    table.add_row(f"mean ± sd, n = {len(first)}", *means, f"{chance:.2f}", "")
    out.print(table)
