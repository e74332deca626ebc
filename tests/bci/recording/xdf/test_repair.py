"""The repair of damaged XDF files keeps every intact chunk."""

import itertools
import struct
from pathlib import Path

import numpy as np
import pyxdf
from hypothesis import given, settings
from hypothesis import strategies as st

from bci.recording.read import read_recording
from bci.recording.summary import describe_recording
from bci.recording.xdf import format as xdf
from bci.recording.xdf.repair import repair

N_CHUNKS = 12


def header(name: str, n_channels: int, sfreq: float, channel_format: str) -> bytes:
    return (
        f'<?xml version="1.0"?><info><name>{name}</name><type>{name}</type>'
        f"<channel_count>{n_channels}</channel_count><nominal_srate>{sfreq}</nominal_srate>"
        f"<channel_format>{channel_format}</channel_format><source_id>{name}</source_id></info>"
    ).encode()


def eeg_chunks() -> list[bytes]:
    data = np.arange(20 * N_CHUNKS * 2, dtype=np.float32).reshape(-1, 2)
    stamps = 50 + np.arange(len(data)) / 100
    return [
        xdf.stream_chunk(xdf.SAMPLES, 1, xdf.encode_numbers(stamps[i : i + 20], data[i : i + 20]))
        for i in range(0, len(data), 20)
    ]


def marker_chunk(i: int) -> bytes:
    texts = np.array([[f"cue {i}".encode()]], object)
    return xdf.stream_chunk(xdf.SAMPLES, 2, xdf.encode_texts(np.array([50.0 + i]), texts))


def file_of(chunks: list[bytes], folder: Path) -> Path:
    path = folder / "file.xdf"
    path.write_bytes(xdf.MAGIC + b"".join(chunks))
    return path


def whole_chunks() -> list[bytes]:
    """Return chunks of a signal and of markers; the only boundary is near the end."""
    version = xdf.chunk(xdf.FILE_HEADER, b"<info><version>1.0</version></info>")
    chunks = [
        version,
        xdf.stream_chunk(xdf.STREAM_HEADER, 1, header("EEG", 2, 100, "float32")),
        xdf.stream_chunk(xdf.STREAM_HEADER, 2, header("Markers", 1, 0, "string")),
    ]
    for i, samples in enumerate(eeg_chunks()):
        offset = xdf.stream_chunk(xdf.CLOCK_OFFSET, 1, struct.pack("<dd", 50 + i, 10.0))
        chunks += [samples, marker_chunk(i), offset]
    return [*chunks, xdf.chunk(xdf.BOUNDARY, xdf.BOUNDARY_MARK)]


def cut_header(stream_id: int, name: str) -> bytes:
    return xdf.stream_chunk(xdf.STREAM_HEADER, stream_id, header(name, 1, 0, "string")[:90])


def test_a_cut_header_costs_its_stream_and_no_other(tmp_path: Path) -> None:
    chunks = whole_chunks()
    for place in (1, 2, 9):
        folder = tmp_path / str(place)
        folder.mkdir()
        orphan = [xdf.stream_chunk(xdf.SAMPLES, 3, b"\x01\x01\x00\x01\x01x")] * 3
        path = file_of([*chunks[:place], cut_header(3, "Face"), *orphan, *chunks[place:]], folder)
        saved = repair(path)
        assert saved.n_samples == {"EEG": 20 * N_CHUNKS, "Markers": N_CHUNKS}
        assert saved.path.read_bytes() == xdf.MAGIC + b"".join(chunks)
        assert len(saved.damage) <= 2
        recording = read_recording(saved.path)
        assert (len(recording.data), len(recording.markers)) == (20 * N_CHUNKS, N_CHUNKS)


@given(start=st.integers(4, 5000), junk=st.binary(min_size=1, max_size=700), zeros=st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_chunk_beside_the_damage_is_saved(
    tmp_path_factory, start: int, junk: bytes, zeros: bool
) -> None:
    chunks = whole_chunks()
    starts = len(xdf.MAGIC) + np.cumsum([0, *map(len, chunks)])
    start = min(start, int(starts[-1]) - len(junk))
    content = bytearray(xdf.MAGIC + b"".join(chunks))
    content[start : start + len(junk)] = bytes(len(junk)) if zeros else junk
    path = tmp_path_factory.mktemp("repair") / "file.xdf"
    path.write_bytes(content)
    hit = [a < start + len(junk) and b > start for a, b in itertools.pairwise(starts)]
    orphaned = {stream for stream, number in ((1, 1), (2, 2)) if hit[number]}
    expected = [
        (number, chunk)
        for number, chunk in enumerate(chunks)
        if not hit[number] and stream_of(chunk) not in orphaned and number > 0
    ]
    if not any(tag_of(chunk) == xdf.SAMPLES for _, chunk in expected):
        return
    kept = repair(path).path.read_bytes()
    at = 0
    for number, chunk in expected:
        at = kept.find(chunk, at)
        assert at >= 0, f"chunk {number} was lost"
        at += len(chunk)


def tag_of(chunk: bytes) -> int:
    return int(struct.unpack_from("<H", chunk, 1 + chunk[0])[0])


def stream_of(chunk: bytes) -> int | None:
    if tag_of(chunk) in (xdf.FILE_HEADER, xdf.BOUNDARY):
        return None
    return int(struct.unpack_from("<I", chunk, 3 + chunk[0])[0])


def test_a_stream_of_very_many_channels_makes_nothing_unreadable(tmp_path: Path) -> None:
    n_channels = 25_344
    frame = np.zeros((1, n_channels), dtype=np.int8)
    face = xdf.stream_chunk(xdf.SAMPLES, 3, xdf.encode_numbers(np.array([50.5]), frame))
    chunks = whole_chunks()
    chunks.insert(3, xdf.stream_chunk(xdf.STREAM_HEADER, 3, header("Face", n_channels, 0, "int8")))
    chunks.insert(9, face)
    path = file_of(chunks, tmp_path)
    recording = read_recording(path)
    assert (recording.info.name, len(recording.data)) == ("EEG", 20 * N_CHUNKS)
    assert [report.n_channels for report in describe_recording(path)] == [2, 1, n_channels]
    path.write_bytes(path.read_bytes()[:-5])
    saved = repair(path)
    assert saved.n_samples == {"EEG": 20 * N_CHUNKS, "Markers": N_CHUNKS, "Face": 1}
    assert len(pyxdf.load_xdf(saved.path)[0]) == 3
