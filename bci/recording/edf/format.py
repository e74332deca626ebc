"""The EDF, EDF+, BDF and BDF+ formats: header, samples and annotations.

Source: https://www.edfplus.info/specs/edf.html and edfplus.html; BDF has samples of 24 bits
(https://www.biosemi.com/faq/file_format.htm).
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError

_FIELDS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)  # bytes of each header field of a signal, in order
_LABEL, _UNIT, _PMIN, _PMAX, _DMIN, _DMAX, _N_SAMPLES = 0, 2, 3, 4, 5, 6, 8
_LONGEST_S = 1e8
_MAX_HZ = 1e7
_ANNOTATIONS = ("EDF Annotations", "BDF Annotations")
# Onset, duration, texts: each text ends with 0x14, and the annotation with 0x00.
_TAL = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15(\d*(?:\.\d*)?))?\x14((?:[^\x00\x14]*\x14)*)\x00")


class EdfSignal(NamedTuple):
    """One signal: ``n`` samples per data record, from byte ``start`` of the record on.

    Physical values, in ``unit``, are ``offset + gain * stored``.
    """

    label: str
    unit: str
    n: int
    start: int
    gain: float
    offset: float


class Note(NamedTuple):
    """An annotation and its ``text``; ``onset`` is in seconds from the file's start.

    ``duration`` is in seconds, 0 if none is stated.
    """

    onset: float
    duration: float
    text: str


@dataclass(frozen=True, slots=True)
class EdfFile:
    """A file whose header was read and agrees with the file's length.

    ``signals`` have samples, ``notes_at`` are the annotation signals. ``record_s`` is the length
    of a data record in seconds. ``extra`` counts the whole records in the file beyond the number
    that the header states. In a ``broken`` (discontinuous) file there may be gaps between records.
    """

    path: Path
    width: int  # bytes per sample
    n_header: int
    n_records: int
    record_bytes: int
    record_s: float
    broken: bool
    signals: tuple[EdfSignal, ...]
    notes_at: tuple[EdfSignal, ...]
    extra: int

    def records(self) -> NDArray[np.uint8]:
        """The data records as bytes, shape (n_records, record_bytes)."""
        return np.memmap(
            self.path, np.uint8, "r", self.n_header, (self.n_records, self.record_bytes)
        )

    def stored(self, records: NDArray[np.uint8], signal: EdfSignal) -> NDArray[np.int32]:
        """Return a signal's stored whole numbers, shape (n_records * signal.n,)."""
        content = records[:, signal.start : signal.start + signal.n * self.width]
        if self.width == 2:
            return np.ascontiguousarray(content).view("<i2").ravel().astype(np.int32)
        low, middle, high = (content[:, i::3].astype(np.int32) for i in range(3))
        return (low | middle << 8 | (high ^ 0x80) - 0x80 << 16).ravel()

    def notes(self, records: NDArray[np.uint8]) -> tuple[list[float], list[Note]]:
        """Read the start of each record, NaN if none is stated, and all annotations, in seconds.

        ``records`` have the shape (n_records, record_bytes).
        """
        onsets, found = [], []
        labels = {signal.label for signal in self.signals}
        for record in records if self.notes_at else ():
            began = float("nan")
            for signal in self.notes_at:
                content = record[signal.start : signal.start + signal.n * self.width].tobytes()
                for onset, duration, texts in _TAL.findall(content):
                    if abs(float(onset)) > _LONGEST_S:
                        raise RecordingError(
                            f"{self.path}: an annotation at {onset.decode():.40} s"
                        )
                    if np.isnan(began) and texts.startswith(b"\x14"):
                        began = float(onset)
                    found += [
                        Note(
                            float(onset),
                            min(_LONGEST_S, float(duration or 0)),
                            _label(text, labels),
                        )
                        for text in texts.split(b"\x14")
                        if text
                    ]
            onsets.append(began)
        # A text for several channels is stored once per channel.
        return onsets, list(dict.fromkeys(found))


def open_edf(path: Path) -> EdfFile:
    """Read and check a file's header.

    Raises `RecordingError` if the header has another format or is damaged, or the file is shorter
    than the header states.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(256)
        try:
            n_signals = _whole(head[252:256])
            table = file.read(256 * n_signals)
            return _checked(path, size, head, table, n_signals)
        except ValueError as error:
            raise RecordingError(
                f"{path}: damaged, or of another format than its name (its header cannot be read: "
                f"{error})"
            ) from error


def _checked(path: Path, size: int, head: bytes, table: bytes, n_signals: int) -> EdfFile:
    width = 3 if head[:1] == b"\xff" else 2
    if len(head) < 256 or len(table) < 256 * n_signals or n_signals < 0:
        raise ValueError("it is cut off")
    if width == 2 and head[:8].strip(b" \0") not in (b"0", b""):
        raise ValueError(f"it begins with {head[:8]!r}")
    n_header, n_records = _whole(head[184:192]), _whole(head[236:244])
    record_s = _number(head[244:252])
    signals = _signals(table, n_signals, width)
    if any(signal.n > _MAX_HZ * record_s for signal in signals) and record_s:
        raise ValueError("its rates are beyond any amplifier's")
    record_bytes = sum(signal.n for signal in signals) * width
    if n_header < 256 * (n_signals + 1) or n_records < -1 or not 0 <= record_s < 1e6:
        raise ValueError("its numbers do not fit together")
    there = max(0, size - n_header) // record_bytes if record_bytes else 0
    if n_records == -1:  # not filled in, because the recording program ended without closing
        n_records = there
    if n_records > there and record_bytes:
        raise RecordingError(
            f"{path}: truncated: it is shorter than its header states ({there} of {n_records} data "
            "records are there); copy it again, or save what is left of it with another program"
        )
    kind = head[192:236].decode("ascii", "replace")
    return EdfFile(
        path=path,
        width=width,
        n_header=n_header,
        n_records=n_records,
        record_bytes=record_bytes,
        record_s=record_s,
        broken=kind[3:5] == "+D",
        signals=tuple(s for s in signals if s.label not in _ANNOTATIONS and s.n),
        notes_at=tuple(s for s in signals if s.label in _ANNOTATIONS),
        extra=there - n_records,
    )


def _signals(table: bytes, n_signals: int, width: int) -> list[EdfSignal]:
    columns, at = [], 0
    for field in _FIELDS:
        columns.append([table[at + i * field : at + (i + 1) * field] for i in range(n_signals)])
        at += field * n_signals
    signals, start = [], 0
    for i in range(n_signals):
        label, unit = _text(columns[_LABEL][i]), _text(columns[_UNIT][i])
        n = _whole(columns[_N_SAMPLES][i])
        if n < 0:
            raise ValueError(f"{label} has {n} samples a record")
        gain, offset = 1.0, 0.0
        if label not in _ANNOTATIONS:
            gain, offset = _scale([_number(columns[c][i]) for c in (_PMIN, _PMAX, _DMIN, _DMAX)])
        signals.append(EdfSignal(label, unit, n, start, gain, offset))
        start += n * width
    return signals


def _scale(limits: list[float]) -> tuple[float, float]:
    pmin, pmax, dmin, dmax = limits
    if dmax == dmin or pmax == pmin:
        return 1.0, 0.0
    gain = (pmax - pmin) / (dmax - dmin)
    return gain, pmin - dmin * gain


def _label(text: bytes, labels: set[str]) -> str:
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError:
        decoded = text.decode("latin-1")
    # An annotation of a single channel ends with its name: "blink@@Fp1".
    before, _, channel = decoded.rpartition("@@")
    return before if before and channel in labels else decoded


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("latin-1").strip()


def _number(field: bytes) -> float:
    number = float(_text(field).replace(",", ".") or "nan")
    if not np.isfinite(number):
        raise ValueError(f"{_text(field)!r} is no number")
    return number


def _whole(field: bytes) -> int:
    return int(_number(field))
