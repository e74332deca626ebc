"""Train a base model on many people.

The training of one person can start from it.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError, RecordingError
from bci.evaluation.metrics import extra_measures, ranks
from bci.interfaces import (
    Adaptable,
    Decoder,
    FineTunable,
    OnEpoch,
    Pooling,
    Retrieval,
    Servable,
    TrainingStep,
)
from bci.jobs.workers import THIS_PROCESS, Workers, run_jobs
from bci.models.card import PeopleCard, ScoreCard
from bci.profiles.profile import Profile
from bci.signals import Recording, Signal
from bci.training.calibrate import Calibration, OnRuns, common_pipeline
from bci.training.card import make_card, measure_cards, score_card
from bci.training.cross_validation import Progress
from bci.training.epochs import Epochs, cut_epochs, join_epochs
from bci.training.others.people import runs_of
from bci.training.run_counts import RunCount, count_runs
from bci.training.trial_decisions import DecidedEpochs

_FEWEST_PEOPLE = 2
# Most items of a held-out person; each trial is decided among them.
_MOST_ITEMS = 200


def pretrain(
    people: Mapping[str, list[Recording]],
    profile: Profile,
    make_decoder: Callable[[], Decoder],
    name: str,
    on_progress: Progress,
    n_folds: int = 5,
    unfinished: Path | None = None,
    on_runs: OnRuns = lambda _runs: None,
    executed: Mapping[str, list[Recording]] | None = None,
    workers: Workers = THIS_PROCESS,
) -> Calibration:
    """Train a model on all people, and cross-validate it in folds of people.

    The decoder is aligned to a held-out person by that person's windows without labels.
    ``make_decoder`` returns an untrained decoder that can be adapted to a person. There are at most
    ``n_folds`` folds. In the folder ``unfinished``, each training of a network stores checkpoints,
    so that it can be resumed; the caller deletes the folder. ``executed`` are runs of some people
    with executed instead of imagined movements: they are part of every training and of no score.
    ``workers`` train the folds and the final model; with several, ``make_decoder`` must be
    picklable.

    Raises
    ------
    RecordingError
        If there are fewer than two people, or markers are missing.
    MismatchError
        If recordings differ in rate, channels or units.
    ProfileError
        If the decoder cannot be adapted to a person.
    BundleError
        If a checkpoint is damaged, or from other recordings or settings.
    """
    if len(people) < _FEWEST_PEOPLE:
        raise RecordingError(f"{len(people)} people are too few to pretrain on; give two or more")
    if not isinstance(make_decoder(), Adaptable):
        raise ProfileError(
            f"decoder {profile.decoder.name} cannot carry over from person to person; choose "
            "tangent-space or a network"
        )
    executed = {} if executed is None else executed
    moves = [recording for runs in executed.values() for recording in runs]
    recordings = [recording for runs in people.values() for recording in runs] + moves
    pipeline = common_pipeline(recordings, profile)
    signal = Signal(pipeline.chain.sfreq, pipeline.chain.channels)
    epochs: list[Epochs] = []
    moved: list[Epochs | None] = []
    counts: list[RunCount] = []
    counts_moved: list[RunCount] = []
    for number, (person, runs) in enumerate(people.items()):
        on_progress(f"Cutting epochs of {person}", number, len(people))
        own = _cut(runs, profile)
        counts += count_runs(runs, own, profile.paradigm)
        epochs.append(replace(own, runs=runs_of(number, own.runs)))
        moved.append(None)
        if theirs := executed.get(person):
            made = _cut(theirs, profile)
            counts_moved += count_runs(theirs, made, profile.paradigm)
            moved[-1] = replace(made, runs=runs_of(number, made.runs + len(runs)))
    counts += counts_moved
    on_runs(tuple(counts))
    n_folds = min(n_folds, len(people))
    evidence_s = profile.output.evidence_s or 0.0
    others = _Others(epochs, moved, make_decoder, signal, evidence_s, unfinished)
    decoder, kept, scored = _train_all(others, n_folds, workers, on_progress)
    if isinstance(decoder, Servable):
        on_progress("Choosing how to serve", n_folds, n_folds + 1)
        decoder.choose_runtime()
    described = (
        f"{n_folds} folds of whole people, {len(people)} people, each aligned by their own "
        "unlabelled windows"
    )
    score = _score(decoder, scored, described)
    across = "electrodes" in base_arrays(decoder)
    made_of = PeopleCard(n=len(people), whole_folds=True, across_montages=across, windows=kept)
    card = make_card(
        name, profile, pipeline, recordings, decoder, score, runs=counts, people=made_of,
        n_executed=len(moves),
    )  # fmt: skip
    return Calibration(decoder, card)


def _cut(runs: list[Recording], profile: Profile) -> Epochs:
    try:
        return cut_epochs(runs, profile.pipeline, profile.paradigm)
    except RecordingError as error:
        raise RecordingError(f"{error}; or leave such runs out by --runs") from error


def _score(decoder: Decoder, scored: list["HeldOutPredictions"], described: str) -> ScoreCard:
    truth = np.concatenate([each.truth for each in scored])
    is_retrieval = isinstance(decoder, Retrieval)
    classes = decoder.classes
    if is_retrieval:
        classes = tuple(sorted({name for each in scored for name in each.classes}))
    probabilities = np.concatenate([each.over(classes) for each in scored])
    decided = np.array(classes)[probabilities.argmax(axis=1)]
    if not is_retrieval:
        measured = extra_measures(classes, probabilities, truth)
        card = score_card(truth, decided, classes, described)
        return card.model_copy(update={"measures": measure_cards(measured)})
    n = np.concatenate([np.full(len(each.truth), len(each.classes)) for each in scored])
    measured = ranks(probabilities, np.searchsorted(classes, truth), n)
    card = score_card(truth, decided, classes, described, chance=float((1 / n).mean()))
    return card.model_copy(update={"measures": measure_cards(measured)})


def base_arrays(decoder: Decoder) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a base model.

    They are the decoder's, and those that only fine-tuning needs.
    """
    further = decoder.training_arrays() if isinstance(decoder, FineTunable) else {}
    return decoder.arrays() | further


@dataclass(frozen=True)
class HeldOutPredictions:
    """Predictions of a decoder for held-out trials.

    ``probabilities`` (n_trials, n_classes) are in the order of ``classes``, the decoder's sorted
    classes. ``truth`` (n_trials,) are the true classes.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    truth: NDArray[np.str_]

    def over(self, classes: tuple[str, ...]) -> NDArray[np.float64]:
        """Return the probabilities for more, sorted ``classes``, (n_trials, n_classes).

        They are 0 for classes that the decoder lacks.
        """
        wider = np.zeros((len(self.truth), len(classes)))
        wider[:, np.searchsorted(classes, self.classes)] = self.probabilities
        return wider


def decide(decoder: Decoder, epochs: Epochs) -> HeldOutPredictions:
    """Predict each window of the epochs by itself."""
    probabilities = np.stack([decoder.predict_proba(window) for window in epochs.windows])
    return HeldOutPredictions(decoder.classes, probabilities, epochs.labels)


def score_people(
    people: list[Epochs], make_decoder: Callable[[], Decoder], signal: Signal, n_folds: int
) -> list[HeldOutPredictions]:
    """Predict each person's trials by a decoder trained on other people.

    Each fold has whole people.
    """
    others = _Others(people, (), make_decoder, signal)
    folds = enumerate(np.array_split(np.arange(len(people)), n_folds))
    return [each for fold in folds for each in _train_fold(others, fold)]


@dataclass(frozen=True)
class _Others:
    """Data of all people and the settings of the trainings on some of them.

    Run numbers differ between people.
    """

    people: list[Epochs]
    executed: Sequence[Epochs | None]
    make_decoder: Callable[[], Decoder]
    signal: Signal
    evidence_s: float = 0.0
    unfinished: Path | None = None


class _Trained(NamedTuple):
    """Result of one training.

    ``decoder`` is trained on everybody but the held-out people. ``kept`` is the number of windows
    that it stores. ``decided`` are its predictions for the held-out people.
    """

    decoder: Decoder
    kept: int
    decided: list[HeldOutPredictions]


def _train_fold(others: _Others, fold: tuple[int, NDArray[np.int64]]) -> list[HeldOutPredictions]:
    number, held_out = fold
    name = f"fold-{number + 1}.safetensors"
    return _train_without(others, held_out, name, None).decided


def _train_everybody(others: _Others, on_epoch: OnEpoch | None) -> _Trained:
    return _train_without(others, np.array([], dtype=np.int64), "all.safetensors", on_epoch)


def _train_part(
    others: _Others, fold: tuple[int, NDArray[np.int64]] | None
) -> list[HeldOutPredictions] | _Trained:
    """Do one job of a worker: ``fold``, or the training on everybody if it is None."""
    return _train_everybody(others, None) if fold is None else _train_fold(others, fold)


def _train_without(
    others: _Others, held_out: NDArray[np.int64], name: str, on_epoch: OnEpoch | None
) -> _Trained:
    """Train on everybody but ``held_out``, and predict each of their trials.

    A trial is decided at its end. The decoder is aligned to a held-out person by that person's
    windows without labels. Executed runs are for training only.
    """
    decoder, people = others.make_decoder(), others.people
    learnt = [each for i, each in enumerate(people) if i not in held_out]
    learnt += [
        each for i, each in enumerate(others.executed) if each is not None and i not in held_out
    ]
    checkpoint = others.unfinished and others.unfinished / name
    kept = fit(decoder, learnt, others.signal, on_epoch, checkpoint)
    decided = []
    for i in held_out:
        assert isinstance(decoder, Adaptable)
        decoder.adapt(people[i].windows)
        own = people[i]
        if isinstance(decoder, Retrieval):
            items = np.unique(own.labels)[:_MOST_ITEMS]
            decoder.choose_from([str(item) for item in items])
            own = own.only(np.isin(own.labels, items))
        truth, probabilities = DecidedEpochs(decoder, own).at_trial_ends(others.evidence_s)
        decided.append(HeldOutPredictions(decoder.classes, probabilities, truth))
    return _Trained(decoder, kept, decided)


def _train_all(others: _Others, n_folds: int, workers: Workers, on_progress: Progress) -> _Trained:
    """Train the folds and the model on everybody.

    Return that model with the folds' predictions.
    """
    held_out = np.array_split(np.arange(len(others.people)), n_folds)
    jobs: list[tuple[int, NDArray[np.int64]] | None] = list(enumerate(held_out))
    if workers != THIS_PROCESS:
        # The longest job, the training on everybody, starts first.
        jobs = [None, *jobs]
    results: dict[int, list[HeldOutPredictions] | _Trained] = {}
    on_progress("Scoring on people held out", 0, n_folds + 1)
    with closing(run_jobs(_train_part, others, jobs, workers)) as done:
        for one in done:
            results[one.number] = one.result
            on_progress("Scoring on people held out", len(results), n_folds + 1)

    def on_epoch(step: TrainingStep) -> None:
        on_progress(f"Training on all people, loss {step.loss:.2f}", step.step, step.of)

    parts = [results[number] for number in sorted(results)]
    scored = [each for part in parts if isinstance(part, list) for each in part]
    trained = next((part for part in parts if isinstance(part, _Trained)), None)
    if trained is None:
        trained = _train_everybody(others, on_epoch)
    return trained._replace(decided=scored)


def fit(
    decoder: Decoder,
    people: list[Epochs],
    signal: Signal,
    on_epoch: Callable[[TrainingStep], None] | None = None,
    checkpoint: Path | None = None,
) -> int:
    """Train a decoder on the epochs of several people together.

    Returns
    -------
    kept : int
        Number of windows that the decoder stores, to be pooled with those of another person.
    """
    together = join_epochs(people)
    if isinstance(decoder, Pooling):
        return decoder.fit_people(together.windows, together.labels, together.runs, signal)
    decoder.fit(
        together.windows, together.labels, groups=together.runs, signal=signal,
        on_epoch=on_epoch, checkpoint=checkpoint,
    )  # fmt: skip
    return 0
