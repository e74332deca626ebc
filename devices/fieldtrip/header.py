"""Channels and sample format in the header of a FieldTrip buffer."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.channels.description import DeclaredChannels, describe
from bci.signals import Channel

_MOST_CHANNELS = 10_000
_MOST_HZ = 1e6
_LONGEST_NAME = 64
# Chunks of the header, by the protocol's numbers.
_FLAGS, _RESOLUTIONS = 2, 3
_KINDS = frozenset(["eeg", "eog", "ecg", "emg", "mag", "grad", "seeg", "ecog", "stim", "misc"])
# Channel names of known systems: Neuromag (MEG0111 or MEG 0111), CTF (MLC11). They state all facts
# that are needed here from the vendor's own header (.fif, .res4), which is not read.
_KNOWN_NAMES = (
    (re.compile(r"MEG ?\d{3}1"), "mag", "T"),
    (re.compile(r"MEG ?\d{3}[23]"), "grad", "T/m"),
    (re.compile(r"M[LRZ][CFOPT]\d\d(-\d+)?"), "mag", "T"),
    (re.compile(r"EEG.*"), "eeg", "unknown"),
    (re.compile(r"EOG.*"), "eog", "unknown"),
    (re.compile(r"ECG.*"), "ecg", "unknown"),
    (re.compile(r"EMG.*"), "emg", "unknown"),
    (re.compile(r"STI.*"), "stim", "unknown"),
    (re.compile(r"MISC.*"), "misc", "unknown"),
)


def sample_type(header: Any, names: list[str]) -> np.dtype[Any]:
    """Return the samples' data type; raise ValueError if the header is invalid."""
    if not 1 <= header.nChannels <= _MOST_CHANNELS:
        raise ValueError(f"{header.nChannels} channels, not 1 to {_MOST_CHANNELS}")
    if not 0 < header.fSample <= _MOST_HZ:
        raise ValueError(f"a rate of {header.fSample:g} Hz")
    if header.dataType >= len(names):
        raise ValueError(f"samples of unknown type {header.dataType}")
    dtype: np.dtype[Any] = np.dtype(names[header.dataType])
    return dtype


def identity(header: Any) -> tuple[object, ...]:
    return header.nChannels, header.fSample, header.dataType, header.chunks


def read_resolutions(header: Any) -> NDArray[np.float64] | None:
    """Read the physical value per step of each channel, (n_channels,); None if not stated."""
    raw = header.chunks.get(_RESOLUTIONS, b"")
    if len(raw) != 8 * header.nChannels:
        return None
    resolutions = np.frombuffer(raw, dtype=np.float64)
    return resolutions if np.isfinite(resolutions).all() else None


def read_channels(header: Any, physical: bool) -> tuple[Channel, ...]:
    """Read the channels, with unique names; units are set only if samples are ``physical``."""
    names = [*header.labels, *[""] * header.nChannels][: header.nChannels]
    stated = []
    for label, flag in zip(names, _flags(header), strict=True):
        label = printable(label)[:_LONGEST_NAME]
        kind, unit = _kind(label, flag)
        stated.append(DeclaredChannels(label, kind, unit if physical else ""))
    return describe(stated)


def _kind(name: str, flag: str) -> tuple[str, str]:
    for pattern, kind, unit in _KNOWN_NAMES:
        if pattern.fullmatch(name):
            return kind, unit
    return flag, "unknown"


def _flags(header: Any) -> list[str]:
    """Read each channel's kind from the header's flags; in ``eeg_eog``, 1 is EEG and 2 EOG."""
    words, _, numbers = header.chunks.get(_FLAGS, b"").partition(b"\0")
    if len(numbers) != header.nChannels:
        return ["unknown"] * header.nChannels
    kinds = ["", *words.decode("ascii", "replace").lower().split("_")]
    named = [kinds[number] if number < len(kinds) else "" for number in numbers]
    return [kind if kind in _KINDS else "unknown" for kind in named]


def printable(text: str) -> str:
    return "".join(each for each in text if each.isprintable()).strip()
