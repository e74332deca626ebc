"""Check that a stream fits a model in channel names, units and rate.

`MismatchError` is raised if it does not; the message has the difference and a remedy.
"""

from dataclasses import replace
from typing import Any

from bci.channels.units import UNKNOWN, factor
from bci.errors import MismatchError, shortened
from bci.models.card import Card, ChannelCard
from bci.pipeline.resampling import Resampler
from bci.profiles.stream_options import apply_stream_options
from bci.signals import Channel, StreamInfo


def with_options(card: Card, given: dict[str, Any]) -> Card:
    """Return a model's card with the settings ``given`` for a stream.

    ``given`` may have ``names``, ``kind_of``, ``unit`` and ``resample``; they replace those of the
    calibration.
    """
    stream = card.stream.model_copy(update={"labels": None}) if "names" in given else card.stream
    pipeline = card.pipeline.model_copy(update=given)
    return card.model_copy(update={"pipeline": pipeline, "stream": stream})


def info_for(card: Card, info: StreamInfo) -> StreamInfo:
    """Apply the names, kinds and units in the model's settings to a stream's channels.

    The names are not applied to a stream that has the model's channel names already.
    """
    labels, needed = card.stream.labels, {c.name.lower() for c in card.stream.channels}
    if labels is not None and not info.named and info.ch_names != labels:
        if not needed <= {name.lower() for name in info.ch_names}:
            raise MismatchError(
                f"{info.name}: the names of {card.name} were given to channels called "
                f"{shortened(labels)}; this stream's are {shortened(info.ch_names)}: name them "
                "again by --names, or pipeline.names in the profile"
            )
        info = replace(info, named=True)
    return apply_stream_options(info, card.pipeline)


def resampler_for(card: Card, info: StreamInfo) -> Resampler | None:
    """Create the resampler from a stream's rate to the model's.

    The result is None if they are equal.
    """
    if not _is_other_rate(card, info) or not info.sfreq > 0:
        return None
    return Resampler(info.sfreq, card.stream.sfreq, info.n_channels)


def fitted(card: Card, info: StreamInfo) -> StreamInfo:
    """Return the stream as the model's pipeline gets it.

    It is renamed and at the model's rate.
    """
    info = info_for(card, info)
    return replace(info, sfreq=card.stream.sfreq) if _is_other_rate(card, info) else info


def check_stream(card: Card, info: StreamInfo) -> None:
    """Raise an error if a stream differs from the one that the model was trained on.

    Units of one quantity (V and uV) may differ, since the pipeline converts them. The rate may
    differ if the model's settings resample the stream.
    """
    info = info_for(card, info)
    differs, hints = [], []
    if _is_other_rate(card, info) and not card.pipeline.resample:
        differs.append(f"rate {info.sfreq:g} Hz instead of {card.stream.sfreq:g} Hz")
        hints.append(
            "To resample it, give --resample. Where the stated rate is wrong, set timing.sfreq in "
            "the profile."
        )
    by_name = {channel.name.lower(): channel for channel in info.channels}
    missing = [c.name for c in card.stream.channels if c.name.lower() not in by_name]
    if missing:
        shown = ", ".join(missing[:12]) + (" ..." if len(missing) > 12 else "")
        differs.append(f"{len(missing)} channels missing ({shown})")
        if all(_is_numbered(name) for name in info.ch_names):
            hints.append("To name its channels, give --names, or pipeline.names in the profile.")
        elif len(differs) == 1:
            hints.append("To interpolate what is missing, give --map-montage.")
    other = _first_other(card, by_name)
    if other is not None:
        needed, given = other
        differs.append(
            f"{given.name} is {given.kind} in {given.unit} instead of {needed.kind} "
            f"in {needed.unit}"
        )
        if given.kind == needed.kind and given.unit == UNKNOWN:
            hints.append(
                "To state the unit of its numbers, give --unit, or pipeline.unit in the profile."
            )
        elif given.kind != needed.kind:
            hints.append("To state the kinds of its channels, set pipeline.kind_of in the profile.")
    if differs:
        raise MismatchError(
            f"{info.name} does not fit the model {card.name}: {'; '.join(differs)}. "
            f"Choose another stream or calibrate a model for this one. {' '.join(hints)}".strip()
        )


def _is_numbered(name: str) -> bool:
    return name.startswith("ch") and name[2:].isdecimal()


def _first_other(card: Card, by_name: dict[str, Channel]) -> tuple[ChannelCard, Channel] | None:
    """Return the first channel of another kind or quantity, as (needed, given).

    The result is None if all fit.
    """
    for needed in card.stream.channels:
        given = by_name.get(needed.name.lower())
        if given is not None and (
            given.kind != needed.kind or factor(given.unit, needed.unit) is None
        ):
            return needed, given
    return None


def _is_other_rate(card: Card, info: StreamInfo) -> bool:
    return abs(info.sfreq - card.stream.sfreq) > 1e-6 * card.stream.sfreq
