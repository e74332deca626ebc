"""Training a base model on many people, for others to go on from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError, RecordingError
from bci.evaluation.metrics import extra_measures
from bci.interfaces import Adaptable, Decoder, Servable, TrainingStep
from bci.models.card import PeopleCard
from bci.profiles.profile import Profile
from bci.signals import Recording, Signal
from bci.training.calibrate import Calibration, OnRuns, common_pipeline
from bci.training.card import make_card, measure_cards, score_card
from bci.training.cross_validation import Progress
from bci.training.epochs import Epochs, cut_epochs, join_epochs
from bci.training.run_counts import RunCount, count_runs

_FEWEST_PEOPLE = 2
# A group is a run of a person: none has as many runs.
_RUNS = 1000


def pretrain(
    people: Mapping[str, list[Recording]],
    profile: Profile,
    make_decoder: Callable[[], Decoder],
    name: str,
    on_progress: Progress,
    n_folds: int = 5,
    unfinished: Path | None = None,
    on_runs: OnRuns = lambda _runs: None,
) -> Calibration:
    """Train on people, and score on those who were held out, by folds of whole people.

    A held-out person's alignment is learnt from that person's windows without their labels.

    ``make_decoder`` gives a fresh decoder that can be adapted to a person. There are at most
    ``n_folds`` folds, each trained once. In the folder ``unfinished`` each training of a network
    keeps how far it is, so that one that was stopped goes on and one that was done is not done
    again; the caller deletes it.

    Raises
    ------
    RecordingError
        If there are fewer than two people, or markers are missing.
    MismatchError
        If recordings differ in rate, channels or units.
    ProfileError
        If the decoder cannot be adapted to a person.
    BundleError
        If what was kept is damaged, or of other recordings or settings.
    """
    if len(people) < _FEWEST_PEOPLE:
        raise RecordingError(f"{len(people)} people are too few to pretrain on; give two or more")
    if not isinstance(make_decoder(), Adaptable):
        raise ProfileError(
            f"decoder {profile.decoder.name} cannot carry over from person to person; choose "
            "tangent-space or a network"
        )
    recordings = [recording for runs in people.values() for recording in runs]
    pipeline = common_pipeline(recordings, profile)
    signal = Signal(pipeline.chain.sfreq, pipeline.chain.channels)
    epochs: list[Epochs] = []
    counts: list[RunCount] = []
    for number, (person, runs) in enumerate(people.items()):
        on_progress(f"Cutting epochs of {person}", number, len(people))
        try:
            own = cut_epochs(runs, profile.pipeline, profile.paradigm)
        except RecordingError as error:
            raise RecordingError(f"{error}; or leave such runs out by --runs") from error
        counts += count_runs(runs, own, profile.paradigm)
        epochs.append(replace(own, runs=own.runs + _RUNS * number))
    on_runs(tuple(counts))
    n_folds = min(n_folds, len(people))
    scored = score_people(epochs, make_decoder, signal, on_progress, n_folds, unfinished)

    def on_epoch(step: TrainingStep) -> None:
        on_progress(f"Training on all people, loss {step.loss:.2f}", step.step, step.of)

    decoder = make_decoder()
    fit(decoder, epochs, signal, on_epoch, unfinished and unfinished / "all.safetensors")
    if isinstance(decoder, Servable):
        on_progress("Choosing how to serve", n_folds, n_folds + 1)
        decoder.choose_runtime()
    described = (
        f"{n_folds} folds of whole people, {len(people)} people, each aligned by their own "
        "unlabelled windows"
    )
    probabilities = np.concatenate([each.over(decoder.classes) for each in scored])
    truth = np.concatenate([each.truth for each in scored])
    decided = np.array(decoder.classes)[probabilities.argmax(axis=1)]
    score = score_card(truth, decided, decoder.classes, described).model_copy(
        update={"measures": measure_cards(extra_measures(decoder.classes, probabilities, truth))}
    )
    made_of = PeopleCard(n=len(people), whole_folds=True)
    card = make_card(
        name, profile, pipeline, recordings, decoder, score, runs=counts, people=made_of
    )
    return Calibration(decoder, card)


@dataclass(frozen=True)
class HeldOutPredictions:
    """What a decoder said of trials that it had not seen.

    ``probabilities`` (n_trials, n_classes) are of the decoder's own ``classes``, ascending;
    ``truth`` (n_trials,) are the true ones.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    truth: NDArray[np.str_]

    def over(self, classes: tuple[str, ...]) -> NDArray[np.float64]:
        """Probabilities of more classes, ascending: 0 for those that the decoder did not know."""
        wider = np.zeros((len(self.truth), len(classes)))
        wider[:, np.searchsorted(classes, self.classes)] = self.probabilities
        return wider


def decide(decoder: Decoder, epochs: Epochs) -> HeldOutPredictions:
    """Every window of the epochs, decided for itself."""
    probabilities = np.stack([decoder.predict_proba(window) for window in epochs.windows])
    return HeldOutPredictions(decoder.classes, probabilities, epochs.labels)


def score_people(
    people: list[Epochs],
    make_decoder: Callable[[], Decoder],
    signal: Signal,
    on_progress: Progress,
    n_folds: int,
    unfinished: Path | None = None,
) -> list[HeldOutPredictions]:
    """The last window of each trial of each person, decided by a decoder of other people.

    That decoder is aligned by the person's windows, without their labels.

    No run of one person has the number of a run of another. For ``unfinished`` see `pretrain`.
    """
    decided = []
    for fold, held_out in enumerate(np.array_split(np.arange(len(people)), n_folds)):
        on_progress("Scoring on people held out", fold, n_folds + 1)
        decoder = make_decoder()
        others = [each for i, each in enumerate(people) if i not in held_out]
        kept = unfinished and unfinished / f"fold-{fold + 1}.safetensors"
        fit(decoder, others, signal, checkpoint=kept)
        for i in held_out:
            assert isinstance(decoder, Adaptable)
            decoder.adapt(people[i].windows)
            decided.append(decide(decoder, people[i].last_of_trials()))
    return decided


def fit(
    decoder: Decoder,
    people: list[Epochs],
    signal: Signal,
    on_epoch: Callable[[TrainingStep], None] | None = None,
    checkpoint: Path | None = None,
) -> None:
    """Train a decoder on the epochs of several people together."""
    together = join_epochs(people)
    decoder.fit(
        together.windows, together.labels, groups=together.runs, signal=signal,
        on_epoch=on_epoch, checkpoint=checkpoint,
    )  # fmt: skip
