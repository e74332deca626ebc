"""The model card: everything about a model but its arrays."""

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

    ``labels`` are the original labels of all the stream's channels if the settings renamed them,
    else None.
    """

    sfreq: float = Field(gt=0)
    channels: tuple[ChannelCard, ...] = Field(min_length=1)
    labels: tuple[str, ...] | None = None


class SourceCard(Settings):
    """A recording that the model was trained on.

    ``sha256`` is the hash of its file, or of its samples without a file. ``samples_sha256`` is the
    hash of its samples. ``trials`` counts the training trials. ``interpolated`` names interpolated
    channels. ``executed`` is True for executed instead of imagined movements: such a recording is
    used for training, never for the score. ``lost_frames`` is the share of dropped or late screen
    frames if it exceeds the limit, else None; it makes the times of cues less exact.
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
        """Hashes that identify the recording."""
        return frozenset({self.sha256, self.samples_sha256}) - {""}


class MeasureCard(Settings):
    """A score beside accuracy, its value under guessing, and its p-value."""

    name: str
    value: float
    chance: float
    p_value: float


class ScoreCard(Settings):
    """Score by trial of the cross-validation on the calibration data.

    ``low`` and ``high`` bound the 95 % interval of ``accuracy``. ``chance`` and ``p_value`` refer
    to always deciding the most frequent class. ``shuffled_p`` is the p-value from shuffled labels,
    for the accuracy, or for the balanced accuracy if classes have unequal numbers of trials (see
    `bci.evaluation.metrics.unequal_measures`). ``confusion`` is empty for very many classes.
    ``folds`` describes the folds. ``candidates`` describes the candidates of a decoder that
    retrieves items: the items of its fold, none of them in training.
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
        """True without a score: a decoder that needs no training, and no recordings."""
        return self.trials == 0

    @property
    def at_chance(self) -> bool:
        """True if the accuracy is not significantly above chance."""
        if self.is_missing:
            return False
        return (self.p_value if self.shuffled_p is None else self.shuffled_p) > _SURE_P

    @property
    def tells_nothing(self) -> bool:
        """True if neither the accuracy nor any other score is significantly above chance."""
        return self.at_chance and all(each.p_value > _SURE_P for each in self.measures)


class PeopleCard(Settings):
    """The people that a base model was trained on.

    ``n`` is their number. ``whole_folds`` is True if each fold held out whole people, so that the
    score is one on new people. ``across_montages`` is True if training for a person with other
    electrodes may start from this model. ``windows`` is the number of training windows stored in
    the model, to be pooled with those of another person.
    """

    n: int = Field(ge=1)
    whole_folds: bool
    across_montages: bool = False
    windows: int = Field(default=0, ge=0)


class NeedsCard(Settings):
    """Needs of a model beside its stream: cues to decode at, and Python packages."""

    cues: bool = False
    packages: tuple[str, ...] = ()


class FederationCard(Settings):
    """Federated training of a model together with other sites.

    ``partners`` counts the sites that contributed to any round. ``accuracies`` are this site's
    held-out accuracies with the received weights, one per round that the site took part in, and
    ``accuracy`` is the final one. ``epsilon`` and ``delta`` are this site's spent privacy budget;
    None without differential privacy (clipping and noise).
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

    ``kind`` is ``own`` for a model of one person, and ``base`` for one from which others are
    fine-tuned. ``people`` describes the people of a base model. A base model trained
    ``without_labels`` has no classes and cannot decode by itself. ``sources`` are the training
    recordings, ``base_sources`` those of its base model, and ``rest_sources`` the recordings of
    rest on which its threshold was chosen. ``states`` is given if decisions are suppressed in some
    states of the signal. ``stimulus`` is the measured delay from markers to stimuli, by which cues
    were shifted; None if it was not measured. ``triggers`` is the channel that had the cues.
    ``embedded_by`` names the model that computed the image embeddings. ``adapt`` is the adaptation
    with which score and threshold were computed. ``speller`` has the grid and the flashes of a
    speller.
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
        """Set ``kind`` in cards of earlier versions, which lack it.

        Cards of several people get ``base``.
        """
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
        """True if a prediction is no decision but evidence for a speller, as with flashes."""
        return self.pipeline.at_cues and self.paradigm.unlabelled is not None

    @property
    def of_flashes(self) -> bool:
        """True if windows are those of flashes, most of which are no targets."""
        flickers = self.paradigm.flicker is not None or self.paradigm.codes is not None
        return self.without_decisions and not flickers

    @property
    def flash_auc(self) -> MeasureCard | None:
        """Area under the ROC curve of a model of flashes; None for other models.

        Most flashes are no targets, so their accuracy means little.
        """
        if not self.of_flashes:
            return None
        return next((each for each in self.score.measures if each.name == "AUC"), None)

    def has_learnt_from(self, *digests: str) -> bool:
        """Return True if a recording with these hashes was used for the model or its base."""
        known = (*self.sources, *self.rest_sources, *self.base_sources)
        return any(not source.digests.isdisjoint(digests) for source in known)

    def decisions(self) -> str | None:
        """Describe the decision threshold and its held-out results in sentences.

        None for a base model and for a model that decodes at cues.
        """
        if self.confidence is None or self.pipeline.at_cues:
            return None
        decides = not self.score.tells_nothing
        return self.confidence.decisions(self.paradigm.quiet is not None, decides)

    def trained_on(self) -> str:
        """Describe the numbers of imagined and executed trials.

        The result is empty without executed ones.
        """
        executed = sum(source.trials for source in self.sources if source.executed)
        imagined = sum(source.trials for source in self.sources) - executed
        return f"{imagined} imagined and {executed} executed trials" if executed else ""

    def warning(self) -> str | None:
        """Warn in sentences that the model is at chance; None if it is not."""
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
    """Return the decision threshold: the profile's, the calibration's, or 0.7.

    A model at chance in all scores makes no decisions, unless the profile sets a threshold.
    """
    if output.decision_threshold is not None:
        return output.decision_threshold
    if card is not None and card.score.tells_nothing:
        return NEVER
    if card is None or card.confidence is None:
        return DEFAULT_THRESHOLD
    return card.confidence.held_to


def evidence_span(output: Output, card: Card) -> float:
    """Return a decision's seconds of evidence: the profile's, the model's, or 0.

    It is 0 for windows at cues, since each of them decides alone.
    """
    if card.pipeline.at_cues:
        return 0.0
    if output.evidence_s is not None:
        return output.evidence_s
    return card.confidence.evidence_s if card.confidence else 0.0


def adaptation(output: Output, card: Card) -> Adapt:
    """Return the adaptation while decoding: the profile's, or the calibration's."""
    return card.adapt if output.adapt is None else output.adapt


def describe_stream(
    sfreq: float, channels: tuple[Channel, ...], labels: tuple[str, ...] | None = None
) -> StreamCard:
    """Describe the stream that a model trained on these channels needs."""
    cards = tuple(ChannelCard(name=c.name, kind=c.kind, unit=c.unit) for c in channels)
    return StreamCard(sfreq=sfreq, channels=cards, labels=labels)


def trained_channels(card: Card) -> tuple[Channel, ...]:
    """Return the channels that the model was trained on, in order."""
    return tuple(Channel(c.name, c.kind, c.unit) for c in card.stream.channels)
