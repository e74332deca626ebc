"""The card of a model: everything about it but its arrays."""

from datetime import datetime
from typing import Literal

from pydantic import Field, model_validator

from bci.decisions import NEVER
from bci.models.confidence_card import DEFAULT_THRESHOLD, ConfidenceCard
from bci.models.drift import DriftCard
from bci.models.signal_states import StatesCard
from bci.profiles.paradigm import Paradigm
from bci.profiles.pipeline_settings import PipelineSettings, Settings
from bci.profiles.profile import Adapt, DecoderChoice, Output, TaskName, with_offset
from bci.profiles.speller_settings import SpellerSettings
from bci.profiles.stimulus import Stimulus, Triggers
from bci.signals import Channel

_SURE_P = 0.05

Kind = Literal["own", "base"]


class ChannelCard(Settings):
    """A channel that the model was trained on."""

    name: str
    kind: str
    unit: str


class StreamCard(Settings):
    """The stream that the model needs: rate in hertz, and the channels in order.

    ``labels`` are what all channels of the stream were called before the settings named them;
    None where they had their own names.
    """

    sfreq: float = Field(gt=0)
    channels: tuple[ChannelCard, ...] = Field(min_length=1)
    labels: tuple[str, ...] | None = None


class SourceCard(Settings):
    """A recording that the model was trained on, and which of its channels were interpolated.

    ``sha256`` is of its file, or of its samples where there is none; ``samples_sha256`` of its
    samples. With ``executed`` movements were made in it that others imagine: it was only learnt
    from, never scored. ``lost_frames`` is the share of the stimulus screen's frames that were
    dropped or late, where it is above the limit: the times of its cues are less exact.
    """

    file: str
    sha256: str
    trials: int
    interpolated: tuple[str, ...] = ()
    samples_sha256: str = ""
    executed: bool = False
    lost_frames: float | None = None

    @property
    def digests(self) -> frozenset[str]:
        """Hashes by which the recording is recognised."""
        return frozenset({self.sha256, self.samples_sha256}) - {""}


class MeasureCard(Settings):
    """A figure beside accuracy, what guessing would give, and how likely it is by guessing."""

    name: str
    value: float
    chance: float
    p_value: float


class ScoreCard(Settings):
    """Score of the cross-validation on the model's own calibration data, by trial.

    ``chance`` and ``p_value`` are against always naming the most frequent class. ``shuffled_p``
    is against the same decisions with shuffled labels: of the accuracy, or of the balanced accuracy
    where classes have unequal numbers of trials (see `bci.evaluation.metrics.unequal_measures`).
    ``confusion`` is empty where there are too many classes to look at. ``candidates`` states, of a
    decoder that finds items, among how many it chose: those of its fold, all unseen in training.
    """

    accuracy: float
    low: float
    high: float
    trials: int
    chance: float
    p_value: float
    shuffled_p: float | None = None
    kappa: float
    confusion: list[list[int]]
    folds: str
    candidates: str | None = None
    measures: tuple[MeasureCard, ...] = ()

    @property
    def is_missing(self) -> bool:
        """True where nothing was scored: a decoder without training, and no recordings."""
        return self.trials == 0

    @property
    def at_chance(self) -> bool:
        """True where the decisions are not distinguishable from guesses."""
        if self.is_missing:
            return False
        return (self.p_value if self.shuffled_p is None else self.shuffled_p) > _SURE_P

    @property
    def tells_nothing(self) -> bool:
        """True where neither the decisions nor any other measure are better than guesses."""
        return self.at_chance and all(each.p_value > _SURE_P for each in self.measures)


class PeopleCard(Settings):
    """People that a base model was trained on.

    ``n`` is their number. With ``whole_folds`` each fold of the score held out whole people, so
    that it is a score on people who were not trained on. With ``across_montages`` a person with
    other electrodes may start from it. ``windows`` of them are kept in the model, to be pooled with
    those of another person.
    """

    n: int = Field(ge=1)
    whole_folds: bool
    across_montages: bool = False
    windows: int = Field(default=0, ge=0)


class NeedsCard(Settings):
    """Needs of a model beside its stream: cues to decode at, and packages of Python."""

    cues: bool = False
    packages: tuple[str, ...] = ()


class FederationCard(Settings):
    """Training of a model together with other sites.

    ``partners`` counts the sites that gave something to any round. ``accuracies`` are on
    this site's held-out trials with the weights that came, of each round that it took part in,
    and ``accuracy`` at the end. ``epsilon`` and ``delta`` are the privacy budget
    that this site has spent; None where nothing was clipped and no noise added.
    """

    name: str
    rounds: int
    partners: int
    accuracies: tuple[float, ...]
    accuracy: float
    epsilon: float | None = None
    delta: float | None = None


class Card(Settings):
    """Everything about a model but its arrays.

    ``kind`` is ``own`` for a model of one person, ``base`` for one that others are fine-tuned from;
    ``people`` are those of a base.
    A base model that learnt ``without_labels`` has no classes, and decodes nothing by itself.
    ``base_sources`` are the recordings of other people that its base was trained on,
    ``rest_sources`` those of rest that its threshold was chosen on.
    ``states`` are there where decisions are held back in some states of the signal.
    ``stimulus`` is the measured delay from its markers to their stimuli, which is in the times of
    its cues; None where it was not measured. ``triggers`` is the channel that held its cues.
    ``embedded_by`` is what made the vectors that a decoder of images compares them by. ``adapt`` is
    the adaptation that its score and its threshold were found with. ``speller`` has the grid and
    the flashes of a model that spells.
    """

    format: Literal[1] = 1
    kind: Kind = "own"
    name: str
    task: TaskName
    created: datetime
    simulated: bool
    decoder: DecoderChoice
    classes: tuple[str, ...]
    without_labels: bool = False
    stream: StreamCard
    pipeline: PipelineSettings
    group_delay_s: float
    paradigm: Paradigm
    stimulus: Stimulus | None = None
    triggers: Triggers | None = None
    sources: tuple[SourceCard, ...]
    rest_sources: tuple[SourceCard, ...] = ()
    score: ScoreCard
    confidence: ConfidenceCard | None = None
    drift: DriftCard | None = None
    states: StatesCard | None = None
    versions: dict[str, str]
    base: str | None = None
    base_sources: tuple[SourceCard, ...] = ()
    people: PeopleCard | None = None
    needs: NeedsCard = NeedsCard()
    federation: FederationCard | None = None
    embedded_by: str | None = None
    adapt: Adapt = "off"
    speller: SpellerSettings | None = None
    arrays_sha256: str = ""

    @model_validator(mode="before")
    @classmethod
    def _base_without_a_kind(cls, given: object) -> object:
        """A card of several people from before there were kinds is a base's."""
        if not isinstance(given, dict) or "kind" in given:
            return given
        score = given.get("score")
        folds = str(score.get("folds")) if isinstance(score, dict) else ""
        is_base = given.get("people") or given.get("without_labels") or "whole people" in folds
        return given | {"kind": "base" if is_base else "own"}

    @model_validator(mode="before")
    @classmethod
    def _paradigm_counts_from_the_stimulus(cls, given: object) -> object:
        return with_offset(given)

    @model_validator(mode="after")
    def _decides_between_classes(self) -> "Card":
        if len(self.classes) < 2 and not self.without_labels:
            raise ValueError(f"classes: there must be two or more, not {len(self.classes)}")
        return self

    @property
    def without_decisions(self) -> bool:
        """True where predictions are evidence that another program gathers, as flashes are."""
        return self.pipeline.at_cues and self.paradigm.unlabelled is not None

    @property
    def of_flashes(self) -> bool:
        """True where windows are of flashes, most of which are no targets."""
        flickers = self.paradigm.flicker is not None or self.paradigm.codes is not None
        return self.without_decisions and not flickers

    def has_learnt_from(self, *digests: str) -> bool:
        """Find by its hashes whether a recording was used to make the model or its base."""
        known = (*self.sources, *self.rest_sources, *self.base_sources)
        return any(not source.digests.isdisjoint(digests) for source in known)

    def decisions(self) -> str | None:
        """The threshold of decisions and what it was found to bring, in sentences.

        None where decisions were not held against rest: of a base, or at cues.
        """
        if self.confidence is None or self.pipeline.at_cues:
            return None
        decides = not self.score.tells_nothing
        return self.confidence.decisions(self.paradigm.quiet is not None, decides)

    def trained_on(self) -> str:
        """Trials of imagined and of executed movement; empty where none was executed."""
        executed = sum(source.trials for source in self.sources if source.executed)
        imagined = sum(source.trials for source in self.sources) - executed
        return f"{imagined} imagined and {executed} executed trials" if executed else ""

    def warning(self) -> str | None:
        """A reason not to rely on the model's commands, in sentences; None where there is none."""
        if not self.score.at_chance:
            return None
        warning = "not distinguishable from chance: do not rely on this model. "
        if not self.score.tells_nothing:
            return f"{warning}A threshold makes its commands rarer, not right"
        return (
            f"{warning}It decides nothing, unless output.decision_threshold in the profile sets a "
            "threshold, which makes its commands rarer, not right"
        )


def decision_threshold(output: Output, card: Card | None) -> float:
    """Least confidence of a decision: the profile's, else that of the calibration, else 0.7.

    A model at chance decides nothing, unless the profile sets a threshold.
    """
    if output.decision_threshold is not None:
        return output.decision_threshold
    if card is not None and card.score.tells_nothing:
        return NEVER
    if card is None or card.confidence is None:
        return DEFAULT_THRESHOLD
    return card.confidence.held_to


def evidence_span(output: Output, card: Card) -> float:
    """Seconds of evidence a decision is taken from: the profile's, else the model's, else none.

    Windows at cues stand alone.
    """
    if card.pipeline.at_cues:
        return 0.0
    if output.evidence_s is not None:
        return output.evidence_s
    return card.confidence.evidence_s if card.confidence else 0.0


def adaptation(output: Output, card: Card) -> Adapt:
    """Kind of adaptation while decoding: the profile's, else that of the calibration."""
    return card.adapt if output.adapt is None else output.adapt


def describe_stream(
    sfreq: float, channels: tuple[Channel, ...], labels: tuple[str, ...] | None = None
) -> StreamCard:
    """Describe the stream that a model trained on these channels needs."""
    cards = tuple(ChannelCard(name=c.name, kind=c.kind, unit=c.unit) for c in channels)
    return StreamCard(sfreq=sfreq, channels=cards, labels=labels)


def trained_channels(card: Card) -> tuple[Channel, ...]:
    """The channels that the model was trained on, in order."""
    return tuple(Channel(c.name, c.kind, c.unit) for c in card.stream.channels)
