"""Train a decoder on cued trials while decoding; off by default."""

import threading
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError
from bci.interfaces import Decoder, Teachable
from bci.models.confidence import Tempered
from bci.pipeline.pipeline import Pipeline, Window
from bci.profiles.paradigm import REST, Paradigm
from bci.signals import FloatArray, Marker
from bci.training.epochs import INTERRUPTED

# Longest delay of a marker, in seconds: a trial is used this long after its end.
LATENESS_S = 0.5
# Time for the fit beside the decoding, in seconds: the new decoder is used this long after that.
LEARNING_S = 0.5
# Number of the newest trials that are kept, so that the fit takes no longer after an hour.
MAX_TRIALS = 60
# Trials of each class before the first fit: one shows little (chosen in the way of `TAUGHT_C`).
FEWEST_TRIALS = 2


@dataclass
class _Trial:
    """A cued trial that has not ended, and its windows so far."""

    label: str
    start: float
    stop: float
    closes: float
    windows: list[FloatArray] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)


class Supervised:
    """Train a decoder on each cued trial after the trial has been decoded.

    Each fit uses all trials so far, at most `MAX_TRIALS`, and needs `FEWEST_TRIALS` of each
    class. It is regularised towards the calibration (see `bci.interfaces.Teachable`). The fit
    starts `LATENESS_S` after a trial's end; the new decoder is used `LEARNING_S` later. Both times
    are counted in samples, so a replay changes the decoder at the same windows. So a trial's label
    never affects predictions of that trial. The fit runs in a thread; decoding waits if the fit
    takes longer than `LEARNING_S`. ``decoder`` and the stored model stay unchanged.

    A fit to 60 trials of 16 windows takes 11 ms with 21 channels, 0.1 s with 64 and 0.4 s with
    128. These are times of tangent space on one thread.

    Raises `MismatchError` if the decoder cannot be trained while it decodes.
    """

    def __init__(self, decoder: Decoder, paradigm: Paradigm, pipeline: Pipeline) -> None:
        inner = decoder.inner if isinstance(decoder, Tempered) else decoder
        if not isinstance(inner, Teachable):
            raise MismatchError(
                "this model's decoder cannot learn from cues while it decodes: set output.adapt "
                "to 'off' or 'alignment', or calibrate tangent-space, csp-lda or log-power"
            )
        self.decoder = decoder
        self.n_trials = 0
        self.n_late = 0
        self._calibrated = inner
        self._temperature = decoder.temperature if isinstance(decoder, Tempered) else None
        self._paradigm = paradigm
        self._at_cues = pipeline.at_cues
        self._slack = 0.5 / pipeline.chain.sfreq
        self._length_s = (pipeline.n_samples - 1) / pipeline.chain.sfreq
        self._newest = -np.inf
        self._open: deque[_Trial] = deque()
        self._learnt: deque[tuple[NDArray[np.float64], int]] = deque(maxlen=MAX_TRIALS)
        self._lesson: _Lesson | None = None
        self._due = np.inf
        # One fit on noise: imports of the first fit would otherwise delay decoding.
        noise = np.random.default_rng(0).normal(
            size=(len(pipeline.chain.channels), pipeline.n_samples)
        )
        features = inner.features(noise.astype(np.float32))
        inner.taught(np.tile(features, (len(inner.classes), 1)), np.arange(len(inner.classes)))

    @property
    def described(self) -> str:
        late = f", {self.n_late} cues received too late" if self.n_late else ""
        return f"supervised, {self.n_trials} trials{late}"

    def on_marker(self, marker: Marker) -> None:
        """Begin, end or drop a trial by a cue, rest or interruption marker; ignore other markers.

        Call it in order of time. The cue's class is the label of the trial.
        """
        wanted, cue = self._paradigm, self._paradigm.cue_of(marker.label)
        if cue is None and marker.label not in (wanted.rest_marker, INTERRUPTED):
            return
        if self._open and marker.time < self._open[-1].stop:
            self._open[-1].stop = marker.time
            if marker.label == INTERRUPTED:
                # An interrupted trial is dropped, as in `bci.training.epochs`.
                self._open.pop()
        if cue is not None:
            label, start, stop = cue.label, marker.time + wanted.start_s, wanted.stop_s
        elif wanted.rest is not None and wanted.rest_class and marker.label == wanted.rest.marker:
            label, start = REST, marker.time + wanted.rest_start_s
            stop = wanted.rest_start_s + wanted.stop_s - wanted.start_s
            if wanted.rest.stop_s is not None:
                stop = min(stop, wanted.rest.stop_s)
        else:
            return
        if label not in self._calibrated.classes:
            return
        if self._newest >= start + self._length_s - self._slack:
            self.n_late += 1
            return
        stop += marker.time
        self._open.append(_Trial(label, start, stop, stop + LATENESS_S))

    def learn(self, window: Window) -> None:
        """Add a window to its trial, and train on ended trials.

        The window's prediction must be published already.
        """
        self._newest = window.taken
        first = window.taken - self._length_s
        for trial in self._open:
            begun = first >= trial.start - self._slack
            if begun and self._is_of(trial, window.taken):
                trial.windows.append(window.data.copy())
                trial.taken.append(window.taken)
        if window.taken >= self._due:
            self._take_over()
        while self._open and window.taken >= self._open[0].closes:
            self._close(self._open.popleft())

    def _is_of(self, trial: _Trial, taken: float) -> bool:
        if self._at_cues:
            return taken - self._length_s <= trial.start + self._slack
        return taken <= trial.stop + self._slack

    def _close(self, trial: _Trial) -> None:
        # The marker that ended the trial may arrive after windows that follow the trial.
        pairs = zip(trial.windows, trial.taken, strict=True)
        windows = [window for window, taken in pairs if self._is_of(trial, taken)]
        if windows:
            self._take_over()
            self._lesson = _Lesson(self._calibrated, self._learnt, windows, trial.label)
            self._due = trial.closes + LEARNING_S

    def _take_over(self) -> None:
        if self._lesson is None:
            return
        learnt = self._lesson.result()
        self.n_trials += 1
        self._lesson, self._due = None, np.inf
        if learnt is not None:
            tempered = self._temperature is not None
            self.decoder = Tempered(learnt, self._temperature or 1.0) if tempered else learnt


class _Lesson:
    """A fit to the trials so far and a new one, in its own thread."""

    def __init__(
        self,
        calibrated: Teachable,
        learnt: deque[tuple[NDArray[np.float64], int]],
        windows: list[FloatArray],
        label: str,
    ) -> None:
        self._calibrated, self._learnt = calibrated, learnt
        self._windows, self._number = windows, calibrated.classes.index(label)
        self._result: Decoder | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def result(self) -> Decoder | None:
        """Wait for the fit and return its decoder; None while a class has too few trials."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result

    def _work(self) -> None:
        try:
            features = np.stack([self._calibrated.features(window) for window in self._windows])
            features = features[np.isfinite(features).all(axis=1)]
            if len(features):
                self._learnt.append((features, self._number))
            numbers = [number for _, number in self._learnt]
            n_trials = np.bincount(numbers, minlength=len(self._calibrated.classes))
            if n_trials.min() >= FEWEST_TRIALS:
                every = np.concatenate([own for own, _ in self._learnt])
                each = np.repeat(numbers, [len(own) for own, _ in self._learnt])
                self._result = self._calibrated.taught(every, each)
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            self._error = error
