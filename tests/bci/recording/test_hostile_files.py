"""Recordings that are malicious, or damaged at critical places."""

import gzip
import struct
from pathlib import Path

import mne
import numpy as np
import pytest

from bci.errors import RecordingError
from bci.recording.read import read_recording
from bci.recording.xdf.format import MAGIC


@pytest.fixture
def fif(tmp_path: Path) -> Path:
    info = mne.create_info(["C3", "C4"], 100.0, "eeg")
    path = tmp_path / "run_raw.fif"
    mne.io.RawArray(np.zeros((2, 300)), info, verbose="error").save(path, verbose="error")
    return path


def places_of_tags(content: bytes) -> list[int]:
    places, place = [], 0
    while place + 16 <= len(content):
        places.append(place)
        _, _, size, following = struct.unpack_from(">iiii", content, place)
        if following < 0:
            break
        place = following or place + 16 + size
    return places


@pytest.mark.parametrize("leads_to", [16, "itself", "size"])
def test_a_fif_whose_tags_lead_back_is_refused(fif: Path, leads_to: int | str) -> None:
    content = bytearray(fif.read_bytes())
    place = places_of_tags(bytes(content))[5]
    if leads_to == "size":
        struct.pack_into(">i", content, place + 8, -32)
    else:
        struct.pack_into(">i", content, place + 12, place if leads_to == "itself" else leads_to)
    fif.write_bytes(content)
    with pytest.raises(RecordingError, match=f"damaged at byte {place}"):
        read_recording(fif)


@pytest.mark.parametrize("kind", [16777215, -1, 0])
def test_a_fif_with_an_unknown_kind_of_channel_is_one_line(fif: Path, kind: int) -> None:
    content = bytearray(fif.read_bytes())
    for place in places_of_tags(bytes(content)):
        number, *_ = struct.unpack_from(">iiii", content, place)
        if number == 203:  # FIFF_CH_INFO: scan number, log number, kind ...
            struct.pack_into(">i", content, place + 16 + 8, kind)
    fif.write_bytes(content)
    with pytest.raises(RecordingError, match="damaged") as refused:
        read_recording(fif)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_a_packed_xdf_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xdfz"
    with gzip.open(path, "wb") as packed:
        packed.write(MAGIC)
        for _ in range(200):
            packed.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(RecordingError, match="unpacks to more than 100 times its size"):
        read_recording(path)
