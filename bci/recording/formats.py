"""Formats of recordings that can be read: one table for reading, finding and choosing files."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bci.recording.by_mne.fif_check import check_tags


@dataclass(frozen=True, slots=True)
class FileFormat:
    """One format of recordings.

    ``needs`` is the package that some or all files of the format need beyond a plain installation.
    ``extra`` is the optional dependency of ``bci`` that installs it. With ``folder``, a recording
    is a folder. Other files have the same endings unless ``is_certain``; the content then decides.
    """

    name: str
    endings: tuple[str, ...]
    extra: str = ""
    needs: str = ""
    folder: bool = False
    is_certain: bool = True


FORMATS = (
    FileFormat("XDF", (".xdf", ".xdfz")),
    FileFormat("EDF/BDF", (".edf", ".bdf")),
    FileFormat("FIF", (".fif",)),
    FileFormat("BrainVision", (".vhdr",)),
    FileFormat("EEGLAB", (".set",), "formats", "pymatreader"),
    FileFormat("GDF", (".gdf",)),
    FileFormat("Neuroscan and ANT", (".cnt",), "formats", "antio"),
    FileFormat("CTF", (".ds",), folder=True),
    FileFormat("KIT", (".sqd", ".con")),
    FileFormat("EGI", (".mff",), "formats", "mffpy", folder=True),
    FileFormat("NWB", (".nwb",), "nwb", "pynwb"),
    FileFormat("OpenBCI, Muse, Emotiv and plain tables", (".csv", ".txt"), is_certain=False),
)
ENDINGS = tuple(ending for each in FORMATS for ending in each.endings)
FOLDERS = tuple(ending for each in FORMATS if each.folder for ending in each.endings)

_ANT = (b"RIFF", b"RF64")

# Endings of MNE's files without a recording: events, epochs, averages, covariances, solutions ...
_NO_SIGNAL = re.compile(r"[-_](eve|epo|ave|cov|ica|proj|trans|fwd|inv|src|bem|sol|fid|ann)\.fif$")
# Names of further parts of a split recording by MNE and Elekta; BIDS has "_split-02_".
_NUMBERED = re.compile(r"(.+)-\d+\.fif", re.IGNORECASE).fullmatch


def format_of(path: Path) -> FileFormat | None:
    """Return the format with the ending of ``path``; None if there is none."""
    ending = path.suffix.lower()
    return next((each for each in FORMATS if ending in each.endings), None)


def described_formats() -> str:
    """List all formats with their endings in one line, for a message."""
    return ", ".join(f"{each.name} ({' '.join(each.endings)})" for each in FORMATS)


def missing_package(path: Path) -> str | None:
    """Describe the missing package that the file at ``path`` needs.

    None if the package is installed or the file needs none.
    """
    known = format_of(path)
    if known is None or not known.needs or find_spec(known.needs) is not None:
        return None
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(128)
        # Only EEGLAB files of MATLAB 7.3 (HDF5), and only ANT's .cnt files, need the package.
        if known.name == "EEGLAB" and b"MATLAB 7.3" not in head and b"\x89HDF" not in head:
            return None
        if ".cnt" in known.endings and head[:4] not in _ANT:
            return None
    kinds = {".cnt": "ANT files", ".set": "EEGLAB files of MATLAB 7.3"}
    kind = kinds.get(known.endings[0], f"{known.name} files")
    return f"{kind} need {known.needs}: pip install 'bci[{known.extra}]'"


def recordings_in(folder: Path) -> list[Path]:
    """List the recordings in a folder and its subfolders, sorted by path.

    Further parts of a split recording are left out. A ``.csv`` or ``.txt`` table is listed only if
    its first lines show that a headset's program wrote it.
    """
    found = [path for path in sorted(folder.rglob("*")) if _is_recording(path)]
    inside = [
        path
        for path in found
        # Files inside a recording that is a folder are not recordings themselves.
        if not any(p.suffix.lower() in FOLDERS for p in path.relative_to(folder).parents)
    ]
    return without_parts(inside)


def _is_recording(path: Path) -> bool:
    known = format_of(path)
    if known is None or path.is_dir() != known.folder or _NO_SIGNAL.search(path.name.lower()):
        return False
    if known.is_certain:
        return True
    from bci.recording.table.read import is_of_a_headset

    return is_of_a_headset(path)


def without_parts(files: list[Path]) -> list[Path]:
    """Leave out files that are further parts of another file in the list.

    A FIF recording of more than 2 GB is split. Each part names the next one, so that reading the
    first file reads all parts.
    """
    followed = {
        path.with_name(found[1] + ".fif") for path in files if (found := _NUMBERED(path.name))
    }
    parts: set[Path] = set()
    for path in files:
        if path.suffix.lower() == ".fif" and (path in followed or "_split-" in path.name):
            parts.update(_parts_of(path))
    return [path for path in files if path.resolve() not in parts]


def _parts_of(path: Path) -> list[Path]:
    import mne

    try:
        check_tags(path)
        # Opens the headers only.
        raw = mne.io.read_raw_fif(path, verbose="error")
    except Exception:  # noqa: BLE001  reading the file reports the fault
        return []
    return [Path(name).resolve() for name in raw.filenames[1:] if name is not None]
