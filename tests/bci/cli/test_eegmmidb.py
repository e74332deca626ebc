"""The main job on real people: EEGMMIDB, imagined left or right fist, runs 04 + 08 -> 12."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.evaluation.pseudo_online import evaluate
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.signals import Recording
from bci.training.calibrate import Calibration, calibrate


def read(folder: Path, subject: str, run: str) -> Recording:
    return read_recording(folder / subject / f"{subject}R{run}.edf")


@cache
def train(folder: Path, subject: str) -> Calibration:
    runs = [read(folder, subject, run) for run in ("04", "08")]
    profile = load_profile("motor-imagery-eegmmidb")
    return calibrate(runs, profile, lambda: decoders.create("tangent-space"), subject)


def accuracy(folder: Path, subject: str) -> float:
    trained = train(folder, subject)
    result = evaluate(trained.card, trained.decoder, read(folder, subject, "12"), 0.7)
    assert result.trial_accuracy.n == 15
    return result.trial_accuracy.value


@pytest.mark.long
def test_those_who_modulate_their_rhythm_are_decoded(eegmmidb: Path) -> None:
    scores = {subject: accuracy(eegmmidb, subject) for subject in ("S001", "S002", "S007")}
    assert scores["S007"] >= 0.9
    assert np.mean(list(scores.values())) >= 0.80


@pytest.mark.long
def test_those_who_do_not_stay_near_chance(eegmmidb: Path) -> None:
    # A score well above chance here would mean that labels leak.
    for subject in ("S003", "S005"):
        assert 0.25 <= accuracy(eegmmidb, subject) <= 0.75


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [1, 7, 32, 1000])
def test_predictions_on_a_real_run_do_not_depend_on_chunks(eegmmidb: Path, sizes: int) -> None:
    trained = train(eegmmidb, "S007")
    run = read(eegmmidb, "S007", "12")
    predictions = []
    for size in (4096, sizes):
        pipeline = Pipeline(trained.card.pipeline, run.info, trained.decoder)
        pushed = (pipeline.push(chunk) for chunk in run.chunks(size))
        predictions.append([(p.end, p.probabilities.tobytes()) for ps in pushed for p in ps])
    assert predictions[0] == predictions[1]
    assert len(predictions[0]) > 1000
