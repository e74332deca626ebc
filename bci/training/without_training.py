"""Create a model of a decoder that needs no training, without recordings."""

from datetime import UTC, datetime

from bci.errors import MismatchError, ProfileError
from bci.interfaces import Decoder, TrainingFree
from bci.models.card import Card, NeedsCard, ScoreCard, describe_stream
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.signals import Signal, StreamInfo
from bci.training.card import library_versions

NOT_SCORED = "no recordings: no training, and no score on this person"


def without_training(
    profile: Profile, decoder: Decoder, info: StreamInfo, name: str
) -> tuple[Card, Decoder]:
    """Create a model for a stream.

    Parameters
    ----------
    profile : Profile
        Profile of the model.
    decoder : Decoder
        Unprepared decoder, created with the profile's stimuli.
    info : StreamInfo
        The stream to decode.
    name : str
        Name of the model.

    Returns
    -------
    card : Card
        Card whose score counts 0 trials.
    decoder : Decoder
        ``decoder``, ready to decode.

    Raises
    ------
    ProfileError
        If the decoder has to be trained on recordings.
    MismatchError
        If the stream cannot satisfy the profile.
    """
    if not isinstance(decoder, TrainingFree):
        raise ProfileError(
            f"the decoder {profile.decoder.name} learns from recordings: give the person's runs, "
            "or choose a decoder that needs no training (--decoder fbcca)"
        )
    pipeline = Pipeline(profile.pipeline, info)
    try:
        decoder.prepare(Signal(pipeline.chain.sfreq, pipeline.chain.channels), pipeline.n_samples)
    except ValueError as error:
        raise MismatchError(f"{info.name}: {error}") from error
    picked = pipeline.chain.picked
    card = Card(
        name=name,
        task=profile.task,
        created=datetime.now(UTC).replace(microsecond=0),
        simulated=info.simulated,
        decoder=profile.decoder,
        classes=decoder.classes,
        stream=describe_stream(
            info.sfreq,
            picked,
            info.ch_names if profile.pipeline.names and not info.named else None,
        ),
        pipeline=profile.pipeline.model_copy(update={"channels": tuple(c.name for c in picked)}),
        group_delay_s=round(pipeline.chain.group_delay_s(), 6),
        paradigm=profile.paradigm,
        sources=(),
        score=_no_score(len(decoder.classes)),
        needs=NeedsCard(
            cues=profile.pipeline.at_cues, packages=tuple(getattr(type(decoder), "needs", ()))
        ),
        versions=library_versions(),
    )
    return card, decoder


def _no_score(n_classes: int) -> ScoreCard:
    chance = round(1.0 / n_classes, 4)
    return ScoreCard(
        accuracy=chance, low=0.0, high=1.0, trials=0, chance=chance, p_value=1.0, kappa=0.0,
        confusion=[], folds=NOT_SCORED,
    )  # fmt: skip
