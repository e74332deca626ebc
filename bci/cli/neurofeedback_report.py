"""Lines and tables of `bci neurofeedback`: each run, and the report at the end."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from rich.table import Table

from bci.cli.console import err, note, out, warn
from bci.cli.events import emit
from bci.messages import BaselineEvent, FeedbackRunEvent
from bci.neurofeedback.baseline import Baseline, load_baseline, write_baseline
from bci.neurofeedback.offline import Replayed, replay
from bci.neurofeedback.recorded import read_shown, with_shown
from bci.neurofeedback.report import (
    RunFigures,
    describe_course,
    learning_course,
    run_figures,
)
from bci.neurofeedback.session import FEEDBACK, TRANSFER
from bci.neurofeedback.sham import REAL, SHAM, allocation_of
from bci.profiles.profile import Profile
from bci.recording.read import read_recording

Allocation = Literal["real", "sham"]


class Printer:
    """Print a live session: one line per run, and at the end the report that unblinds it."""

    def __init__(self, profile: Profile, file: Path | None, as_json: bool) -> None:
        assert profile.neurofeedback is not None
        self._unit = profile.neurofeedback.feature.unit
        self._file, self._as_json = file, as_json

    def take_baseline(self, baseline: Baseline) -> None:
        """Write a new baseline to its file, if there is one; print the path, or an event."""
        if self._file is not None:
            write_baseline(baseline, self._file)
            note(f"the baseline is kept in {self._file}")
        if self._as_json:
            file = str(self._file) if self._file else None
            made = BaselineEvent(
                windows=baseline.windows, clean=baseline.clean, mean=baseline.mean,
                sd=baseline.sd, unit=self._unit, file=file,
            )  # fmt: skip
            emit(made)

    def take_run(self, run: RunFigures) -> None:
        """Print a run's shown feedback; the subject's own figures would reveal sham feedback."""
        if self._as_json:
            emit(_event(run, None))
            return
        err.print(
            f"run {run.run} ({run.kind}): success {_percent(run.shown_success)}, "
            f"{run.rewards_per_min:.1f} rewards/min"
        )

    def print_end(self, runs: Sequence[RunFigures], is_sham: bool) -> None:
        """Print the report of the session, unblinded."""
        if runs:
            _print(runs, {1: SHAM if is_sham else REAL}, self._as_json)


def report_recordings(
    files: Sequence[Path],
    profile: Profile,
    baseline_file: Path | None,
    stream: str | None,
    as_json: bool,
) -> None:
    """Print the report of recorded sessions, in their order."""
    assert profile.neurofeedback is not None
    sign = profile.neurofeedback.sign
    given = None
    if baseline_file is not None:
        given = load_baseline(baseline_file, profile)
    runs: list[RunFigures] = []
    allocations: dict[int, str] = {}
    for number, file in enumerate(files, 1):
        recording = read_recording(file, stream, profile=profile)
        done: Replayed = replay(recording, profile, given)
        assert done.baseline is not None
        if recording.info.simulated and not as_json:
            note(f"{file}: a simulated signal")
        # A later session without its own baseline is compared with the last baseline.
        given = done.baseline
        found = allocation_of(marker.label for marker in recording.markers)
        if found is not None:
            allocations[number] = found
        updates = done.updates
        rows = read_shown(file, recording, profile.output.name)
        if rows is not None or found == SHAM:
            updates = with_shown(updates, rows, done.hop_s)
        if rows is None and found == SHAM:
            warn(f"{file}: its stream of the feature is not recorded, so rewards are not known")
        runs += run_figures(updates, done.baseline, sign, done.hop_s, number)
    if not runs:
        warn("there is no run of feedback or transfer in these recordings")
        return
    _print(runs, allocations, as_json)


def _print(runs: Sequence[RunFigures], allocations: dict[int, str], as_json: bool) -> None:
    if as_json:
        for run in runs:
            emit(_event(run, allocations.get(run.session, "unknown")))
        return
    table = Table(
        "session", "run", "kind", "feedback", "windows", "paused", "success", "rewards/min",
        "change (baseline SD)", "threshold",
    )  # fmt: skip
    for run in runs:
        table.add_row(
            str(run.session), str(run.run), run.kind, _given(run, allocations),
            str(run.windows), _percent(run.held), _percent(run.success),
            _number(run.rewards_per_min, ".1f"), _number(run.change_sd, "+.2f"),
            f"{run.threshold_first:.2f} to {run.threshold_last:.2f}",
        )  # fmt: skip
    out.print(table)
    out.print(describe_course(learning_course(runs)))
    for kind in (FEEDBACK, TRANSFER):
        changes = [run.change_sd for run in runs if run.kind == kind]
        if changes:
            mean = sum(changes) / len(changes)
            out.print(f"{kind}: {mean:+.2f} baseline SD on average (runs: {len(changes)})")
    sham = [run for run in runs if allocations.get(run.session) == SHAM]
    agreements = [run.agreement for run in sham if math.isfinite(run.agreement)]
    if agreements:
        mean = sum(agreements) / len(agreements)
        out.print(f"sham: correlation of the shown with the own level {mean:+.2f}")


def _given(run: RunFigures, allocations: dict[int, str]) -> str:
    """Return the kind of a run's feedback, real or sham; ``none`` for a transfer run."""
    return "none" if run.kind == TRANSFER else allocations.get(run.session, "unknown")


def _event(run: RunFigures, allocation: str | None) -> FeedbackRunEvent:
    """Make the event of a run; with an allocation it includes the unblinded figures."""
    shown = FeedbackRunEvent(
        session=run.session, run=run.run, kind="transfer" if run.kind == TRANSFER else "feedback",
        windows=run.windows, success=_known(run.shown_success),
        rewards_per_min=_known(run.rewards_per_min),
    )  # fmt: skip
    if allocation is None:
        return shown
    kind: Allocation | None = None
    if allocation in (REAL, SHAM):
        kind = "sham" if allocation == SHAM else "real"
    update = {
        "held": run.held, "own_success": _known(run.success), "change_sd": _known(run.change_sd),
        "agreement": _known(run.agreement), "allocation": kind,
    }  # fmt: skip
    return shown.model_copy(update=update)


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else "none"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if math.isfinite(share) else "none"
