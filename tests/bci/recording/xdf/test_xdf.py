"""Written XDF files are readable by pyxdf and the repair, even if cut off or damaged."""

import contextlib
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pylsl
import pytest
import pyxdf
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bci.errors import RecordingError
from bci.recording.bids.names import Session
from bci.recording.read import read_recording
from bci.recording.xdf import format as xdf
from bci.recording.xdf.repair import repair
from bci.recording.xdf.writer import XdfWriter


def header(name: str, n_channels: int, sfreq: float, channel_format: str) -> str:
    return pylsl.StreamInfo(name, "EEG", n_channels, sfreq, channel_format, name).as_xml()


def write(path: Path, n_chunks: int = 5) -> np.ndarray:
    """Write a float stream at 100 Hz and a text stream; return the float samples."""
    data = np.random.default_rng(1).normal(size=(n_chunks * 20, 3)).astype(np.float32)
    writer = XdfWriter(path)
    signal = writer.add_stream(header("signal", 3, 100.0, "float32"))
    texts = writer.add_stream(header("texts", 1, 0.0, "string"))
    for i in range(n_chunks):
        rows = slice(20 * i, 20 * i + 20)
        writer.write_samples(signal, 50 + np.arange(rows.start, rows.stop) / 100, data[rows])
        writer.write_samples(texts, np.array([50.1 + i]), np.array([["Grüße".encode()]], object))
        writer.write_offset(signal, 50.0 + i, 1000.0)
        writer.write_boundary()
    writer.close()
    return data


@pytest.mark.parametrize("channel_format", list(xdf.NUMBER_TYPES))
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 300), n_channels=st.integers(1, 5))
@hypothesis_settings(max_examples=8, deadline=None)
def test_every_number_type_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, channel_format: str, seed: int, n: int,
    n_channels: int,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    dtype = np.dtype(xdf.NUMBER_TYPES[channel_format])
    values = np.frombuffer(rng.bytes(n * n_channels * dtype.itemsize), dtype).reshape(n, -1)
    stamps = np.sort(rng.uniform(0, 1e6, n))
    path = tmp_path_factory.mktemp("xdf") / "file.xdf"
    writer = XdfWriter(path)
    stream = writer.add_stream(header("any", n_channels, 0.0, channel_format))
    for rows in np.array_split(np.arange(n), rng.integers(1, 4)):
        writer.write_samples(stream, stamps[rows], values[rows])
    writer.close()
    xdf.check_whole(path)
    (read,), _ = pyxdf.load_xdf(path, synchronize_clocks=False, dejitter_timestamps=False)
    assert read["time_series"].astype(dtype).tobytes() == values.tobytes()
    np.testing.assert_array_equal(read["time_stamps"], stamps)
    assert read["footer"]["info"]["sample_count"] == [str(n)]


def test_texts_and_clock_offsets_come_back(tmp_path: Path) -> None:
    data = write(tmp_path / "file.xdf")
    (signal, texts), _ = pyxdf.load_xdf(tmp_path / "file.xdf", dejitter_timestamps=False)
    np.testing.assert_array_equal(signal["time_series"], data)
    np.testing.assert_allclose(signal["time_stamps"], 1050 + np.arange(100) / 100)
    assert [text for (text,) in texts["time_series"]] == ["Grüße"] * 5


def test_footers_tell_the_first_and_last_stamp_and_the_count(tmp_path: Path) -> None:
    write(tmp_path / "file.xdf")
    streams, _ = pyxdf.load_xdf(tmp_path / "file.xdf")
    told = [stream["footer"]["info"] for stream in streams]
    values = [
        [float(info[key][0]) for key in ("first_timestamp", "last_timestamp", "sample_count")]
        for info in told
    ]
    assert values == [[50.0, 50.99, 100.0], [50.1, 54.1, 5.0]]


@pytest.mark.parametrize(
    ("n_bytes", "head"),
    [(0, [1, 2]), (253, [1, 255]), (254, [4, 0, 1, 0, 0]), (70_000, [4, 0x72, 0x11, 1, 0])],
)
def test_a_chunk_has_its_length_in_the_fewest_bytes_of_the_format(
    n_bytes: int, head: list[int]
) -> None:
    written = xdf.chunk(xdf.SAMPLES, bytes(n_bytes))
    assert list(written[: len(head)]) == head
    assert len(written) == len(head) + 2 + n_bytes


def test_what_was_written_is_forced_onto_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[int] = []
    monkeypatch.setattr(os, "fsync", forced.append)
    writer = XdfWriter(tmp_path / "file.xdf")
    before = len(forced)
    writer.sync()
    assert len(forced) == before + 1
    writer.close()
    assert len(forced) == before + 2


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    write(tmp_path / "file.xdf")
    before = (tmp_path / "file.xdf").read_bytes()
    with pytest.raises(RecordingError, match="is there already"):
        XdfWriter(tmp_path / "file.xdf")
    assert (tmp_path / "file.xdf").read_bytes() == before


def test_names_follow_bids_and_count_the_runs(tmp_path: Path) -> None:
    session = Session("07", "rest", "1")
    first = session.next_path(tmp_path)
    assert first == tmp_path / "sub-07/ses-1/eeg/sub-07_ses-1_task-rest_run-01_eeg.xdf"
    first.parent.mkdir(parents=True)
    first.touch()
    assert session.next_path(tmp_path).name == "sub-07_ses-1_task-rest_run-02_eeg.xdf"
    with pytest.raises(RecordingError, match="may have letters and digits only"):
        Session("../x", "rest")


@pytest.mark.slow
def test_a_file_cut_off_anywhere_is_refused_and_its_whole_chunks_are_saved(tmp_path: Path) -> None:
    data = write(tmp_path / "file.xdf", 3)
    content = (tmp_path / "file.xdf").read_bytes()
    with (tmp_path / "file.xdf").open("rb") as file:
        parts = list(xdf.Walk(file, len(content)))
    ends = {part.end for part in parts}
    for size in {
        *range(parts[3].end, len(content), 3),
        *(end for end in ends if end > parts[3].end),
    }:
        cut = tmp_path / f"cut{size}.xdf"
        cut.write_bytes(content[:size])
        if size in ends:
            xdf.check_whole(cut)
            continue
        with pytest.raises(RecordingError, match=r"truncated or damaged at byte \d+ of"):
            read_recording(cut)
        if size % 7 == 0:
            saved = repair(cut)
            assert saved.n_bytes == max(end for end in ends if end <= size)
            assert saved.n_lost_bytes == size - saved.n_bytes
            n_whole = sum(
                20 for p in parts if p.tag == xdf.SAMPLES and p.stream_id == 1 and p.end <= size
            )
            np.testing.assert_array_equal(read_recording(saved.path).data, data[:n_whole])
            assert saved.n_samples["signal"] == n_whole


def test_damage_in_the_middle_costs_only_what_lies_before_the_next_boundary(tmp_path: Path) -> None:
    data = write(tmp_path / "file.xdf", 20)
    content = bytearray((tmp_path / "file.xdf").read_bytes())
    with (tmp_path / "file.xdf").open("rb") as file:
        samples = [p for p in xdf.Walk(file, len(content)) if p.tag == xdf.SAMPLES]
    hit = [part for part in samples if part.stream_id == 1][15]
    content[hit.start] = 0
    damaged = tmp_path / "damaged.xdf"
    damaged.write_bytes(content)
    saved = repair(damaged)
    assert [at for at, _ in saved.damage] == [hit.start]
    kept = read_recording(saved.path)
    np.testing.assert_array_equal(kept.data, np.delete(data, slice(300, 320), axis=0))
    assert kept.indices[300] - kept.indices[299] == 21
    assert damaged.read_bytes() == content
    with pytest.raises(RecordingError, match="is there already"):
        repair(damaged)


@given(at=st.integers(0, 3000), junk=st.binary(min_size=1, max_size=24), keep=st.integers(0, 4000))
@hypothesis_settings(max_examples=150, deadline=None)
def test_damaged_bytes_give_a_recording_or_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes, keep: int
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    write(folder / "file.xdf")
    content = bytearray((folder / "file.xdf").read_bytes())
    content[at : at + len(junk)] = junk
    (folder / "fuzzed.xdf").write_bytes(content[: max(4, keep)])
    for attempt in (read_recording, repair):
        with contextlib.suppress(RecordingError):
            assert attempt(folder / "fuzzed.xdf") is not None


@pytest.mark.parametrize("length", [1 << 63, (1 << 64) - 1, (1 << 63) - 1, 1000])
def test_a_text_that_claims_to_be_longer_than_its_chunk_is_damage(
    tmp_path: Path, length: int
) -> None:
    data = write(tmp_path / "file.xdf")
    text = struct.pack("<BI", 4, 1) + struct.pack("<BdBQ", 8, 51.0, 8, length)
    claim = xdf.stream_chunk(xdf.SAMPLES, 2, text)
    (tmp_path / "long.xdf").write_bytes((tmp_path / "file.xdf").read_bytes() + claim)
    with pytest.raises(RecordingError, match="a text runs past the end of its chunk"):
        read_recording(tmp_path / "long.xdf")
    np.testing.assert_array_equal(read_recording(repair(tmp_path / "long.xdf").path).data, data)


def test_a_chunk_that_claims_more_than_it_holds_allocates_nothing(tmp_path: Path) -> None:
    write(tmp_path / "file.xdf")
    claim = xdf.stream_chunk(xdf.SAMPLES, 1, struct.pack("<BQ", 8, 1 << 60))
    (tmp_path / "huge.xdf").write_bytes((tmp_path / "file.xdf").read_bytes() + claim)
    with pytest.raises(RecordingError, match="claims 1152921504606846976 samples"):
        read_recording(tmp_path / "huge.xdf")


_FILL = """
import resource, signal, sys
from pathlib import Path
import numpy as np, pylsl
from bci.errors import RecordingError
from bci.recording.xdf.writer import XdfWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
writer = XdfWriter(Path(sys.argv[1]))
header = pylsl.StreamInfo("s", "EEG", 8, 100.0, "float32", "s").as_xml()
stream = writer.add_stream(header)
try:
    for i in range(10_000):
        stamps = np.arange(i * 25, i * 25 + 25) / 100
        writer.write_samples(stream, stamps, np.full((25, 8), i, np.float32))
except RecordingError as error:
    print(error, i)
# Room for the footers again, as when the system frees a page: they must not leave a hole.
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.close()
"""


def test_a_full_disk_leaves_a_whole_file_and_an_error(tmp_path: Path) -> None:
    path = tmp_path / "full.xdf"
    ran = subprocess.run(
        [sys.executable, "-c", _FILL, str(path)],
        capture_output=True, text=True, timeout=60, check=True, env=dict(os.environ),
    )  # fmt: skip
    assert "the disk is full; the file is whole up to here (0.3 MB)" in ran.stdout
    n_chunks = int(ran.stdout.split()[-1])
    assert n_chunks > 200
    xdf.check_whole(path)
    (stream,), _ = pyxdf.load_xdf(path)
    np.testing.assert_array_equal(stream["time_series"][:, 0], np.repeat(np.arange(n_chunks), 25))
