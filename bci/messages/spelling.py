"""Selected symbols of a speller, on the stream ``<name>-spelled``."""

from typing import Literal

from pydantic import Field

from bci.messages.fields import Count, Message, Seconds, Share, Text


class Spelled(Message):
    """One selection of a speller, on the stream ``<name>-spelled`` of type ``Spelling``."""

    kind: Literal["spelled"] = "spelled"
    version: Literal[1] = 1
    # Selected: chosen by the evidence. Undone: removed by a key or an error potential. Failed: no
    # prediction arrived
    change: Literal["selected", "undone", "failed"]
    selection: Count  # Number of the selection in its run, from 1
    symbol: Text | None = None  # The symbol; None if the selection failed
    target: Text | None = None  # The symbol to copy; None in free spelling
    text: Text = ""  # The whole spelled text after the selection
    confidence: Share | None = None  # Probability of the symbol, 0 to 1
    updates: Count = 0  # Number of repetitions, or windows, of the selection
    flashes: Count = 0  # Number of its flashes with a prediction
    # Most probable symbols, with their probabilities
    candidates: dict[Text, Share] = Field(default={}, max_length=100)
    began: Seconds  # Begin of the selection, in seconds on the LSL clock
    ended: Seconds  # End of the selection, in seconds on the LSL clock
    simulated: bool = False  # Whether the signal is simulated
