"""Labels and units of GDF files, by text and by number."""

from pathlib import Path

import pytest

from bci.recording.by_mne.gdf_header import stated_channels


def header(version: bytes, n_channels: bytes, labels: list[bytes], units: bytes) -> bytes:
    fixed = version.ljust(252, b"\0") + n_channels.ljust(4, b"\0")
    return fixed + b"".join(label.ljust(16) for label in labels) + b"\0" * 80 * len(labels) + units


@pytest.mark.parametrize(
    ("version", "units"),
    [
        (b"GDF 1.25", b"uV".ljust(8) + b"mV".ljust(8)),
        (b"GDF 2.20", b"\0" * 12 + (4275).to_bytes(2, "little") + (4274).to_bytes(2, "little")),
    ],
)
def test_units_are_texts_in_old_files_and_numbers_in_new_ones(
    tmp_path: Path, version: bytes, units: bytes
) -> None:
    (tmp_path / "x.gdf").write_bytes(header(version, b"\2", [b"C3", b"EOG"], units))
    assert stated_channels(tmp_path / "x.gdf") == [("C3", "uV"), ("EOG", "mV")]


def test_a_header_without_sense_states_nothing(tmp_path: Path) -> None:
    for content in (b"", b"\xff" * 5000, b"0" * 256, b"GDF 2.20" + b"\xff" * 600):
        (tmp_path / "x.gdf").write_bytes(content)
        assert stated_channels(tmp_path / "x.gdf") == []
