from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.calibration import calibrate
from bci.errors import RecordingError
from bci.evaluation import evaluate
from bci.filter_settings import Bandpass
from bci.predictions_table import PredictionsTable, read_predictions
from bci.profile import Paradigm, Profile
from bci.settings import PipelineSettings
from bci.trials import JudgedWindow
from tests.signals import stored, two_class_recording

PROFILE = Profile(
    task="test",
    pipeline=PipelineSettings(
        filters=[Bandpass(kind="bandpass", low_hz=8, high_hz=30)], window_s=1.0, hop_s=0.25
    ),
    paradigm=Paradigm(classes={"left": "left", "right": "right"}, rest="rest", stop_s=3.0),
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
    with PredictionsTable(file, made.card.classes) as table:
        add = table.of("run 3")

        def watch(window: JudgedWindow) -> None:
            told.append(window)
            add(window)

        result = evaluate(made.card, made.decoder, test, 0.7, watch)
    assert result == evaluate(made.card, made.decoder, test, 0.7)
    read = read_predictions(file)
    assert read.classes == ("left", "right")
    assert read.times.tolist() == [window.prediction.taken for window in told]
    assert np.array_equal(read.probabilities, [window.prediction.probabilities for window in told])
    assert sum(window.trial is not None for window in told) == result.n_windows
    lines = file.read_text().splitlines()
    within = next(k for k, window in enumerate(told) if window.trial is not None)
    assert lines[1 + within].split(",")[3] == told[within].trial.label
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


def test_a_table_that_still_grows_is_read_up_to_its_last_whole_row(tmp_path: Path) -> None:
    file = tmp_path / "predictions.csv"
    header = "recording,window_start_s,time_s,true_class,decision,p_left,p_right\n"
    file.write_text(header + "a,0.0,1.0,,left,0.75,0.25\na,0.1,1.1,left,le")
    assert read_predictions(file).probabilities.tolist() == [[0.75, 0.25]]
    file.write_text(header)
    assert read_predictions(file).probabilities.shape == (0, 2)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "recording,window_start_s,time_s,true_class,"
                         "decision,p_left\na,0.0,zero,,left,1.0\n"])  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(RecordingError, match="table of predictions"):
        read_predictions(tmp_path / "x.csv")


def test_a_recording_named_as_the_table_by_mistake_is_not_replaced(tmp_path: Path) -> None:
    precious = tmp_path / "run-03_eeg.fif"
    precious.write_bytes(b"signal")
    with pytest.raises(RecordingError, match=r"ends in \.csv"):
        PredictionsTable(precious, ("left", "right"))
    assert precious.read_bytes() == b"signal"
