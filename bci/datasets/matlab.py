"""MATLAB files of data sets, read as plain arrays with a limit of size."""

import zlib
from pathlib import Path
from typing import Any

from bci.errors import RecordingError, first_line

_HEADER = 128
_COMPRESSED = 15
_MAX_BYTES = 4 << 30
_BLOCK = 1 << 20


def read_matlab(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    """Read the variables ``names`` of a MATLAB file of version 5 to 7, as SciPy's arrays.

    Raises `RecordingError` if the file is missing, damaged, of another version, larger than 4 GiB
    when unpacked, or lacks a variable.
    """
    from scipy.io import loadmat

    _check(path)
    try:
        # Checksums of the published files are wrong although their data are intact. torcheeg
        # does not check them either.
        found: dict[str, Any] = loadmat(
            path, variable_names=list(names), verify_compressed_data_integrity=False
        )
    except Exception as error:
        raise _damaged(path, error) from error
    missing = [name for name in names if name not in found]
    if missing:
        raise RecordingError(f"{path}: lacks the variable {' and '.join(missing)}")
    return found


def list_matlab(path: Path) -> list[str]:
    """List the names of a MATLAB file's variables; raises as `read_matlab` does."""
    from scipy.io import whosmat

    _check(path)
    try:
        return [name for name, *_ in whosmat(path)]
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> RecordingError:
    return RecordingError(f"{path}: damaged MATLAB file ({first_line(error):.200})")


def _check(path: Path) -> None:
    if not path.is_file():
        raise RecordingError(f"{path}: no such file")
    _check_size(path)


def _check_size(path: Path) -> None:
    """Raise RecordingError if the file's parts have more than 4 GiB when unpacked."""
    total = 0
    with path.open("rb") as file:
        start = file.read(_HEADER)
        if start.startswith(b"MATLAB 7.3") or start.startswith(b"\x89HDF"):
            raise RecordingError(f"{path}: saved as version 7.3; in MATLAB save it with -v7")
        if start[:1] == b"\x80" or path.suffix.lower() in (".dat", ".pkl", ".pickle"):
            raise RecordingError(
                f"{path}: a Python pickle, which can run any program when it is opened; take the "
                "data set's MATLAB files instead"
            )
        if len(start) < _HEADER or start[126:128] not in (b"IM", b"MI"):
            raise RecordingError(f"{path}: not a MATLAB file of version 5 to 7")
        order = "little" if start[126:128] == b"IM" else "big"
        while len(tag := file.read(8)) == 8:
            kind = int.from_bytes(tag[:4], order)  # type: ignore[arg-type]
            length = int.from_bytes(tag[4:], order)  # type: ignore[arg-type]
            if kind == _COMPRESSED:
                total += _unpacked(file, length, _MAX_BYTES - total)
            else:
                total += length
                file.seek(length, 1)
            if total > _MAX_BYTES:
                raise RecordingError(
                    f"{path}: unpacks to more than {_MAX_BYTES >> 30} GiB; not a file of this kind"
                )


def _unpacked(file: Any, length: int, most: int) -> int:
    """Count the unpacked bytes of the next ``length`` bytes; counting ends above ``most``."""
    unpack, total, left = zlib.decompressobj(), 0, length
    while left > 0 and total <= most:
        block = file.read(min(left, _BLOCK))
        if not block:
            break
        left -= len(block)
        while block and total <= most:
            try:
                total += len(unpack.decompress(block, 16 * _BLOCK))
            except zlib.error:
                # SciPy reports the damage when it reads the file.
                return total
            block = unpack.unconsumed_tail
    return total
