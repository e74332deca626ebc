"""The simulator as a live device: what it says of itself, what can be learnt, its faults."""

import threading
import uuid
from itertools import pairwise

import numpy as np
import pytest
from pylsl import local_clock
from scipy.signal import welch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import RidgeCV

from bci.errors import DeviceError
from bci.lsl.cue_listener import GUIDED
from bci.lsl.device_stream import stream_device
from bci.lsl.inlet import SignalInlet
from bci.lsl.marker_inlet import MarkerInlet
from bci.lsl.outlet import MarkerOutlet
from bci.signals import Chunk, Marker
from bci.stimulus.onsets import SensorSignal, find_onsets
from devices.catalogue import create
from devices.simulated import montages, scenarios
from devices.simulated.signal import SimulatedSignal
from devices.simulated.simulator import SimulatorDevice, SimulatorSettings
from tests.streams import find, wait_until


class SteppedClock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def play(seconds: float, step_s: float = 0.05, **settings: object) -> tuple[
    list[Chunk], list[Marker], SimulatorDevice
]:  # fmt: skip
    """Run the simulator on a clock of our own, so that no time passes."""
    clock = SteppedClock()
    device = SimulatorDevice(SimulatorSettings(**settings), clock)
    device.open()
    chunks: list[Chunk] = []
    markers: list[Marker] = []
    for _ in range(round(seconds / step_s) + 1):
        try:
            reading = device.read(0.0)
        except DeviceError:
            clock.now += settings["disconnect_s"]
            device.open()
            continue
        chunks += [chunk for _, chunk in reading.chunks]
        markers += reading.markers
        clock.now += step_s
    return chunks, markers, device


@pytest.mark.parametrize(
    ("modality", "channels", "kinds"),
    [
        ("eeg", 64, {"eeg": 64}),
        ("eeg", 400, {"eeg": 400}),
        ("meg", 16, {"mag": 102, "grad": 204}),
        ("seeg", 100, {"seeg": 100}),
    ],
)
def test_it_describes_its_sensors_and_reports_that_it_is_simulated(
    modality: str, channels: int, kinds: dict[str, int]
) -> None:
    device = SimulatorDevice(SimulatorSettings(modality=modality, channels=channels))
    (info,) = device.describe()
    assert info.simulated
    found = [channel.kind for channel in info.channels]
    assert {kind: found.count(kind) for kind in set(found)} == kinds
    assert len(set(info.ch_names)) == info.n_channels
    assert all(channel.position and channel.unit != "unknown" for channel in info.channels)


@pytest.mark.parametrize("step_s", [0.01, 0.07])
def test_diode_flashes_after_each_marker_by_its_delay(step_s: float) -> None:
    clock = SteppedClock()
    settings = SimulatorSettings(
        channels=4, sfreq=1000.0, diode=True, diode_delay_s=0.03, diode_jitter_s=0.002
    )
    device = SimulatorDevice(settings, clock)
    device.open()
    (info,) = device.describe()
    assert info.simulated
    assert info.ch_names[-1] == "diode"
    sent, chunks = [1000.5, 1001.1, 1001.9], []
    while clock.now < 1003.0:
        # A marker arrives a tenth of a second late, and is still in time.
        due = [time for time in sent if time + 0.1 <= clock.now]
        sent = [time for time in sent if time not in due]
        device.follow(True, [Marker(time, "patch") for time in due])
        device.follow(True, [Marker(clock.now, "frames/dropped/1")])
        chunks += [chunk for _, chunk in device.read(0.0).chunks]
        clock.now += step_s
    light = np.concatenate([chunk.data[:, -1] for chunk in chunks])
    times = np.concatenate([chunk.timestamps for chunk in chunks])
    onsets = find_onsets(SensorSignal("diode", light, times, 1000.0))
    assert device.diode is not None
    expected = np.array([1000.5, 1001.1, 1001.9]) + device.diode.delays
    np.testing.assert_allclose(onsets, expected, atol=3e-4)


def test_contacts_of_a_shaft_are_in_line_and_evenly_apart() -> None:
    channels = montages.seeg(24)
    assert [c.name for c in channels[10:14]] == ["A11", "A12", "B1", "B2"]
    steps = np.diff(montages.positions(channels[:12]), axis=0)
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), 0.0035, atol=1e-5)


@pytest.mark.parametrize("step_s", [0.013, 0.5])
def test_the_same_seed_gives_the_same_bits_however_it_is_read(step_s: float) -> None:
    expected, cues, _ = play(6.0)
    chunks, again, _ = play(6.0, step_s)
    n = 1400
    joined = [np.concatenate([c.data for c in given])[:n] for given in (expected, chunks)]
    assert joined[0].tobytes() == joined[1].tobytes()
    assert [m for m in again if m.time < 1005] == [m for m in cues if m.time < 1005]


@pytest.mark.slow
def test_sensors_see_signals_of_the_size_that_theirs_see() -> None:
    for modality, kind, low, high in (
        ("eeg", "eeg", 3e0, 5e1), ("meg", "mag", 3e-14, 1e-12), ("meg", "grad", 1e-12, 3e-11),
        ("seeg", "seeg", 1e1, 3e2),
    ):  # fmt: skip
        chunks, _, device = play(8.0, modality=modality, sfreq=500.0)
        rows = [i for i, c in enumerate(device.describe()[0].channels) if c.kind == kind]
        freqs, power = welch(np.concatenate([c.data for c in chunks])[:, rows], 500.0, axis=0)
        band = power[(freqs > 2) & (freqs < 40)].sum(axis=0) * freqs[1]
        assert low < np.sqrt(np.median(band)) < high


def trials_of(
    task: str, n_trials: int, sfreq: float, length_s: float, seed: int = 3
) -> tuple[np.ndarray, list[str]]:
    """Trials (n_trials, n_samples, n_channels) of a task's usual sensors, and their labels."""
    channels = montages.eeg(32) if task == "emotion" else montages.meg()
    if task == "speech":
        channels = montages.seeg(60)
    scenario = {
        "emotion": lambda: scenarios.emotion(trial_s=4.0),
        "speech": lambda: scenarios.speech(montages.positions(channels)),
        "images": scenarios.images,
        "images, induced": lambda: scenarios.images(is_induced=True),
    }[task]()
    signal = SimulatedSignal(channels, sfreq, scenario, seed)
    blocks, cues, n, n_made = [], [], round(length_s * sfreq), 0
    for block, markers in signal.blocks():
        blocks.append(block)
        n_made += len(block)
        cues += [m for m in markers if m.label != scenarios.REST]
        if len(cues) > n_trials and n_made > (cues[n_trials].time) * sfreq + n:
            break
    data = np.concatenate(blocks)
    starts = [round(m.time * sfreq) for m in cues[:n_trials]]
    return np.stack([data[s : s + n] for s in starts]), [m.label for m in cues[:n_trials]]


def log_power(trials: np.ndarray, sfreq: float, bands: list[tuple[float, float]]) -> np.ndarray:
    freqs, power = welch(trials, sfreq, nperseg=min(256, trials.shape[1]), axis=1)
    parts = [np.log(power[:, (freqs >= low) & (freqs < high)].sum(axis=1)) for low, high in bands]
    return np.concatenate(parts, axis=1)


@pytest.mark.long
def test_valence_and_arousal_can_be_learnt_from_band_power() -> None:
    trials, labels = trials_of("emotion", 100, 128.0, 4.0)
    X = log_power(trials, 128.0, [(8, 13), (18, 30)])
    for axis in ("valence", "arousal"):
        level = np.array([int(label.split(f"{axis}-")[1][0]) for label in labels], float)
        # Rounds of the same 25 films: later ones are predicted from earlier ones.
        model = RidgeCV(np.logspace(0, 4, 9)).fit(X[:75], level[:75])
        assert np.corrcoef(model.predict(X[75:]), level[75:])[0, 1] > 0.5


@pytest.mark.long
def test_words_can_be_learnt_from_high_gamma() -> None:
    trials, labels = trials_of("speech", 200, 500.0, 1.0)
    quarters = [log_power(part, 500.0, [(70, 120)]) for part in np.split(trials[:, 100:475], 3, 1)]
    X = np.concatenate(quarters, axis=1)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(X[:150], labels[:150])
    # Ten words: chance is 0.1, and with 50 trials 0.22 is beyond the 99th percentile.
    assert model.score(X[150:], labels[150:]) > 0.3


def told_of_new_images(X: np.ndarray, labels: list[str]) -> float:
    """Mean correlation of what ridge says of ten images that it has not seen with the truth."""
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    vectors = np.stack([scenarios.image_vector(label) for label in labels])
    held_out = np.isin(labels, [f"image-{i:04d}" for i in range(1, 11)])
    model = RidgeCV(np.logspace(3, 7, 9)).fit(X[~held_out], vectors[~held_out])
    said = model.predict(X[held_out])
    return float(
        np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(said, vectors[held_out], strict=True)])
    )


@pytest.mark.long
def test_the_vector_of_a_new_image_can_be_learnt_from_meg() -> None:
    trials, labels = trials_of("images", 200, 250.0, 0.5)
    evoked = trials - trials[:, :10].mean(axis=1, keepdims=True)
    assert told_of_new_images(evoked[:, 10::5].reshape(len(trials), -1), labels) > 0.3


@pytest.mark.long
def test_an_induced_response_depends_on_the_image_by_power_alone() -> None:
    trials, labels = trials_of("images, induced", 200, 250.0, 0.5)
    assert abs(told_of_new_images(trials[:, 10::2].reshape(len(trials), -1), labels)) < 0.15
    bands = [(16.0, 28.0), (32.0, 44.0)]
    parts = np.array_split(trials[:, 20:], 4, axis=1)
    X = np.concatenate([log_power(part, 250.0, bands) for part in parts], axis=1)
    assert told_of_new_images(X, labels) > 0.3


def told(
    task: str,
    cues: list[tuple[float, str]],
    seconds: float,
    late: tuple[tuple[float, Marker], ...] = (),
    **settings: object,
) -> tuple[np.ndarray, list[str], SimulatorDevice]:
    """The signal of a person who is given cues at these times, and its own markers.

    ``late`` are markers of earlier times, each with when it comes.
    """
    clock = SteppedClock()
    device = SimulatorDevice(SimulatorSettings(task=task, **settings), clock)
    device.open()
    coming = sorted([*((at, Marker(at, label)) for at, label in cues), *late])
    chunks, labels = [], []
    while (now := clock.now - 1000.0) < seconds:
        due = [m._replace(time=1000.0 + m.time) for comes, m in coming if comes <= now]
        coming = coming[len(due) :]
        device.follow(True, due)
        reading = device.read(0.0)
        chunks += [chunk.data for _, chunk in reading.chunks]
        labels += [marker.label for marker in reading.markers]
        clock.now += 0.01
    return np.concatenate(chunks), labels, device


def test_a_person_who_is_given_cues_follows_those_and_gives_none_of_its_own() -> None:
    trials = [(2.0 + 6.0 * k, label) for k, label in enumerate(["left", "right", "right", "left"])]
    ends = [(at + 3.0, "rest") for at, _ in trials]
    data, labels, device = told("motor-imagery", sorted([*trials, *ends]), 27.0)
    assert labels == ["rest"]
    names = device.describe()[0].ch_names
    for at, label in trials:
        hand = {"left": ("C4", "C3"), "right": ("C3", "C4")}[label]
        during, after = (
            [mu_power(data[:, names.index(name)], begin) for name in hand]
            for begin in (at + 1.0, at + 3.7)
        )
        assert during[0] < 0.7 * after[0], label
        assert during[0] / after[0] < during[1] / after[1]


def mu_power(signal: np.ndarray, begin: float) -> float:
    """9-12 Hz power in two seconds of a signal at 250 Hz."""
    part = signal[round(begin * 250) : round((begin + 2.0) * 250)]
    freqs, power = welch(part, 250.0, nperseg=250)
    return float(power[(freqs >= 9) & (freqs <= 12)].mean())


def test_its_own_cues_wait_while_there_are_others() -> None:
    clock = SteppedClock()
    device = SimulatorDevice(SimulatorSettings(channels=2), clock)
    device.open()
    came: list[Marker] = []
    for step in range(3200):
        # In its second trial others begin, and are there for ten seconds.
        device.follow(1350 <= step < 2350, [])
        came += device.read(0.0).markers
        clock.now += 0.01
    own = play(25.0, channels=2)[1]
    at = [marker.time for marker in came]
    assert at[:4] == [marker.time for marker in own[:4]]
    assert came[4] == (pytest.approx(1013.5, abs=0.11), "rest")
    third = next(marker for marker in own if marker.time > 1017.0)
    assert came[5] == (pytest.approx(third.time + 10.0, abs=0.21), third.label)


@pytest.mark.parametrize(
    ("task", "cue", "means"),
    [
        ("motor-imagery", "feet", None),
        ("emotion", "clip-joyful", "valence-5/arousal-4"),
        ("emotion", "clip-beach valence-4 arousal-2", "clip-beach valence-4 arousal-2"),
        ("emotion", "clip-holiday", None),
        ("speech", "word-yes", "yes"),
        ("speech", "rest", None),
        ("images", "my picture", "my picture"),
        ("images", "interrupted", None),
    ],
)
def test_a_person_understands_the_cues_of_its_task(task: str, cue: str, means: str | None) -> None:
    scenario = {
        "motor-imagery": scenarios.motor_imagery,
        "emotion": scenarios.emotion,
        "speech": lambda: scenarios.speech(montages.positions(montages.seeg(12))),
        "images": scenarios.images,
    }[task]()
    assert scenario.asked_by(cue) == means


def test_a_marker_that_is_sent_late_asks_for_nothing() -> None:
    cues = [(2.0, "clip-x"), (6.0, "rating"), (6.5, "rest")]
    # What was felt is said when it is over, with the time at which it began.
    late = ((6.4, Marker(2.0, "film-x/valence-5/arousal-5")),)
    with_it, without = (told("emotion", cues, 10.0, given, channels=4)[0] for given in (late, ()))
    assert with_it.tobytes() == without.tobytes()


@pytest.mark.slow
def test_the_cues_of_a_guided_calibration_are_followed_and_left_over_lsl() -> None:
    name = f"person-{uuid.uuid4().hex[:8]}"
    device = create("simulator", {"name": name, "channels": "2"})
    stop, said = threading.Event(), []
    player = threading.Thread(target=stream_device, args=(device, stop, 0.0, said.append))
    player.start()
    own = MarkerInlet(find(f"{name}-markers"))
    try:
        for _ in range(2):
            # Another each time: it has to be found again though the one before is gone.
            cues = MarkerOutlet(f"{name}-cues", f"{name}-cues", stream_type=GUIDED)
            wait_until(lambda: said and "follows the cues" in said[-1])
            cues.push(Marker(local_clock(), "left"))
            cues.close()
            wait_until(lambda: said and "own cues again" in said[-1])
        wait_until(lambda: {m.label for m in own.pull(0.02)} & {"left", "right"}, 20)
    finally:
        stop.set()
        player.join(5)
        own.close()
    assert not player.is_alive()
    assert len(said) == 4


def test_one_per_cent_of_drops_is_counted_exactly() -> None:
    chunks, _, device = play(120.0, drop=0.01, channels=2)
    seams = [b.first - a.end for a, b in pairwise(chunks)]
    assert sum(seams) == device.lost_samples > 0
    n_chunks = len(chunks) + device.lost_samples // len(chunks[0].data)
    assert 0.007 < device.lost_samples / len(chunks[0].data) / n_chunks < 0.013


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_clock_jump_moves_the_stamps_and_loses_nothing(jump: float) -> None:
    chunks, _, device = play(10.0, clock_jump_after_s=4.0, clock_jump_s=jump, channels=1)
    stamps = np.concatenate([c.timestamps for c in chunks])
    steps = np.diff(stamps)
    assert steps[999] == pytest.approx(jump + 0.004)
    assert np.delete(steps, 999) == pytest.approx(0.004)
    assert device.lost_samples == 0


def test_a_pause_a_railed_channel_and_a_pulled_plug() -> None:
    chunks, _, device = play(12.0, pause_after_s=2.0, pause_s=5.0, rail_after_s=8.0, channels=2)
    indices = np.concatenate([np.arange(c.first, c.end) for c in chunks])
    assert device.lost_samples == np.diff(indices).max() - 1 == 1250
    data = np.concatenate([c.data for c in chunks])
    assert (data[indices >= 2000, 0] == 187_500).all()
    assert data[indices < 2000].max() < 100_000
    chunks, _, device = play(12.0, disconnect_after_s=4.0, disconnect_s=3.0, channels=2)
    assert device.lost_samples == 750


@pytest.mark.slow
def test_unplugged_under_lsl_the_stream_stays_and_the_gap_is_seen() -> None:
    device = create(
        "simulator",
        {"name": "unplugged", "channels": "2", "disconnect_after_s": "4", "disconnect_s": "1.5"},
    )
    stop, said = threading.Event(), []
    player = threading.Thread(target=stream_device, args=(device, stop, 0.0, said.append))
    player.start()
    inlet = SignalInlet(find("unplugged"))
    try:
        wait_until(lambda: (inlet.pull(100, 0.02), inlet.stats.gaps)[1], 30)
        assert inlet.stats.lost_samples == device.lost_samples > 370
        assert inlet.stats.reconnects == 0
        assert [sentence.split(";")[0] for sentence in said[:1]] == [
            "unplugged: the simulated device was unplugged"
        ]
        assert "unplugged: back after" in said[1]
    finally:
        stop.set()
        player.join(2)
        inlet.close()
    assert not player.is_alive()


def test_a_wrong_parameter_is_named() -> None:
    with pytest.raises(DeviceError, match=r"simulator: channels: .*integer.* not 'many'"):
        create("simulator", {"channels": "many"})
    with pytest.raises(DeviceError, match=r"chanels: there is no such key; allowed here: .*drop"):
        create("simulator", {"chanels": "4"})
