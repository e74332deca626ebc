"""Small files in the layout of the published DREAMER data."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from typer.testing import CliRunner

from bci.cli import app
from bci.datasets import matlab
from bci.datasets.deap import read_deap
from bci.datasets.dreamer import read_dreamer
from bci.errors import RecordingError
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.training.epochs import cut_epochs

ELECTRODES = [
    "AF3",
    "F7",
    "F3",
    "FC5",
    "T7",
    "P7",
    "O1",
    "O2",
    "P8",
    "T8",
    "FC6",
    "F4",
    "F8",
    "AF4",
]
N_FILMS = 3
VALENCE, AROUSAL = [4, 1, 5], [3, 5, 1]


def cells(values: list[object], column: bool = True) -> np.ndarray:
    made = np.empty((len(values), 1) if column else (1, len(values)), dtype=object)
    made.flat[:] = [None] * len(values)
    for k, value in enumerate(values):
        made.flat[k] = value
    return made


def person(rng: np.random.Generator, **other: object) -> dict[str, object]:
    def eeg(seconds: int) -> np.ndarray:
        return cells([4200 + rng.normal(0, 20, (128 * seconds + k, 14)) for k in range(N_FILMS)])

    scores = {
        name: np.array(values, dtype=float)[:, None]
        for name, values in (
            ("ScoreValence", VALENCE),
            ("ScoreArousal", AROUSAL),
            ("ScoreDominance", [1, 2, 3]),
        )
    }
    ecg = cells([rng.normal(size=(256, 2)) for _ in range(N_FILMS)])
    made = {"Age": "22", "Gender": "male", "EEG": {"baseline": eeg(5), "stimuli": eeg(9)},
            "ECG": {"baseline": ecg, "stimuli": ecg}, **scores}  # fmt: skip
    return made | other


def write(path: Path, *people: dict[str, object], compressed: bool = True) -> Path:
    dreamer = {
        "Data": cells(list(people), column=False),
        "EEG_SamplingRate": 128.0,
        "ECG_SamplingRate": 256.0,
        "EEG_Electrodes": cells(ELECTRODES, column=False),
        "noOfSubjects": float(len(people)),
        "noOfVideoSequences": float(N_FILMS),
        "Disclaimer": "none",
        "Version": "1.0.2",
    }
    savemat(path, {"DREAMER": dreamer}, format="5", do_compression=compressed)
    return path


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("n_people", [1, 2])
def test_each_person_is_a_recording_with_films_and_rest(
    tmp_path: Path, n_people: int, compressed: bool
) -> None:
    people = [person(np.random.default_rng(k)) for k in range(n_people)]
    read = list(read_dreamer(write(tmp_path / "DREAMER.mat", *people, compressed=compressed)))

    assert len(read) == n_people
    one = read[-1]
    assert one.info.ch_names == tuple(ELECTRODES)
    assert one.info.sfreq == 128
    assert not one.info.simulated
    assert all(c.kind == "eeg" and c.unit == "uV" and c.position for c in one.info.channels)
    assert [m.label for m in one.markers] == [
        "rest", "film-01/valence-4/arousal-3", "rest", "film-02/valence-1/arousal-5",
        "rest", "film-03/valence-5/arousal-1",
    ]  # fmt: skip
    chunks = list(one.chunks(10**6))
    assert [chunk.timestamps[0] for chunk in chunks] == [m.time for m in one.markers]
    films = people[-1]["EEG"]["stimuli"]
    for k in range(N_FILMS):
        np.testing.assert_array_equal(chunks[2 * k + 1].data, films[k, 0].astype(np.float32))


def test_the_imported_files_say_the_same_and_every_command_reads_them(tmp_path: Path) -> None:
    file = write(tmp_path / "DREAMER.mat", *(person(np.random.default_rng(k)) for k in range(2)))

    done = CliRunner().invoke(app, ["import", "dreamer", str(file), "--out", str(tmp_path / "d")])

    assert done.exit_code == 0, done.output
    paths = sorted((tmp_path / "d").rglob("*.fif"))
    assert [path.parent.name for path in paths] == ["sub-01", "sub-02"]
    for path, made in zip(paths, read_dreamer(file), strict=True):
        read = read_recording(path)
        assert [m.label for m in read.markers] == [m.label for m in made.markers]
        # FIF stores times with microseconds.
        times = [[m.time for m in each.markers] for each in (read, made)]
        np.testing.assert_allclose(*times, atol=1e-6)
        np.testing.assert_array_equal(read.indices, made.indices)
        np.testing.assert_allclose(read.data, made.data, rtol=1e-6)
        assert [c.position is None for c in read.info.channels] == [False] * 14
    profile = load_profile("emotion")
    epochs = cut_epochs([read], profile.pipeline, profile.paradigm)
    assert set(epochs.items) == {"film-01", "film-02", "film-03"}
    # No window crosses a seam: filters settle again, and 9 s contain few windows of 4 s.
    assert np.bincount(epochs.trials).max() <= 10
    again = CliRunner().invoke(app, ["import", "dreamer", str(file), "--out", str(tmp_path / "d")])
    assert isinstance(again.exception, RecordingError)
    assert "exists already" in str(again.exception)


def test_what_is_wrong_is_named_with_person_film_and_field(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    good = person(rng)
    few = good["EEG"] | {"stimuli": cells([np.zeros((500, 13))] * N_FILMS)}
    missing = good["EEG"] | {"baseline": cells([np.zeros((500, 14))] * 2)}
    nan = good["EEG"] | {"stimuli": cells([np.full((500, 14), np.nan)] * N_FILMS)}
    for wrong, message in (
        ({"ScoreValence": np.array([[1.0], [2], [6]])}, r"Data\{1\}.ScoreValence has a rating"),
        ({"ScoreArousal": np.array([[1.0], [2]])}, r"ScoreArousal is not 3 numbers"),
        ({"EEG": few}, r"EEG.stimuli\{1\} is no signal of 14 channels, .*\(500, 13\)"),
        ({"EEG": missing}, "3 stimuli but 2 baselines"),
        ({"EEG": nan}, r"stimuli\{1\} is no signal"),
        ({"EEG": 1.0}, "EEG has no field stimuli"),
    ):
        file = write(tmp_path / "wrong.mat", good | wrong)
        with pytest.raises(RecordingError, match=message):
            list(read_dreamer(file))


def test_files_that_are_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = write(tmp_path / "good.mat", person(np.random.default_rng(0)))
    content = good.read_bytes()
    hdf = b"MATLAB 7.3 MAT-file" + bytes(200)
    for name, given, message in (
        ("half.mat", content[: len(content) // 2], "damaged"),
        ("text.mat", b"hello" * 100, "not a MATLAB file"),
        ("new.mat", hdf, "version 7.3; in MATLAB save it with -v7"),
        ("s01.dat", b"\x80\x04" + bytes(200), "pickle, which can run any program"),
        ("empty.mat", b"", "not a MATLAB file"),
    ):
        (tmp_path / name).write_bytes(given)
        with pytest.raises(RecordingError, match=message):
            list(read_dreamer(tmp_path / name))
    with pytest.raises(RecordingError, match="no such file"):
        list(read_dreamer(tmp_path / "none.mat"))
    savemat(tmp_path / "other.mat", {"x": 1.0})
    with pytest.raises(RecordingError, match="lacks the variable DREAMER"):
        list(read_dreamer(tmp_path / "other.mat"))
    monkeypatch.setattr(matlab, "_MAX_BYTES", 100_000)
    savemat(tmp_path / "bomb.mat", {"DREAMER": np.zeros(10**6)}, do_compression=True)
    assert (tmp_path / "bomb.mat").stat().st_size < 50_000
    with pytest.raises(RecordingError, match="unpacks to more than"):
        list(read_dreamer(tmp_path / "bomb.mat"))


def test_deaps_films_have_five_levels_and_their_time_before(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(0, 10, (4, 40, 128 * 8))
    labels = np.array([[1.0, 9, 5, 5], [2.6, 2.7, 5, 5], [5, 7.4, 5, 5], [7.5, 4.2, 5, 5]])
    savemat(tmp_path / "s01.mat", {"data": data, "labels": labels})

    read = read_deap(tmp_path / "s01.mat", "sub-01")

    assert [m.label.split("/", 1)[1] for m in read.markers if m.label != "rest"] == [
        "valence-1/arousal-5", "valence-1/arousal-2", "valence-3/arousal-4", "valence-5/arousal-2",
    ]  # fmt: skip
    chunks = list(read.chunks(10**6))
    assert [len(chunk.data) for chunk in chunks] == [3 * 128, 5 * 128] * 4
    np.testing.assert_array_equal(chunks[1].data, data[0, :32, 384:].T.astype(np.float32))
    savemat(tmp_path / "s02.mat", {"data": data, "labels": labels + 1})
    with pytest.raises(RecordingError, match="rating from 1 to 9"):
        read_deap(tmp_path / "s02.mat", "sub-02")


def test_a_recording_of_deap_is_written_and_read_back(tmp_path: Path) -> None:
    data = np.random.default_rng(0).normal(0, 10, (2, 40, 128 * 5))
    savemat(tmp_path / "s07.mat", {"data": data, "labels": np.full((2, 4), 5.0)})

    done = CliRunner().invoke(
        app, ["import", "deap", str(tmp_path / "s07.mat"), "--out", str(tmp_path / "deap")]
    )

    assert done.exit_code == 0, done.output
    read = read_recording(tmp_path / "deap/sub-07/sub-07_task-emotion_eeg.fif")
    assert read.info.n_channels == 32
    made = read_deap(tmp_path / "s07.mat", "sub-07")
    assert read.markers == made.markers
