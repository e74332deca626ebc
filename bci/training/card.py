"""What a model's card tells of its training and its score."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci import __version__
from bci.evaluation.scores import Measure, confusion, kappa, score_accuracy, shuffled_labels
from bci.interfaces import Decoder
from bci.models.card import (
    Card,
    MeasureCard,
    NeedsCard,
    PeopleCard,
    ScoreCard,
    SourceCard,
    describe_stream,
)
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.recording.identity import digests
from bci.signals import Recording
from bci.training.epochs import find_trials
from bci.training.run_counts import RunCount

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "pyriemann", "mne")


def make_card(
    name: str,
    profile: Profile,
    pipeline: Pipeline,
    recordings: list[Recording],
    decoder: Decoder,
    score: ScoreCard,
    labelled: bool = True,
    runs: Sequence[RunCount] = (),
    people: PeopleCard | None = None,
) -> Card:
    """Make the card of a model that was trained on recordings through a pipeline.

    ``people`` are those of a base; without them it is a person's own model. ``runs`` are the trials
    of each recording that it was trained on; without them every trial that was cued is counted.
    """
    trials = [run.n_trials + run.rest for run in runs]
    if not trials:
        trials = [len(find_trials(r, profile.paradigm)) if labelled else 0 for r in recordings]
    own = recordings[0].info
    return Card(
        kind="own" if people is None else "base",
        name=name,
        task=profile.task,
        created=datetime.now(UTC).replace(microsecond=0),
        simulated=any(recording.info.simulated for recording in recordings),
        decoder=profile.decoder,
        classes=decoder.classes,
        without_labels=not labelled,
        stream=describe_stream(
            own.sfreq,
            pipeline.chain.picked,
            own.ch_names if profile.pipeline.names and not own.named else None,
        ),
        pipeline=profile.pipeline.model_copy(
            update={"channels": tuple(c.name for c in pipeline.chain.picked)}
        ),
        group_delay_s=round(pipeline.chain.group_delay_s(), 6),
        paradigm=profile.paradigm,
        sources=tuple(map(source_card, recordings, trials)),
        score=score,
        people=people,
        needs=NeedsCard(
            cues=profile.pipeline.at_cues,
            packages=tuple(getattr(type(decoder), "needs", ())),
        ),
        versions=_versions(),
    )


def score_card(
    truth: NDArray[np.str_],
    decided: NDArray[np.str_],
    classes: tuple[str, ...],
    folds: str,
    chance: float | None = None,
) -> ScoreCard:
    """Score independent decisions, for a card.

    With ``chance`` given, each trial had its own candidates, and labels cannot be shuffled.
    """
    accuracy = score_accuracy(truth, decided, chance)
    return ScoreCard(
        accuracy=round(accuracy.value, 4),
        low=round(accuracy.low, 4),
        high=round(accuracy.high, 4),
        trials=accuracy.n,
        chance=round(accuracy.chance, 4),
        p_value=float(f"{accuracy.p_value:.3g}"),
        shuffled_p=None if chance is not None else _shuffled_p(truth, decided),
        kappa=round(kappa(truth, decided), 4),
        confusion=confusion(truth, decided, classes),
        folds=folds,
    )


def _shuffled_p(truth: NDArray[np.str_], decided: NDArray[np.str_]) -> float:
    classes = np.union1d(truth, decided)
    decided_for = (decided[:, None] == classes).astype(np.int64)
    _, p_value = shuffled_labels(decided_for, np.searchsorted(classes, truth))
    return float(f"{p_value:.3g}")


def measure_cards(measured: tuple[Measure, ...]) -> tuple[MeasureCard, ...]:
    """What accuracy does not say, as a card tells it."""
    return tuple(
        MeasureCard(
            name=each.name,
            value=round(each.value, 4),
            chance=round(each.chance, 4),
            p_value=float(f"{each.p_value:.3g}"),
        )
        for each in measured
    )


def source_card(recording: Recording, trials: int = 0) -> SourceCard:
    """Describe a recording that a model was made with, and how many trials it learnt from."""
    of_source, of_samples = digests(recording)
    return SourceCard(
        file=Path(recording.source).name,
        sha256=of_source,
        trials=trials,
        interpolated=recording.info.interpolated,
        samples_sha256=of_samples,
    )


def _versions() -> dict[str, str]:
    versions = {"bci": __version__, "python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "not installed"
    return versions
