"""Reading recordings of every format in the table of `bci.recording.formats`."""

import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.channels.description import stream_type
from bci.errors import RecordingError, first_line, shortened
from bci.lsl.cue_streams import cue_query
from bci.profiles.profile import Profile
from bci.profiles.stimulus import Triggers
from bci.recording import triggers
from bci.recording.annotations import acquired, is_marker, is_seam
from bci.recording.bids.sidecars import with_sidecars
from bci.recording.breaks import UNKNOWN, Break, TimeLine, lost
from bci.recording.by_mne.brainvision import in_utf8, segment_breaks
from bci.recording.by_mne.channels import channels_of
from bci.recording.by_mne.eeglab import boundaries
from bci.recording.by_mne.fif_check import check_tags
from bci.recording.by_mne.fif_events import with_events
from bci.recording.by_mne.neuroscan import is_neuroscan, open_neuroscan
from bci.recording.formats import described_formats, format_of, missing_package
from bci.recording.trigger_events import codes_of, with_triggers
from bci.signals import Marker, Recording, StreamInfo

# Parts of MNE's warnings about a file shorter than its header states, and about dropped events.
_TRUNCATED = ("does not match the file size", "truncated", "file size is smaller")
_DROPPED = "Omitted"
_NOT_CONTINUOUS = ("No raw data in", "Could not find measurement data", "number of trials is")
# Channels in which a MEG system combines its trigger lines.
_COMBINED = ("STI101", "STI 101", "STI 014", "STI014")
# GDF's code 0x7ffe: the samples that follow were recorded after a pause.
_GDF_SEGMENT = "32766"
_XDF = (".xdf", ".xdfz")
_log = logging.getLogger(__name__)


def read_recording(
    path: Path | str,
    stream: str | None = None,
    markers: str | None = None,
    profile: Profile | None = None,
    given_hz: float | None = None,
    cue_channel: Triggers | None = None,
) -> Recording:
    """Read a whole recording into memory.

    EEG and other voltages are in microvolts, MEG in tesla and T/m. Electrodes of the 10-05 system
    get their standard spelling, and a template position if the file has none. Problems of the file
    are logged as warnings and listed in the recording's ``findings``.

    Parameters
    ----------
    path : path
        A file of a supported format; for some formats a folder.
    stream : str, optional
        Name or type of the signal stream, for an XDF or NWB file with several streams.
    markers : str, optional
        Name or type of the streams of cues, for a file with streams (see `bci.lsl.cue_streams`);
        the name of a trigger channel, or ``annotations``, for other files. Default: all.
    profile : Profile, optional
        Its ``stream`` and ``markers`` are used if those parameters are not given and several
        streams fit.
    given_hz : float, optional
        The true sampling rate in hertz, if the nominal rate of an XDF stream is wrong. Default:
        the profile's ``timing.sfreq``.
    cue_channel : Triggers, optional
        The trigger channel with the cues; not used if ``markers`` is given. Default: the profile's
        ``triggers``.

    Returns
    -------
    recording : Recording
        ``data`` (n_samples, n_channels) float32; ``timestamps`` in seconds from the start.

    Raises
    ------
    RecordingError
        If the file is missing, of an unknown format, truncated, damaged or without a signal.

    Examples
    --------
    >>> import bci
    >>> recording = bci.read_recording("run-01_eeg.fif")
    >>> recording.info.summary, recording.data.shape, recording.markers[1].label
    ('16 channels, 250 Hz, simulated', (21025, 16), 'left')
    """
    path = Path(path)
    if not path.exists():
        raise RecordingError(f"{path}: no such file")
    known = format_of(path)
    if path.is_dir() and not (known and known.folder):
        raise RecordingError(f"{path}: is a folder; give its files")
    if given_hz is not None and path.suffix.lower() not in _XDF:
        raise RecordingError(f"{path}: a file of this format states its rate; leave --rate out")
    if given_hz is None and profile is not None:
        given_hz = profile.timing.sfreq
    recording = _read(path, stream, markers, profile, given_hz)
    if cue_channel is None and profile is not None:
        cue_channel = profile.triggers
    if cue_channel is not None and markers is None:
        recording = with_triggers(recording, cue_channel)
    for finding in recording.findings:
        _log.warning("%s: %s", path, finding)
    return recording


def _read(
    path: Path,
    stream: str | None,
    markers: str | None,
    profile: Profile | None,
    given_hz: float | None,
) -> Recording:
    ending = path.suffix.lower()
    usual = profile.markers if profile is not None else None
    cues = cue_query(usual, markers)
    if ending in _XDF:
        from bci.recording.xdf.read import read_xdf

        selector = profile.stream if profile is not None else None
        return read_xdf(path, stream, cues, selector, given_hz)
    if ending == ".nwb":
        from bci.recording.read_nwb import read_nwb

        return read_nwb(path, stream, cues)
    is_table = ending in (".csv", ".txt")
    for option, given in (("--stream", stream), ("--markers", markers if is_table else None)):
        if given is not None:
            raise RecordingError(
                f"{path}: a file of this format has no named streams; leave {option} out"
            )
    if is_table:
        from bci.recording.table.read import read_table

        return read_table(path)
    choice = triggers.TriggerChoice(markers, usual.name if usual is not None else None)
    if ending in (".edf", ".bdf"):
        from bci.recording.edf.read import read_edf

        recording = read_edf(path, choice)
        return with_sidecars(recording, path, keep_markers=markers is not None)
    recording, line = _read_with_mne(path, choice)
    return with_sidecars(recording, path, line.place, keep_markers=markers is not None)


def _read_with_mne(path: Path, choice: triggers.TriggerChoice) -> tuple[Recording, TimeLine]:
    if path.suffix.lower() == ".fif":
        check_tags(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            raw, volts = _opened(path)
            kinds = raw.get_channel_types()
        except Exception as error:
            raise RecordingError(_unreadable(path, error)) from error
    messages = [str(warning.message) for warning in caught]
    if any(words in text for text in messages for words in _TRUNCATED):
        raise RecordingError(
            f"{path}: truncated: it is shorter than its header states; copy it again, or save "
            "what is left of it with another program"
        )
    if not volts.shape[1] or not any(kind != "stim" for kind in kinds):
        raise RecordingError(f"{path}: holds no signal")
    findings = [text.splitlines()[0] for text in messages if text.startswith(_DROPPED)]
    read = recording_of(raw, volts, path, choice, findings)
    return with_events(*read, path, int(raw.first_samp))


def recording_of(
    raw: Any,
    volts: NDArray[np.float64],  # In MNE's units: volts, tesla ...; shape (n_channels, n_samples)
    path: Path,  # Its ending decides how breaks and kinds of channels are stated
    choice: triggers.TriggerChoice = triggers.ALL,
    findings: Sequence[str] = (),  # Problems that are known already
) -> tuple[Recording, TimeLine]:
    """Convert what MNE read to a recording, and return it with the time line of its samples."""
    channels, scale = channels_of(raw, path)
    sfreq = float(raw.info["sfreq"])
    notes = _annotations(raw, is_gdf=path.suffix.lower() == ".gdf")
    breaks, unclear = _breaks(path, notes, sfreq)
    found_wrong = [*unclear, *findings]
    line = TimeLine(raw.n_times, sfreq, breaks)
    onsets = line.place([onset for onset, _, _ in notes])
    # The duration of a BAD_ACQ_SKIP counts rows of the file, which MNE filled with zeros.
    keep = acquired(notes, np.arange(raw.n_times), sfreq)
    indices = line.indices[keep]
    found = [
        Marker(float(onset), label)
        for onset, (_, _, label) in zip(onsets, notes, strict=True)
        if is_marker(label)
    ]
    markers = choice.among(_trigger_channels(raw))
    if markers is not None and markers.lower() != triggers.ANNOTATIONS:
        found = []
    found += _codes(path, raw, volts, line, markers, bool(notes), found_wrong)
    description = str(raw.info["description"] or "")
    recording = Recording(
        info=StreamInfo(
            name=path.stem,
            type=stream_type(channels),
            sfreq=sfreq,
            channels=channels,
            source_id=f"file-{path.stem}",
            simulated=description.lower().startswith("simulated"),
        ),
        data=np.ascontiguousarray((volts * scale[:, None]).T[keep], dtype=np.float32),
        timestamps=indices / sfreq,
        indices=indices,
        markers=tuple(sorted(found)),
        source=str(path),
        findings=tuple(dict.fromkeys(found_wrong)),
    )
    return recording, line


def _opened(path: Path) -> tuple[Any, NDArray[np.float64]]:
    """Open a file with MNE; return its `Raw` and its signal.

    The signal (n_channels, n_samples) is in SI units: volts, tesla ...
    """
    import mne

    def read(file: Path) -> tuple[Any, NDArray[np.float64]]:
        if is_neuroscan(file):
            raw = open_neuroscan(file)
        else:
            raw = mne.io.read_raw(file, preload=False, verbose="warning")
        return raw, raw.get_data(verbose="error")

    try:
        return read(path)
    except UnicodeDecodeError:
        if path.suffix.lower() != ".vhdr":
            raise
        with tempfile.TemporaryDirectory() as folder:
            return read(in_utf8(path, Path(folder)))


def _unreadable(path: Path, error: Exception) -> str:
    detail = first_line(error)
    if isinstance(error, ValueError) and "unsupported file type" in detail.lower():
        return (
            f"{path}: not a kind of recording that is known here; these are: {described_formats()}"
        )
    if missing := missing_package(path):
        return f"{path}: {missing}"
    if any(words in detail for words in _NOT_CONTINUOUS):
        return f"{path}: holds no continuous recording (epochs, averages or events, perhaps)"
    if isinstance(error, AssertionError):
        return f"{path}: of another format than its name, or of one that is not known here"
    return f"{path}: damaged, or of another format than its name ({detail:.200})"


def _trigger_channels(raw: Any) -> list[str]:
    types = raw.get_channel_types()
    return [name for name, kind in zip(raw.ch_names, types, strict=True) if kind == "stim"]


def _annotations(raw: Any, is_gdf: bool) -> list[tuple[float, float, str]]:
    """List the onset and duration in seconds, and the label, of each annotation.

    Onsets are from the first sample.
    """
    notes = raw.annotations
    renamed = {_GDF_SEGMENT: "New Segment"} if is_gdf else {}
    return [
        # MNE's onsets are not relative to the first sample, even if the file has no date.
        (float(onset) - raw.first_time, float(length), renamed.get(str(label), str(label)))
        for onset, length, label in zip(notes.onset, notes.duration, notes.description, strict=True)
    ]


def _breaks(
    path: Path, notes: list[tuple[float, float, str]], sfreq: float
) -> tuple[list[Break], list[str]]:
    seams = [(onset, length) for onset, length, label in notes if is_seam(label)]
    if path.suffix.lower() == ".vhdr":
        breaks = segment_breaks(path, sfreq)
    elif seams and path.suffix.lower() == ".set":
        breaks = boundaries(path, sfreq)
    else:
        breaks = [Break(round(onset * sfreq), lost(length, sfreq)) for onset, length in seams]
    unknown = sorted({each.row for each in breaks if each.lost == UNKNOWN and each.row > 0})
    if not unknown:
        return breaks, []
    times = shortened([f"{row / sfreq:.1f} s" for row in unknown])
    return breaks, [f"breaks of unknown length, each counted as one lost sample, at {times}"]


def _codes(
    path: Path,
    raw: Any,
    signal: NDArray[np.float64],
    line: TimeLine,
    wanted: str | None,
    annotated: bool,
    findings: list[str],
) -> list[Marker]:
    """List the events of the trigger channels.

    If one channel combines all trigger lines, as MEG systems do, only its events are listed.
    """
    names = _trigger_channels(raw)
    if wanted is None and annotated and path.suffix.lower() == ".mff":
        return []  # here MNE makes trigger channels of the annotations
    combined = [name for name in _COMBINED if name in names][:1]
    found: list[Marker] = []
    for name in triggers.chosen(names, wanted, str(path), annotated):
        if wanted is None and combined and name not in combined:
            continue
        codes = codes_of(signal[raw.ch_names.index(name)])
        found += triggers.markers_of(name, codes, line, findings)
    return found
