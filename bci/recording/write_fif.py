"""Writing a recording as FIF, with electrode positions, markers and gaps, in SI units."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bci.channels.units import in_si
from bci.clock.timekeeping import check_losses
from bci.lsl.cue_streams import merged, to_replay
from bci.signals import Channel, Recording

if TYPE_CHECKING:
    import mne


def write_fif(recording: Recording, path: Path, description: str = "") -> None:
    """Write a recording as FIF, so that `bci.recording.read.read_recording` restores it.

    Markers become annotations. Lost samples become zeros under a ``BAD_ACQ_SKIP`` annotation.
    Missing folders are created. A ``description`` that begins with "simulated" marks the recording
    as simulated.

    Raises `RecordingError` if far more samples are lost than recorded.
    """
    raw = raw_array(recording)
    raw.info["description"] = description
    path.parent.mkdir(parents=True, exist_ok=True)
    raw.save(path, fmt="single", verbose="error")


def raw_array(recording: Recording) -> "mne.io.RawArray":
    """Make the `mne.io.RawArray` of a recording; see `bci.to_mne`."""
    import mne

    check_losses(recording)
    info = recording.info
    rows = recording.indices - recording.indices[0]
    data = np.zeros((info.n_channels, int(rows[-1]) + 1))
    data[:, rows] = recording.data.T * si_factors(info.channels)
    raw = mne.io.RawArray(data, mne_info(info.channels, info.sfreq), verbose="error")
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


def mne_info(channels: tuple[Channel, ...], sfreq: float) -> Any:
    """Make the `mne.Info` of channels, with their positions."""
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


def si_factors(channels: tuple[Channel, ...]) -> Any:
    """Factors from the channels' units to SI units, as MNE uses, shape (n_channels, 1)."""
    return np.array([in_si(channel.unit)[0] for channel in channels])[:, None]
