"""Choose and describe the stimulus offset for a model's cues."""

from bci.models.card import Card
from bci.profiles.stimulus import Stimulus

UNMEASURED = "stimulus offset unmeasured"


def with_stimulus(card: Card, here: Stimulus | None) -> Card:
    """Replace the stimulus offset in a card by ``here``, the present set-up's.

    A model trained without a measured offset keeps none: its training windows started at the
    markers, and live windows must start alike.
    """
    if here is None or card.stimulus is None or here.offset_s == card.stimulus.offset_s:
        return card
    paradigm = card.paradigm.model_copy(update={"offset_s": here.offset_s})
    return card.model_copy(update={"stimulus": here, "paradigm": paradigm})


def stimulus_remark(card: Card, here: Stimulus | None) -> str | None:
    """Describe in a sentence how the offsets of model and profile differ.

    The result is None if they agree. None too if the model does not decode at cues, where the
    offset has no effect.
    """
    if not card.pipeline.at_cues:
        return None
    own = card.stimulus
    if own is None and here is None:
        return f"{UNMEASURED}: windows begin at the markers; measure it with 'bci timing'"
    if own is None:
        return (
            f"{card.name} was trained with its {UNMEASURED}, so the profile's, {here}, is not "
            "used: calibrate again with this profile"
        )
    if here is None:
        return f"the profile has no stimulus offset; that of {card.name} is used: {own}"
    if not own.agrees_with(here) or own.screen != here.screen:
        return (
            f"the profile's stimulus offset, {here}, differs from that of {card.name}, {own}; "
            "cues are taken at the profile's"
        )
    return None
