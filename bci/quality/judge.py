"""State of one channel from the figures of each second, with hysteresis."""

from typing import NamedTuple

from bci.channels.units import UNKNOWN
from bci.messages.quality_reasons import Reason
from bci.quality.channel_quality import State
from bci.quality.limits import LIMITS, has_no_unit, per_uv
from bci.signals import Channel

# Numbers of consecutive seconds that must agree before a state gets worse or better.
_SECONDS_TO_WORSE, _SECONDS_TO_BETTER = 2, 3
# Kinds of channels without an electrode.
_NOT_JUDGED = ("stim", "misc", "trig", "markers", "ref_meg")


class Finding(NamedTuple):
    """State of a channel, its reason, and the figure that exceeded its limit."""

    state: State = State.GOOD
    reason: Reason | None = None
    figure: float = 0.0


_GOOD = Finding()


class ChannelJudge:
    """Judge one channel, second by second."""

    def __init__(self, channel: Channel) -> None:
        self._scale = per_uv(channel)
        self._has_electrode = channel.kind not in _NOT_JUDGED
        self._unjudged = Reason.NO_KIND if channel.kind == UNKNOWN else None
        if has_no_unit(channel):
            self._unjudged = Reason.NO_UNIT
        self._shown = self._without_fault
        self._seconds = 0
        self._towards = State.GOOD

    @property
    def _without_fault(self) -> Finding:
        return Finding(State.NOT_JUDGED, self._unjudged) if self._unjudged else _GOOD

    def judge(
        self, figures: dict[str, float], unknown: float, constant: bool, held: bool, extreme: float
    ) -> Finding:
        """Judge the figures of a second; return the finding after hysteresis.

        ``unknown`` is the share of values that are not finite, ``extreme`` the largest magnitude.
        """
        return self._settle(self._find(figures, unknown, constant, held, extreme))

    def _find(
        self, figures: dict[str, float], unknown: float, constant: bool, held: bool, extreme: float
    ) -> Finding:
        if not self._has_electrode:
            return _GOOD
        if unknown > 0.5:
            return Finding(State.BAD, Reason.NO_VALUES)
        if unknown:
            # The other figures are invalid, because missing values were replaced by zeros.
            return Finding(State.DOUBTFUL, Reason.VALUES_MISSING, unknown)
        if constant:
            is_railed = extreme / self._scale > LIMITS.rail_uv
            return Finding(State.BAD, Reason.RAILED if is_railed else Reason.FLAT)
        if held:
            return Finding(State.BAD, Reason.CLIPPED)
        checks = self._checks(figures)
        # Figures are NaN if the unit or the position is unknown; a comparison is then never true.
        for value, (_, bad), reason in checks:
            if value >= bad:
                return Finding(State.BAD, reason, value)
        for value, (doubtful, _), reason in checks:
            if value >= doubtful:
                return Finding(State.DOUBTFUL, reason, value)
        return self._without_fault

    def _checks(self, figures: dict[str, float]) -> list[tuple[float, tuple[float, float], Reason]]:
        """List figures with limits and reasons, from specific reasons to unspecific ones."""
        microvolts = {name: abs(figures[name]) / self._scale for name in ("rms", "high", "drift")}
        checks = [
            (figures["impedance_kohm"], LIMITS.impedance_kohm, Reason.IMPEDANCE),
            (figures["line_share"], LIMITS.line_share, Reason.LINE_NOISE),
            (microvolts["drift"], LIMITS.drift_uv_s, Reason.DRIFTING),
            (figures["kurtosis"], LIMITS.kurtosis, Reason.JUMPS),
            (microvolts["high"], LIMITS.high_uv, Reason.MUSCLE),
            (microvolts["rms"], LIMITS.rms_uv, Reason.VERY_LARGE),
        ]
        if self._unjudged == Reason.NO_UNIT:
            share = (figures["high"] / max(figures["rms"], 1e-150)) ** 2
            checks.append((share, LIMITS.high_share, Reason.MUSCLE))
        doubtful, bad = LIMITS.least_correlation
        checks.append((-figures["correlation"], (-doubtful, -bad), Reason.UNLIKE_NEIGHBOURS))
        return checks

    def _settle(self, found: Finding) -> Finding:
        """Change the shown state only when several consecutive seconds agree on the direction."""
        state, shown = found.state, self._shown.state
        if state == shown:
            self._seconds = 0
            self._shown = found
            return found
        is_worse = state > shown
        same_way = self._seconds > 0 and (self._towards > shown) == is_worse
        self._seconds = self._seconds + 1 if same_way else 1
        self._towards = state
        if self._seconds >= (_SECONDS_TO_WORSE if is_worse else _SECONDS_TO_BETTER):
            self._shown, self._seconds = found, 0
        return self._shown
