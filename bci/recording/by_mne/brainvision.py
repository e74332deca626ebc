"""Parts of BrainVision files that MNE leaves out: breaks, and texts in Latin-1."""

import itertools
import re
from datetime import datetime
from pathlib import Path

from bci.errors import RecordingError
from bci.recording.breaks import UNKNOWN, Break, lost

_MARKER_FILE = re.compile(r"^MarkerFile[ \t]*=[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_DATA_FILE = re.compile(r"^DataFile[ \t]*=[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_CODEPAGE = re.compile(r"^Codepage[ \t]*=.*$", re.MULTILINE | re.IGNORECASE)
# Mk<number>=New Segment,<text>,<position from 1>,<size>,<channel>,<date>
_SEGMENT = re.compile(r"^Mk\d+=New Segment,[^,\n]*,(\d+),\d*,\d*(?:,(\d{20}))?", re.MULTILINE)
_LONGEST_TEXT = 256 << 20


def segment_breaks(header: Path, sfreq: float) -> list[Break]:
    """List the breaks before the segments of a file, from the segments' start dates.

    The length of a break is unknown if a segment has no date, or if its date is not later than
    the end of the samples before it.
    """
    name = _MARKER_FILE.search(_text(header))
    if name is None:
        return []
    markers = header.with_name(name[1].replace("$b", header.stem))
    segments = [
        (int(row) - 1, _date(date))
        for row, date in (_SEGMENT.findall(_text(markers)) if markers.is_file() else [])
    ]
    breaks = []
    for (row, date), (next_row, next_date) in itertools.pairwise(segments):
        n_lost = UNKNOWN
        if date is not None and next_date is not None:
            passed = (next_date - date).total_seconds()
            n_lost = lost(passed - (next_row - row) / sfreq, sfreq)
        breaks.append(Break(next_row, n_lost))
    return breaks


def in_utf8(header: Path, folder: Path) -> Path:
    """Copy a header and its marker file to ``folder`` in UTF-8; return the copied header."""
    text = _text(header)
    markers = _MARKER_FILE.search(text)
    data = _DATA_FILE.search(text)
    if markers is not None:
        source = header.with_name(markers[1].replace("$b", header.stem))
        copied = _CODEPAGE.sub("Codepage=UTF-8", _text(source))
        (folder / "markers.vmrk").write_text(copied, encoding="utf-8")
        text = text.replace(markers[0], "MarkerFile=markers.vmrk")
    if data is not None:
        signal = header.with_name(data[1].replace("$b", header.stem)).resolve()
        text = text.replace(data[0], f"DataFile={signal}")
    copy = folder / header.name
    copy.write_text(_CODEPAGE.sub("Codepage=UTF-8", text), encoding="utf-8")
    return copy


def _text(path: Path) -> str:
    if path.stat().st_size > _LONGEST_TEXT:
        raise RecordingError(f"{path}: too large for a header or markers of BrainVision")
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # The encoding of older recorders on Windows; cp1252 has a few holes.
        return content.decode("cp1252", errors="replace")


def _date(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S%f")
    except ValueError:
        return None
