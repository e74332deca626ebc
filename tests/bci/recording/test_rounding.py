"""Values that float32 cannot represent are rounded, with a warning."""

from pathlib import Path

import numpy as np
import pylsl
import pytest

from bci.recording.read import read_recording
from bci.recording.summary import describe_recording
from bci.recording.xdf.writer import XdfWriter

EXACT = 1 << 24


def write(path: Path, channel_format: str, values: np.ndarray) -> Path:
    described = pylsl.StreamInfo("amp", "EEG", 2, 250, channel_format, "amp")
    writer = XdfWriter(path)
    stream = writer.add_stream(described.as_xml())
    writer.write_samples(stream, 10 + np.arange(len(values)) / 250, values)
    writer.close()
    return path


@pytest.mark.parametrize("channel_format", ["int32", "int64", "double64"])
@pytest.mark.parametrize("sign", [1, -1])
def test_large_values_that_are_rounded_are_remarked(
    tmp_path: Path, channel_format: str, sign: int
) -> None:
    values = np.column_stack([np.arange(100), sign * (EXACT + 1 + 2 * np.arange(100))])
    dtype = {"double64": "f8", "int32": "i4", "int64": "i8"}[channel_format]
    path = write(tmp_path / "big.xdf", channel_format, values.astype(dtype))
    expected = ("ch2: values above 16777216 are rounded to float32",)
    assert read_recording(path).findings == expected
    (report,) = describe_recording(path)
    assert report.findings == expected


def test_values_that_float32_holds_are_not_remarked(tmp_path: Path) -> None:
    values = np.column_stack([np.arange(100), 2 * EXACT + 4 * np.arange(100)]).astype("i4")
    assert read_recording(write(tmp_path / "big.xdf", "int32", values)).findings == ()
    small = np.random.default_rng(0).normal(size=(100, 2))
    assert read_recording(write(tmp_path / "small.xdf", "double64", small)).findings == ()
