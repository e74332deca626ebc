"""Reading recordings: every format of MNE, XDF, and NWB."""

import logging
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.electrodes import standard_name, standard_position
from bci.errors import RecordingError
from bci.recording.bids_sidecars import with_sidecars
from bci.recording.fif_check import check_tags
from bci.types import Channel, Marker, Recording, StreamInfo

_log = logging.getLogger(__name__)

# MNE's words for a file that is shorter than its header says.
_TRUNCATED = ("does not match the file size", "truncated", "file size is smaller")
_VOLTS = ("eeg", "eog", "ecg", "emg", "seeg", "ecog", "dbs", "bio")
_OTHER_UNITS = {"mag": "T", "grad": "T/m", "ref_meg": "T"}
_FAMILIES = {
    "EDF/BDF": (".edf", ".bdf"), "GDF": (".gdf",), "FIF": (".fif",), "BrainVision": (".vhdr",),
    "EEGLAB": (".set",), "CNT": (".cnt",), "CTF": (".ds",), "KIT": (".sqd", ".con"),
    "EGI": (".mff",), "XDF": (".xdf", ".xdfz"), "NWB": (".nwb",),
}  # fmt: skip
_ENDINGS = tuple(ending for endings in _FAMILIES.values() for ending in endings)
_FOLDERS = (*_FAMILIES["CTF"], *_FAMILIES["EGI"])


def recordings_in(folder: Path) -> list[Path]:
    """Recordings in a folder and those below it, in order, as the ends of their names tell them."""
    found = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _ENDINGS]
    return [
        path
        for path in found
        if path.is_dir() == (path.suffix.lower() in _FOLDERS)
        # What a recording that is a folder consists of is none itself.
        and not any(p.suffix.lower() in _FOLDERS for p in path.relative_to(folder).parents)
    ]


def read_recording(
    path: Path | str, stream: str | None = None, given_hz: float | None = None
) -> Recording:
    """Read a recording whole.

    EEG and other voltages come in microvolts, MEG in tesla and T/m. Electrodes of the 10-05
    system get their standard spelling, and a template position where the file has none.

    Parameters
    ----------
    path : path
        A file that MNE reads, or an XDF or NWB file.
    stream : str, optional
        Name or type of the signal stream, for an XDF or NWB file that holds several.
    given_hz : float, optional
        The true rate in hertz, where a stream of an XDF file has a wrong nominal one.

    Raises
    ------
    RecordingError
        If the file is missing, of an unknown kind, truncated or damaged, or holds no signal.
    """
    path = Path(path)
    if not path.exists():
        raise RecordingError(f"{path}: no such file")
    if path.suffix.lower() in (".xdf", ".xdfz"):
        from bci.recording.reading_xdf import read_xdf

        recording = read_xdf(path, stream, given_hz)
        for finding in recording.findings:
            _log.warning("%s: %s: %s", path, recording.info.name, finding)
        return recording
    if path.suffix.lower() == ".nwb":
        from bci.recording.reading_nwb import read_nwb

        return read_nwb(path, stream)
    return with_sidecars(_read_with_mne(path), path)


def _read_with_mne(path: Path) -> Recording:
    import mne

    if path.suffix.lower() == ".fif":
        check_tags(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            raw = mne.io.read_raw(path, preload=False, verbose="warning")
            kinds = raw.get_channel_types()
            volts = raw.get_data(verbose="error")
        except Exception as error:
            raise RecordingError(_unreadable(path, error)) from error
    for warning in caught:
        if any(words in str(warning.message) for words in _TRUNCATED):
            raise RecordingError(
                f"{path}: truncated: it is shorter than its header says; copy it again, or save "
                "what is left of it with another program"
            )
    if not volts.shape[1] or not any(kind != "stim" for kind in kinds):
        raise RecordingError(f"{path}: holds no signal")
    channels = tuple(
        _channel(name, kind, raw.info["chs"][i]["loc"])
        for i, (name, kind) in enumerate(zip(raw.ch_names, kinds, strict=True))
    )
    scale = np.array([1e6 if kind in _VOLTS else 1.0 for kind in kinds])
    sfreq = float(raw.info["sfreq"])
    keep, indices = _without_skips(raw)
    data = np.ascontiguousarray((volts * scale[:, None]).T[keep], dtype=np.float32)
    description = str(raw.info["description"] or "")
    return Recording(
        info=StreamInfo(
            name=path.stem,
            type="EEG"
            if "eeg" in kinds and "mag" not in kinds
            else "MEG"
            if "mag" in kinds
            else "iEEG",
            sfreq=sfreq,
            channels=channels,
            source_id=f"file-{path.stem}",
            simulated=description.lower().startswith("simulated"),
        ),
        data=data,
        timestamps=indices / sfreq,
        indices=indices,
        markers=_markers(raw),
        source=str(path),
    )


def _unreadable(path: Path, error: Exception) -> str:
    detail = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, ValueError) and "supported" in detail.lower():
        known = ", ".join(f"{name} ({' '.join(ends)})" for name, ends in _FAMILIES.items())
        return f"{path}: not a kind of recording that is known here; these are: {known}"
    if isinstance(error, AssertionError):
        return f"{path}: not a recording that its name says, or one that is not known here"
    if path.is_dir():
        return f"{path}: is a folder, not a recording"
    return f"{path}: damaged or not what its name says ({detail:.200})"


def _channel(name: str, kind: str, loc: NDArray[np.float64]) -> Channel:
    unit = "uV" if kind in _VOLTS else _OTHER_UNITS.get(kind, "unknown")
    x, y, z = (round(float(value), 6) for value in loc[:3])
    placed = bool(np.isfinite(loc[:3]).all() and (x, y, z) != (0, 0, 0))
    position = (x, y, z) if placed else None
    if kind == "eeg":
        name = standard_name(name)
        position = position or standard_position(name)
    return Channel(name, kind, unit, position)


def _without_skips(raw) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:  # type: ignore[no-untyped-def]
    """Rows that were really acquired, and their absolute indices."""
    keep = np.ones(raw.n_times, dtype=np.bool_)
    for onset, length, label in _annotations(raw):
        if label.upper().startswith("BAD_ACQ_SKIP"):
            start = round(onset * raw.info["sfreq"])
            keep[max(0, start) : start + round(length * raw.info["sfreq"])] = False
    return keep, np.flatnonzero(keep).astype(np.int64)


def _markers(raw) -> tuple[Marker, ...]:  # type: ignore[no-untyped-def]
    import mne

    markers = [
        Marker(onset, label)
        for onset, _, label in _annotations(raw)
        if not label.upper().startswith(("BAD", "EDGE"))
    ]
    if not markers and "stim" in raw.get_channel_types():
        events = mne.find_events(raw, shortest_event=1, verbose="error")
        sfreq = raw.info["sfreq"]
        markers = [Marker((s - raw.first_samp) / sfreq, str(code)) for s, _, code in events]
    return tuple(sorted(markers))


def _annotations(raw) -> list[tuple[float, float, str]]:  # type: ignore[no-untyped-def]
    """Onset (seconds from the first sample), duration and label of each annotation."""
    notes = raw.annotations
    shift = raw.first_time if notes.orig_time is not None else 0.0
    return [
        (float(onset) - shift, float(length), str(label))
        for onset, length, label in zip(notes.onset, notes.duration, notes.description, strict=True)
    ]
