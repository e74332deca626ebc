"""The formats of recordings that are read: one table for reading, finding and choosing files."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bci.recording.by_mne.fif_check import check_tags


@dataclass(frozen=True, slots=True)
class FileFormat:
    """One format of recordings.

    ``needs`` is the package that a part or all of its files need beyond a plain installation,
    and ``extra`` the optional dependency of ``bci`` that brings it. A recording may be a
    ``folder``. Where the ending is not ``is_certain``, since other files have it too, the content
    decides.
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

# What MNE writes beside a recording: events, epochs, averages, covariances, solutions ...
_NO_SIGNAL = re.compile(r"[-_](eve|epo|ave|cov|ica|proj|trans|fwd|inv|src|bem|sol|fid|ann)\.fif$")
# As MNE and Elekta's programs name further parts; BIDS has "_split-02_".
_NUMBERED = re.compile(r"(.+)-\d+\.fif", re.IGNORECASE).fullmatch


def format_of(path: Path) -> FileFormat | None:
    """Format that a file's ending tells; None where no format has it."""
    ending = path.suffix.lower()
    return next((each for each in FORMATS if ending in each.endings), None)


def described_formats() -> str:
    """All formats with their endings, for a message."""
    return ", ".join(f"{each.name} ({' '.join(each.endings)})" for each in FORMATS)


def missing_package(path: Path) -> str | None:
    """A sentence about the package that this very file needs and that is not installed.

    None where nothing is missing, or the file needs nothing.
    """
    known = format_of(path)
    if known is None or not known.needs or find_spec(known.needs) is not None:
        return None
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(128)
        # Of these only the newer kind needs the package.
        if known.name == "EEGLAB" and b"MATLAB 7.3" not in head and b"\x89HDF" not in head:
            return None
        if ".cnt" in known.endings and head[:4] not in _ANT:
            return None
    kinds = {".cnt": "ANT files", ".set": "EEGLAB files of MATLAB 7.3"}
    kind = kinds.get(known.endings[0], f"{known.name} files")
    return f"{kind} need {known.needs}: pip install 'bci[{known.extra}]'"


def recordings_in(folder: Path) -> list[Path]:
    """Recordings in a folder and those below it, in order of their names.

    Further parts of a split recording are left out, as are files of other content: a table
    counts where its first lines say that a headset's program wrote it.
    """
    found = [path for path in sorted(folder.rglob("*")) if _is_recording(path)]
    inside = [
        path
        for path in found
        # What a recording that is a folder consists of is none itself.
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
    """The same files without those that are further parts of another of them.

    A FIF recording of more than 2 GB is split. Its first file names the next one, and reading
    the first reads all.
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
    except Exception:  # noqa: BLE001  what is wrong with it is said when it is read
        return []
    return [Path(name).resolve() for name in raw.filenames[1:] if name is not None]
