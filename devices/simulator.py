"""A simulated motor-imagery subject: EEG that a decoder can learn from, seeded.

Not a model of a brain: a background with a 1/f spectrum, alpha over the occiput, a mu rhythm
under C3 and C4 that desynchronises over the hemisphere opposite to the imagined hand
(Pfurtscheller and Lopes da Silva, Clin. Neurophysiol. 110 (1999) 1842-1857), blinks, line noise
and drifting electrode offsets.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.electrodes import standard_position
from bci.types import Channel, Marker, Recording, StreamInfo

Array = NDArray[np.float64]

CH_NAMES = (
    "Fp1", "Fp2", "F3", "F4", "FC3", "FC4", "C3", "Cz", "C4", "CP3", "CP4", "P3", "Pz", "P4",
    "O1", "O2",
)  # fmt: skip
LEFT, RIGHT, REST = "left", "right", "rest"


@dataclass(frozen=True)
class SubjectSettings:
    """What one simulated subject is like, and how a run is made.

    Amplitudes are rms at the nearest electrode, in microvolts.
    """

    seed: int = 1
    sfreq: float = 250.0
    trials_per_class: int = 15
    cue_s: float = 4.0
    rest_s: tuple[float, float] = (3.5, 4.5)
    background_uv: float = 9.0
    mu_uv: float = 7.0
    mu_hz: float = 10.5
    alpha_uv: float = 9.0
    alpha_hz: float = 9.5
    desynchronisation: tuple[float, float] = (0.3, 0.8)
    blink_uv: float = 180.0
    blinks_per_min: float = 15.0
    line_uv: float = 4.0
    line_hz: float = 50.0
    offset_uv: float = 4000.0


def simulate_run(settings: SubjectSettings, run: int) -> Recording:
    """One run of cued trials; the same settings and run give the same bits.

    Parameters
    ----------
    settings : SubjectSettings
    run : int
        Number of the run; every run has its own noise, order of cues and pauses.
    """
    rng = np.random.default_rng([settings.seed, run])
    sfreq = settings.sfreq
    cues = _draw_cues(settings, rng)
    duration = cues[-1].time + settings.cue_s + settings.rest_s[1]
    n = round(duration * sfreq)
    electrodes = np.array([standard_position(name) for name in CH_NAMES])
    signal = _background(settings, n, electrodes, rng)
    signal += _mu(settings, n, cues, electrodes, rng)
    occiput = _spread(electrodes, electrodes[[CH_NAMES.index("O1"), CH_NAMES.index("O2")]].mean(0))
    alpha = _rhythm(n, sfreq, settings.alpha_hz, 1.0, rng) * settings.alpha_uv
    signal += occiput[:, None] * alpha
    signal += _blinks(settings, n, electrodes, rng)
    time = np.arange(n) / sfreq
    phases = rng.uniform(0, 0.6, (len(CH_NAMES), 1))
    gains = settings.line_uv * rng.uniform(0.5, 1.5, (len(CH_NAMES), 1))
    signal += gains * np.sqrt(2) * np.sin(2 * np.pi * settings.line_hz * time + phases)
    signal += rng.normal(0, settings.offset_uv, (len(CH_NAMES), 1))
    signal += np.cumsum(rng.normal(0, 0.3, signal.shape), axis=1)
    channels = tuple(Channel(name, "eeg", "uV", standard_position(name)) for name in CH_NAMES)
    markers = [Marker(0.0, REST)]
    for cue in cues:
        markers += [cue, Marker(cue.time + settings.cue_s, REST)]
    name = f"simulated-{settings.seed}-run-{run:02d}"
    return Recording(
        info=StreamInfo(name, "EEG", sfreq, channels, f"simulator-{name}", simulated=True),
        data=np.ascontiguousarray(signal.T, dtype=np.float32),
        timestamps=time,
        indices=np.arange(n),
        markers=tuple(markers),
        source=name,
    )


def write_run(recording: Recording, path: Path) -> None:
    """Write a simulated run as FIF, with montage and annotations; says that it is simulated."""
    import mne

    info = mne.create_info(list(recording.info.ch_names), recording.info.sfreq, "eeg")
    raw = mne.io.RawArray(recording.data.T * 1e-6, info, verbose="error")
    raw.set_montage("colin27_1005", verbose="error")
    raw.info["description"] = "simulated motor-imagery EEG: no human subject"
    onsets = [marker.time for marker in recording.markers]
    labels = [marker.label for marker in recording.markers]
    raw.set_annotations(mne.Annotations(onsets, [0.0] * len(onsets), labels), verbose="error")
    path.parent.mkdir(parents=True, exist_ok=True)
    raw.save(path, fmt="single", verbose="error")


def write_subject(folder: Path, seed: int, n_runs: int = 3) -> list[Path]:
    """Write a subject's runs, named as in BIDS; files that are there are left as they are."""
    settings = SubjectSettings(seed=seed)
    paths = []
    for run in range(1, n_runs + 1):
        path = folder / f"sub-simulated{seed}_task-motorimagery_run-{run:02d}_eeg.fif"
        if not path.exists():
            write_run(simulate_run(settings, run), path)
        paths.append(path)
    return paths


def _draw_cues(settings: SubjectSettings, rng: np.random.Generator) -> list[Marker]:
    labels = rng.permutation([LEFT, RIGHT] * settings.trials_per_class)
    pauses = rng.uniform(*settings.rest_s, len(labels))
    onsets = np.cumsum(pauses) + settings.cue_s * np.arange(len(labels))
    return [Marker(float(t), str(label)) for t, label in zip(onsets, labels, strict=True)]


def _background(
    settings: SubjectSettings, n: int, electrodes: Array, rng: np.random.Generator
) -> Array:
    """Pink noise of sources all over the scalp, and a little of each electrode's own."""
    directions = rng.normal(size=(40, 3))
    directions[:, 2] = np.abs(directions[:, 2])
    radius = np.linalg.norm(electrodes, axis=1).mean()
    sources = radius * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    mixing = np.stack([_spread(electrodes, source) for source in sources], axis=1)
    mixing /= np.sqrt((mixing**2).sum(axis=1, keepdims=True))
    own = rng.normal(0, 1.0, (len(electrodes), n))
    return settings.background_uv * mixing @ _pink(40, n, settings.sfreq, rng) + own


def _mu(
    settings: SubjectSettings,
    n: int,
    cues: list[Marker],
    electrodes: Array,
    rng: np.random.Generator,
) -> Array:
    """The mu rhythm of both hemispheres, weaker opposite to the imagined hand."""
    total = np.zeros((len(electrodes), n))
    for electrode, contralateral in (("C3", RIGHT), ("C4", LEFT)):
        strength = np.ones(n)
        for cue in cues:
            depth = rng.uniform(*settings.desynchronisation)
            depth *= 1.0 if cue.label == contralateral else 0.3
            _weaken(strength, cue.time, settings.cue_s, depth, settings.sfreq)
        rhythm = _rhythm(n, settings.sfreq, settings.mu_hz, 1.0, rng)
        # A weaker harmonic gives the rhythm its comb shape and the beta band its share.
        beta = 0.35 * _rhythm(n, settings.sfreq, 2 * settings.mu_hz, 2.0, rng)
        weights = _spread(electrodes, electrodes[CH_NAMES.index(electrode)])
        total += weights[:, None] * (settings.mu_uv * strength * (rhythm + beta))
    return total


def _weaken(strength: Array, onset: float, length: float, depth: float, sfreq: float) -> None:
    """Lower the amplitude from 0.3 s after the cue on, over half a second, until its end."""
    start, stop = round((onset + 0.3) * sfreq), round((onset + length) * sfreq)
    ramp = round(0.5 * sfreq)
    course = np.ones(stop - start + ramp)
    course[:ramp] = np.linspace(0, 1, ramp)
    course[-ramp:] = np.linspace(1, 0, ramp)
    end = min(stop + ramp, len(strength))
    strength[start:end] *= 1.0 - depth * course[: end - start]


def _blinks(
    settings: SubjectSettings, n: int, electrodes: Array, rng: np.random.Generator
) -> Array:
    sfreq = settings.sfreq
    rate = settings.blinks_per_min / 60.0
    onsets = np.cumsum(
        0.8 + rng.exponential(1.0 / rate - 0.8, size=round(2 * rate * n / sfreq) + 8)
    )
    shape = np.hanning(round(0.35 * sfreq))
    course = np.zeros(n + len(shape))
    for onset in onsets[onsets * sfreq < n]:
        at = round(onset * sfreq)
        course[at : at + len(shape)] += settings.blink_uv * rng.uniform(0.7, 1.3) * shape
    eyes = electrodes[[CH_NAMES.index("Fp1"), CH_NAMES.index("Fp2")]].mean(0)
    return _spread(electrodes, eyes, width=0.035)[:, None] * course[:n]


def _spread(electrodes: Array, source: Array, width: float = 0.04) -> Array:
    """How strongly a source under ``source`` shows at each electrode: 1 at the nearest."""
    distance = np.linalg.norm(electrodes - source, axis=1)
    weights = np.exp(-0.5 * (distance / width) ** 2)
    return np.asarray(weights / weights.max())


def _pink(n_sources: int, n: int, sfreq: float, rng: np.random.Generator) -> Array:
    """Noise with a 1/f power spectrum above 0.5 Hz, of unit rms."""
    spectrum = np.fft.rfft(rng.normal(size=(n_sources, n)), axis=1)
    freqs = np.fft.rfftfreq(n, 1 / sfreq)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(freqs, 0.5)), n, axis=1)
    return np.asarray(noise / noise.std(axis=1, keepdims=True))


def _rhythm(n: int, sfreq: float, freq: float, width: float, rng: np.random.Generator) -> Array:
    """A rhythm that waxes and wanes: noise around one frequency, of unit rms."""
    freqs = np.fft.rfftfreq(n, 1 / sfreq)
    shape = np.exp(-0.5 * ((freqs - freq) / width) ** 2)
    rhythm = np.fft.irfft(np.fft.rfft(rng.normal(size=n)) * shape, n)
    return np.asarray(rhythm / rhythm.std())
