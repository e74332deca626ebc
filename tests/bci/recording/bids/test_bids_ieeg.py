"""Intracranial runs in a BIDS dataset from other programs: EDF, and its tables."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bci.cli import app
from bci.errors import RecordingError
from bci.recording.read import read_recording
from bci.signals import Channel, Marker

NAMES = ("A1", "A2", "f3", "EKG")
SFREQ, N_SECONDS = 100, 6
STEM = "sub-01_ses-a_task-words_run-1"


def write_edf(path: Path, microvolts: np.ndarray) -> None:
    """Write EDF by its specification: an ASCII header, then seconds of int16 per channel.

    ``microvolts`` (n_channels, n_samples) are whole numbers below 32768.
    """
    n = len(NAMES)

    def fields(texts: list[str], width: int) -> bytes:
        return b"".join(text.ljust(width).encode("ascii") for text in texts)

    header = b"".join([
        fields(["0"], 8), fields(["X X X X", "Startdate X X X X"], 80), b"01.01.2600.00.00",
        fields([str(256 * (n + 1))], 8), b" " * 44, fields([str(N_SECONDS), "1"], 8),
        fields([str(n)], 4), fields(list(NAMES), 16), fields([""] * n, 80), fields(["uV"] * n, 8),
        fields(["-32768"] * n, 8), fields(["32767"] * n, 8), fields(["-32768"] * n, 8),
        fields(["32767"] * n, 8), fields([""] * n, 80), fields([str(SFREQ)] * n, 8),
        fields([""] * n, 32),
    ])  # fmt: skip
    seconds = microvolts.reshape(n, N_SECONDS, SFREQ).transpose(1, 0, 2)
    path.write_bytes(header + seconds.astype("<i2").tobytes())


@pytest.fixture
def run(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """Return the signal file of a run, and its values in microvolts."""
    place = tmp_path / "sub-01" / "ses-a" / "ieeg"
    place.mkdir(parents=True)
    rng = np.random.default_rng(0)
    microvolts = rng.integers(-500, 500, (len(NAMES), SFREQ * N_SECONDS))
    file = place / f"{STEM}_ieeg.edf"
    write_edf(file, microvolts)
    kinds = ("SEEG", "SEEG", "SEEG", "ECG")
    table(place / f"{STEM}_channels.tsv", "name type units",
          [f"{name} {kind} uV" for name, kind in zip(NAMES, kinds, strict=True)])  # fmt: skip
    table(place / f"{STEM}_events.tsv", "onset duration trial_type",
          ["1.5 0.5 yes", "n/a 1 no", "3.25 0.5 no", "4 1 BAD_seizure"])  # fmt: skip
    table(place / "sub-01_ses-a_space-ACPC_electrodes.tsv", "name x y z size",
          ["A1 -30.5 12 8 5", "A2 n/a n/a n/a 5", "f3 40 0 -2.25 5"])  # fmt: skip
    notes = {"iEEGCoordinateSystem": "ACPC", "iEEGCoordinateUnits": "mm"}
    (place / "sub-01_ses-a_space-ACPC_coordsystem.json").write_text(json.dumps(notes))
    return file, microvolts


def table(path: Path, header: str, rows: list[str]) -> None:
    lines = [header, *rows]
    path.write_text("".join("\t".join(line.split(" ")) + "\n" for line in lines))


def test_an_edf_run_has_the_kinds_places_and_events_of_its_tables(
    run: tuple[Path, np.ndarray],
) -> None:
    file, microvolts = run

    recording = read_recording(file)

    assert (recording.info.type, recording.info.sfreq) == ("iEEG", SFREQ)
    np.testing.assert_allclose(recording.data, microvolts.T, atol=1e-3)
    # A contact is not read as the scalp electrode of the same name, nor spelled like it.
    assert recording.info.channels == (
        Channel("A1", "seeg", "uV", (-0.0305, 0.012, 0.008)),
        Channel("A2", "seeg", "uV", None),
        Channel("f3", "seeg", "uV", (0.04, 0.0, -0.00225)),
        Channel("EKG", "ecg", "uV", None),
    )
    assert recording.markers == (Marker(1.5, "yes"), Marker(3.25, "no"))


def test_places_in_pixels_are_left_out(run: tuple[Path, np.ndarray]) -> None:
    file, _ = run
    notes = file.with_name("sub-01_ses-a_space-ACPC_coordsystem.json")
    notes.write_text(json.dumps({"iEEGCoordinateUnits": "pixels"}))

    assert all(channel.position is None for channel in read_recording(file).info.channels)


def test_a_damaged_note_beside_the_run_is_named(run: tuple[Path, np.ndarray]) -> None:
    file, _ = run
    file.with_name("sub-01_ses-a_space-ACPC_coordsystem.json").write_text("{")

    with pytest.raises(RecordingError, match="beside it in its BIDS dataset is damaged"):
        read_recording(file)


def test_info_reports_the_events_of_the_table(run: tuple[Path, np.ndarray]) -> None:
    done = CliRunner().invoke(app, ["info", str(run[0])])

    assert done.exit_code == 0
    assert "yes x1, no x1" in done.output
