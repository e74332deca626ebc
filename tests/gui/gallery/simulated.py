"""Simulated data for the gallery, the same at every start."""

from collections.abc import Iterator
from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray

from bci.decisions import Decision, decide
from bci.evaluation.metrics import confusion, score_accuracy
from bci.head.electrodes import standard_position
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import (
    AccuracyFigure,
    EngineStatus,
    EvaluatedTrial,
    EvaluationEvent,
    FilterReport,
)
from bci.messages.quality_reasons import Reason, describe
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality, State
from bci.quality.spectra import ALPHA, Spectra
from bci.signals import Channel, Marker, Prediction, Recording, StreamInfo
from bci.stimulus.frame_log import FrameSummary
from bci.stimulus.frames import PacedBy
from bci.stimulus.offsets import Delays, figures_of
from bci.stimulus.timing_report import TimingReport
from bci.tasks.emotion_levels import LevelGrid
from bci.training.time_course import TimeCourse
from gui.replay.predictions import Predictions
from gui.spectrum.analysis import MapSeen, Scalps, SpectrumSeen, Wanted, spectrum_of
from tests.gui.gallery import pictures

SFREQ = 250.0
CLASSES = ("left", "right")
NAMES = ("Fp1", "Fp2", "F3", "F4", "FC3", "FC4", "C3", "Cz", "C4", "CP3", "CP4", "P3", "Pz", "P4",
         "O1", "O2")  # fmt: skip
INFO = StreamInfo(
    "simulated-cap", "EEG", SFREQ,
    tuple(Channel(name, "eeg", "uV", standard_position(name)) for name in NAMES),
    "gallery", simulated=True,
)  # fmt: skip
FEEDBACK = StreamInfo(
    "neurofeedback-feature", "Feature", 0.0, (Channel("feature", "feature", "dB"),), "gallery",
    simulated=True,
)  # fmt: skip
FELT = LevelGrid(("valence", "arousal"))
CLEANED = (
    FilterReport(kind="regress", figures={"EOG1 in Fp1": 0.82, "EOG1 in Cz": 0.14}),
    FilterReport(kind="asr", figures={"changed share": 0.031, "components replaced": 0.0}),
    FilterReport(kind="interpolate_bad", figures={"bad share": 0.0625, "F4": 1.0}),
)
STATUS = EngineStatus(
    state="running", model="simulated", stream=INFO.name, drift=0.8, filter_delay_s=0.045
)
# Strength of the rhythms in imagery of the right hand.
_STRONG = {"C3": 0.3, "CP3": 0.14, "FC3": 0.1}
_OTHER = (1 - sum(_STRONG.values())) / (len(NAMES) - len(_STRONG))
REGIONS = {
    "frontal left": 0.24, "frontal right": 0.11, "temporal left": 0.17, "temporal right": 0.12,
    "parietal left": 0.09, "parietal right": 0.13, "occipital": 0.14,
}  # fmt: skip
ATTENTION = {name: _STRONG.get(name, _OTHER) for name in NAMES}
TRIAL_S, CUE_S = 8.0, 4.0
_HOP_S = 0.1


def eeg(seconds: float, seed: int = 1) -> NDArray[np.float32]:
    """Return slow noise with posterior alpha, in microvolts, (n_samples, n_channels)."""
    rng = np.random.default_rng(seed)
    n = round(seconds * SFREQ)
    spectrum = np.fft.rfft(rng.normal(size=(n, len(NAMES))), axis=0)
    hz = np.fft.rfftfreq(n, 1 / SFREQ)
    spectrum *= (1 / np.maximum(hz, 0.5) / (1 + (hz / 25) ** 4))[:, None]
    background = np.fft.irfft(spectrum, n, axis=0)
    background *= 8 / background.std()
    time = np.arange(n) / SFREQ
    waxing = 0.6 + 0.4 * np.sin(2 * np.pi * time / 3.1)
    alpha = np.array([18.0 if name.startswith("O") else 8.0 if "P" in name else 3.0
                      for name in NAMES])  # fmt: skip
    rhythm = (waxing * np.sin(2 * np.pi * 10 * time))[:, None] * alpha
    return np.asarray(background + rhythm, dtype=np.float32)


def ring(seconds: float, start: float = 0.0) -> RingBuffer:
    """Return a ring buffer with ``seconds`` of signal that began at ``start``."""
    data = eeg(seconds)
    held = RingBuffer(len(data), len(NAMES))
    held.write(data, start + np.arange(len(data)) / SFREQ, 0)
    return held


def spectrum(name: str) -> SpectrumSeen:
    """Return the spectra of half a minute, with the channel ``name`` chosen."""
    wanted = Wanted(NAMES.index(name), None, frozenset())
    return spectrum_of(INFO, _spectra(), wanted)


def alpha_map() -> MapSeen:
    """Return a map of alpha power."""
    wanted = Wanted(0, ALPHA, frozenset())
    return Scalps().map(INFO, _spectra(), wanted, ALPHA)


def _spectra() -> Spectra:
    spectra = Spectra(INFO, ring(35.0))
    while spectra.take():
        pass
    return spectra


def seen() -> tuple[tuple[str, ...], ReceivedPrediction, str]:
    """Return forty image names, a prediction of a window of 0.8 s, and its true image."""
    names = pictures.NAMES
    similar = 0.12 * np.random.default_rng(4).normal(size=len(names))
    odds = np.exp(similar / 0.1)
    probabilities = (odds / odds.sum()).astype(np.float32)
    true = names[int(np.argsort(-probabilities)[1])]
    cosines = similar.astype(np.float32)
    decision = decided(names, probabilities, 0.15)
    came = ReceivedPrediction(0.8, probabilities, 0.0, 0.0, 0.0, 0.0, cosines, decision)
    return names, came, true


def early_course() -> TimeCourse:
    """Return the accuracy by time after the image, as from a calibration of 80 trials."""
    seconds = np.arange(1, 9) / 10
    found = np.array([2, 5, 17, 26, 31, 33, 32, 33])
    return TimeCourse(seconds, found / 80, np.full(8, 80))


def decided(
    classes: tuple[str, ...], shares: NDArray[np.floating], threshold: float
) -> Decision | None:
    """Return the decision that an engine sends with these probabilities."""
    return decide(Prediction(classes, shares.astype(np.float64), 0, 1, 0.0), threshold)


def spoken() -> tuple[tuple[str, ...], list[tuple[Marker, ReceivedPrediction | None]]]:
    """Return ten words, and each cue with its prediction, None if rejected."""
    words = ("yes", "no", "water", "help", "pain", "hot", "cold", "more", "stop", "home")
    rng = np.random.default_rng(9)
    found: list[tuple[Marker, ReceivedPrediction | None]] = []
    order = np.concatenate([rng.permutation(len(words)) for _ in range(2)])[:17]
    for k, asked in enumerate(order):
        odds = rng.normal(0, 1.6, len(words))
        odds[asked] += 3.4
        shares = (np.exp(odds) / np.exp(odds).sum()).astype(np.float32)
        cue = Marker(2.6 * k, words[asked])
        came = ReceivedPrediction(
            cue.time + 1.2, shares, 0.0, 0.0, 0.0, 0.0, decision=decided(words, shares, 0.5)
        )
        found.append((cue, came if k != 11 else None))
    return words, found


def cues(seconds: float) -> list[Marker]:
    """Return cues left and right in random order, with rest between them."""
    order = np.random.default_rng(10).permutation(np.resize(CLASSES, 1000))
    found = []
    for k in range(int(seconds / TRIAL_S)):
        onset = k * TRIAL_S + 3.0
        found.append(Marker(onset, str(order[k])))
        found.append(Marker(onset + CUE_S, "rest"))
    return found


def _shares(times: NDArray[np.float64], markers: list[Marker]) -> Iterator[tuple[float, float]]:
    """Yield probabilities of a decoder that is mostly right, 1 s late, unsure at rest."""
    rng = np.random.default_rng(3)
    towards, share = 0.5, 0.5
    for time in times:
        past = [marker for marker in markers if marker.time + 1.0 <= time]
        if past and time - past[-1].time - 1.0 < _HOP_S:
            asked = past[-1].label
            mistaken = rng.random() < 0.15
            towards = 0.5 if asked == "rest" else float((asked == "left") != mistaken)
        share += 0.12 * (towards - share) + rng.normal(0, 0.035)
        share = min(max(share, 0.03), 0.97)
        yield share, 1 - share


def predictions(seconds: float) -> Predictions:
    """Return ten predictions per second, without the settling and one rejected span."""
    times = np.arange(3.0, seconds, _HOP_S)
    shares = np.array(list(_shares(times, cues(seconds))))
    kept = (times < 0.55 * seconds) | (times > 0.6 * seconds)
    decisions = [decided(CLASSES, each, 0.7) for each in shares[kept]]
    return Predictions(CLASSES, times[kept], shares[kept], decisions)


def received(seconds: float, start: float = 0.0) -> list[ReceivedPrediction]:
    """Return `predictions` as received over LSL, with latencies of some milliseconds."""
    rng = np.random.default_rng(4)
    found = predictions(seconds)
    came = []
    each = zip(found.times, found.probabilities, found.decisions, strict=True)
    for time, share, decision in each:
        late = np.cumsum(rng.gamma(4, (1e-4, 2e-5, 9e-5, 1e-5)))
        arrived, filtered, decoded, published = map(float, late)
        came.append(
            ReceivedPrediction(
                start + float(time),
                share.astype(np.float32),
                arrived,
                filtered,
                decoded,
                published,
                decision=decision,
            )
        )
    return came


def films(seconds: float) -> list[Marker]:
    """Return markers of films, with other emotion levels every ten seconds."""
    levels = ((4, 4), (2, 4), (2, 2), (4, 3))
    return [
        Marker(10.0 * k, f"valence-{valence}/arousal-{arousal}")
        for k, (valence, arousal) in enumerate(levels)
        if 10.0 * k < seconds
    ]


def felt(seconds: float) -> list[ReceivedPrediction]:
    """Return the predictions of a decoder for `films`, twice a second."""
    rng = np.random.default_rng(1)
    shown = films(seconds)
    levels = FELT.numbers(np.array([marker.label for marker in shown]))
    found = []
    for time in np.arange(0.5, seconds + 0.5, 0.5):
        at = sum(marker.time <= time for marker in shown) - 1
        centre = levels[at] + rng.normal(0, 0.7, 2)
        odds = np.exp(-0.5 * (np.arange(5) - centre[:, None]) ** 2)
        joint = FELT.joint(odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
        found.append(
            ReceivedPrediction(
                float(time), joint, 0.001, 0.0011, 0.0016, 0.0017,
                decision=decided(FELT.classes, joint, 0.12),
            )
        )  # fmt: skip
    return found


def quality() -> list[ChannelQuality]:
    """Return the quality of a cap with one electrode off, one noisy and one touched."""
    good: tuple[State, Reason | None] = (State.GOOD, None)
    wrong = {
        "F4": (State.BAD, Reason.RAILED),
        "P3": (State.DOUBTFUL, Reason.LINE_NOISE),
        "O2": (State.DOUBTFUL, Reason.MUSCLE),
    }
    figures = 10.0, 0.1, 3.0, 5.0, 0.2, 0.8, float("nan")
    return [
        ChannelQuality(name, state, describe(reason, 0.62), *figures, reason=reason)
        for name in NAMES
        for state, reason in (wrong.get(name, good),)
    ]


def impedances() -> list[ChannelQuality]:
    """Return the impedances of a cap: one electrode is off, two need more gel."""
    kohm = dict(zip(NAMES, np.random.default_rng(2).uniform(5, 30, len(NAMES)), strict=True))
    kohm |= {"F4": 1240.0, "P3": 86.0, "O2": 64.0}
    return [replace(channel, impedance_kohm=float(kohm[channel.name])) for channel in quality()]


def recording(seconds: float) -> Recording:
    data = eeg(seconds)
    index = np.arange(len(data))
    return Recording(INFO, data, index / SFREQ, index, tuple(cues(seconds)), "simulated_eeg.fif")


def evaluation(seconds: float) -> EvaluationEvent:
    """Return the score of `predictions`."""
    found = predictions(seconds)
    trials = []
    for cue in cues(seconds):
        if cue.label not in CLASSES:
            continue
        stop = cue.time + CUE_S
        within = np.flatnonzero((found.times > cue.time + 2.0) & (found.times <= stop))
        shares = found.probabilities[within[-1]] if len(within) else None
        best = None if shares is None else int(np.argmax(shares))
        trials.append(
            EvaluatedTrial(
                label=cue.label,
                onset=cue.time,
                start=cue.time + 2.0,
                stop=stop,
                decision=None if best is None else CLASSES[best],
                confidence=None if best is None or shares is None else float(shares[best]),
            )
        )
    answered = [trial for trial in trials if trial.decision is not None]
    truth = np.array([trial.label for trial in answered])
    labels = np.array([trial.decision for trial in answered])
    accuracy = score_accuracy(truth, labels)
    return EvaluationEvent(
        recording="simulated_eeg.fif",
        model="simulated",
        simulated=True,
        classes=CLASSES,
        trial_accuracy=AccuracyFigure(**asdict(accuracy)),
        confusion=tuple(map(tuple, confusion(truth, labels, CLASSES))),
        window_accuracy=accuracy.value,
        window_chance=accuracy.chance,
        window_p_value=accuracy.p_value,
        n_windows=len(found.times),
        itr_bits_per_min=0.0,
        threshold=0.7,
        trials_without_window=len(trials) - len(answered),
        trials=tuple(trials),
    )


def timing() -> TimingReport:
    """Return the delays of a hundred flashes."""
    rng = np.random.default_rng(2)
    delays = Delays(
        np.cumsum(rng.uniform(0.4, 0.8, 100)), rng.normal(0.0231, 0.0012, 100), 100, 100
    )
    frames = FrameSummary(3712, 0, 0, 60.0, 0.0001, 0.0003, PacedBy.VERTICAL_SYNC)
    return TimingReport(
        "DP-1", "simulator:diode", 1000.0, True, delays, figures_of(delays, 60.0), frames
    )
