"""Exporting a recording into a BIDS dataset (https://bids-specification.readthedocs.io).

EEG and intracranial EEG are written as BrainVision (float32), MEG as FIF. A `Recording` has no
measurement date, filter settings or orientation of MEG sensors, so the dataset lacks them.
"""

import re
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.channels.units import in_si
from bci.clock.timekeeping import check_losses
from bci.errors import RecordingError, first_line
from bci.recording.bids.names import Session
from bci.recording.bids.sidecars import check_positions, write_positions, write_simulated
from bci.signals import Channel, Recording

_MEG = ("mag", "grad", "ref_meg")
_INTRACRANIAL = ("seeg", "ecog", "dbs")
_OTHERS = ("eeg", "eog", "ecg", "emg", "bio", "resp", "stim")
_SKIP = "BAD_ACQ_SKIP"
_UNFIT = re.compile(r"[\x00-\x1f\x7f;,\\]+")


@dataclass(frozen=True, slots=True)
class _Run:
    """A recording ready to be written: equally spaced, with zeros for lost samples."""

    channels: tuple[Channel, ...]
    kinds: list[str]
    sfreq: float
    signal: NDArray[np.float64]  # (n_channels, n_samples), SI units where they are known
    events: list[tuple[int, int, str]]  # first sample, number of samples, label
    simulated: bool


def export_bids(
    recording: Recording,
    session: Session,
    folder: Path,
    run: int | None = None,
    bad_channels: tuple[str, ...] = (),
    line_hz: float | None = None,
) -> Path:
    """Export one recording into a BIDS dataset, as its next run. Nothing is ever overwritten.

    Lost samples are written as zeros, with a ``BAD_ACQ_SKIP`` event. Each marker is moved to the
    nearest sample. Markers before the first or after the last sample are left out (see
    `markers_outside`). Characters of a label that a table cannot hold are replaced by ``_``. The
    dataset states the nominal sampling frequency.

    Parameters
    ----------
    recording : Recording
    session : Session
        With the ``suffix`` ``ieeg``, channels of the kind EEG are exported as intracranial.
        Otherwise the kinds of the channels decide between EEG, iEEG and MEG.
    folder : path
        The dataset's folder; created if missing.
    run : int, optional
        Number of the run, from 1. Default: the next free number.
    bad_channels : tuple of str
        Channels whose status is ``bad``.
    line_hz : float, optional
        Frequency of the power line in hertz; ``n/a`` if not given.

    Returns
    -------
    path : path
        The signal file: ``.vhdr`` or ``.fif``.

    Raises
    ------
    RecordingError
        If the run exists already, BIDS cannot represent the recording, a bad channel is not in
        the recording, the electrode positions differ from those of the session's other runs,
        mne-bids is missing, or the file cannot be written.
    """
    _check(recording, run, bad_channels, line_hz)
    try:
        import mne_bids
        import pybv  # type: ignore[import-untyped]  # noqa: F401
    except ImportError as error:
        raise RecordingError("BIDS export needs mne-bids: pip install 'bci[bids]'") from error
    datatype = _datatype(recording, session)
    parts = [f"sub-{session.subject}", *([f"ses-{session.session}"] if session.session else [])]
    place = folder.joinpath(*parts, datatype)
    number = _free_run(place, "_".join([*parts, f"task-{session.task}"]), run)
    target = mne_bids.BIDSPath(
        subject=session.subject, session=session.session, task=session.task,
        run=f"{number:02d}", datatype=datatype, suffix=datatype, root=folder,
    )  # fmt: skip
    check_losses(recording)
    made = _equally_spaced(recording, datatype)
    if datatype != "meg":
        check_positions(place, "_".join(parts), made.channels, datatype)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            kept = _kept(folder, place, session.subject)
            raw = (_fif if datatype == "meg" else _brainvision)(made, Path(scratch))
            raw.info["bads"] = list(bad_channels)
            raw.info["line_freq"] = line_hz
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / "dataset_description.json").exists():
                mne_bids.make_dataset_description(path=folder, name=folder.name, verbose="error")
            # With overwrite=False, mne-bids also refuses tables that a person has filled in
            # (age, handedness). So it overwrites them, and their old content is restored.
            written = Path(
                mne_bids.write_raw_bids(raw, target, overwrite=True, verbose="error").fpath
            )
            for path, content in kept.items():
                path.write_bytes(content)
            sidecar = target.copy().update(extension=".json")
            extra: dict[str, object] = {"Manufacturer": "n/a"}
            if made.simulated:
                extra["Simulated"] = True
            mne_bids.update_sidecar_json(sidecar, extra, verbose="error")
            if datatype != "meg":
                write_positions(place, "_".join(parts), made.channels, datatype)
            if made.simulated:
                write_simulated(folder, session.subject)
        except (OSError, ValueError, RuntimeError) as error:
            raise RecordingError(
                f"{folder}: cannot export to BIDS ({first_line(error):.200})"
            ) from error
    return written


def markers_outside(recording: Recording) -> int:
    """Count the markers before the first or after the last sample; the export leaves them out."""
    positions = _positions(recording)
    n_samples = _n_samples(recording)
    return int(np.sum((positions < 0) | (positions >= n_samples)))


def _check(
    recording: Recording, run: int | None, bad_channels: tuple[str, ...], line_hz: float | None
) -> None:
    source, names = recording.source or recording.info.name, recording.info.ch_names
    if not recording.info.sfreq > 0 or not len(recording.data):
        raise RecordingError(f"{source}: holds no samples at a regular rate")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise RecordingError(f"{source}: channel names must differ in BIDS: {', '.join(twice)}")
    if unfit := [name for name in names if not name.isprintable()]:
        raise RecordingError(f"{source}: a table cannot hold the channel name {unfit[0]!r}")
    if absent := [name for name in bad_channels if name not in names]:
        raise RecordingError(
            f"{source}: no channel {', '.join(absent)} to mark as bad; there are: "
            f"{', '.join(names)}"
        )
    if run is not None and run < 1:
        raise RecordingError(f"a run's number starts at 1, not {run}")
    if line_hz is not None and not 0 < line_hz < 1000:
        raise RecordingError(f"the power line has 50 or 60 Hz, not {line_hz:g}")


def _datatype(recording: Recording, session: Session) -> str:
    kinds = {channel.kind for channel in recording.info.channels}
    if kinds & {"mag", "grad"}:
        return "meg"
    if kinds & set(_INTRACRANIAL) or ("eeg" in kinds and session.suffix == "ieeg"):
        return "ieeg"
    if "eeg" in kinds:
        return "eeg"
    raise RecordingError(
        f"{recording.source or recording.info.name}: BIDS export needs EEG, iEEG or MEG channels; "
        f"these are {', '.join(sorted(kinds))}"
    )


def _free_run(place: Path, stem: str, run: int | None) -> int:
    def taken(number: int) -> bool:
        return any(place.glob(f"{stem}_run-{number:02d}_*"))

    if run is None:
        run = 1
        while taken(run):
            run += 1
    elif taken(run):
        raise RecordingError(f"{place}: {stem} run {run} is there already; leave --run out")
    return run


def _kept(folder: Path, place: Path, subject: str) -> dict[Path, bytes]:
    paths = [*folder.glob("*.json"), *place.glob("*_electrodes.*"), *place.glob("*_coordsystem.*")]
    kept = {path: path.read_bytes() for path in paths}
    participants = folder / "participants.tsv"
    if participants.exists():
        content = participants.read_bytes()
        if any(row.startswith(f"sub-{subject}\t".encode()) for row in content.splitlines()):
            kept[participants] = content
    return kept


def _positions(recording: Recording) -> NDArray[np.int64]:
    """Find the row of the exported file nearest to each marker, shape (n_markers,).

    A device rarely runs at exactly its nominal rate. So the position between two samples is
    computed from their time stamps and not from the rate.
    """
    times = np.array([marker.time for marker in recording.markers])
    stamps, first = recording.timestamps, int(recording.indices[0])
    found = np.interp(times, stamps, recording.indices - first)
    before, after = np.minimum(times - stamps[0], 0), np.maximum(times - stamps[-1], 0)
    nearest: NDArray[np.int64] = np.rint(found + (before + after) * recording.info.sfreq).astype(
        np.int64
    )
    return nearest


def _n_samples(recording: Recording) -> int:
    return int(recording.indices[-1] - recording.indices[0]) + 1


def _equally_spaced(recording: Recording, datatype: str) -> _Run:
    channels = recording.info.channels
    kinds = [c.kind if c.kind in (*_MEG, *_INTRACRANIAL, *_OTHERS) else "misc" for c in channels]
    if datatype == "ieeg" and not set(kinds) & set(_INTRACRANIAL):
        kinds = ["seeg" if kind == "eeg" else kind for kind in kinds]
    n_samples, rows = _n_samples(recording), recording.indices - recording.indices[0]
    signal = np.zeros((len(channels), n_samples))
    signal[:, rows] = recording.data.T
    signal *= np.array([in_si(channel.unit)[0] for channel in channels])[:, None]
    seams = np.flatnonzero(np.diff(rows) > 1)
    events = [(int(rows[i]) + 1, int(rows[i + 1] - rows[i]) - 1, _SKIP) for i in seams]
    for sample, marker in zip(_positions(recording), recording.markers, strict=True):
        if 0 <= sample < n_samples:
            events.append((int(sample), 0, _label(marker.label)))
    info = recording.info
    return _Run(channels, kinds, info.sfreq, signal, sorted(events), info.simulated)


def _label(label: str) -> str:
    label = _UNFIT.sub("_", label.strip()) or "_"
    # Programs treat such labels as bad segments that are left out, and not as events.
    return f"_{label}" if label.upper().startswith(("BAD", "EDGE")) or label == "n/a" else label


def _annotations(made: _Run) -> Any:
    import mne

    onsets, lengths, labels = zip(*made.events, strict=True) if made.events else ((), (), ())
    return mne.Annotations(
        np.array(onsets) / made.sfreq, np.array(lengths) / made.sfreq, list(labels)
    )


def _brainvision(made: _Run, scratch: Path) -> Any:
    import mne
    import pybv

    spelling = {"uV": "µV", "unknown": "n/a"}
    units = [spelling.get(c.unit) or _UNFIT.sub("_", c.unit) for c in made.channels]
    pybv.write_brainvision(
        data=made.signal,
        sfreq=made.sfreq,
        ch_names=[channel.name for channel in made.channels],
        fname_base="run",
        folder_out=scratch,
        events=[
            {"onset": start, "duration": length, "description": label, "type": "Comment"}
            for start, length, label in made.events
        ],
        resolution=1.0,
        unit=units,
        fmt="binary_float32",
    )
    # MNE leaves out segments whose label begins with BAD, but reads a comment as "Comment/BAD...".
    markers = scratch / "run.vmrk"
    text = markers.read_text(encoding="utf-8").replace(f"=Comment,{_SKIP},", f"={_SKIP},,")
    markers.write_text(text, encoding="utf-8")
    raw = mne.io.read_raw_brainvision(scratch / "run.vhdr", verbose="error")
    kinds = dict(zip(raw.ch_names, made.kinds, strict=True))
    raw.set_channel_types(kinds, on_unit_change="ignore", verbose="error")
    return raw.set_annotations(_annotations(made), verbose="error")


def _fif(made: _Run, scratch: Path) -> Any:
    import mne

    info = mne.create_info([c.name for c in made.channels], made.sfreq, made.kinds, verbose="error")
    for entry, channel in zip(info["chs"], made.channels, strict=True):
        if channel.position is not None:
            entry["loc"][:3] = channel.position
    raw = mne.io.RawArray(made.signal, info, verbose="error")
    if made.simulated:
        raw.info["description"] = "simulated: no human subject"
    raw.set_annotations(_annotations(made), verbose="error")
    raw.save(scratch / "run_raw.fif", fmt="single", verbose="error")
    return mne.io.read_raw_fif(scratch / "run_raw.fif", verbose="error")
