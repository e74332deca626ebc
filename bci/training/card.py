"""Create the card of a model, which describes its training and its score."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci import __version__
from bci.evaluation.metrics import (
    Measure,
    are_unequal,
    balanced_p,
    confusion,
    kappa,
    score_accuracy,
    shuffled_labels,
)
from bci.interfaces import Decoder, Retrieval
from bci.models.card import (
    Card,
    MeasureCard,
    NeedsCard,
    PeopleCard,
    ScoreCard,
    SourceCard,
    describe_stream,
)
from bci.models.confidence_card import ConfidenceCard
from bci.models.drift import DriftCard
from bci.models.signal_states import StatesCard
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.recording.identity import digests
from bci.signals import Recording
from bci.stimulus.frame_labels import lost_frames
from bci.training.epochs import find_trials
from bci.training.fold_streams import follows_signal
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
    base: Card | None = None,
    confidence: ConfidenceCard | None = None,
    rest: Sequence[Recording] = (),
    n_executed: int = 0,
    drift: DriftCard | None = None,
    states: StatesCard | None = None,
) -> Card:
    """Create the card of a model that was trained on ``recordings``.

    ``people`` describes the people of a base model; without it, the card is that of one person's
    model, which started from ``base`` if that is given. ``labelled`` is False for a training
    without labels. ``runs`` counts the trials of each recording; without it, every cued trial is
    counted. ``rest`` are recordings on which the confidence was calibrated. In the last
    ``n_executed`` recordings, movements were executed, not imagined.
    """
    n_imagined = len(recordings) - n_executed
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
        stimulus=profile.stimulus,
        triggers=profile.triggers,
        sources=tuple(
            source_card(recording, n, executed=k >= n_imagined)
            for k, (recording, n) in enumerate(zip(recordings, trials, strict=True))
        ),
        score=score,
        people=people,
        needs=NeedsCard(
            cues=profile.pipeline.at_cues,
            packages=tuple(getattr(type(decoder), "needs", ())),
        ),
        versions=library_versions(),
        base=None if base is None else base.name,
        base_sources=() if base is None else (*base.sources, *base.base_sources),
        confidence=confidence,
        rest_sources=tuple(map(source_card, rest)),
        drift=drift,
        states=states,
        # The text for the speller's language model is a local file, so its path is left out.
        speller=None
        if profile.speller is None
        else profile.speller.model_copy(update={"text": None}),
        embedded_by=decoder.embedded_by if isinstance(decoder, Retrieval) else None,
        adapt="alignment" if follows_signal(decoder, profile) else "off",
    )


def score_card(
    truth: NDArray[np.str_],
    decided: NDArray[np.str_],
    classes: tuple[str, ...],
    folds: str,
    chance: float | None = None,
) -> ScoreCard:
    """Score independent decisions, for a model card.

    ``folds`` describes the folds in words. ``chance`` is given if each trial had its own
    candidates; the p-value from shuffled labels is then left out.
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
    if are_unequal(truth):
        of_truth, of_decided = np.searchsorted(classes, truth), np.searchsorted(classes, decided)
        return float(f"{balanced_p(of_truth, of_decided):.3g}")
    decided_for = (decided[:, None] == classes).astype(np.int64)
    _, p_value = shuffled_labels(decided_for, np.searchsorted(classes, truth))
    return float(f"{p_value:.3g}")


def measure_cards(measured: tuple[Measure, ...]) -> tuple[MeasureCard, ...]:
    """Convert further scores to entries of a card."""
    return tuple(
        MeasureCard(
            name=each.name,
            value=round(each.value, 4),
            chance=round(each.chance, 4),
            p_value=float(f"{each.p_value:.3g}"),
        )
        for each in measured
    )


def source_card(recording: Recording, trials: int = 0, executed: bool = False) -> SourceCard:
    """Describe a recording on which a model was trained.

    ``trials`` is the number of its trials.
    """
    of_source, of_samples = digests(recording)
    return SourceCard(
        file=Path(recording.source).name,
        sha256=of_source,
        trials=trials,
        interpolated=recording.info.interpolated,
        samples_sha256=of_samples,
        executed=executed,
        lost_frames=lost_frames(recording),
    )


def library_versions() -> dict[str, str]:
    """Return the versions of bci, Python and a model's libraries, by name."""
    versions = {"bci": __version__, "python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "not installed"
    return versions
