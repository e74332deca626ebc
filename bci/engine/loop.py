"""The loop of the live engine: each step pulls new samples, decodes and publishes."""

import queue
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pylsl import local_clock

from bci.clock.timekeeping import findings
from bci.engine.cues import EngineCues
from bci.engine.hot_swap import NextModel
from bci.engine.outlets import Outlets
from bci.engine.publish_provenance import EngineProvenance
from bci.engine.running_model import RunningModel
from bci.engine.status import describe_engine
from bci.errors import StreamError
from bci.lsl.inlet import SignalInlet
from bci.lsl.losses import LossLog, UnsoundLog
from bci.messages import EngineStatus
from bci.models.card import Card, evidence_span
from bci.profiles.profile import Output
from bci.recording.rounding import LARGEST_EXACT
from bci.signals import Chunk

# Longest wait of one pull, in seconds. It limits the samples to filter when a window completes,
# and the delay until a request to stop is noticed.
_PULL_S = 0.02
_STATUS_EVERY_S = 0.5
# Number of consecutive steps longer than a hop after which windows are skipped. After a single
# long step, the next steps catch up without skipping.
_LATE_STEPS = 3
# Most signal that one pull takes when the loop is behind, in seconds.
_CATCH_UP_S = 10.0


@dataclass
class EngineLoop:
    """A running engine: call `start` once, `step` repeatedly, then `close`.

    It starts no thread, and reads time from ``clock`` alone.
    """

    inlet: SignalInlet
    running: RunningModel  # The model that decodes first
    output: Output
    outlets: Outlets
    cues: EngineCues
    provenance: EngineProvenance
    publish_status: Callable[[EngineStatus], None]  # Called twice per second
    report: Callable[[str], None]  # Called with one sentence at each change
    # Loads the model of a command ``use FOLDER``; None: commands are ignored
    next_model: NextModel | None = None
    commands: "queue.SimpleQueue[str]" = field(default_factory=queue.SimpleQueue)
    clock: Callable[[], float] = local_clock  # In seconds

    def __post_init__(self) -> None:
        info = self.inlet.info
        self._max_pull = max(1, round(_CATCH_UP_S * info.sfreq))
        self._n_slow = 0
        self._was_connected = True
        self._rounding_reported = self._drift_reported = False
        self._status_due = 0.0
        self._n_swaps = 0
        self._remarked: set[str] = set()
        self._latencies: deque[float] = deque(maxlen=1000)
        self._losses, self._unsound = LossLog(info.name), UnsoundLog(info.name)

    def start(self) -> None:
        """Log the stream and the model."""
        info = self.inlet.info
        self._report_model(f"decoding {info.name} ({info.summary}) with {self.running.card.name}")

    def step(self) -> None:
        """Pull new samples, decode and publish; wait at most 20 ms for samples.

        Raises `StreamError` if the stream differs after a reconnection, or if its time stamps are
        not on the clock of the cues.
        """
        chunks = self._pull()
        began = self.clock()
        self._pass_cues_on()
        for chunk in chunks:
            self._decode(chunk)
        now = self.clock()
        self.outlets.expect(now, self.inlet.connected, self.running.hop_s)
        self._n_slow = self._n_slow + 1 if now - began > self.running.hop_s else 0
        if self.next_model is not None:
            while not self.commands.empty():
                self._obey(self.commands.get(), self.next_model)
            self._change_model(self.next_model, chunks)
        self._report_stream()
        if now >= self._status_due:
            self._status_due = now + _STATUS_EVERY_S
            self._publish_state(now)

    def close(self) -> EngineStatus:
        """End the decision, close the streams, and return the last status."""
        status = self._describe()
        self.provenance.close(self.running.pipeline.counts)
        self.outlets.close()
        self.cues.close()
        return status

    @property
    def _is_behind(self) -> bool:
        return self._n_slow >= _LATE_STEPS

    def _pull(self) -> list[Chunk]:
        if self._is_behind:
            return self.inlet.pull(self._max_pull, 0.0)
        return self.inlet.pull(self.running.samples_to_window, _PULL_S)

    def _pass_cues_on(self) -> None:
        settling = self.next_model.settling if self.next_model else None
        self.cues.pass_on([self.running, settling] if settling else [self.running])

    def _decode(self, chunk: Chunk) -> None:
        for decoded in self.running.push(chunk, newest_only=self._is_behind):
            published = self.outlets.publish(decoded)
            self._latencies.append(published - decoded.prediction.taken)

    def _obey(self, command: str, next_model: NextModel) -> None:
        word, _, rest = command.strip().partition(" ")
        if word == "use" and rest.strip():
            next_model.request(Path(rest.strip()))
        else:
            self.report(f"{command!r:.80} is not understood; 'use FOLDER' takes another model")

    def _change_model(self, next_model: NextModel, chunks: list[Chunk]) -> None:
        following = next_model.follow(chunks, self.running.card.name)
        if following is None:
            return
        following.take_over(self.running)
        self.provenance.take_over(following, chunks[-1].end)
        self.running = following
        self._n_swaps += 1
        changed = self.outlets.serve(following.card)
        self._report_model(f"decoding with {following.card.name} from here on{changed}")

    def _report_model(self, sentence: str) -> None:
        for warning in model_warnings(self.running.card, self.output):
            self.report(warning)
        self.report(sentence)
        for remark in self.running.remarks:
            if remark not in self._remarked:
                self._remarked.add(remark)
                self.report(remark)

    def _report_stream(self) -> None:
        name, connected = self.inlet.info.name, self.inlet.connected
        if connected != self._was_connected:
            self._was_connected = connected
            self.report(f"{name} is back" if connected else f"{name} was lost")
        if self.inlet.rounds and not self._rounding_reported:
            self._rounding_reported = True
            self.report(f"{name}: values above {LARGEST_EXACT} are rounded to float32")

    def _publish_state(self, now: float) -> None:
        self.publish_status(self._describe())
        self.provenance.publish(now, self.running.pipeline.counts)
        self._check_clock()
        for sentence in self._losses.news(self.inlet.stats):
            self.report(sentence)
        columns = self.running.pipeline.chain.take_unsound()
        ch_names = self.inlet.info.ch_names
        found = self._unsound.news([ch_names[column] for column in columns])
        if found is not None:
            self.report(found)
        warning = self.running.drift.warning if self.running.drift else None
        if warning and not self._drift_reported:
            self.report(warning)
        self._drift_reported = warning is not None

    def _check_clock(self) -> None:
        """Raise StreamError if cues are needed but stamps are not on the LSL clock."""
        keeping = self.inlet.keeping
        needs_cues = self.running.card.pipeline.at_cues or self.output.adapt == "supervised"
        needs_cues = needs_cues and not self.cues.of_signal
        if needs_cues and keeping.is_off_clock and not keeping.by_arrival:
            raise StreamError(f"stream {self.inlet.info.name!r}: {findings(keeping)[0]}")

    def _describe(self) -> EngineStatus:
        cues = self.cues.describe(self.running.card.paradigm)
        return describe_engine(
            self.inlet, self.running, self.output, cues, self._n_swaps, tuple(self._latencies)
        )


def model_warnings(card: Card, output: Output) -> list[str]:
    """List warnings: a model near chance, or a threshold chosen under other settings."""
    warnings = []
    if (warning := card.warning()) is not None:
        warnings.append(f"{card.name}: {warning}")
    span, sure = evidence_span(output, card), card.confidence
    if sure is None or sure.threshold is None:
        return warnings
    given = output.decision_threshold
    if given is None and sure.evidence_s != span:
        warnings.append(
            f"{card.name} chose its threshold for decisions from {sure.evidence_s:g} s of "
            f"evidence, the profile wants {span:g} s: calibrate again, or set "
            "output.decision_threshold"
        )
    if given is not None and sure.held_to != given:
        warnings.append(
            f"the profile's output.decision_threshold has decisions from confidence {given:g} "
            f"on; {card.name} chose {sure.held_to:g} for few false ones at rest: leave it "
            "out to have that"
        )
    return warnings
