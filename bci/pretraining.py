"""Training a base model on many people, for others to go on from."""

from collections.abc import Callable, Mapping

import numpy as np

from bci.calibration import (
    Calibration,
    Progress,
    common_pipeline,
    decide_trials,
    make_card,
    score_card,
)
from bci.errors import ProfileError, RecordingError
from bci.profile import Profile
from bci.trials import Epochs, cut_epochs
from bci.types import Adaptable, Decoder, Recording, Servable, Signal, TrainingStep

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
) -> Calibration:
    """Train on people, and score on those who were held out, by folds of whole people.

    A held-out person's alignment is learnt from that person's windows without their labels.

    Parameters
    ----------
    people : mapping of str to list of Recording
        Each person's runs; all of one montage and rate.
    profile : Profile
    make_decoder : callable
        Gives a fresh, untrained decoder that can be adapted to a person.
    name : str
        What the model will be called.
    on_progress : callable
    n_folds : int
        At most; each fold trains once.

    Raises
    ------
    RecordingError
        If there are fewer than two people, or markers are missing.
    MismatchError
        If recordings differ in rate, channels or units.
    ProfileError
        If the decoder cannot be adapted to a person.
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
    epochs = []
    for number, (person, runs) in enumerate(people.items()):
        on_progress(f"Cutting epochs of {person}", number, len(people))
        own = cut_epochs(runs, profile.pipeline, profile.paradigm)
        epochs.append(Epochs(own.windows, own.labels, own.trials, own.runs + _RUNS * number))
    truth: list[str] = []
    decided: list[str] = []
    folds = np.array_split(np.arange(len(people)), min(n_folds, len(people)))
    for fold, held_out in enumerate(folds):
        on_progress("Scoring on people held out", fold, len(folds) + 1)
        decoder = make_decoder()
        fit(decoder, [e for i, e in enumerate(epochs) if i not in held_out], signal)
        for i in held_out:
            assert isinstance(decoder, Adaptable)
            decoder.adapt(epochs[i].windows)
            for label, decision in decide_trials(decoder, epochs[i]):
                truth.append(label)
                decided.append(decision)

    def watch(step: TrainingStep) -> None:
        on_progress(f"Training on all people, loss {step.loss:.2f}", step.step, step.of)

    decoder = make_decoder()
    fit(decoder, epochs, signal, watch)
    if isinstance(decoder, Servable):
        on_progress("Choosing the faster runtime", len(folds), len(folds) + 1)
        decoder.choose_runtime()
    described = (
        f"{len(folds)} folds of whole people, {len(people)} people, each aligned by their own "
        "unlabelled windows"
    )
    score = score_card(np.array(truth), np.array(decided), decoder.classes, described)
    return Calibration(decoder, make_card(name, profile, pipeline, recordings, decoder, score))


def fit(
    decoder: Decoder,
    people: list[Epochs],
    signal: Signal,
    watch: Callable[[TrainingStep], None] | None = None,
) -> None:
    """Train a decoder on the epochs of several people together."""
    decoder.fit(
        np.concatenate([epochs.windows for epochs in people]),
        np.concatenate([epochs.labels for epochs in people]),
        groups=np.concatenate([epochs.runs for epochs in people]),
        signal=signal,
        watch=watch,
    )
