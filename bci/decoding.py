"""A model at work on one stream: what the live engine runs, one at a time."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from bci.adaptation import Adaptation
from bci.bundle import Card, check_stream
from bci.drift import Drift
from bci.errors import BundleError
from bci.evidence import Evidence
from bci.pipeline import Pipeline
from bci.profile import Adapt
from bci.supervised import Supervised
from bci.types import Chunk, Decoder, Marker, Prediction, StreamInfo
from bci.word_prior import WordPrior


class Decoded(NamedTuple):
    """One window's prediction, and what the evidence up to it says; None until that is whole.

    ``with_prior`` is the decision as a prior of words has it, where there is one.
    """

    prediction: Prediction
    decision: Prediction | None
    with_prior: Prediction | None = None


class Decoding:
    """A model's decoder behind its pipeline, over the chunks of one stream.

    Parameters
    ----------
    card, decoder
        Of the model.
    info : StreamInfo
        The stream.
    clock : callable, optional
        Gives the LSL time for a prediction's time stamps; offline there is none.
    evidence_s : float
        How long evidence is gathered for a decision, in seconds; 0: each window decides alone.
    adapt : {"off", "alignment", "supervised"}
        Whether the decoder's alignment follows the signal (see `bci.adaptation`), or it learns
        from cued trials (see `bci.supervised`).
    prior : WordPrior, optional
        What word is likely to follow which; for windows at cues.

    Raises
    ------
    MismatchError
        If the stream does not fit the model, naming what differs; or if the decoder is to
        adapt and cannot.
    """

    def __init__(
        self,
        card: Card,
        decoder: Decoder,
        info: StreamInfo,
        clock: Callable[[], float] | None = None,
        evidence_s: float = 0.0,
        adapt: Adapt = "off",
        prior: WordPrior | None = None,
    ) -> None:
        check_stream(card, info)
        self.card = card
        self.decoder = decoder
        self.pipeline = Pipeline(card.pipeline, info, decoder, clock)
        self.adaptation: Adaptation | Supervised | None = None
        if adapt == "alignment":
            self.adaptation = Adaptation(decoder, self.pipeline.chain.sfreq)
        elif adapt == "supervised":
            self.adaptation = Supervised(decoder, card.paradigm, self.pipeline)
        if self.adaptation is not None:
            self.decoder = self.pipeline.decoder = self.adaptation.decoder
        ch_names = tuple(channel.name for channel in self.pipeline.chain.channels)
        self.drift = Drift(card.drift, ch_names, self.pipeline.chain.sfreq) if card.drift else None
        self.prior = prior
        self.evidence = Evidence(evidence_s, self.hop_s, self.pipeline.hop)

    @property
    def hop_s(self) -> float:
        """Between predictions, in seconds."""
        return self.pipeline.hop / self.pipeline.chain.sfreq

    @property
    def needs_cues(self) -> bool:
        """Whether `cue` has to be told of markers."""
        return self.pipeline.at_cues or isinstance(self.adaptation, Supervised)

    def cue(self, marker: Marker) -> None:
        """Ask for the window of a cue, where windows come at cues, and learn its label."""
        if self.card.paradigm.cue_of(marker.label) is not None:
            self.pipeline.at(marker.time + self.card.paradigm.start_s)
        self.hear(marker)

    def hear(self, marker: Marker) -> None:
        """Take in a marker for what is learnt from cues, if anything is."""
        if isinstance(self.adaptation, Supervised):
            self.adaptation.hear(marker)

    def push(self, chunk: Chunk, newest_only: bool = False) -> Iterator[Decoded]:
        """Take samples in; yield what is made of each window that they completed.

        Parameters
        ----------
        chunk : Chunk
        newest_only : bool
            See `bci.pipeline.Pipeline.push`.
        """
        for window, prediction in self.pipeline.decode(chunk, newest_only):
            decision = self.evidence.add(prediction)
            weighed = self.prior.weigh(decision) if self.prior and decision else None
            yield Decoded(prediction, decision, weighed)
            if self.drift is not None:
                self.drift.add(window)
            if self.adaptation is not None:
                self.adaptation.learn(window)
                self.decoder = self.pipeline.decoder = self.adaptation.decoder

    def settle(self, chunk: Chunk) -> bool:
        """Take samples in for the filters alone; whether the next window would be predicted."""
        for _ in self.pipeline.windows(chunk):
            pass
        return self.pipeline.is_settled

    def take_over(self, before: "Decoding") -> None:
        """Go on with the counts of the model that ran until now."""
        self.pipeline.counts = before.pipeline.counts
        self.pipeline.chain.non_finite = before.pipeline.chain.non_finite


def warm_up(card: Card, decoder: Decoder, info: StreamInfo) -> None:
    """Compile the kernels and touch every code path once, on noise, before samples arrive.

    Raises
    ------
    BundleError
        If the decoder cannot decode the windows of its own card.
    """
    pipeline = Pipeline(card.pipeline, info, decoder)
    rng = np.random.default_rng(0)
    window = rng.normal(size=(pipeline.n_samples, len(pipeline.chain.channels)))
    try:
        probabilities = decoder.predict_proba(window.astype(np.float32).T)
    except (ValueError, IndexError, RuntimeError) as error:
        raise BundleError(
            f"the decoder of {card.name} fails on a window of its own card ({error}); "
            "calibrate again"
        ) from error
    if probabilities.shape != (len(card.classes),):
        raise BundleError(
            f"the decoder of {card.name} gives {probabilities.shape} probabilities for "
            f"{len(card.classes)} classes; calibrate again"
        )
    pipeline.chain.process(rng.normal(size=(8, info.n_channels)).astype(np.float32), 0)
