"""Confidence entry of a model card: temperature and decision threshold."""

from pydantic import Field

from bci.models.false_decisions import LEVEL
from bci.profiles.pipeline_settings import Settings

DEFAULT_THRESHOLD = 0.7
FEWEST_DECIDED = 5
"""Fewest decisions at cues from which a share of wrong ones is computed."""
TEMPERATURES = (0.05, 20.0)
"""Bounds of a fitted temperature."""

_SURE = f"{100 * LEVEL:g} % confidence"


class ConfidenceCard(Settings):
    """Confidence of a model, from decisions on held-out calibration data.

    ``temperature`` is applied to every prediction. It is the temperature fitted for the folds'
    decoders, times ``surer``, the ratio of the final decoder's log odds at rest to theirs.
    ``error`` is the expected calibration error of the folds' decoders, each with the temperature
    fitted on the other folds. Its 95 % interval is ``error_low`` to ``error_high``;
    ``error_before`` is the error without temperature. If that is smaller, the folds' temperature
    is 1.

    ``threshold`` is the lowest confidence of a decision at which the upper bound of false decisions
    at rest is at most ``asked_per_min``. Each decision uses ``evidence_s`` seconds of evidence.
    ``promised`` is then True, unless the model is at chance. ``rest_min`` is the length of held-out
    rest in minutes; ``needed_min`` minutes without a false decision would prove the limit. With
    less rest, ``threshold`` is the lowest one without a false decision. It is None without rest, or
    if no threshold meets the limit; then ``default_threshold`` applies, the profile's or 0.7.

    ``false_positives`` counts the false decisions in the rest on which the threshold was chosen,
    at the threshold that applies. ``false_positives_per_min`` is their rate and ``bound_per_min``
    its one-sided 95 % upper bound. ``crossed_per_min`` is the rate of each fold at the threshold
    chosen on the other folds; None if they have too little rest. ``cues`` counts the cues that
    asked for a command. ``decided`` of them had a decision, and in ``right`` the first one was
    correct; the 95 % interval of that share is ``right_low`` to ``right_high``. All of these are
    None without data.

    ``raised_to`` is the lowest higher threshold at which at most the share ``asked_wrong`` of the
    first decisions was wrong. It is None if ``threshold`` is high enough, or if none is.
    """

    temperature: float = Field(gt=0)
    surer: float = Field(default=1.0, ge=1)
    error_before: float
    error: float
    error_low: float | None = None
    error_high: float | None = None
    threshold: float | None = None
    promised: bool = False
    rest_min: float | None = None
    false_positives: int | None = None
    false_positives_per_min: float | None = None
    bound_per_min: float | None = None
    crossed_per_min: float | None = None
    asked_per_min: float | None = None
    needed_min: float | None = None
    default_threshold: float = DEFAULT_THRESHOLD
    evidence_s: float = 0.0
    cues: int | None = None
    decided: int | None = None
    right: int | None = None
    right_low: float | None = None
    right_high: float | None = None
    asked_wrong: float | None = None
    raised_to: float | None = None

    @property
    def held_to(self) -> float:
        """The threshold that applies unless a profile sets one."""
        if self.raised_to is not None:
            return self.raised_to
        return self.default_threshold if self.threshold is None else self.threshold

    @property
    def too_many_wrong(self) -> bool:
        """True if the share of wrong decisions at cues exceeds ``asked_wrong``."""
        if self.asked_wrong is None or not self.decided or self.right is None:
            return False
        return self.decided - self.right > self.asked_wrong * self.decided

    @property
    def lacks_rest(self) -> bool:
        """True if there was too little rest to prove the limit of false decisions."""
        if self.rest_min is None or self.needed_min is None:
            return self.asked_per_min is not None
        return self.rest_min < self.needed_min

    def calibration(self) -> str:
        """Describe temperature and calibration error in a sentence."""
        text = f"temperature {self.temperature:.2f}"
        folds = self.temperature / self.surer
        if self.surer > 1.005:
            text += f" ({folds:.2f} for the folds, whose log odds are {self.surer:.2f} times less)"
        error = f"expected calibration error {self.error:.2f}"
        if self.error_low is not None and self.error_high is not None:
            error += f" (95 % interval {self.error_low:.2f}-{self.error_high:.2f})"
        if folds == 1.0:
            return f"{text}, {error}; no temperature makes it smaller"
        text += f", {error}, {self.error_before:.2f} without temperature"
        low, high = TEMPERATURES
        if folds > 0.99 * high:
            text += "; the temperature is at its upper limit: the probabilities tell nothing"
        elif folds < 1.01 * low:
            text += "; the temperature is at its lower limit"
        return text

    def summary(self) -> str:
        """Describe the limit of false decisions and the decisions at cues.

        The text has short sentences.
        """
        asked = "few" if self.asked_per_min is None else f"at most {self.asked_per_min:g}"
        wanted = f"{asked} false decisions a minute at rest"
        if self.promised:
            text = f"Promised: {wanted}"
        elif self.lacks_rest:
            text = f"No promise of {wanted}: too little rest, {self.rest_min or 0:.1f} min"
            if self.needed_min is not None:
                text += f" of {self.needed_min:.1f}"
        else:
            text = f"No promise of {wanted}"
        at_cues = self._at_cues()
        return text if at_cues is None else f"{text}. {at_cues}"

    def decisions(self, has_rest_class: bool, decides: bool = True) -> str:
        """Describe threshold, false decisions at rest and decisions at cues in sentences.

        ``has_rest_class`` is True if rest is a class of the model; otherwise one is recommended if
        it would help. ``decides`` is False for a model at chance, which makes no decisions unless
        a profile sets a threshold.
        """
        evidence = f", each from {self.evidence_s:g} s of evidence" if self.evidence_s else ""
        if decides:
            first = f"decisions from confidence {self.held_to:.3g} on{evidence}"
        else:
            first = (
                "no decisions, as the model tells nothing. At a threshold of "
                f"{self.held_to:.3g} in the profile{evidence}, it would be as follows"
            )
        sentences = [first, self._at_rest()]
        if self.false_positives and self.threshold is None and not has_rest_class:
            sentences.append("A class for rest (paradigm.rest_class: true) helps")
        if self.threshold is not None and self.rest_min is not None:
            sentences.append(self._chosen_on())
        if (at_cues := self._at_cues()) is not None:
            sentences.append(at_cues)
        return ". ".join(sentences)

    def _chosen_on(self) -> str:
        if self.crossed_per_min is None:
            return "This rest is also the one that the threshold was chosen on"
        rate = f"{self.crossed_per_min:.1f} a minute"
        return f"At the threshold that the other runs ask for, each run had {rate} on average"

    def _at_rest(self) -> str:
        """Describe the proved limit of false decisions at rest, or the reason for none."""
        if self.false_positives_per_min is None:
            return "No promise for rest: no rest was held out that a threshold could be chosen on"
        if self.rest_min is None or self.bound_per_min is None or self.asked_per_min is None:
            return (
                f"{self.false_positives_per_min:.1f} false decisions a minute at rest, without a "
                "bound: calibrate again"
            )
        wanted = f"{self.asked_per_min:g} false decisions a minute at rest"
        counted = (
            f"Counted: {self.false_positives} in {self.rest_min:.1f} min of held-out rest. That is "
            f"{self.false_positives_per_min:.1f} a minute, and at most {self.bound_per_min:.1f} "
            f"({_SURE})"
        )
        if self.promised:
            return f"Promised: at most {wanted}. {counted}"
        if self.threshold is not None and self.bound_per_min <= self.asked_per_min:
            why = "the model is not distinguishable from chance"
        elif self.lacks_rest:
            why = f"it takes {self.needed_min:.1f} min of held-out rest or more"
        else:
            why = "no threshold is that quiet"
        return f"No promise of at most {wanted}: {why}. {counted}"

    def _at_cues(self) -> str | None:
        """Describe the numbers of decided and correctly decided cues; None without cues."""
        if not self.cues or self.decided is None or self.right is None:
            return None
        if not self.decided:
            return f"Of {self.cues} held-out cues none had a decision"
        share = f"{self.right / self.decided:.2f}"
        if self.right_low is not None and self.right_high is not None:
            share += f", 95 % interval {self.right_low:.2f}-{self.right_high:.2f}"
        text = (
            f"Of {self.cues} held-out cues {self.decided} had a decision. The first one was right "
            f"in {self.right} ({share}) and wrong in {self.decided - self.right}"
        )
        limit = f"{100 * (self.asked_wrong or 0.0):g} %"
        if self.too_many_wrong and self.decided < FEWEST_DECIDED:
            text += (
                f". That is too few to keep wrong decisions to {limit}: it takes {FEWEST_DECIDED}"
            )
        elif self.too_many_wrong:
            text += f". No threshold with {FEWEST_DECIDED} decisions or more keeps wrong ones to "
            text += limit
        elif self.raised_to is not None:
            text += (
                f". The threshold is raised to {self.raised_to:.3g} to keep the others to {limit}"
            )
        return text
