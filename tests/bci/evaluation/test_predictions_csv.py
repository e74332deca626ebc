import csv
from dataclasses import replace
from pathlib import Path

import pytest

import decoders
from bci.errors import RecordingError
from bci.evaluation.predictions_csv import predictions_table
from bci.evaluation.pseudo_online import evaluate
from bci.pipeline.filter_settings import Bandpass
from bci.profiles.paradigm import Paradigm, Rest
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import Profile
from bci.training.calibrate import calibrate
from bci.training.epochs import JudgedWindow
from tests.signals import stored, two_class_recording

PROFILE = Profile(
    task="test",
    pipeline=PipelineSettings(
        filters=[Bandpass(kind="bandpass", low_hz=8, high_hz=30)], window_s=1.0, hop_s=0.25
    ),
    paradigm=Paradigm(
        classes={"left": "left", "right": "right"}, rest=Rest(marker="rest"), stop_s=3.0
    ),
)


def run(folder: Path, seed: int):
    return stored(two_class_recording(n_trials=8, seed=seed), folder / f"run-{seed}")


def test_the_table_holds_every_prediction_of_the_evaluation_to_the_last_digit(
    tmp_path: Path,
) -> None:
    made = calibrate(
        [run(tmp_path, 1), run(tmp_path, 2)], PROFILE, lambda: decoders.create("log-power"), "me"
    )
    test = run(tmp_path, 3)
    told: list[JudgedWindow] = []
    file = tmp_path / "predictions.csv"
    with predictions_table(file, made.card.classes) as table:
        add = table("run 3")

        def watch(window: JudgedWindow) -> None:
            told.append(window)
            add(window)

        result = evaluate(made.card, made.decoder, test, 0.7, watch, evidence_s=1.0)
    assert result == evaluate(made.card, made.decoder, test, 0.7, evidence_s=1.0)
    with file.open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert list(rows[0]) == [
        "recording", "window_start_s", "time_s", "true_class", "label", "decision", "confidence",
        "p_left", "p_right",
    ]  # fmt: skip
    for row, window in zip(rows, told, strict=True):
        prediction, decision = window.prediction, window.decision
        assert float(row["time_s"]) == prediction.taken
        probabilities = float(row["p_left"]), float(row["p_right"])
        assert probabilities == tuple(prediction.probabilities)
        assert row["label"] == prediction.label
        assert row["true_class"] == (window.trial.label if window.trial else "")
        assert row["decision"] == (decision.label or "" if decision else "")
        assert row["confidence"] == (repr(decision.confidence) if decision else "")
    assert {row["decision"] for row in rows} == {"", "left", "right"}
    assert [row["confidence"] for row in rows[:4]] == ["", "", "", repr(told[3].decision[1])]
    assert sum(window.trial is not None for window in told) == result.n_windows
    assert len(result.trials) == 8
    right = sum(trial.decision == trial.label for trial in result.trials)
    assert right / 8 == result.trial_accuracy.value


def test_a_recording_without_cues_is_predicted_and_then_refused(tmp_path: Path) -> None:
    made = calibrate(
        [run(tmp_path, 1), run(tmp_path, 2)], PROFILE, lambda: decoders.create("log-power"), "me"
    )
    told: list[JudgedWindow] = []
    silent = replace(run(tmp_path, 3), markers=())
    with pytest.raises(RecordingError, match="no marker 'left'"):
        evaluate(made.card, made.decoder, silent, 0.7, told.append)
    assert len(told) > 100
    assert all(window.trial is None for window in told)


def test_a_recording_named_as_the_table_by_mistake_is_not_replaced(tmp_path: Path) -> None:
    precious = tmp_path / "run-03_eeg.fif"
    precious.write_bytes(b"signal")
    with (
        pytest.raises(RecordingError, match=r"ends in \.csv"),
        predictions_table(precious, ("left", "right")),
    ):
        pass
    assert precious.read_bytes() == b"signal"
