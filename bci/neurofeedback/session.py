"""A session: it computes the feedback of each window, run by run.

It reads no clock. A run begins after the time of its marker and lasts for its planned length, by
the samples' time stamps. So the same windows and markers give the same numbers live and offline.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from bci.errors import MismatchError
from bci.neurofeedback.artifacts import ArtifactHold, ArtifactLimits, ArtifactMeter, Measures
from bci.neurofeedback.baseline import Baseline, make_baseline, protocol_id
from bci.neurofeedback.features import Feature, Smoother
from bci.neurofeedback.reward import RewardRule
from bci.neurofeedback.sham import Sham, Shown
from bci.neurofeedback.sites import Sites
from bci.neurofeedback.threshold import Threshold, make_threshold
from bci.pipeline.pipeline import Pipeline, Window
from bci.profiles.profile import Profile
from bci.signals import Chunk, Marker, StreamInfo

RunKind = Literal["baseline", "feedback", "transfer"]
BASELINE: RunKind = "baseline"
FEEDBACK: RunKind = "feedback"
TRANSFER: RunKind = "transfer"
KINDS: tuple[RunKind, ...] = (BASELINE, FEEDBACK, TRANSFER)
REST = "rest"
# Label of the marker at a session's first sample, so that a replay can begin with the same one.
FIRST_SAMPLE = "first-sample"

_NAN = float("nan")
# The level rises from 0 to 1 over this many standard deviations of the baseline.
_RANGE_SD = 4.0


class Update(NamedTuple):
    """Feedback of one window: the subject's ``own`` values, and the values ``shown``.

    ``taken`` is the time of the window's last sample on the LSL clock. ``run`` counts the runs of
    the session from 1. Between runs, ``run`` is 0 and ``kind`` is None.
    """

    taken: float
    end: int  # One past the last sample, at the pipeline's output rate
    run: int
    kind: RunKind | None
    elapsed_s: float  # Since the run began
    own: Shown
    shown: Shown
    has_artifact: bool


class Run(NamedTuple):
    """A present or past run; ``number`` counts the runs of its kind from 1."""

    kind: RunKind
    number: int
    began: float


class FeedbackSession:
    """Compute the feedback of a profile's feature, run by run.

    Parameters
    ----------
    profile : Profile
        With a section ``neurofeedback``.
    info : StreamInfo
        Description of the stream whose chunks are pushed.
    baseline : Baseline, optional
        Without it, the first run must be a baseline.
    sham : Sham, optional
        Another subject's feedback, shown instead of the subject's own.

    Raises
    ------
    MismatchError
        If the stream does not fit the profile; the message names the key. Or if the baseline has a
        simulated signal and the stream does not.
    """

    def __init__(
        self,
        profile: Profile,
        info: StreamInfo,
        baseline: Baseline | None = None,
        sham: Sham | None = None,
    ) -> None:
        if profile.neurofeedback is None:
            raise MismatchError(
                "the profile has no section neurofeedback; see configs/neurofeedback-alpha.yaml"
            )
        protocol = self.protocol = profile.neurofeedback
        self.pipeline = Pipeline(profile.pipeline, info)
        self.baseline: Baseline | None = None
        self.run: Run | None = None
        self.n_runs = 0
        sfreq, n_samples = self.pipeline.chain.sfreq, self.pipeline.n_samples
        self.hop_s = self.pipeline.hop / sfreq
        self._slack_s = 0.5 / sfreq
        self._sites = Sites(protocol.feature.sites, self.pipeline.chain.channels)
        self.unit = protocol.feature.unit or self._sites.unit
        self._feature = Feature(protocol.feature, n_samples, sfreq)
        self._smooth = Smoother(protocol.feature.smooth_s)
        self._meter = ArtifactMeter(protocol.artifacts, n_samples, sfreq)
        self._hold = ArtifactHold(protocol.artifacts.hold_s)
        self._sham = sham
        self._identity = protocol_id(protocol, profile.pipeline)
        self._simulated = info.simulated
        self._labels = {kind: profile.paradigm.classes.get(kind, kind) for kind in KINDS}
        self.rest_label = profile.paradigm.rest_marker or REST
        self._counts = dict.fromkeys(KINDS, 0)
        self._pending: list[tuple[float, RunKind | None]] = []
        self._events: list[Marker] = []
        self._values: list[float] = []
        self._measures: list[Measures] = []
        self._threshold: Threshold | None = None
        self._rule = RewardRule(protocol.reward, self.hop_s)
        self._level = _NAN
        self._first: float | None = None  # Time of the first sample
        self.taken = _NAN  # Time of the newest window's last sample
        self.problem: MismatchError | None = None  # Reason why the newest baseline is not usable
        self._limits = ArtifactLimits()
        if baseline is not None:
            if baseline.simulated and not info.simulated:
                raise MismatchError(
                    f"the baseline is of a simulated signal, and {info.name} is not simulated: "
                    "record a baseline of this subject"
                )
            self.use(baseline)

    def use(self, baseline: Baseline) -> None:
        """Set the baseline and restart the threshold from it."""
        self.baseline = baseline
        self._threshold = make_threshold(self.protocol, baseline)
        swing = self.protocol.artifacts.max_peak_to_peak
        self._limits = (
            baseline.limits if swing is None else baseline.limits._replace(peak_to_peak=swing)
        )

    def begin(self, kind: RunKind, time: float) -> None:
        """End the present run at ``time``, and begin a run with the first window after it.

        ``time`` is in seconds on the clock of the signal's time stamps. Raises `MismatchError` if
        the run needs a baseline and there is none.
        """
        if kind != BASELINE and self.baseline is None and not self._awaits_baseline:
            raise MismatchError(
                "there is no baseline yet: record a run of it first, or give --baseline FILE"
            )
        self._pending.append((time, kind))

    def end(self, time: float) -> None:
        """End the present run at ``time``, in seconds on the clock of the signal's time stamps."""
        self._pending.append((time, None))

    @property
    def awaits_run(self) -> bool:
        """True while a start or end was requested that no window has reached yet."""
        return bool(self._pending)

    @property
    def _awaits_baseline(self) -> bool:
        going = self.run is not None and self.run.kind == BASELINE
        return going or any(kind == BASELINE for _, kind in self._pending)

    def length_s(self, kind: RunKind) -> float:
        """Length of a run of this kind, in seconds."""
        runs = self.protocol.runs
        return {
            BASELINE: runs.baseline_s, FEEDBACK: runs.feedback_s, TRANSFER: runs.transfer_s,
        }[kind]  # fmt: skip

    def take_events(self) -> list[Marker]:
        """Return and clear the markers since the last call: first sample, starts, ends of runs."""
        events, self._events = self._events, []
        return events

    def push(self, chunk: Chunk) -> Iterator[Update]:
        """Process samples; yield the feedback of each window that they complete."""
        if self._first is None and len(chunk.timestamps):
            self._first = float(chunk.timestamps[0])
        for window in self.pipeline.windows(chunk):
            yield self._take(window)

    def finish(self) -> None:
        """End the present run at the newest window."""
        if self.run is not None:
            self._end_run(self.taken)

    def _take(self, window: Window) -> Update:
        taken = self.taken = window.taken
        self._turn(taken)
        signals = self._sites.signals(window.data)
        measured = self._meter(signals)
        value = self._smooth(self._feature(signals), taken)
        has_artifact = self._limits.exceeded(measured)
        held = self._hold(has_artifact, taken)
        run = self.run
        if run is None:
            # No threshold is shown: the subject's own one would reveal whether feedback is sham.
            own = Shown(value, _NAN, _NAN, False, False, held)
            return Update(taken, window.end, 0, None, _NAN, own, own, has_artifact)
        elapsed = taken - run.began
        if run.kind == BASELINE:
            # During a baseline there are no limits yet, since they are computed from it.
            self._values.append(value)
            self._measures.append(measured)
            own = Shown(value, _NAN, _NAN, False, False, False)
            return Update(taken, window.end, self.n_runs, run.kind, elapsed, own, own, False)
        own = self._judge(value, held, taken)
        shown = own
        if self._sham is not None and run.kind == FEEDBACK:
            assert self.baseline is not None
            settings = self.protocol.threshold
            fixed = settings.value if settings.kind == "fixed" else None
            donated = self._sham.at(run.number, elapsed)
            shown = self._sham.worn(donated, self.baseline, fixed)
        if run.kind == TRANSFER:
            shown = own._replace(threshold=_NAN, level=_NAN, reward=False)
        return Update(taken, window.end, self.n_runs, run.kind, elapsed, own, shown, has_artifact)

    def _judge(self, value: float, held: bool, taken: float) -> Shown:
        """Compare a window's value with the threshold; the threshold is moved afterwards."""
        assert self._threshold is not None
        assert self.baseline is not None
        threshold, sign = self._threshold.value, self.protocol.sign
        if held:
            self._rule(False, taken)
            return Shown(value, threshold, self._level, False, False, True)
        beyond = sign * (value - threshold)
        success = beyond > 0
        self._level = min(1.0, max(0.0, 0.5 + beyond / (_RANGE_SD * self.baseline.sd)))
        self._threshold.move(success, self.hop_s)
        return Shown(value, threshold, self._level, success, self._rule(success, taken), False)

    def _turn(self, taken: float) -> None:
        """Begin and end the runs that are due before ``taken``, the window's last sample."""
        self._pending.sort(key=lambda each: each[0])
        while self._pending and self._pending[0][0] < taken - self._slack_s:
            time, kind = self._pending.pop(0)
            self._end_due(time)
            if self.run is not None:
                self._end_run(time)
            # The baseline before this run may have been unusable; then the run cannot begin.
            if kind == BASELINE or (kind is not None and self.baseline is not None):
                self._begin_run(kind, time)
        self._end_due(taken)

    def _end_due(self, time: float) -> None:
        if self.run is None:
            return
        end = self.run.began + self.length_s(self.run.kind)
        if end < time - self._slack_s:
            self._end_run(end)

    def _begin_run(self, kind: RunKind, time: float) -> None:
        self._counts[kind] += 1
        self.n_runs += 1
        if self.n_runs == 1 and self._first is not None:
            # Sent only now, so that a recorder has had time to find the stream of markers.
            self._events.append(Marker(self._first, FIRST_SAMPLE))
        self.run = Run(kind, self._counts[kind], time)
        self._events.append(Marker(time, self._labels[kind]))
        self._values, self._measures = [], []
        self._rule, self._level = RewardRule(self.protocol.reward, self.hop_s), _NAN

    def _end_run(self, time: float) -> None:
        assert self.run is not None
        kind, self.run = self.run.kind, None
        self._events.append(Marker(time, self.rest_label))
        if kind == BASELINE:
            try:
                made = make_baseline(
                    self.protocol, self._identity, self._values, self._measures, self._simulated
                )
            except MismatchError as error:
                # Samples continue to arrive; the caller decides whether the session continues.
                self.problem = error
            else:
                self.use(made)
