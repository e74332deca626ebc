"""Convert recordings and epochs to MNE objects and back.

MNE uses volts, this program microvolts.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError
from bci.recording.write_fif import mne_info, raw_array, si_factors
from bci.signals import Recording, Signal
from bci.training.epochs import Epochs

if TYPE_CHECKING:
    import mne

# File name for data in memory: readers of FIF files trust the channel kinds that MNE states.
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
        Recording, or windows of `cut_epochs`.

    Returns
    -------
    converted : mne.io.RawArray or mne.EpochsArray
        In volts; markers are annotations.

    Raises
    ------
    RecordingError
        If ``data`` is neither a recording nor epochs. Also if most of a recording is lost samples,
        or if the epochs do not state their channels.

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
    labels are the cues that a profile names. The class of an epoch is the name of its event.

    Parameters
    ----------
    data : mne.io.Raw or mne.Epochs
        MNE object; its data need not be loaded.

    Returns
    -------
    converted : Recording or Epochs
        EEG in microvolts.

    Raises
    ------
    RecordingError
        If ``data`` is neither `mne.io.Raw` nor `mne.Epochs`.

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


def epochs_array(epochs: Epochs) -> "mne.EpochsArray":
    """Convert epochs to an `mne.EpochsArray`; see `to_mne`."""
    import mne

    if epochs.signal is None:
        raise RecordingError(
            "these epochs state no channels and no rate; cut them with bci.cut_epochs"
        )
    channels, sfreq = epochs.signal.channels, epochs.signal.sfreq
    classes, numbers = np.unique(epochs.labels, return_inverse=True)
    rows = np.arange(len(epochs.windows))
    return mne.EpochsArray(
        epochs.windows * si_factors(channels),
        mne_info(channels, sfreq),
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
    columns = _columns(epochs.metadata)
    items = columns.get("item")
    return Epochs(
        (epochs.get_data(copy=False) * scale[:, None]).astype(np.float32),
        np.array([names[number] for number in epochs.events[:, 2]]),
        np.asarray(columns.get("trial", np.arange(count)), dtype=np.int64),
        np.asarray(columns.get("run", np.zeros(count)), dtype=np.int64),
        None if items is None else np.asarray(items, dtype=np.str_),
        Signal(float(epochs.info["sfreq"]), channels),
    )


def _metadata(epochs: Epochs) -> Any:
    """Return trial, run and item of each epoch as MNE metadata.

    The result is a table, or a list of dicts without pandas.
    """
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
