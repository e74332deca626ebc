"""A base model of Du-IN from recordings without labels: channels, windows, both stages, card."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bci.errors import ProfileError, RecordingError
from bci.models.card import Card, PeopleCard, ScoreCard
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.recording.identity import source_digest
from bci.signals import Recording
from bci.training.calibrate import common_pipeline
from bci.training.card import make_card
from decoders.neural.duin_decoder import BASE, DuinDecoder, lively_channels, whole_patches
from decoders.neural.duin_pretraining import PretrainingSettings, PretrainingStep, pretrain_duin

_FEWEST_WINDOWS = 20


def make_base(
    recordings: list[Recording],
    profile: Profile,
    name: str,
    settings: PretrainingSettings,
    checkpoint: Path,
    stop: Callable[[], bool],
    tell: Callable[[PretrainingStep], None],
) -> tuple[Card, dict[str, NDArray[np.generic]]]:
    """Pretrain on all of the recordings, cut into windows one behind the other.

    Parameters
    ----------
    recordings : list of Recording
        Of one person; markers are not looked at.
    profile : Profile
        Its decoder is ``duin``.
    name : str
    settings, checkpoint, stop, tell
        See `decoders.neural.duin_pretraining.pretrain_duin`.

    Raises
    ------
    RecordingError
        If there is too little signal.
    MismatchError
        If the recordings differ, or Du-IN cannot take them.
    """
    try:
        decoder = DuinDecoder(**profile.decoder.params)  # type: ignore[arg-type]
    except ValueError as error:
        raise ProfileError(f"decoder duin: {error}") from error
    pipeline = common_pipeline(recordings, profile)
    sliding = profile.pipeline.model_copy(
        update={"at_cues": False, "hop_s": profile.pipeline.window_s}
    )
    found = []
    for recording in recordings:
        cutting = Pipeline(sliding, recording.info)
        found += [w.data.copy() for chunk in recording.chunks() for w in cutting.windows(chunk)]
    if len(found) < _FEWEST_WINDOWS:
        raise RecordingError(
            f"{len(found)} windows of {sliding.window_s:g} s are too few to pretrain on; give "
            f"recordings with {_FEWEST_WINDOWS} or more"
        )
    windows = np.stack(found)
    sfreq = pipeline.chain.sfreq
    n_samples = whole_patches(windows.shape[2], sfreq, decoder.sizes)
    chosen = lively_channels(windows, sfreq, decoder.channels)
    decoder.prepare(windows, chosen, n_samples, sfreq)
    hashes = [source_digest(recording) for recording in recordings]
    fingerprint = " ".join([*hashes, profile.model_dump_json()])
    made = pretrain_duin(
        decoder.scaled(windows), decoder.sizes, settings, checkpoint, fingerprint, stop, tell
    )
    card = make_card(
        name, profile, pipeline, recordings, decoder, _score(made.accuracy, made.chance),
        labelled=False, people=PeopleCard(n=1, whole_folds=False),
    )  # fmt: skip
    encoder = {f"weights.encoder.{key}": value for key, value in made.encoder.items()}
    return card, {BASE: np.array([1]), **decoder.preparation(), **encoder}


def _score(accuracy: NDArray[np.float64], chance: float) -> ScoreCard:
    """By window, since units of one window depend on one another."""
    half = float(stats.t.ppf(0.975, len(accuracy) - 1) * stats.sem(accuracy))
    mean = float(accuracy.mean())
    test = stats.ttest_1samp(accuracy, chance, alternative="greater")
    return ScoreCard(
        accuracy=round(mean, 4), low=round(max(0.0, mean - half), 4),
        high=round(min(1.0, mean + half), 4), trials=len(accuracy), chance=round(chance, 4),
        p_value=float(f"{test.pvalue:.3g}"), kappa=0.0, confusion=[],
        folds="names units that it does not see, in the last tenth of the windows",
    )  # fmt: skip
