"""Identity of recordings: the hash by which a model knows what it was trained on."""

import hashlib
from pathlib import Path

import numpy as np

from bci.profiles.profile import file_sha256
from bci.recording.formats import format_of
from bci.signals import Recording


def source_digest(recording: Recording) -> str:
    """SHA-256 of a recording, in hexadecimal: of its file where it is one, else of its samples."""
    file = Path(recording.source)
    if file.is_file() or (file.is_dir() and _is_recording(file)):
        return file_sha256(file)
    return samples_digest(recording)


def samples_digest(recording: Recording) -> str:
    """SHA-256 of the samples of a recording, the same of file, array and `mne.io.Raw`."""
    digest = hashlib.sha256(f"{recording.data.shape}".encode())
    digest.update(np.ascontiguousarray(recording.data).data)
    return digest.hexdigest()


def digests(recording: Recording) -> tuple[str, str]:
    """Both hashes of a recording: a model that has either was trained on it."""
    return source_digest(recording), samples_digest(recording)


def _is_recording(folder: Path) -> bool:
    known = format_of(folder)
    return known is not None and known.folder
