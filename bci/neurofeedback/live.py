"""The live process: it reads a stream and publishes the session's feedback on LSL."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from pylsl import local_clock
from threadpoolctl import threadpool_limits

from bci.engine.outlets import require_free_name, source_id
from bci.errors import BciError
from bci.lsl.discovery import FoundStream, StreamQuery, await_reporting
from bci.lsl.engine_streams import StatusOutlet
from bci.lsl.inlet import SignalInlet
from bci.lsl.losses import LossLog
from bci.messages import EngineStatus, WindowCounts
from bci.neurofeedback.baseline import Baseline
from bci.neurofeedback.report import RunFigures, run_figures
from bci.neurofeedback.session import (
    BASELINE,
    FIRST_SAMPLE,
    KINDS,
    FeedbackSession,
    RunKind,
    Update,
)
from bci.neurofeedback.sham import REAL, SHAM, Sham, allocation_label
from bci.neurofeedback.streams import FeedbackOutlets
from bci.profiles.profile import Profile
from bci.signals import Chunk, Marker

_PULL_S = 0.02
_STATUS_EVERY_S = 0.5
_CATCH_UP_S = 10.0
# Wait before a stream is closed: liblsl drops samples that it has not sent yet.
_LAST_SAMPLE_S = 0.1


@dataclass
class LiveSession:
    """Neurofeedback from a live stream, until its runs are over or it is stopped.

    Without a ``plan`` it waits for commands: the name of a kind of run begins such a run, and
    ``stop`` ends it.
    """

    profile: Profile
    query: StreamQuery
    name: str  # Prefix of the names of its LSL streams
    report: Callable[[str], None]  # Called with one sentence whenever something changes
    plan: Sequence[RunKind] | None = None
    baseline: Baseline | None = None
    sham: Sham | None = None
    on_update: Callable[[Update], None] = lambda _: None  # Called after a window was published
    on_baseline: Callable[[Baseline], None] = lambda _: None  # Called after a run gave a baseline
    on_run: Callable[[RunFigures], None] = lambda _: None  # Called after a feedback or transfer run
    figures: list[RunFigures] = field(default_factory=list)

    def run(
        self,
        stop: threading.Event,
        wait_s: float | None = None,  # Longest wait for the stream, in seconds; None: no limit
        commands: "queue.SimpleQueue[str] | None" = None,
    ) -> None:
        """Find the stream and give feedback; return soon after ``stop`` is set.

        Raises `StreamError` if the stream does not appear in time, is ambiguous, returns with other
        channels or rate, or if an engine with the same name runs. Raises `MismatchError` if the
        stream does not fit the profile, or the baseline is not usable.
        """
        require_free_name(self.name, stop)
        self._status = StatusOutlet(self.name, source_id(self.name, "status"))
        try:
            found = self._find(stop, wait_s)
            if found is None:
                return
            timing = self.profile.timing
            by_arrival = timing.stamps == "arrival"
            inlet = SignalInlet(found, by_arrival=by_arrival, given_hz=timing.sfreq)
            try:
                with threadpool_limits(limits=1):
                    self._feed_back(inlet, stop, commands or queue.SimpleQueue())
            finally:
                inlet.close()
        finally:
            self._status.close()

    def _find(self, stop: threading.Event, wait_s: float | None) -> FoundStream | None:
        def on_wait() -> None:
            self._status.push(EngineStatus(state="waiting for stream", model=self.model))

        return await_reporting(self.query, stop, wait_s, self.report, on_wait)

    @property
    def model(self) -> str:
        """Name of the protocol; the status message has it in place of a model's name."""
        protocol = self.profile.neurofeedback
        return f"neurofeedback ({protocol.feature.kind})" if protocol else "neurofeedback"

    def _feed_back(
        self, inlet: SignalInlet, stop: threading.Event, commands: "queue.SimpleQueue[str]"
    ) -> None:
        session = FeedbackSession(self.profile, inlet.info, self.baseline, self.sham)
        outlets = FeedbackOutlets(
            self.name, source_id(self.name, "neurofeedback"), inlet.info.simulated,
            session.protocol, session.unit,
        )  # fmt: skip
        loop = _Loop(self, session, inlet, outlets, self._status, commands)
        self.report(f"feeding back {inlet.info.name} ({inlet.info.summary})")
        try:
            while not stop.is_set() and not loop.is_over:
                loop.step()
        finally:
            loop.close()


class _Loop:
    """The repeated steps of a live session."""

    def __init__(
        self,
        owner: LiveSession,
        session: FeedbackSession,
        inlet: SignalInlet,
        outlets: FeedbackOutlets,
        status: StatusOutlet,
        commands: "queue.SimpleQueue[str]",
    ) -> None:
        self._owner, self._session, self._inlet = owner, session, inlet
        self._outlets, self._status, self._commands = outlets, status, commands
        self._plan = deque(owner.plan) if owner.plan is not None else None
        self._run: list[Update] = []
        self._pause_until = -np.inf
        self._status_due = 0.0
        self._latencies: deque[float] = deque(maxlen=1000)
        self._losses = LossLog(inlet.info.name)
        self._max_pull = max(1, round(_CATCH_UP_S * inlet.info.sfreq))
        self._was_connected = True

    @property
    def is_over(self) -> bool:
        """True when all runs of the plan are over."""
        return self._plan is not None and not self._plan and self._is_idle

    @property
    def _is_idle(self) -> bool:
        return self._session.run is None and not self._session.awaits_run

    def step(self) -> None:
        """Pull new samples and publish their feedback; wait up to 20 ms if there are none."""
        n_missing = self._session.pipeline.samples_to_window
        for chunk in self._inlet.pull(min(n_missing, self._max_pull), _PULL_S):
            self._take(chunk)
        self._obey()
        self._follow_plan()
        self._report_stream()
        now = local_clock()
        if now >= self._status_due:
            self._status_due = now + _STATUS_EVERY_S
            self._status.push(self._describe())
            for sentence in self._losses.news(self._inlet.stats):
                self._owner.report(sentence)

    def _take(self, chunk: Chunk) -> None:
        for update in self._session.push(chunk):
            published = self._outlets.publish(update)
            self._latencies.append(published - update.taken)
            self._owner.on_update(update)
            self._mark_runs()
            if update.kind is not None:
                self._run.append(update)

    def _mark_runs(self) -> None:
        """Send the markers of runs that began or ended with the newest window."""
        session = self._session
        for marker in session.take_events():
            self._outlets.mark(marker)
            if marker.label == session.rest_label:
                self._end_run(marker.time)
            elif marker.label != FIRST_SAMPLE:
                self._owner.report(f"run {session.n_runs}: {marker.label}")

    def _end_run(self, time: float) -> None:
        session, run, self._run = self._session, self._run, []
        self._pause_until = time + session.protocol.runs.pause_s
        problem, session.problem = session.problem, None
        if problem is not None:
            if self._plan is not None:
                raise problem
            self._owner.report(str(problem))
            return
        made = session.baseline
        if run and run[0].kind == BASELINE and made is not None:
            self._owner.on_baseline(made)
            self._owner.report(
                f"baseline: mean {made.mean:.3g}, SD {made.sd:.3g} {session.unit}, "
                f"{made.clean} of {made.windows} windows clean"
            )
        elif run and made is not None:
            for figures in run_figures(run, made, session.protocol.sign, session.hop_s):
                self._owner.figures.append(figures)
                self._owner.on_run(figures)

    def _obey(self) -> None:
        while not self._commands.empty():
            command = self._commands.get().strip()
            kind = next((each for each in KINDS if each == command), None)
            if kind is not None:
                self._begin(kind)
            elif command == "stop":
                if self._session.run is not None:
                    self._session.end(self._session.taken)
            else:
                self._owner.report(
                    f"{command!r:.80} is not understood; give {', '.join(KINDS)} or stop"
                )

    def _begin(self, kind: RunKind) -> None:
        session = self._session
        if not np.isfinite(session.taken):
            self._owner.report("no window has come yet: wait for the signal, then begin")
            return
        try:
            # The run begins at the time of a sample, so that a replay has the same windows in it.
            session.begin(kind, session.taken)
        except BciError as error:
            self._owner.report(str(error))

    def _follow_plan(self) -> None:
        session = self._session
        if not self._plan or not self._is_idle or not session.taken >= self._pause_until:
            return
        if np.isfinite(session.taken):
            session.begin(self._plan.popleft(), session.taken)

    def _report_stream(self) -> None:
        name, connected = self._inlet.info.name, self._inlet.connected
        if connected != self._was_connected:
            self._was_connected = connected
            self._owner.report(f"{name} is back" if connected else f"{name} was lost")

    def _describe(self) -> EngineStatus:
        stats, info = self._inlet.stats, self._inlet.info
        chain, counts = self._session.pipeline.chain, self._session.pipeline.counts
        p50 = p99 = None
        if self._latencies:
            p50, p99 = (round(1000 * float(q), 3) for q in np.percentile(self._latencies, [50, 99]))
        return EngineStatus(
            state="running" if self._inlet.connected else "stream lost",
            model=self._owner.model,
            stream=info.name,
            simulated=info.simulated,
            replayed=info.replayed,
            samples=stats.samples,
            lost_samples=stats.lost_samples,
            gaps=stats.gaps,
            clock_jumps=stats.clock_jumps,
            loops=stats.loops,
            findings=tuple(stats.findings),
            reconnects=stats.reconnects,
            non_finite=chain.non_finite,
            windows=WindowCounts(
                predicted=counts.predicted,
                rejected_gap=counts.rejected_gap,
                rejected_settling=counts.rejected_settling,
                rejected_non_finite=counts.rejected_non_finite,
                rejected_artifact=counts.rejected_artifact,
            ),
            latency_p50_ms=p50,
            latency_p99_ms=p99,
        )

    def close(self) -> None:
        """End the run, send the marker that unblinds the recording, and close the streams."""
        session = self._session
        try:
            if session.run is not None and session.run.kind != BASELINE:
                session.finish()
                self._mark_runs()
            if np.isfinite(session.taken):
                kind = REAL if self._owner.sham is None else SHAM
                self._outlets.mark(Marker(session.taken, allocation_label(kind)))
                if self._outlets.has_consumers:
                    threading.Event().wait(_LAST_SAMPLE_S)
        finally:
            self._outlets.close()
