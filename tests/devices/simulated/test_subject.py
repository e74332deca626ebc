from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import welch

import decoders
from bci.evaluation.pseudo_online import evaluate
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.signals import Recording
from bci.training.calibrate import calibrate
from devices.simulated.subject import (
    CH_NAMES,
    TASKS,
    SubjectSettings,
    simulate_run,
    write_run,
    write_subject,
)


@pytest.fixture(scope="module")
def run() -> Recording:
    return simulate_run(SubjectSettings(), 1)


def spectrum(recording: Recording, electrode: str) -> tuple[np.ndarray, np.ndarray]:
    channel = recording.data[:, CH_NAMES.index(electrode)]
    return welch(channel - channel.mean(), recording.info.sfreq, nperseg=1000)


def band_power(recording: Recording, electrode: str, cue: str) -> float:
    """Mean 9-12 Hz power in the cues of one class."""
    powers = []
    channel = recording.data[:, CH_NAMES.index(electrode)]
    for marker in recording.markers:
        if marker.label == cue:
            start = round((marker.time + 1) * recording.info.sfreq)
            freqs, power = welch(channel[start : start + 750], recording.info.sfreq, nperseg=250)
            powers.append(power[(freqs >= 9) & (freqs <= 12)].mean())
    return float(np.mean(powers))


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    few = SubjectSettings(trials_per_class=2)
    once, again = simulate_run(few, 1), simulate_run(few, 1)
    assert (again.data.tobytes(), again.markers) == (once.data.tobytes(), once.markers)
    assert simulate_run(few, 2).data.tobytes() != once.data.tobytes()
    assert simulate_run(replace(few, seed=2), 1).data.tobytes() != once.data.tobytes()


def test_a_run_that_another_process_wrote_meanwhile_is_no_error(tmp_path: Path) -> None:
    run = simulate_run(SubjectSettings(trials_per_class=1), 1)
    file = tmp_path / "sub-simulated1_task-motorimagery_run-01_eeg.fif"
    for _ in range(2):
        write_run(run, file)
    assert read_recording(file).data.shape == run.data.shape
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.slow
def test_it_reports_that_it_is_simulated_and_is_of_plausible_size(run: Recording) -> None:
    assert run.info.simulated
    freqs, power = spectrum(run, "Cz")
    rms = np.sqrt(np.trapezoid(power[(freqs > 1) & (freqs < 40)], dx=freqs[1]))
    assert 5 < rms < 40


def test_the_spectrum_falls_and_has_alpha_mu_and_the_power_line(run: Recording) -> None:
    freqs, occipital = spectrum(run, "O1")
    at = lambda hz: occipital[np.argmin(np.abs(freqs - hz))]  # noqa: E731
    assert at(3) > 3 * at(30)
    assert at(9.5) > 3 * at(6)
    assert at(50) > 10 * at(45)
    freqs, central = spectrum(run, "C3")
    around = (freqs > 8) & (freqs < 13)
    assert freqs[around][central[around].argmax()] == pytest.approx(10.5, abs=1.0)


def test_mu_falls_over_the_hemisphere_opposite_to_the_hand(run: Recording) -> None:
    assert band_power(run, "C3", "right") < 0.75 * band_power(run, "C3", "left")
    assert band_power(run, "C4", "left") < 0.75 * band_power(run, "C4", "right")


def test_blinks_are_frontal(run: Recording) -> None:
    largest = np.ptp(run.data - np.median(run.data, axis=0), axis=0)
    assert largest[CH_NAMES.index("Fp1")] > 1.5 * largest[CH_NAMES.index("Pz")]


def test_cues_are_balanced_and_between_rests(run: Recording) -> None:
    labels = [marker.label for marker in run.markers]
    assert (labels.count("left"), labels.count("right")) == (15, 15)
    assert set(labels[::2]) == {"rest"}


@pytest.mark.long
def test_a_decoder_generalises_to_a_later_run_but_not_perfectly(tmp_path: Path) -> None:
    *training, test = [read_recording(path) for path in write_subject(tmp_path, seed=1)]
    profile = load_profile("motor-imagery")
    trained = calibrate(training, profile, lambda: decoders.create("tangent-space"), "sim")
    assert 0.75 <= trained.card.score.accuracy <= 0.98
    assert trained.card.simulated
    accuracy = evaluate(trained.card, trained.decoder, test, 0.7).trial_accuracy
    assert accuracy.value >= 0.75
    assert accuracy.p_value < 0.01


def test_runs_that_are_there_are_left_as_they_are(tmp_path: Path) -> None:
    first = tmp_path / "sub-simulated1_task-motorimagery_run-01_eeg.fif"
    first.write_text("is there")
    assert write_subject(tmp_path, seed=1, n_runs=1) == [first]
    assert first.read_text() == "is there"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "kinds", "unit", "sfreq"),
    [
        ("emotion", {"eeg"}, "uV", 128),
        ("speech", {"seeg"}, "uV", 1000),
        ("images", {"mag", "grad"}, "T", 250),
    ],
)
def test_every_task_is_read_back_with_its_sensors_and_cues(
    tmp_path: Path, task: str, kinds: set[str], unit: str, sfreq: float
) -> None:
    settings = SubjectSettings(task=task, trials_per_class=1)
    made = simulate_run(settings, 2)
    write_run(made, tmp_path / "run_meg.fif")
    read = read_recording(tmp_path / "run_meg.fif")
    assert read.info.simulated
    assert read.info.sfreq == sfreq
    assert {c.kind for c in read.info.channels} == kinds
    assert read.info.channels[0].unit == unit
    assert all(c.position is not None for c in read.info.channels)
    assert [m.label for m in read.markers] == [m.label for m in made.markers]
    np.testing.assert_allclose(read.data, made.data, rtol=1e-5)
    first = set(TASKS[task].scenario(made.info.channels, 1).labels)
    shown = {m.label for m in made.markers}
    assert shown & first == (first if task == "speech" else set())
