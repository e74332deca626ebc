"""The live process over LSL, and the same session from a recording."""

import queue
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pylsl
import pytest
from pylsl import local_clock

from bci.errors import MismatchError
from bci.lsl.discovery import StreamQuery
from bci.lsl.marker_inlet import MarkerInlet
from bci.lsl.outlet import SignalOutlet
from bci.neurofeedback.live import LiveSession
from bci.neurofeedback.offline import replay, sham_of
from bci.neurofeedback.session import KINDS, Update
from bci.neurofeedback.sham import Sham
from bci.neurofeedback.streams import COLUMNS
from bci.profiles.profile import Profile
from bci.signals import Chunk, Marker, Recording
from tests.neurofeedback import protocol, session
from tests.streams import find, wait_until

RUNS = {
    "baseline_s": 6, "feedback_s": 6, "transfer_s": 5, "pause_s": 1, "feedback_runs": 2,
}  # fmt: skip
SIGNAL = session(5, (("baseline", 20.0), ("feedback", 15.0)))


class Feedback:
    """A live session in a thread, on a stream that already has samples."""

    def __init__(
        self, recording: Recording, profile: Profile, plan: list[str] | None, sham: Sham | None
    ) -> None:
        self.name = f"feedback-{uuid.uuid4().hex[:8]}"
        self.updates: list[Update] = []
        self.said: list[str] = []
        self.errors: list[Exception] = []
        self.stop = threading.Event()
        self.commands: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.recording = replace(recording, info=replace(recording.info, name=f"{self.name}-amp"))
        self._outlet = SignalOutlet(self.recording.info)
        query = StreamQuery(name=self.recording.info.name)
        self.live = LiveSession(
            profile, query, self.name, self.said.append, plan,  # type: ignore[arg-type]
            sham=sham, on_update=self.updates.append,
        )  # fmt: skip
        self.thread = threading.Thread(target=self._work)
        self.thread.start()

    def _work(self) -> None:
        try:
            self.live.run(self.stop, 20.0, self.commands)
        except Exception as error:
            self.errors.append(error)

    def send(self) -> float:
        """Send the whole signal at once, with time stamps that end now."""
        wait_until(lambda: self._outlet.has_consumers)
        start = local_clock() - self.recording.duration
        times = start + self.recording.timestamps
        for row in range(0, len(times), 13):
            rows = slice(row, row + 13)
            self._outlet.push(Chunk(self.recording.data[rows], times[rows], row))
        return start

    def end(self) -> None:
        self.stop.set()
        self.thread.join(5.0)
        assert not self.thread.is_alive(), "the session did not stop"
        self._outlet.close()


@contextmanager
def feedback(
    profile: Profile,
    plan: list[str] | None,
    recording: Recording = SIGNAL,
    sham: Sham | None = None,
) -> Iterator[Feedback]:
    running = Feedback(recording, profile, plan, sham)
    try:
        yield running
    finally:
        running.end()


def test_streams_carry_the_session_and_a_recording_gives_the_same_to_the_bit() -> None:
    profile = protocol(runs=RUNS)
    with feedback(profile, ["baseline", "feedback", "feedback", "transfer"]) as running:
        runs = MarkerInlet(find(f"{running.name}-runs"))
        rewards = MarkerInlet(find(f"{running.name}-reward"))
        features = pylsl.StreamInlet(find(f"{running.name}-feature").raw)
        features.open_stream()
        runs.pull(), rewards.pull()
        running.send()
        markers: list[Marker] = []

        def over() -> bool:
            markers.extend(runs.pull())
            return any(marker.label == "allocation/real" for marker in markers)

        wait_until(over)
        chunks: list[tuple[np.ndarray, np.ndarray]] = []
        rewarded: list[Marker] = []

        def all_came() -> bool:
            # Streams do not arrive in order of one another.
            rows, stamps = features.pull_chunk(max_samples=10_000, as_numpy=True)
            chunks.append((np.reshape(rows, (-1, 9)), np.asarray(stamps)))
            rewarded.extend(rewards.pull())
            n_rewards = sum(each.shown.reward for each in running.updates)
            n_rows = sum(len(rows) for rows, _ in chunks)
            return n_rows >= len(running.updates) and len(rewarded) >= n_rewards

        wait_until(all_came)
        rows, stamps = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
        runs.close(), rewards.close(), features.close_stream()
        wait_until(lambda: not running.thread.is_alive())
    assert running.errors == []
    labels = [marker.label for marker in markers]
    assert labels == [
        "first-sample", "baseline", "rest", "feedback", "rest", "feedback", "rest", "transfer",
        "rest", "allocation/real",
    ]  # fmt: skip
    updates = running.updates
    assert len(rows) == len(updates)
    assert stamps == pytest.approx([each.taken for each in updates], abs=1e-6)
    sent = np.array([_row(each) for each in updates])
    assert np.array_equal(rows[:, :8], sent, equal_nan=True)
    assert len(rewarded) == int(rows[:, COLUMNS.index("reward")].sum()) > 0
    assert [run.kind for run in running.live.figures] == ["feedback", "feedback", "transfer"]
    # The recorder has the samples with the inlet's time stamps, up to rounding.
    began = markers[0].time
    recorded = replace(
        running.recording,
        markers=tuple(Marker(m.time - began, m.label) for m in markers),
    )
    again = replay(recorded, profile).updates
    n = len(updates)
    assert [_numbers(each) for each in again[:n]] == [_numbers(each) for each in updates]


def _row(update: Update) -> list[float]:
    kind = -1 if update.kind is None else KINDS.index(update.kind)
    return [*map(float, update.shown), update.run, kind]


def _numbers(update: Update) -> str:
    return repr((update.end, update.run, update.kind, update.own, update.shown))


def test_guided_session_follows_commands_and_stops_at_once() -> None:
    with feedback(protocol(runs=RUNS), None) as running:
        for command in ("feedback", "dance"):
            running.commands.put(command)
        wait_until(lambda: len(running.said) == 3)
        assert "no window has come yet" in running.said[1]
        assert "'dance' is not understood" in running.said[2]
        running.send()
        wait_until(lambda: len(running.updates) > 50)
        assert all(update.kind is None for update in running.updates)
        running.commands.put("feedback")
        wait_until(lambda: "no baseline yet" in running.said[-1])
    assert running.errors == []


def test_flat_signal_ends_the_session_with_a_sentence() -> None:
    flat = replace(SIGNAL, data=np.zeros_like(SIGNAL.data))
    with feedback(protocol(runs=RUNS), ["baseline", "feedback"], flat) as running:
        running.send()
        wait_until(lambda: not running.thread.is_alive())
    assert len(running.errors) == 1
    assert isinstance(running.errors[0], MismatchError)
    assert "does not vary in the baseline" in str(running.errors[0])


def test_sham_is_shown_and_named_only_at_the_end() -> None:
    profile = protocol(runs=RUNS)
    donor = session(6, (("baseline", 6.0), ("feedback", 6.0)))
    with feedback(profile, ["baseline", "feedback"], sham=sham_of(donor, profile)) as running:
        runs = MarkerInlet(find(f"{running.name}-runs"))
        runs.pull()
        running.send()
        markers: list[Marker] = []

        def over() -> bool:
            markers.extend(runs.pull())
            return bool(markers) and markers[-1].label.startswith("allocation")

        wait_until(over)
        runs.close()
        wait_until(lambda: not running.thread.is_alive())
    assert markers[-1].label == "allocation/sham"
    assert not any("sham" in text for text in [*running.said, *(m.label for m in markers[:-1])])
    donated = [each.own for each in replay(donor, profile).updates if each.kind == "feedback"]
    shown = [each.shown for each in running.updates if each.kind == "feedback"]
    # Level, success, reward and hold; the feature is on the wearer's scale.
    assert [each[2:] for each in shown] == [each[2:] for each in donated[: len(shown)]]
    assert len(shown) == 60
    (run,) = running.live.figures
    assert abs(run.agreement) < 0.9
