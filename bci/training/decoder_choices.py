"""List decoders for a calibration, with the missing requirements of each."""

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from bci.errors import MismatchError
from bci.models.bundle import list_bundles, load_card, shipped_bases
from bci.models.card import Card
from bci.plugins.decoder_offers import carrying_over, decoder_traits, offered_for
from bci.plugins.installing import how_to_install, how_to_install_torch
from bci.profiles.profile import Profile
from bci.signals import StreamInfo
from bci.tasks.cue_items import IMAGES
from bci.tasks.paradigms import EMOTION, SPEECH
from bci.training.calibrate import check_base_fits

_FAST, _DEEP = "tangent-space", "dbconformer"
# By task: a fast decoder and a network, each with its name and a sentence.
_OFFERS = {
    EMOTION: (
        (
            "differential-entropy",
            "From the power in five bands, in seconds (ridge regression of each level).",
        ),
        ("histn", "A small network over time, channels and regions. Takes minutes (HiSTN)."),
    ),
    SPEECH: (
        (
            "high-gamma-lda",
            "From high-gamma power in five parts of each word, in seconds (linear discriminant "
            "analysis).",
        ),
        (
            "duin",
            "A network over time and contacts, for some hundred words. Takes minutes (Du-IN).",
        ),
    ),
    IMAGES: (
        ("image-ridge", "From every sample of every sensor, in seconds (ridge regression)."),
        (
            "meg-images",
            "A network over sensors and time, for some hundred trials or more. Takes an hour or "
            "more (MEG encoder).",
        ),
    ),
}

_FLASHES = (
    (
        "Fast",
        "From the mean course of each channel, in seconds: the best start (discriminant analysis).",
        "erp-lda",
    ),
    (
        "Riemannian",
        "From components that flashes evoke, and how they go together, in seconds (xDAWN).",
        "xdawn-tangent",
    ),
    ("Deep", "A network over time and channels, for many runs. Takes minutes (EEGNet).", "eegnet"),
)


@dataclass(frozen=True, slots=True)
class DecoderOffer:
    """A decoder to choose, with texts for the user.

    ``name`` and ``sentence`` are shown; ``decoder`` is the registered name. ``base`` is the folder
    of the model to fine-tune, ``gallery`` the file with the embeddings of images. ``lacks`` is the
    reason why the decoder cannot be chosen, empty if it can. ``curve`` is True if a learning curve
    is possible.
    """

    name: str
    sentence: str
    decoder: str
    base: Path | None = None
    lacks: str = ""
    curve: bool = True
    gallery: Path | None = None


def decoder_choices(
    profile: Profile, models: Path, info: StreamInfo | None, pictures: Path | None = None
) -> tuple[DecoderOffer, ...]:
    """List the decoders for a profile; the first one is recommended.

    ``models`` is the folder of the base models. ``pictures`` is the folder of the shown images and
    their embeddings. ``info`` is the stream of the recorded runs; None offers no base model.
    """
    if profile.task == EMOTION:
        return emotion_choices()
    if profile.task == IMAGES and profile.paradigm.items is not None and pictures is not None:
        return image_choices(pictures)
    if profile.task == SPEECH:
        return word_choices()
    if profile.task == "p300":
        return flash_choices()
    return class_choices(models, profile, info)


def flash_choices() -> tuple[DecoderOffer, ...]:
    """List the decoders of flashes (P300)."""
    own = tuple(
        DecoderOffer(name, sentence, decoder, lacks=_lacks(decoder), curve=decoder != "eegnet")
        for name, sentence, decoder in _FLASHES
    )
    return (*own, *_of_plugins("p300"))


def class_choices(
    models: Path, profile: Profile, info: StreamInfo | None
) -> tuple[DecoderOffer, ...]:
    """List the decoders of discrete classes.

    Each network with a fitting base model is an own choice. ``info`` is the stream of the recorded
    runs; None offers no base model.
    """
    own = list_bundles(models) if models.is_dir() else []
    shipped = [(folder, load_card(folder)) for folder in shipped_bases().values()]
    cards = [(folder, card) for folder, card in (*shipped, *own) if isinstance(card, Card)]
    base = _newest_base(cards, _FAST, profile, info)
    deep_base = _newest_base(cards, _DEEP, profile, info)
    others = [name for name in carrying_over() if name not in (_FAST, _DEEP)]
    found = (
        (name, _newest_base(cards, name, profile, info))
        for name in others
        if decoder_traits(name).task is None
    )
    return (
        DecoderOffer(
            "Fast",
            "Learns from these runs alone, in seconds: the best start (Riemannian tangent space).",
            _FAST,
        ),
        DecoderOffer(
            "From other people",
            "The same, with windows of other people where those help"
            + (f" (from {base.name})." if base is not None else "."),
            _FAST,
            base,
            "" if base is not None else "Needs a base model that fits these runs: bci pretrain.",
        ),
        DecoderOffer(
            "Deep",
            "A network over time and channels, for many runs. Takes minutes (DBConformer)."
            + _from_base(deep_base),
            _DEEP,
            deep_base,
            lacks=_lacks_torch(),
            curve=False,
        ),
        *(
            DecoderOffer(
                f"From other people, {name:.30}",
                f"The network {name:.30}, fine-tuned. Takes minutes or more." + _from_base(start),
                name,
                start,
                lacks=_lacks(name),
                curve=False,
            )
            for name, start in found
            if start is not None
        ),
        *_of_plugins(None),
    )


def emotion_choices() -> tuple[DecoderOffer, ...]:
    """List the decoders of valence and arousal; they have no learning curve by class."""
    return (*_fast_and_deep(EMOTION), *_of_plugins(EMOTION))


def word_choices() -> tuple[DecoderOffer, ...]:
    """List the decoders of words from depth electrodes."""
    return (*_fast_and_deep(SPEECH), *_of_plugins(SPEECH))


def image_choices(pictures: Path) -> tuple[DecoderOffer, ...]:
    """List the decoders that retrieve a seen image from an image gallery.

    The image gallery is in the folder ``pictures``. The image gallery may be created after the
    run; the training reports an error if it is missing.
    """
    gallery = pictures / "gallery.safetensors"
    made = f" Looks images up in {gallery} (bci embed-images)."
    return tuple(
        replace(offer, sentence=offer.sentence + made, gallery=gallery)
        for offer in _fast_and_deep(IMAGES)
    )


def _fast_and_deep(task: str) -> tuple[DecoderOffer, DecoderOffer]:
    (fast, in_seconds), (deep, network) = _OFFERS[task]
    return (
        DecoderOffer("Fast", in_seconds, fast, curve=task == SPEECH),
        DecoderOffer("Deep", network, deep, lacks=_lacks_torch(), curve=False),
    )


def _of_plugins(task: str | None) -> tuple[DecoderOffer, ...]:
    """List the decoders that other packages offer for ``task``."""
    return tuple(
        DecoderOffer(
            f"{name:.30}",
            f"{decoder_traits(name).summary:.200}",
            name,
            lacks=_lacks(name),
            curve=task != "emotion",
        )
        for name in offered_for(task)
    )


def _lacks(decoder: str) -> str:
    missing = [each for each in decoder_traits(decoder).needs if not find_spec(each)]
    return f"Needs {missing[0]}: {how_to_install(missing[0])}." if missing else ""


def _lacks_torch() -> str:
    return "" if find_spec("torch") else f"Needs PyTorch: {how_to_install_torch()}."


def _from_base(base: Path | None) -> str:
    return f" Fine-tunes {base.name}." if base is not None else ""


def _newest_base(
    cards: list[tuple[Path, Card]], decoder: str, profile: Profile, info: StreamInfo | None
) -> Path | None:
    if info is None:
        return None
    wanted, shipped = profile.with_decoder(decoder), shipped_bases().values()
    names = tuple(channel.name for channel in info.channels)
    found = [
        (
            folder not in shipped,
            set(names) >= {channel.name for channel in card.stream.channels},
            card.created,
            folder,
        )
        for folder, card in cards
        if card.people is not None and card.people.whole_folds and _fits(card, wanted, info)
    ]
    return max(found)[-1] if found else None


def _fits(base: Card, profile: Profile, info: StreamInfo) -> bool:
    try:
        check_base_fits(base, profile, info)
    except MismatchError:
        return False
    return True
