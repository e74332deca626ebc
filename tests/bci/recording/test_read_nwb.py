"""NWB files written by pynwb, read as recordings."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bci.errors import RecordingError
from bci.pipeline.bipolar import shaft_pairs
from bci.recording.read import read_recording
from bci.signals import Channel

pynwb = pytest.importorskip("pynwb")

N_SAMPLES = 400


def signal() -> np.ndarray:
    """Return the stored values, (n, 4), in units of 0.25 microvolts."""
    return np.random.default_rng(0).integers(-500, 500, (N_SAMPLES, 4)).astype(np.int16)


def write(
    path: Path, *, labels: bool = True, scale_um: float = 1e6, by_stamps: bool = False,
    second: bool = False,
) -> Path:  # fmt: skip
    """Write two shafts of two contacts, 200 Hz from 10 s, three trials, one annotation."""
    file = pynwb.NWBFile("words read aloud", "made", datetime(2026, 1, 1, tzinfo=UTC))
    device = file.create_device(name="amplifier")
    if labels:
        file.add_electrode_column("label", "name of the contact")
    for shaft in ("LA", "RB"):
        group = file.create_electrode_group(
            shaft, description="depth electrode", location="insula", device=device
        )
        for number in (1, 2):
            given = {"label": f"{shaft}{number}"} if labels else {}
            file.add_electrode(
                x=-0.01 * number * scale_um, y=0.02 * scale_um, z=0.03 * scale_um,
                location="insula", group=group, **given,
            )  # fmt: skip
    region = file.create_electrode_table_region([0, 1, 2, 3], "all")
    times = 10 + np.arange(N_SAMPLES) / 200
    when = {"timestamps": times} if by_stamps else {"starting_time": 10.0, "rate": 200.0}
    series = pynwb.ecephys.ElectricalSeries(
        name="ieeg", data=signal(), electrodes=region, conversion=0.25e-6, offset=1e-6,
        channel_conversion=[1.0, 1.0, 1.0, 2.0], **when,
    )  # fmt: skip
    file.add_acquisition(series)
    if second:
        file.add_acquisition(
            pynwb.ecephys.ElectricalSeries(
                name="other", data=signal(), electrodes=region, starting_time=0.0, rate=9.0
            )
        )
    file.add_trial_column("word", "what was read")
    for start, word in ((10.25, "yes"), (10.75, "no"), (11.25, "yes")):
        file.add_trial(start_time=start, stop_time=start + 0.25, word=word)
    notes = file.create_events_table(name="notes", description="seen")
    notes.add_column("annotation", "what was seen")
    notes.add_row(timestamp=10.5, annotation="cough")
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)
    return path


def test_signal_electrodes_and_trials_come_as_they_were_written(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path / "run.nwb"))

    assert recording.info.sfreq == 200.0
    assert recording.info.type == "iEEG"
    assert not recording.info.simulated
    expected = signal() * np.array([0.25, 0.25, 0.25, 0.5]) + 1.0
    np.testing.assert_allclose(recording.data, expected, rtol=1e-6)
    # Our x (right) was z in the file, our y (front) was -x, and our z (up) was -y.
    assert recording.info.channels[0] == Channel("LA1", "seeg", "uV", (0.03, 0.01, -0.02))
    assert recording.info.ch_names == ("LA1", "LA2", "RB1", "RB2")
    assert recording.timestamps[0] == 0.0
    assert [(round(m.time, 6), m.label) for m in recording.markers] == [
        (0.25, "yes"), (0.5, "cough"), (0.75, "no"), (1.25, "yes"),
    ]  # fmt: skip


def test_contacts_without_names_are_counted_along_their_shaft(tmp_path: Path) -> None:
    names = read_recording(write(tmp_path / "run.nwb", labels=False)).info.ch_names

    assert shaft_pairs(names) == (("LA1", "LA2"), ("RB1", "RB2"))


def test_time_stamps_give_the_rate(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path / "run.nwb", by_stamps=True))

    assert recording.info.sfreq == 200.0
    np.testing.assert_allclose(recording.timestamps, np.arange(N_SAMPLES) / 200, atol=1e-6)
    assert recording.markers[0].time == pytest.approx(0.25)


def test_places_that_cannot_be_micrometres_are_left_out(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path / "run.nwb", scale_um=1e3))

    assert all(channel.position is None for channel in recording.info.channels)


def test_one_of_several_series_is_asked_for_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "run.nwb", second=True)

    with pytest.raises(RecordingError, match=r"which series is meant.*ieeg, other"):
        read_recording(path)
    assert read_recording(path, "other").info.sfreq == 9.0


def test_a_file_without_a_signal_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    empty, damaged = tmp_path / "empty.nwb", tmp_path / "damaged.nwb"
    with pynwb.NWBHDF5IO(str(empty), "w") as io:
        io.write(pynwb.NWBFile("nothing", "made", datetime(2026, 1, 1, tzinfo=UTC)))
    damaged.write_bytes(write(tmp_path / "run.nwb").read_bytes()[:4000])

    with pytest.raises(RecordingError, match="holds no ElectricalSeries"):
        read_recording(empty)
    with pytest.raises(RecordingError, match="damaged or not an NWB file"):
        read_recording(damaged)
