"""Tables and JSON files beside a BIDS recording."""

import csv
import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.channels.description import canonical_kind
from bci.channels.units import UNKNOWN, canonical_unit
from bci.errors import RecordingError
from bci.head.electrodes import electrode
from bci.recording.annotations import is_marker
from bci.signals import Channel, Marker, Recording

_TYPES = {"eeg": "EEG", "ieeg": "iEEG"}
_INTRACRANIAL = ("seeg", "ecog", "dbs")
# Even a table of a million events is smaller than this.
_MAX_BYTES = 100_000_000
_METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3}
_FRAME = (
    "Head coordinates: x to the right, y to the front, z up. Positions may be those of a template "
    "head in the 10-05 system rather than measured ones."
)


def with_sidecars(
    recording: Recording,
    path: Path,
    # Converts onsets, in seconds of the file's samples, to times in the recording
    place: Callable[[Sequence[float]], NDArray[np.float64]] = np.asarray,
    *,
    keep_markers: bool = False,  # The user chose the markers; the table of events is ignored
) -> Recording:
    """Add the facts of the files beside a recording in a BIDS dataset.

    These are the kinds of channels, their positions in metres, the markers, and whether the signal
    is simulated. Positions are copied in the table's own coordinate frame, if its unit is m, cm or
    mm. MEG files contain these facts already. A MEG recording, or one without such files, is
    returned unchanged.

    Raises `RecordingError` if one of these files is damaged.
    """
    stem, _, suffix = path.stem.rpartition("_")
    if not stem.startswith("sub-") or suffix not in _TYPES:
        return recording
    try:
        amended = _amended(recording, path, stem, _TYPES[suffix], place)
    except (OSError, ValueError, csv.Error) as error:
        raise RecordingError(
            f"{path}: a table or note beside it in its BIDS dataset is damaged ({error})"
        ) from error
    if keep_markers:
        return dataclasses.replace(amended, markers=recording.markers)
    return amended


def _amended(
    recording: Recording,
    path: Path,
    stem: str,
    kind_of_signal: str,
    place: Callable[[Sequence[float]], NDArray[np.float64]],
) -> Recording:
    info, markers = recording.info, recording.markers
    table = path.with_name(f"{stem}_channels.tsv")
    if table.exists():
        rows = {_name(row): row for row in _rows(table)}
        channels = tuple(_with_row(channel, rows.get(channel.name)) for channel in info.channels)
        info = dataclasses.replace(info, channels=channels, type=kind_of_signal)
    places = _places(path, stem)
    if places:
        channels = tuple(
            dataclasses.replace(channel, position=places.get(channel.name) or channel.position)
            for channel in info.channels
        )
        info = dataclasses.replace(info, channels=channels)
    table = path.with_name(f"{stem}_events.tsv")
    if table.exists():
        events = _events(table)
        times = place([event.time for event in events])
        markers = tuple(
            sorted(Marker(float(t), e.label) for t, e in zip(times, events, strict=True))
        )
    notes = path.with_suffix(".json")
    if notes.exists() and _read_notes(notes).get("Simulated") is True:
        info = dataclasses.replace(info, simulated=True)
    return dataclasses.replace(recording, info=info, markers=markers)


def _name(row: dict[str, str]) -> str:
    """Return a table row's channel name in the spelling that the readers of files give it."""
    label = row.get("name", "")
    return electrode(label) or label.strip()


def _with_row(channel: Channel, row: dict[str, str] | None) -> Channel:
    if row is None:
        return channel
    kind = canonical_kind(row.get("type") or "")
    kind = {"other": "misc", "": channel.kind, UNKNOWN: channel.kind}.get(kind, kind)
    unit = channel.unit
    if unit == UNKNOWN:
        unit = canonical_unit(row.get("units") or "", kind)
    if kind in _INTRACRANIAL and channel.kind == "eeg":
        # The file states EEG, so the contact's name, such as A1 or F3, was read as a scalp
        # electrode's.
        return Channel(row["name"], kind, unit)
    return dataclasses.replace(channel, kind=kind, unit=unit)


def _places(path: Path, stem: str) -> dict[str, tuple[float, float, float]]:
    """Read electrode positions in metres from the table of the session or the subject.

    Empty where there is no such table, or its unit is not m, cm or mm.
    """
    of = "_".join(part for part in stem.split("_") if part.startswith(("sub-", "ses-")))
    # There may be one table per coordinate frame; the first by name is read.
    table = min(path.parent.glob(f"{of}*_electrodes.tsv"), default=None)
    if table is None:
        return {}
    notes = table.with_name(table.name.replace("_electrodes.tsv", "_coordsystem.json"))
    notes_found = _read_notes(notes) if notes.exists() else {}
    units = [str(notes_found.get(f"{kind}CoordinateUnits")) for kind in _TYPES.values()]
    scale = next((_METRES[unit] for unit in units if unit in _METRES), None)
    if scale is None:
        return {}
    places = {}
    for row in _rows(table):
        try:
            x, y, z = (round(scale * float(row[axis]), 6) for axis in "xyz")
        except (KeyError, TypeError, ValueError):
            continue
        if np.isfinite([x, y, z]).all() and row.get("name"):
            places[row["name"]] = (x, y, z)
    return places


def check_positions(place: Path, stem: str, channels: tuple[Channel, ...], datatype: str) -> None:
    """Check that `write_positions` would not change an existing table of the session.

    Raises `RecordingError` if the session has a table with other content.
    """
    table = place / f"{stem}_electrodes.tsv"
    content = _electrodes(channels, datatype)
    if content and table.exists() and table.read_text(encoding="utf-8-sig") != content:
        raise RecordingError(
            f"{table}: holds other electrodes than this recording; export it as another session"
        )


def write_positions(place: Path, stem: str, channels: tuple[Channel, ...], datatype: str) -> None:
    """Write ``electrodes.tsv`` and ``coordsystem.json`` if any channel has a position.

    ``stem`` is ``sub-…`` or ``sub-…_ses-…``: all runs of a session share the table. ``datatype`` is
    ``eeg`` or ``ieeg``.
    """
    content = _electrodes(channels, datatype)
    if not content:
        return
    (place / f"{stem}_electrodes.tsv").write_text(content, encoding="utf-8")
    prefix = _TYPES[datatype]
    system = {
        f"{prefix}CoordinateSystem": "Other",
        f"{prefix}CoordinateUnits": "m",
        f"{prefix}CoordinateSystemDescription": _FRAME,
    }
    notes = json.dumps(system, indent=4) + "\n"
    (place / f"{stem}_coordsystem.json").write_text(notes, encoding="utf-8")


def write_simulated(folder: Path, subject: str) -> None:
    """Add a sentence to the dataset's README that a subject is simulated, unless it is there."""
    readme = next(iter(sorted(folder.glob("README*"))), folder / "README")
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    note = f"sub-{subject} has simulated signals: there was no human subject."
    if note not in text:
        readme.write_text(f"{note}\n\n{text}" if text else f"{note}\n", encoding="utf-8")


def _electrodes(channels: tuple[Channel, ...], datatype: str) -> str:
    if all(channel.position is None for channel in channels):
        return ""
    size = ["n/a"] if datatype == "ieeg" else []
    rows = [["name", "x", "y", "z", *(["size"] if size else [])]]
    for channel in channels:
        if channel.kind != "stim":
            rows.append([channel.name, *map(str, channel.position or ("n/a",) * 3), *size])
    return "".join("\t".join(row) + "\n" for row in rows)


def _events(table: Path) -> list[Marker]:
    markers = []
    for row in _rows(table):
        label = row.get("trial_type") or row.get("value") or "n/a"
        try:
            onset = float(row["onset"])
        except (KeyError, TypeError, ValueError):
            continue
        if np.isfinite(onset) and label != "n/a" and is_marker(label):
            markers.append(Marker(onset, label))
    return markers


def _rows(table: Path) -> list[dict[str, str]]:
    _check_size(table)
    with table.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))


def _read_notes(notes: Path) -> dict[str, object]:
    _check_size(notes)
    try:
        notes_found = json.loads(notes.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError(f"{notes.name} is nested too deeply") from error
    if not isinstance(notes_found, dict):
        raise ValueError(f"{notes.name} is no table of names and values")
    return notes_found


def _check_size(sidecar: Path) -> None:
    if sidecar.stat().st_size > _MAX_BYTES:
        raise ValueError(f"{sidecar.name} is larger than {_MAX_BYTES // 10**6} MB")
