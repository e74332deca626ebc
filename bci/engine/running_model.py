"""A model at work on one stream: what the live engine runs, one at a time."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from bci.decisions import Decision, decide
from bci.engine.adapt_alignment import Adaptation
from bci.engine.adapt_supervised import Supervised
from bci.engine.evidence import Evidence
from bci.errors import BundleError
from bci.interfaces import Attending, Decoder
from bci.models.card import Card, decision_threshold
from bci.models.drift import Drift
from bci.models.fit import check_stream, fitted, resampler_for
from bci.models.signal_states import SignalStates
from bci.pipeline.pipeline import Pipeline, Window
from bci.profiles.profile import Adapt, Output
from bci.signals import Chunk, Marker, Prediction, StreamInfo
from bci.tasks.word_prior import WordPrior


class Decoded(NamedTuple):
    """One decoded window: its prediction, and the decision at its end.

    All decisions are made here; other code only publishes, scores and shows them.
    """

    prediction: Prediction  # Of the window alone
    # Evidence of the windows up to this one. It equals ``prediction`` if each window decides
    # alone, and is None until the windows cover the span of evidence
    evidence: Prediction | None
    decision: Decision | None  # Decision by ``evidence``; None without evidence
    # Evidence multiplied by the prior probabilities of words; None without a prior
    weighed: Prediction | None = None
    with_prior: Decision | None = None  # Decision by ``weighed``
    # True if the signal's state suppresses decisions; then ``decision`` has no label
    held_back: bool = False


class RunningModel:
    """A model's pipeline and decoder, applied to the chunks of one stream.

    Raises `MismatchError` if the stream does not fit the model, or if ``adapt`` asks for an
    adaptation that the decoder lacks. The message names the difference.
    """

    def __init__(
        self,
        card: Card,
        decoder: Decoder,
        info: StreamInfo,
        # Returns the LSL time, for the time stamps of predictions; None offline
        clock: Callable[[], float] | None = None,
        # Length of signal whose windows make one decision, in seconds; 0: each window alone
        evidence_s: float = 0.0,
        adapt: Adapt = "off",  # See `bci.engine.adapt_alignment` and `bci.engine.adapt_supervised`
        prior: WordPrior | None = None,  # Prior probabilities of words, for windows at cues
        threshold: float | None = None,  # Decision threshold, 0 to 1; None: the model's own
    ) -> None:
        check_stream(card, info)
        self.card = card
        self.decoder = decoder
        self._resampler = resampler_for(card, info)
        self.pipeline = _pipeline(card, info, decoder, clock)
        self.stimulus_remark: str | None = None
        """Remark on the offset of the stimuli, or None."""
        self.adaptation: Adaptation | Supervised | None = None
        if adapt == "alignment":
            self.adaptation = Adaptation(decoder, self.pipeline.chain.sfreq)
        elif adapt == "supervised":
            self.adaptation = Supervised(decoder, card.paradigm, self.pipeline)
        if self.adaptation is not None:
            self.decoder = self.pipeline.decoder = self.adaptation.decoder
        ch_names = tuple(channel.name for channel in self.pipeline.chain.channels)
        self.drift = Drift(card.drift, ch_names, self.pipeline.chain.sfreq) if card.drift else None
        self.states: SignalStates | None = None
        if card.states is not None:
            sfreq = self.pipeline.chain.sfreq
            self.states = SignalStates(card.states, self.pipeline.n_samples, sfreq)
        self.prior = prior
        self.threshold = decision_threshold(Output(decision_threshold=threshold), card)
        self.fed_from: int | None = None
        """Absolute index of the first processed sample; None before it."""
        self.evidence = Evidence(evidence_s, self.hop_s, self.pipeline.hop)
        self.decoded_until: float | None = None
        """LSL time of the last sample of the newest decoded window; None before the first."""

    @property
    def hop_s(self) -> float:
        """Time between two predictions, in seconds."""
        return self.pipeline.hop / self.pipeline.chain.sfreq

    @property
    def delay_s(self) -> float:
        """Delay of the filters and of resampling, in seconds."""
        resampling = self._resampler.delay_s if self._resampler is not None else 0.0
        return self.card.group_delay_s + resampling

    @property
    def remarks(self) -> list[str]:
        """Remarks on changes of the signal before decoding, such as resampling."""
        remarks = list(self.pipeline.chain.remarks)
        if self.stimulus_remark is not None:
            remarks.append(self.stimulus_remark)
        if self._resampler is not None:
            remarks.append(
                f"the stream is resampled to the model's {self.card.stream.sfreq:g} Hz, which "
                f"delays decisions by {1000 * self._resampler.delay_s:.0f} ms"
            )
        return remarks

    @property
    def samples_to_window(self) -> int:
        """Samples of the stream still missing until the next window is complete.

        The number is at least 1.
        """
        n = self.pipeline.samples_to_window
        return n if self._resampler is None else self._resampler.inputs_for(n)

    @property
    def needs_cues(self) -> bool:
        """True if the model needs cue markers.

        It does if it decodes at cues, or is trained on cued trials while decoding.
        """
        return self.pipeline.at_cues or isinstance(self.adaptation, Supervised)

    def cue(self, marker: Marker) -> None:
        """Accept a received marker: request the window of a cue, and pass the marker on.

        The window starts relative to the stimulus, which may come later than its marker.
        """
        (marker,) = self.card.paradigm.at_stimuli([marker])
        if self.card.paradigm.asks_window(marker.label):
            self.pipeline.request_window(marker.time + self.card.paradigm.start_s)
        self.on_marker(marker)

    def on_marker(self, marker: Marker) -> None:
        """Pass a marker to the supervised adaptation, if there is one."""
        if isinstance(self.adaptation, Supervised):
            self.adaptation.on_marker(marker)

    def push(self, chunk: Chunk, newest_only: bool = False) -> Iterator[Decoded]:
        """Process samples; yield a `Decoded` for each window that they complete.

        With ``newest_only``, only the newest of several complete windows is decoded.
        """
        chunk = self._at_rate(chunk)
        for window, prediction in self.pipeline.decode(chunk, newest_only):
            yield self.decide(prediction)
            self.learn(window)

    def again(self, chunk: Chunk) -> Iterator[tuple[Window, Prediction]]:
        """Yield each completed window and its prediction, without deciding or adapting.

        The caller calls `decide` and `learn` for the windows that were published.
        """
        return self.pipeline.decode(self._at_rate(chunk))

    def decide(self, prediction: Prediction) -> Decoded:
        """Add a window's prediction to the evidence and decide by it."""
        self.decoded_until = prediction.taken
        if self.card.without_decisions:
            # One flash is no decision: the speller gathers the evidence of many flashes.
            return Decoded(prediction, prediction, None)
        evidence = self.evidence.add(prediction)
        weighed = self.prior.weigh(evidence) if self.prior and evidence else None
        decision = decide(evidence, self.threshold)
        held_back = self.states is not None and self.states.holds_back
        if held_back and decision is not None:
            decision = decision._replace(label=None)
        return Decoded(
            prediction, evidence, decision, weighed, decide(weighed, self.threshold), held_back
        )

    def learn(self, window: Window) -> None:
        """Update drift, signal states and adaptation by a window.

        The window's prediction must be published already.
        """
        if self.drift is not None:
            self.drift.add(window)
        if self.states is not None:
            self.states.add(window)
        if self.adaptation is not None:
            self.adaptation.learn(window)
            self.decoder = self.pipeline.decoder = self.adaptation.decoder

    def attention(self) -> dict[str, float]:
        """Return the weight of each channel or region in the newest decoded window.

        Empty for a decoder without such weights.
        """
        if self.decoded_until is None or not isinstance(self.decoder, Attending):
            return {}
        names = [channel.name for channel in self.pipeline.chain.channels]
        weights = self.decoder.attention(names)
        # Weights are not finite after a window that could not be decoded.
        return weights if np.isfinite(list(weights.values())).all() else {}

    def settle(self, chunk: Chunk) -> bool:
        """Process samples by the filters alone.

        Return True if the next window can be predicted.
        """
        for _ in self.pipeline.windows(self._at_rate(chunk)):
            pass
        return self.pipeline.is_settled

    def _at_rate(self, chunk: Chunk) -> Chunk:
        if self.fed_from is None:
            self.fed_from = chunk.first
        return chunk if self._resampler is None else self._resampler.push(chunk)

    def take_over(self, before: "RunningModel") -> None:
        """Continue the window counts of the model ``before``, which this one replaces."""
        self.pipeline.counts = before.pipeline.counts
        self.pipeline.chain.non_finite = before.pipeline.chain.non_finite


def _pipeline(
    card: Card, info: StreamInfo, decoder: Decoder, clock: Callable[[], float] | None = None
) -> Pipeline:
    """Create a model's pipeline for a stream, in the model's units."""
    units = [channel.unit for channel in card.stream.channels]
    return Pipeline(card.pipeline, fitted(card, info), decoder, clock, units)


def warm_up(card: Card, decoder: Decoder, info: StreamInfo) -> None:
    """Compile the kernels and run every code path once on noise.

    Call it before samples arrive.

    Raises `BundleError` if the decoder cannot decode the windows of its own card.
    """
    pipeline = _pipeline(card, info, decoder)
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
    resampler = resampler_for(card, info)
    if resampler is not None:
        noise = rng.normal(size=(64, info.n_channels)).astype(np.float32)
        resampler.push(Chunk(noise, np.arange(64) / info.sfreq, 0))
    pipeline.chain.process(rng.normal(size=(8, info.n_channels)).astype(np.float32), 0)
