"""Tasks of a simulated person, and their effects on the signal.

They are no models of a brain. Each has an effect that decoders can detect, at the place and time
that the literature describes:

- motor imagery: the mu rhythm under C3 and C4 decreases in the hemisphere opposite to the hand
  (Pfurtscheller and Lopes da Silva, Clin. Neurophysiol. 110 (1999) 1842-1857);
- emotion: frontal alpha asymmetry follows valence; occipital alpha and temporal beta follow
  arousal. Alternatively, the frequency of alpha follows both;
- speech: each word is a sequence of high-gamma patterns over the contacts;
- images: the components of an evoked response, or of bursts of rhythms, follow a vector of the
  image.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import hadamard

Array = NDArray[np.float64]
Place = tuple[float, float, float]

LEFT, RIGHT, REST = "left", "right", "rest"
WORDS = ("yes", "no", "water", "help", "pain", "hot", "cold", "more", "stop", "home")
# Valence and arousal, 1 to 5, of moods that a cue may request.
MOODS = {
    "joyful": (5, 4), "excited": (4, 5), "content": (4, 2), "calm": (5, 1), "bored": (2, 1),
    "sad": (1, 2), "angry": (1, 5), "afraid": (2, 5), "tired": (3, 1), "surprised": (3, 4),
}  # fmt: skip
N_IMAGES = 40
IMAGE_DIMENSIONS = 12
_BURSTS_HZ = ((22.0, 6.0), (38.0, 6.0))  # centre and half width
# Prefix of words in the cues of a guided calibration, and its cues that are no picture.
_WORD = "word-"
_NO_PICTURES = (REST, "interrupted")
_RAMP_S = 0.5
_DELAY_S = 0.3


@dataclass(frozen=True, slots=True)
class SimulatedTrial:
    """One cue at ``onset``; ``strength``, 0 to 1, is how well the person follows it."""

    onset: float
    label: str
    strength: float


@dataclass(frozen=True, slots=True)
class TaskSource:
    """A source that follows the task.

    ``gain(label, t, strength)`` is its relative amplitude ``t`` seconds after a cue, ``idle`` that
    before the first cue. ``rhythm`` is its centre and half width in hertz. None means an evoked
    response, whose time course is the gain itself. ``amplitude_uv`` is the rms at the nearest
    sensor, in microvolts of scalp EEG. ``also`` has further places with the same time course, each
    with its weight.
    """

    place: Place
    width_m: float
    amplitude_uv: float
    rhythm: tuple[float, float] | None
    idle: float
    gain: Callable[[str, Array, float], Array]
    also: tuple[tuple[Place, float], ...] = ()


def _nothing(_label: str) -> None:
    """Return None: no cue of another program has a meaning."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A task: its labels, the length of a trial, the range of pauses, and its sources.

    ``understands`` converts a cue that is none of the labels to the requested class; None if it has
    no meaning. With ``overlaps``, responses to successive cues add up. ``own`` yields the person's
    own trials without end, if they are more than labels in random order. With ``sustained``, the
    response to another program's cue lasts until the next cue.
    """

    task: str
    labels: tuple[str, ...]
    trial_s: float
    pause_s: tuple[float, float]
    sources: tuple[TaskSource, ...]
    marks_rest: bool = True
    in_order: bool = False  # True if a round has the labels in the listed order
    understands: Callable[[str], str | None] = _nothing
    overlaps: bool = False
    own: "Callable[[np.random.Generator], Iterator[SimulatedTrial]] | None" = None
    sustained: bool = False

    def asked_by(self, label: str) -> str | None:
        """Return the class that another program's cue requests; None for rest."""
        return label if label in self.labels else self.understands(label)

    def trials(self, rng: np.random.Generator, per_label: int) -> Iterator[SimulatedTrial]:
        """Yield trials without end, in rounds with ``per_label`` trials of each label."""
        if self.own is not None:
            yield from self.own(rng)
        time = 0.0
        while True:
            round_ = list(self.labels) * per_label
            order = round_ if self.in_order else rng.permutation(round_).tolist()
            for label in order:
                time += float(rng.uniform(*self.pause_s))
                yield SimulatedTrial(time, str(label), float(rng.uniform()))
                time += self.trial_s


def motor_imagery(
    mu_uv: float = 7.0,
    mu_hz: float = 10.5,
    alpha_uv: float = 9.0,
    alpha_hz: float = 9.5,
    desynchronisation: tuple[float, float] = (0.3, 0.8),
    trial_s: float = 4.0,
    pause_s: tuple[float, float] = (3.5, 4.5),
) -> Scenario:
    """Make the scenario of imagined movement of the left or the right hand."""
    sources = [TaskSource(_OCCIPUT, 0.04, alpha_uv, (alpha_hz, 1.0), 1.0, _always(1.0))]
    for place, contralateral in ((_C3, RIGHT), (_C4, LEFT)):

        def gain(label: str, t: Array, strength: float, opposite: str = contralateral) -> Array:
            low, high = desynchronisation
            depth = low + (high - low) * strength
            depth *= 1.0 if label == opposite else 0.3
            return np.asarray(1.0 - depth * _plateau(t, trial_s))

        sources.append(TaskSource(place, 0.04, mu_uv, (mu_hz, 1.0), 1.0, gain))
        # A weaker harmonic gives the rhythm its arch shape and adds power in the beta band.
        sources.append(TaskSource(place, 0.04, 0.35 * mu_uv, (2 * mu_hz, 2.0), 1.0, gain))
    return Scenario("motor-imagery", (LEFT, RIGHT), trial_s, pause_s, tuple(sources))


def emotion(trial_s: float = 10.0, first_film: int = 1, within_band: bool = False) -> Scenario:
    """Make the scenario of films with levels of valence and arousal, 1 to 5.

    A label is ``film-07/valence-2/arousal-2``. With ``within_band``, no band's power follows the
    levels. Instead, power moves from the lower to the upper half of the alpha band, as if the
    rhythm became faster.
    """
    films = tuple(
        f"film-{i + first_film:02d}/valence-{v}/arousal-{a}"
        for i, (v, a) in enumerate(product(range(1, 6), repeat=2))
    )

    def following(axis: str, slope: float) -> Callable[[str, Array, float], Array]:
        def gain(label: str, t: Array, strength: float) -> Array:
            level = int(label.split(f"{axis}-")[1][0])
            change = slope * (level - 3) / 2 * (0.7 + 0.3 * strength)
            return np.asarray(np.exp(change * _plateau(t, trial_s)))

        return gain

    def moving(axis: str, up: int) -> Callable[[str, Array, float], Array]:
        def gain(label: str, t: Array, strength: float) -> Array:
            level = int(label.split(f"{axis}-")[1][0])
            moved = 0.5 * (level - 3) / 2 * (0.7 + 0.3 * strength) * _plateau(t, trial_s)
            return np.asarray(np.sqrt((1.0 + up * moved) / 2))

        return gain

    if within_band:
        places = ((_F3, 0.03, 6.0, "valence"), (_F4, 0.03, 6.0, "valence"),
                  (_OCCIPUT, 0.04, 9.0, "arousal"))  # fmt: skip
        sources = tuple(
            TaskSource(place, width_m, uv, (hz, 0.7), np.sqrt(0.5), moving(axis, up))
            for place, width_m, uv, axis in places
            for hz, up in ((9.0, -1), (12.5, 1))
        )
        return Scenario("emotion", films, trial_s, (2.0, 3.0), sources, understands=_feeling)
    sources = (
        TaskSource(_F3, 0.03, 6.0, (10.0, 1.5), 1.0, following("valence", -0.4)),
        TaskSource(_F4, 0.03, 6.0, (10.0, 1.5), 1.0, following("valence", 0.4)),
        TaskSource(_OCCIPUT, 0.04, 9.0, (10.0, 1.0), 1.0, following("arousal", -0.5)),
        TaskSource(_T7, 0.03, 2.0, (24.0, 5.0), 1.0, following("arousal", 0.6)),
        TaskSource(_T8, 0.03, 2.0, (24.0, 5.0), 1.0, following("arousal", 0.6)),
    )
    return Scenario("emotion", films, trial_s, (2.0, 3.0), sources, understands=_feeling)


def speech(
    places: Array, trial_s: float = 1.5, speaker: int = 0, is_distributed: bool = False
) -> Scenario:
    """Make the scenario of spoken words; ``places`` (n_contacts, 3) are the contacts' positions.

    A word has three syllables, each with some active sources: about half of ten sources, one at
    each of ten contacts. With ``is_distributed``, four of eight sources are active. Each of these
    has the same strength at the same eight contacts, with different signs. Then a contact has the
    same activity in all words, and only correlations between contacts distinguish words. The
    patterns depend on ``speaker``.
    """
    if is_distributed:
        shown = _at_ends_and_between(places, 8)
        signs = hadamard(8)
        amplitude = 4.0 / np.sqrt(8)
        spots = [tuple(zip(map(_place, shown), row, strict=True)) for row in signs]
    else:
        shown = _at_ends_and_between(places, 10)
        amplitude = 4.0
        spots = [((_place(place), 1.0),) for place in shown]
    syllable_s, n_syllables = 0.25, 3

    def active(label: str) -> NDArray[np.bool_]:
        """Mark the active sources of each syllable, (n_syllables, n_sources)."""
        of = f"{label}/{speaker}" if speaker else label
        code = _vector(of, n_syllables * len(spots)).reshape(n_syllables, -1)
        if is_distributed:
            return np.asarray(code.argsort(axis=1).argsort(axis=1) >= len(spots) // 2)
        return np.asarray(code > 0)

    def following(number: int) -> Callable[[str, Array, float], Array]:
        def gain(label: str, t: Array, strength: float) -> Array:
            now = np.floor((t - 0.2) / syllable_s).astype(int)
            spoken = (now >= 0) & (now < n_syllables)
            own = active(label)[np.clip(now, 0, n_syllables - 1), number]
            return np.asarray(0.4 + (1.2 + 0.8 * strength) * (spoken & own))

        return gain

    sources = tuple(
        TaskSource(spot[0][0], 0.006, amplitude, (95.0, 25.0), 0.4, following(i), spot[1:])
        for i, spot in enumerate(spots)
    )
    return Scenario(
        "speech", WORDS, trial_s, (0.8, 1.4), sources,
        understands=lambda label: label[len(_WORD) :] if label.startswith(_WORD) else None,
    )  # fmt: skip


def images(
    trial_s: float = 0.5,
    first_image: int = 1,
    latency_jitter_s: float = 0.0,
    amplitude_uv: float = 25.0,
    is_induced: bool = False,
    person: int = 0,
) -> Scenario:
    """Make the scenario of seen images, ``image-0001`` ...

    The evoked response is linear in `image_vector`. The positions of the sources depend on
    ``person``.

    With ``latency_jitter_s`` above 0, a weak response is also late, by up to this time, as with low
    contrast or attention. Then the time course of the same image differs between trials, which no
    linear map from the window can correct.

    With ``is_induced``, nothing is evoked. The vector sets the strength of bursts of fast rhythms
    with a random phase in each trial. Their mean over trials is zero, so that a linear map from the
    window finds nothing.
    """
    rng = np.random.default_rng(person)
    sources = []
    for number in range(IMAGE_DIMENSIONS):
        if is_induced:
            # Further apart, because they differ in place, time and frequency only.
            x, y, z = rng.normal(0, 0.04, 3) + _OCCIPUT
            rhythm = _BURSTS_HZ[number * len(_BURSTS_HZ) // IMAGE_DIMENSIONS]
            follows = _induced(number)
        else:
            x, y, z = rng.normal(0, 0.02, 3) + _OCCIPUT
            rhythm, follows = None, _evoked(number, latency_jitter_s)
        sources.append(TaskSource((x, y, z), 0.035, amplitude_uv, rhythm, 0.0, follows))
    labels = tuple(f"image-{i + first_image:04d}" for i in range(N_IMAGES))
    return Scenario(
        "images", labels, trial_s, (0.7, 0.9), tuple(sources), marks_rest=False,
        understands=lambda label: None if label in _NO_PICTURES else label,
    )  # fmt: skip


def _evoked(number: int, latency_jitter_s: float) -> Callable[[str, Array, float], Array]:
    latency, width = 0.09 + 0.025 * number, 0.03

    def course(label: str, t: Array, strength: float) -> Array:
        late = latency + latency_jitter_s * (1.0 - strength)
        bump = np.exp(-0.5 * ((t - late) / width) ** 2)
        return np.asarray((0.7 + 0.3 * strength) * image_vector(label)[number] * bump)

    return course


def _induced(number: int) -> Callable[[str, Array, float], Array]:
    latency, width = 0.15 + 0.03 * (number % (IMAGE_DIMENSIONS // len(_BURSTS_HZ))), 0.06

    def amplitude(label: str, t: Array, strength: float) -> Array:
        bump = np.exp(-0.5 * ((t - latency) / width) ** 2)
        return np.asarray((0.7 + 0.3 * strength) * np.exp(0.7 * image_vector(label)[number]) * bump)

    return amplitude


def image_vector(label: str) -> Array:
    """Make the vector of an image, (IMAGE_DIMENSIONS,), with about unit variance."""
    return _vector(label, IMAGE_DIMENSIONS)


# Positions under electrodes of the template head, in metres.
_C3: Place = (-0.0654, -0.0116, 0.0644)
_C4: Place = (0.0671, -0.0109, 0.0636)
_F3: Place = (-0.0502, 0.0531, 0.0422)
_F4: Place = (0.0518, 0.0543, 0.0408)
_T7: Place = (-0.0842, -0.0160, -0.0093)
_T8: Place = (0.0851, -0.0150, -0.0095)
_OCCIPUT: Place = (0.0002, -0.1123, 0.0088)


def _feeling(label: str) -> str | None:
    """Return the levels in a label, or those of the mood in it; None without either."""
    if re.search(r"valence-[1-5].*arousal-[1-5]", label):
        return label
    moods = [MOODS[word] for word in re.findall("[a-z]+", label.lower()) if word in MOODS]
    return "valence-{}/arousal-{}".format(*moods[0]) if moods else None


def _plateau(t: Array, length_s: float) -> Array:
    """Rise from 0 to 1 between 0.3 and 0.8 s, and fall to 0 in 0.5 s after the trial's end."""
    rise = np.clip((t - _DELAY_S) / _RAMP_S, 0, 1)
    return np.asarray(rise * np.clip((length_s + _RAMP_S - t) / _RAMP_S, 0, 1))


def _at_ends_and_between(places: Array, most: int) -> Array:
    return np.asarray(places[np.linspace(0, len(places) - 1, min(most, len(places))).astype(int)])


def _always(value: float) -> Callable[[str, Array, float], Array]:
    return lambda _label, t, _strength: np.full(len(t), value)


def _vector(label: str, n: int) -> Array:
    """Make ``n`` random numbers of a label, which are the same in every process."""
    return np.random.default_rng(zlib.crc32(label.encode())).standard_normal(n)


def _place(place: Array) -> Place:
    x, y, z = (float(value) for value in place)
    return x, y, z
