"""Formats that need optional packages: EGI, and EEGLAB in files of MATLAB 7.3."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bci.recording.formats import recordings_in
from bci.recording.read import read_recording


def test_egi_folder_is_read_with_its_events_once(tmp_path: Path) -> None:
    pytest.importorskip("mffpy")
    from mffpy.bin_writer import BinWriter
    from mffpy.writer import Writer

    began = datetime(2024, 1, 1, 10, 0, 0, tzinfo=UTC)
    samples = BinWriter(sampling_rate=250, data_type="EEG")
    samples.add_block(np.tile(np.arange(1000, dtype=np.float32) / 10, (129, 1)))
    folder = Writer(str(tmp_path / "run.mff"))
    folder.addxml("fileInfo", recordTime=began)
    folder.add_coordinates_and_sensor_layout(device="HydroCel GSN 128 1.0")
    folder.addbin(samples)
    event = {"beginTime": began.replace(second=2), "duration": 100, "code": "left", "label": "left"}
    folder.addxml("eventTrack", filename="Events_x.xml", name="x", trackType="EVNT", events=[event])
    folder.write()
    (path,) = recordings_in(tmp_path)
    recording = read_recording(path)
    assert recording.info.sfreq == 250.0
    np.testing.assert_allclose(recording.data[:, 0], np.arange(1000) / 10, rtol=1e-5)
    assert [(m.label, m.time) for m in recording.markers] == [("left", 2.0)]


class Mat73:
    """A file of MATLAB 7.3, in MATLAB's HDF5 layout."""

    def __init__(self, path: Path) -> None:
        import h5py

        self._h5 = h5py
        self._path = path
        self._file = h5py.File(path, "w", userblock_size=512)
        self.eeg = self._file.create_group("EEG")
        self.eeg.attrs["MATLAB_class"] = np.bytes_("struct")
        self._refs = self._file.create_group("#refs#")

    def put(self, parent: Any, name: str, value: object) -> Any:
        """Store a number, an array, a text, or an empty value."""
        empty, text = value is None, isinstance(value, str)
        data = np.zeros(2, np.uint64)
        if text:
            data = np.array([[ord(letter)] for letter in str(value)], np.uint16)
        elif not empty:
            data = np.atleast_2d(np.asarray(value, dtype=np.float64))
        made = parent.create_dataset(name, data=data)
        made.attrs["MATLAB_class"] = np.bytes_("char" if text else "double")
        if text:
            made.attrs["MATLAB_int_decode"] = 2
        if empty:
            made.attrs["MATLAB_empty"] = np.uint8(1)
        return made

    def put_structs(self, name: str, fields: dict[str, list[object]]) -> None:
        group = self.eeg.create_group(name)
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        for key, values in fields.items():
            made = group.create_dataset(key, (len(values), 1), dtype=self._h5.ref_dtype)
            for i, value in enumerate(values):
                made[i, 0] = self.put(self._refs, f"{name}_{key}_{i}", value).ref

    def close(self) -> None:
        self._file.close()
        with self._path.open("r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


def test_eeglab_in_a_file_of_matlab_7_3_is_read(tmp_path: Path) -> None:
    pytest.importorskip("pymatreader")
    n = 1000
    mat = Mat73(tmp_path / "run.set")
    numbers = {"nbchan": 2, "trials": 1, "pnts": n, "srate": 250, "xmin": 0, "xmax": (n - 1) / 250}
    signal = np.column_stack([np.arange(n), -np.arange(n)])
    for name, value in {**numbers, "data": signal, "times": np.arange(n) / 0.25}.items():
        mat.put(mat.eeg, name, value)
    for name in ("epoch", "icawinv", "icasphere", "icaweights"):
        mat.put(mat.eeg, name, None)
    mat.put(mat.eeg, "setname", "t")
    mat.put(mat.eeg, "ref", "common")
    times: list[object] = [101.0, 500.5, 601.0]
    mat.put_structs(
        "event",
        {"type": ["left", "boundary", "right"], "latency": times, "duration": [0.0, 250.0, 0.0]},
    )
    places: dict[str, list[object]] = {axis: [None, None] for axis in "XYZ"}
    mat.put_structs("chanlocs", {"labels": ["C3", "C4"], **places})
    mat.close()
    recording = read_recording(tmp_path / "run.set")
    np.testing.assert_allclose(recording.data[:, 0], np.arange(n), rtol=1e-5)
    assert [(m.label, round(m.time, 3)) for m in recording.markers] == [
        ("left", 0.4), ("right", 3.4),
    ]  # fmt: skip
    assert recording.indices[500] - recording.indices[499] == 251
