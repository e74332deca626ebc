"""The simulated person, which does the task at its own cues or at other programs' cues."""

from collections import deque

import numpy as np

from bci.signals import Marker, is_frame_note
from devices.simulated.scenarios import REST, Scenario, SimulatedTrial
from devices.simulated.sources import Array

# Largest number of responses that are added: more flashes than a screen shows in a second.
_MOST_AT_ONCE = 64
_LONGEST_S = 1.5
_AT_ONCE_S = 0.01


class SimulatedPerson:
    """Compute the amplitude of each source of a scenario over time.

    Without other programs' cues, the person has its own cues and pauses, which the seed determines.
    While it follows other cues, its own cues pause. Between cues, and at an unknown cue, it rests.
    """

    def __init__(
        self,
        scenario: Scenario,
        sfreq: float,
        own: np.random.Generator,  # Random numbers for its own trials
        cued: np.random.Generator,  # Random numbers for the strength at other programs' cues
        per_label: int,  # Trials per label in a round of its own
    ) -> None:
        self._scenario = scenario
        self._period = 1.0 / sfreq
        self._own = scenario.trials(own, per_label)
        self._cued = cued
        self._trial: SimulatedTrial | None = None
        # Trials with unfinished responses, if responses add up.
        self._recent: deque[SimulatedTrial] = deque(maxlen=_MOST_AT_ONCE)
        self._next_trial = next(self._own)
        self._asked = self._follows = False
        self._received: list[Marker] = []
        self._latest = -np.inf
        self._ended = np.inf
        self._since = self._waited = 0.0

    def follow(self, asked: bool) -> None:
        """Set whether the person follows cues of another program."""
        self._asked = asked

    def receive(self, marker: Marker) -> None:
        """Add a cue of another program; its time is in seconds from the first sample."""
        if not is_frame_note(marker.label):
            self._received.append(marker)

    def act(self, times: Array) -> tuple[Array, list[Marker]]:
        """Compute the gains of sources (n, n_sources) at the next ``times``, in seconds.

        Also returns the markers of the person's own cues.
        """
        marks_rest = self._scenario.marks_rest
        markers = [Marker(0.0, REST)] if times[0] == 0 and marks_rest else []
        if self._asked != self._follows:
            markers += self._turn(float(times[0]))
        received, self._received = self._received, []
        if self._follows:
            for marker in received:
                self._take(marker)
            return self._gains(times), markers
        after = times[-1] + self._period
        gains = self._gains(times)
        if self._trial is not None and marks_rest:
            end = self._trial.onset + self._scenario.trial_s
            # If the next trial begins at once, there is no rest.
            follows = self._next_trial.onset + self._waited - end < _AT_ONCE_S
            if times[0] <= end < after and not follows:
                markers.append(Marker(end, REST))
        while (onset := self._next_trial.onset + self._waited) < after:
            self._trial = SimulatedTrial(onset, self._next_trial.label, self._next_trial.strength)
            self._recent.append(self._trial)
            self._next_trial = next(self._own)
            markers.append(Marker(onset, self._trial.label))
            late = times >= onset
            gains[late] = self._gains(times[late])
        return gains, markers

    def _turn(self, now: float) -> list[Marker]:
        """Start or stop following other cues at ``now``; the present own trial ends."""
        self._follows = self._asked
        trial, self._trial, self._ended = self._trial, None, np.inf
        self._recent.clear()
        if not self._follows:
            self._waited += now - self._since
            return []
        self._since = now
        own_goes_on = trial is not None and now <= trial.onset + self._scenario.trial_s
        return [Marker(now, REST)] if own_goes_on and self._scenario.marks_rest else []

    def _take(self, marker: Marker) -> None:
        if marker.time < self._latest:
            return  # a late marker, older than the newest one, is ignored
        self._latest = marker.time
        label = self._scenario.asked_by(marker.label)
        if label is not None:
            strength = float(self._cued.uniform())
            before = self._trial
            if self._scenario.sustained and before is not None and before.label == label:
                strength = before.strength  # the same stimulus, which repeats
            self._trial = SimulatedTrial(marker.time, label, strength)
            self._recent.append(self._trial)
            self._ended = np.inf
        else:
            self._ended = min(self._ended, marker.time)

    def _gains(self, times: Array) -> Array:
        trial, scenario = self._trial, self._scenario
        if scenario.overlaps:
            return self._added(times)
        if trial is None:
            return np.tile([source.idle for source in scenario.sources], (len(times), 1))
        t = times - trial.onset
        if scenario.sustained:
            end = self._ended if self._follows else trial.onset + scenario.trial_s
            t = np.where(times < end, t, -1.0)
        elif self._follows:
            # The trial lasts as long as the other program's; its end is like that of an own trial.
            over = times - self._ended
            t = np.where(over > 0, scenario.trial_s + over, np.minimum(t, scenario.trial_s))
        return np.stack([s.gain(trial.label, t, trial.strength) for s in scenario.sources], axis=1)

    def _added(self, times: Array) -> Array:
        """Compute the idle gains plus all unfinished responses, (n, n_sources)."""
        sources = self._scenario.sources
        gains = np.tile([source.idle for source in sources], (len(times), 1))
        while len(times) and self._recent and self._recent[0].onset < times[0] - _LONGEST_S:
            self._recent.popleft()
        for trial in self._recent:
            t = times - trial.onset
            gains += np.stack([s.gain(trial.label, t, trial.strength) for s in sources], axis=1)
        return gains
