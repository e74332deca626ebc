"""A base model of Du-IN, pretrained on recordings without labels."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bci.errors import ProfileError, RecordingError
from bci.models.card import Card, PeopleCard, ScoreCard
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.recording.identity import source_digest
from bci.signals import FloatArray, Recording
from bci.training.calibrate import common_pipeline
from bci.training.card import make_card
from decoders.neural.duin_decoder import BASE, DuinDecoder, lively_channels, whole_patches
from decoders.neural.duin_pretraining import PretrainingSettings, PretrainingStep, pretrain_duin

_FEWEST_WINDOWS = 20


class Described(NamedTuple):
    """Share of the target's variance that a base model's units explain, and its upper bound.

    See `decoders.neural.duin_pretraining.Pretrained`.
    """

    explained: float
    bound: float


def make_base(
    people: Mapping[str, list[Recording]],
    profile: Profile,
    name: str,
    settings: PretrainingSettings,
    checkpoint: Path,
    stop: Callable[[], bool],
    report: Callable[[PretrainingStep], None],
) -> tuple[Card, dict[str, NDArray[np.generic]], Described]:
    """Pretrain on all recordings, cut into consecutive windows.

    A base model of one person contains that person's channels and first layer. A base model of
    several people contains neither, because they differ between people.

    Parameters
    ----------
    people : mapping of str to list of Recording
        Recordings of each person; markers are ignored. People may have different channels.
    profile : Profile
        Its decoder is ``duin``.
    name : str
    settings, checkpoint, stop, report
        See `decoders.neural.duin_pretraining.pretrain_duin`.

    Raises
    ------
    RecordingError
        If there is too little signal.
    MismatchError
        If a person's recordings differ in channels or rate, or do not fit Du-IN.
    """
    try:
        decoders = {person: DuinDecoder(**profile.decoder.params) for person in people}  # type: ignore[arg-type]
    except ValueError as error:
        raise ProfileError(f"decoder duin: {error}") from error
    scaled = []
    for person, recordings in people.items():
        pipeline = common_pipeline(recordings, profile)
        scaled.append(_windows_of(decoders[person], recordings, pipeline, profile))
    every = [recording for own in people.values() for recording in own]
    hashes = [source_digest(recording) for recording in every]
    fingerprint = " ".join([*hashes, profile.model_dump_json()])
    decoder = next(iter(decoders.values()))
    made = pretrain_duin(
        scaled,
        pipeline.chain.sfreq,
        decoder.sizes,
        settings,
        checkpoint,
        fingerprint,
        stop,
        report,
        decoder.device,
        decoder.mixed,
    )
    several = len(people) > 1
    made_of = PeopleCard(n=len(people), whole_folds=False, across_montages=several)
    card = make_card(
        name, profile, pipeline, every, decoder, _score(made.accuracy, made.chance),
        labelled=False, people=made_of,
    )  # fmt: skip
    kept = decoder.preparation()
    encoder = made.encoder
    if several:
        kept = {key: kept[key] for key in ("given", "sfreq")}
        encoder = {key: value for key, value in encoder.items() if not key.startswith("spatial.")}
    weights = {f"weights.encoder.{key}": value for key, value in encoder.items()}
    described = Described(made.explained, made.bound)
    return card, {BASE: np.array([1]), **kept, **weights}, described


def _windows_of(
    decoder: DuinDecoder, recordings: list[Recording], pipeline: Pipeline, profile: Profile
) -> FloatArray:
    """Cut one person's recordings into windows, choose channels and scale them."""
    sliding = profile.pipeline.model_copy(
        update={"at_cues": False, "hop_s": profile.pipeline.window_s}
    )
    found = []
    for recording in recordings:
        cutting = Pipeline(sliding, recording.info)
        found += [w.data.copy() for chunk in recording.chunks() for w in cutting.windows(chunk)]
    if len(found) < _FEWEST_WINDOWS:
        raise RecordingError(
            f"{recordings[0].source}: {len(found)} windows of {sliding.window_s:g} s are too few "
            f"to pretrain on; give recordings with {_FEWEST_WINDOWS} or more"
        )
    windows = np.stack(found)
    sfreq = pipeline.chain.sfreq
    n_samples = whole_patches(windows.shape[2], sfreq, decoder.sizes)
    chosen = lively_channels(windows, sfreq, decoder.channels)
    decoder.prepare(windows, chosen, n_samples, sfreq)
    return decoder.scaled(windows)


def _score(accuracy: NDArray[np.float64], chance: float) -> ScoreCard:
    """Compute the score over windows, because units of one window are not independent."""
    half = float(stats.t.ppf(0.975, len(accuracy) - 1) * stats.sem(accuracy))
    mean = float(accuracy.mean())
    test = stats.ttest_1samp(accuracy, chance, alternative="greater")
    return ScoreCard(
        accuracy=round(mean, 4), low=round(max(0.0, mean - half), 4),
        high=round(min(1.0, mean + half), 4), trials=len(accuracy), chance=round(chance, 4),
        p_value=float(f"{test.pvalue:.3g}"), kappa=0.0, confusion=[],
        folds="names units that it does not see, in the last tenth of the windows",
    )  # fmt: skip
