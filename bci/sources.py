"""Identity of recordings: the hash by which a model knows what it has learnt from."""

import hashlib
from pathlib import Path

import numpy as np

from bci.profile import file_sha256
from bci.recording.formats import format_of
from bci.types import Recording


def source_digest(recording: Recording) -> str:
    """Hash a recording: its file where it is one, else its channels, rate, times and samples.

    Returns
    -------
    digest : str
        SHA-256, hexadecimal.
    """
    file = Path(recording.source)
    if file.is_file() or (file.is_dir() and _is_recording(file)):
        return file_sha256(file)
    digest = hashlib.sha256(f"{recording.info.sfreq} {recording.info.ch_names}".encode())
    for array in (recording.indices, recording.data):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _is_recording(folder: Path) -> bool:
    known = format_of(folder)
    return known is not None and known.folder
