"""Identity of recordings: the hash by which a model recognises its training recordings."""

import hashlib
from pathlib import Path

import numpy as np

from bci.profiles.profile import file_sha256
from bci.recording.formats import format_of
from bci.signals import Recording


def source_digest(recording: Recording) -> str:
    """SHA-256 of a recording's file in hexadecimal; of its samples if it has no file."""
    file = Path(recording.source)
    if file.is_file() or (file.is_dir() and _is_recording(file)):
        return file_sha256(file)
    return samples_digest(recording)


def samples_digest(recording: Recording) -> str:
    """SHA-256 of a recording's samples in hexadecimal.

    It is the same whether the samples come from a file, an array or an `mne.io.Raw`.
    """
    digest = hashlib.sha256(f"{recording.data.shape}".encode())
    digest.update(np.ascontiguousarray(recording.data).data)
    return digest.hexdigest()


def digests(recording: Recording) -> tuple[str, str]:
    """Return the `source_digest` and `samples_digest` of a recording.

    A model that stores either hash was trained on the recording.
    """
    return source_digest(recording), samples_digest(recording)


def _is_recording(folder: Path) -> bool:
    known = format_of(folder)
    return known is not None and known.folder
