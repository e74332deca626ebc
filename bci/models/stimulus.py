"""The stimulus offset that a model's cues are decoded with, and what is to be known of it."""

from bci.models.card import Card
from bci.profiles.stimulus import Stimulus

UNMEASURED = "stimulus offset unmeasured"


def with_stimulus(card: Card, here: Stimulus | None) -> Card:
    """A model's card with the offset of the set-up that it decodes on.

    A model whose own offset was not measured stays without: its windows began at the markers in
    training, and train equals serve.
    """
    if here is None or card.stimulus is None or here.offset_s == card.stimulus.offset_s:
        return card
    paradigm = card.paradigm.model_copy(update={"offset_s": here.offset_s})
    return card.model_copy(update={"stimulus": here, "paradigm": paradigm})


def stimulus_remark(card: Card, here: Stimulus | None) -> str | None:
    """A sentence on the offset of a model and of the profile it runs with; None where all is well.

    It matters where windows are at cues.
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
