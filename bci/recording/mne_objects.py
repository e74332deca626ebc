"""Recordings and epochs as objects of MNE, and back; MNE counts in volts, bci in microvolts."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from bci.channels.units import in_si
from bci.clock.timekeeping import check_losses
from bci.errors import RecordingError
from bci.lsl.cue_streams import merged, to_replay
from bci.training.epochs import Epochs
from bci.types import Channel, Recording, Signal

if TYPE_CHECKING:
    import mne

# Stands for the file of what is in memory; of a FIF file MNE knows every channel's kind.
_IN_MEMORY = ".fif"


@overload
def to_mne(data: Recording) -> "mne.io.RawArray": ...
@overload
def to_mne(data: Epochs) -> "mne.EpochsArray": ...
def to_mne(data: Recording | Epochs) -> Any:
    """Convert a recording to `mne.io.Raw`, or epochs to `mne.Epochs`.

    Values in microvolts become volts; teslas stay. Markers become annotations. Lost samples become
    zeros under an annotation ``BAD_ACQ_SKIP``. Each window becomes an epoch that begins at 0 s;
    ``metadata`` holds its trial, run and item.

    Parameters
    ----------
    data : Recording or Epochs

    Returns
    -------
    converted : mne.io.RawArray or mne.EpochsArray

    Raises
    ------
    RecordingError
        If it is neither, most of it is lost samples, or epochs do not state their channels.

    Examples
    --------
    >>> import bci
    >>> raw = bci.to_mne(bci.read_recording("run-01_eeg.fif"))
    >>> len(raw.ch_names), raw.info["sfreq"]
    (16, 250.0)
    """
    if isinstance(data, Epochs):
        return epochs_array(data)
    if isinstance(data, Recording):
        return raw_array(data)
    raise RecordingError(f"to_mne was given {type(data).__name__}; give a recording or epochs")


@overload
def from_mne(data: "mne.io.BaseRaw") -> Recording: ...
@overload
def from_mne(data: "mne.BaseEpochs") -> Epochs: ...  # type: ignore[overload-cannot-match]
def from_mne(data: Any) -> Recording | Epochs:
    """Convert `mne.io.Raw` to a recording, or `mne.Epochs` to epochs.

    Volts become microvolts. Annotations and events of trigger channels become markers; their
    labels are the cues that a profile names. Of epochs the name of the event is the class.

    Parameters
    ----------
    data : mne.io.Raw or mne.Epochs

    Returns
    -------
    converted : Recording or Epochs

    Raises
    ------
    RecordingError
        If it is neither.

    Examples
    --------
    >>> import bci, mne
    >>> raw = mne.io.read_raw_fif("run-01_eeg.fif", verbose="error")
    >>> recording = bci.from_mne(raw)
    >>> recording.info.summary, sorted({marker.label for marker in recording.markers})
    ('16 channels, 250 Hz, simulated', ['left', 'rest', 'right'])
    """
    import mne

    if isinstance(data, mne.io.BaseRaw):
        return _recording(data)
    if isinstance(data, mne.BaseEpochs):
        return _epochs(data)
    raise RecordingError(f"from_mne was given {type(data).__name__}; give mne.io.Raw or mne.Epochs")


def raw_array(recording: Recording) -> "mne.io.RawArray":
    """Make the `mne.io.RawArray` of a recording; see `to_mne`."""
    import mne

    check_losses(recording)
    info = recording.info
    rows = recording.indices - recording.indices[0]
    data = np.zeros((info.n_channels, int(rows[-1]) + 1))
    data[:, rows] = recording.data.T * _to_si(info.channels)
    raw = mne.io.RawArray(data, _info(info.channels, info.sfreq), verbose="error")
    if info.simulated:
        raw.info["description"] = "simulated signal"
    streams = recording.marker_streams
    markers = merged(to_replay(recording)) if streams else recording.markers
    notes = [(marker.time - recording.timestamps[0], 0.0, marker.label) for marker in markers]
    for seam in np.flatnonzero(np.diff(rows) != 1):
        first, n_lost = int(rows[seam]) + 1, int(rows[seam + 1] - rows[seam]) - 1
        notes.append((first / info.sfreq, n_lost / info.sfreq, "BAD_ACQ_SKIP"))
    onsets, lengths, labels = zip(*notes, strict=True) if notes else ((), (), ())
    raw.set_annotations(mne.Annotations(onsets, lengths, labels), verbose="error")
    return raw


def epochs_array(epochs: Epochs) -> "mne.EpochsArray":
    """Make the `mne.EpochsArray` of epochs; see `to_mne`."""
    import mne

    if epochs.signal is None:
        raise RecordingError(
            "these epochs state no channels and no rate; cut them with bci.cut_epochs"
        )
    channels, sfreq = epochs.signal.channels, epochs.signal.sfreq
    classes, numbers = np.unique(epochs.labels, return_inverse=True)
    rows = np.arange(len(epochs.windows))
    return mne.EpochsArray(
        epochs.windows * _to_si(channels),
        _info(channels, sfreq),
        events=np.column_stack([rows, np.zeros_like(rows), numbers + 1]),
        event_id={str(label): number for number, label in enumerate(classes, start=1)},
        metadata=_metadata(epochs),
        verbose="error",
    )


def _recording(raw: Any) -> Recording:
    from bci.recording.read import recording_of

    file = raw.filenames[0] if raw.filenames else None
    name = Path(file).stem if file is not None else "raw"
    recording, _ = recording_of(raw, raw.get_data(verbose="error"), Path(name + _IN_MEMORY))
    return replace(recording, source=f"{name} (mne.io.Raw)")


def _epochs(epochs: Any) -> Epochs:
    from bci.recording.by_mne.channels import channels_of

    channels, scale = channels_of(epochs, Path(_IN_MEMORY))
    names = {number: label for label, number in epochs.event_id.items()}
    count = len(epochs)
    told = _columns(epochs.metadata)
    items = told.get("item")
    return Epochs(
        (epochs.get_data(copy=False) * scale[:, None]).astype(np.float32),
        np.array([names[number] for number in epochs.events[:, 2]]),
        np.asarray(told.get("trial", np.arange(count)), dtype=np.int64),
        np.asarray(told.get("run", np.zeros(count)), dtype=np.int64),
        None if items is None else np.asarray(items, dtype=np.str_),
        Signal(float(epochs.info["sfreq"]), channels),
    )


def _info(channels: tuple[Channel, ...], sfreq: float) -> Any:
    """Make MNE's description of channels, with their positions."""
    import mne

    known = mne.io.get_channel_type_constants()
    kinds = [each.kind if each.kind in known else "misc" for each in channels]
    info = mne.create_info([each.name for each in channels], sfreq, kinds)
    if channels and channels[0].kind == "eeg":
        info.set_montage("colin27_1005", on_missing="ignore", verbose="error")
        return info
    for described, channel in zip(info["chs"], channels, strict=True):
        if channel.position is not None:
            described["loc"][:3] = channel.position
    return info


def _to_si(channels: tuple[Channel, ...]) -> Any:
    """Factor of each channel to MNE's unit, shape (n_channels, 1)."""
    return np.array([in_si(channel.unit)[0] for channel in channels])[:, None]


def _metadata(epochs: Epochs) -> Any:
    """Trial, run and item of each epoch as MNE takes them: a table, or rows without pandas."""
    columns: dict[str, NDArray[Any]] = {"trial": epochs.trials, "run": epochs.runs}
    if epochs.items is not None:
        columns["item"] = epochs.items
    try:
        import pandas
    except ImportError:
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return pandas.DataFrame(columns)


def _columns(metadata: Any) -> dict[str, Any]:
    if metadata is None:
        return {}
    if isinstance(metadata, list):
        return {key: [row[key] for row in metadata] for key in (metadata[0] if metadata else ())}
    return {str(key): metadata[key].to_numpy() for key in metadata.columns}
