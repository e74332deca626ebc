"""Command ``bci evaluate``: score a model on recordings."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from bci.cli import options
from bci.cli.console import note, out, warn
from bci.cli.events import JsonOption, emit
from bci.cli.model_report import format_measure, print_confusion, report_spelling, warn_unscored
from bci.cli.training_source import mapped_to_model
from bci.decisions import NEVER
from bci.errors import ProfileError
from bci.profiles.profile import Adapt

if TYPE_CHECKING:
    from bci.evaluation.pseudo_online import Evaluation
    from bci.models.card import Card
    from bci.training.time_course import TimeCourse


def evaluate(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
    recordings: options.Recordings,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Least confidence of a decision. Default: the model's."),
    ] = None,
    adapt: Annotated[
        Adapt | None,
        typer.Option(
            help="alignment: the decoder's alignment follows each recording. supervised: the "
            "decoder trains on each finished trial. Default: the model's."
        ),
    ] = None,
    evidence: Annotated[
        float | None,
        typer.Option(
            min=0, max=60, help="Seconds of windows a decision is taken from. Default: the model's."
        ),
    ] = None,
    sentences: Annotated[
        Path | None,
        typer.Option(help="Text, one sentence a line: also decide with the words' usual order."),
    ] = None,
    as_json: JsonOption = False,
    windows: Annotated[
        bool, typer.Option("--windows", help="With --json: also an event for each window.")
    ] = False,
    map_montage: options.MapMontage = False,
    unit: options.GivenUnit = None,
    names: options.GivenNames = None,
    resample: options.Resample = False,
    stream: options.SignalOption = None,
    markers: options.MarkersOption = None,
    rate: options.RateOption = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            help="Also write every prediction and decision here: a table, FILE.csv; replaced."
        ),
    ] = None,
    trust: options.Trust = None,
) -> None:
    """Replay recordings through a model as if live, at full speed, and score it.

    Example: bci evaluate recordings/models/me run3.fif --json --predictions run3.csv
    """
    from bci.cli.evaluation_events import all_of, evaluated, printer_of
    from bci.clock.timekeeping import check_markers_fit, losses_of
    from bci.engine.running_model import RunningModel
    from bci.evaluation.early_course import early_course
    from bci.evaluation.flashes import ScoredFlashes
    from bci.evaluation.predictions_csv import predictions_table
    from bci.evaluation.pseudo_online import evaluate as run_evaluation
    from bci.messages import ProgressEvent
    from bci.models.card import adaptation, decision_threshold, evidence_span
    from bci.models.fit import with_options
    from bci.models.load import load_model
    from bci.profiles.profile import Output
    from bci.recording.identity import digests
    from bci.recording.read import read_recording
    from bci.spelling.from_settings import Speller
    from bci.tasks.word_prior import read_sentences

    if windows and not as_json:
        raise ProfileError("--windows: its events are lines of JSON; give --json too")
    card, decoder = load_model(model, trust or ())
    card = with_options(card, options.given_options(unit, names, resample))
    if sentences is not None and not card.pipeline.at_cues:
        raise ProfileError(f"--sentences: {card.name} decodes without cues; leave it out")
    if threshold is None:
        threshold = decision_threshold(Output(), card)
        if threshold >= NEVER and not card.without_decisions:
            warn(
                f"{card.name} is not distinguishable from chance and decides nothing; --threshold "
                "sets a threshold for the figures of decisions"
            )
    given = Output(evidence_s=evidence, adapt=adapt)
    span, follows = evidence_span(given, card), adaptation(given, card)
    with predictions_table(predictions, card.classes) if predictions else nullcontext() as table:
        for number, file in enumerate(recordings):
            if as_json:
                of = len(recordings)
                emit(ProgressEvent(doing=f"evaluating {file}", done=number, of=of))
            recording = read_recording(
                file, stream, markers, given_hz=rate, cue_channel=card.triggers
            )
            check_markers_fit(recording)
            if lost := losses_of(recording):
                warn(f"{file}: {lost}")
            learnt_from = card.has_learnt_from(*digests(recording))
            if map_montage:
                recording = mapped_to_model(recording, card)
            for remark in RunningModel(card, decoder, recording.info).remarks:
                note(f"{file}: {remark}")
            receivers = [table(str(file))] if table is not None else []
            if windows:
                receivers.append(printer_of(str(file)))
            prior = read_sentences(sentences, card.classes) if sentences is not None else None
            flashes = ScoredFlashes(card) if card.of_flashes else None
            if flashes is not None:
                receivers.append(flashes.take)
            result = run_evaluation(
                card, decoder, recording, threshold, all_of(receivers), span, follows, prior
            )
            course = early_course(card, decoder, recording)
            spelled = None if flashes is None else flashes.score(recording)
            if spelled is None and card.speller is not None:
                warn_unscored(Speller(card), [recording])
            if as_json:
                emit(evaluated(result, learnt_from, course))
                if spelled is not None:
                    report_spelling(spelled, as_json)
                continue
            _print_evaluation(result, card.pipeline.at_cues, course, _left_out(card))
            if spelled is not None:
                report_spelling(spelled)
            if learnt_from:
                out.print(
                    f"{card.name} or its base model was trained on this recording: its score here "
                    "does not predict that on a new one",
                    style="yellow",
                )


def _left_out(card: "Card") -> tuple[str, ...]:
    """List the beginnings of rows that are not applicable to a model."""
    if not card.without_decisions:
        return ()
    # A flash or a flicker cycle is evidence only and gives no decision by itself.
    decided = ("decisions from", "first right decision", "cues with a decision", "false positives")
    return (*decided, "information", "accuracy", "Cohen") if card.of_flashes else decided


def _print_evaluation(
    result: "Evaluation",
    at_cues: bool,
    course: "TimeCourse | None" = None,
    left_out: tuple[str, ...] = (),
) -> None:
    simulated = (Text("(simulated signal)", "yellow"),) if result.simulated else ()
    out.print(Text(result.recording, "bold"), *simulated, f"with {result.model}")
    rows = {
        "accuracy" if at_cues else "accuracy, end of cue": str(result.trial_accuracy),
        "Cohen's kappa": f"{result.kappa:.2f}",
        "accuracy by window": f"{result.window_accuracy:.2f} "
        f"({result.n_windows} overlapping windows of {result.trial_accuracy.n} trials, chance "
        f"{result.window_chance:.2f}, p = {result.window_p_value:.2g} by shuffled trials)",
        "information transfer": f"{result.itr_bits_per_min:.1f} bit/min (mutual information of "
        "cues and decisions, beyond guesses)",
        "decisions from": f"{result.evidence_s:g} s of evidence, which delays them by "
        f"{result.evidence_delay_s:.2f} s"
        if result.evidence_s
        else "each window alone",
        "adaptation": result.adaptation,
        f"first right decision at {result.threshold:g}": "never"
        if result.seconds_to_correct is None
        else f"{result.seconds_to_correct:.1f} s after the cue (median of "
        f"{result.trials_reached} trials that reached it)",
        f"cues with a decision at {result.threshold:g}": _format_cues(result),
        "false positives at rest": (
            "not known: windows come at cues" if at_cues else "no rest in this recording"
        )
        if result.false_positives_per_min is None
        else f"{result.false_positives_per_min:.1f} a minute: {result.false_positives} in "
        f"{result.rest_min:.1f} min, so at most {result.false_positives_bound:.1f} "
        "(95 % confidence)",
        "channels interpolated": ", ".join(result.interpolated) or "none",
        "windows rejected": str(result.windows_rejected),
        "trials without a window": str(result.trials_without_window),
    }
    if at_cues:
        # With one window per trial, this equals the accuracy.
        del rows["accuracy by window"]
    rows = {key: value for key, value in rows.items() if not key.startswith(left_out)}
    if result.prior_accuracy is not None:
        rows["the same with the prior of words"] = str(result.prior_accuracy)
    if course is not None:
        points = zip(course.seconds, course.accuracy, strict=True)
        by_time = ", ".join(f"{share:.2f} at {seconds:.1f} s" for seconds, share in points)
        rows["accuracy from the signal up to then"] = f"{by_time} after the cue"
    rows |= {m.name: format_measure(m, result.trial_accuracy.n) for m in result.measures}
    table = Table(show_header=False, box=None)
    for what, value in rows.items():
        table.add_row(what, value)
    out.print(table)
    print_confusion(result.classes, result.confusion)


def _format_cues(result: "Evaluation") -> str:
    """Format the number of decided cues, and the share with a correct first decision."""
    from bci.evaluation.metrics import exact_interval

    decided, right = result.cues_decided, result.cues_right
    if not decided:
        return f"0 of {result.cues}"
    low, high = exact_interval(right, decided)
    return (
        f"{decided} of {result.cues}: the first one right in {right} "
        f"({right / decided:.2f}, 95 % interval {low:.2f}-{high:.2f}), wrong in {decided - right}"
    )
