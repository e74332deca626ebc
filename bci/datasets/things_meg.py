"""THINGS-MEG: four people, 22,448 images; reader of preprocessed epochs and of raw runs.

Hebart, Contier, Teichmann and others, eLife 12 (2023) e82580; OpenNeuro ds004212. The preprocessed
files (``preprocessed_P1-epo.fif``) have epochs from 0.1 s before to 1.3 s after each image at
200 Hz, band-pass filtered from 0.1 to 40 Hz and z-scored by their baseline, and a table of the
images. The raw runs are CTF folders at 1200 Hz. Their ``events.tsv`` lacks the images' file names,
which are in ``sourcedata/sample_attributes_P1.csv``. The format is known from the authors'
preprocessing script (ViCCo-Group/THINGS-data).
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from bci.errors import RecordingError, first_line
from bci.recording.read import read_recording
from bci.signals import Channel, Marker, Recording, StreamInfo

_CATCH = "catch"
_COLUMNS = ("session_nr", "trial_type", "image_path")
_RUN = re.compile(r"ses-(\d+).*run-(\d+)")
# Gap between two epochs in the recording; the true time between them is unknown.
_GAP_S = 0.1
_MAX_BYTES = 200_000_000


class EpochsPart(NamedTuple):
    """Epochs of one session: the test images with ``is_test``, otherwise the training images."""

    session: int
    is_test: bool
    recording: Recording


def read_epochs(file: Path) -> Iterator[EpochsPart]:
    """Read preprocessed epochs; yield one recording per session and kind of trial.

    The epochs follow each other in the recording, with a gap between two of them. Catch trials,
    which checked the person's attention, are left out.

    Raises `RecordingError` if the file has no epochs with the table of THINGS-MEG.
    """
    import mne

    if not file.is_file():
        raise RecordingError(f"{file}: no such file")
    try:
        epochs = mne.read_epochs(file, preload=False, verbose="error")
    except Exception as error:
        raise RecordingError(
            f"{file}: not epochs that MNE can read ({first_line(error):.200})"
        ) from error
    # MNE returns a list of rows, or a DataFrame if pandas is installed.
    shown = epochs.metadata if epochs.metadata is not None else []
    rows: list[dict[str, Any]] = shown if isinstance(shown, list) else shown.to_dict("records")
    if not rows or any(column not in rows[0] for column in _COLUMNS):
        raise RecordingError(
            f"{file}: its epochs have no table with {', '.join(_COLUMNS)}, as THINGS-MEG's have"
        )
    for session in sorted({int(row["session_nr"]) for row in rows}):
        for kind in ("exp", "test"):
            wanted = (session, kind)
            chosen = [k for k, row in enumerate(rows)
                      if (int(row["session_nr"]), row["trial_type"]) == wanted]  # fmt: skip
            if chosen:
                names = [image_name(str(rows[k]["image_path"])) for k in chosen]
                yield EpochsPart(session, kind == "test", _recording(epochs[chosen], names, file))


def _recording(epochs: Any, names: list[str], file: Path) -> Recording:
    import mne

    sfreq = float(epochs.info["sfreq"])
    picks = mne.pick_types(epochs.info, meg=True)
    data = epochs.get_data(picks=picks, verbose="error").astype(np.float32)
    n_epochs, n_channels, n_samples = data.shape
    if not epochs.times[0] <= 0.5 / sfreq or epochs.times[-1] <= 0:
        raise RecordingError(f"{file}: its epochs do not contain the time of the image, 0 s")
    length = n_samples + round(_GAP_S * sfreq)
    indices = (np.arange(n_epochs)[:, None] * length + np.arange(n_samples)).ravel()
    onset = int(np.argmin(np.abs(epochs.times)))
    markers = tuple(Marker((k * length + onset) / sfreq, name) for k, name in enumerate(names))
    channels = tuple(
        _channel(epochs.info["chs"][i], mne.channel_type(epochs.info, i)) for i in picks
    )
    return Recording(
        StreamInfo(file.stem, "MEG", sfreq, channels, f"file-{file.stem}"),
        np.ascontiguousarray(data.transpose(0, 2, 1).reshape(-1, n_channels)),
        indices / sfreq,
        indices,
        markers,
        str(file),
    )


def _channel(described: Any, kind: str) -> Channel:
    x, y, z = (round(float(value), 6) for value in described["loc"][:3])
    placed = bool(np.isfinite([x, y, z]).all() and (x, y, z) != (0, 0, 0))
    unit = "T/m" if kind == "grad" else "T"
    return Channel(described["ch_name"], kind, unit, (x, y, z) if placed else None)


def read_run(file: Path, attributes: Path) -> Recording:
    """Read a raw run with its images as markers.

    ``file`` is a CTF folder ``sub-BIGMEG1_ses-01_task-main_run-01_meg.ds``. The markers' times are
    in its ``events.tsv``, which follows the optical sensor. Their labels are the images' names in
    the person's table ``attributes``, whose rows are in the same order. Channels other than MEG
    are left out.

    Raises `RecordingError` if a file is missing, or the two tables disagree.
    """
    found = _RUN.search(file.name)
    if found is None:
        raise RecordingError(f"{file}: its name has no ses-01 and run-01, as THINGS-MEG's has")
    session, run = (int(number) for number in found.groups())
    events = file.with_name(file.name.rsplit("_meg", 1)[0] + "_events.tsv")
    when = _rows(events, "\t", ("onset",))
    what = [
        row
        for row in _rows(attributes, ",", ("run_nr", *_COLUMNS))
        if (_whole(row["session_nr"]), _whole(row["run_nr"])) == (session, run)
    ]
    if len(when) != len(what) or not when:
        raise RecordingError(
            f"{events} has {len(when)} trials, {attributes} has {len(what)} of session {session}, "
            f"run {run}: are they of the same person?"
        )
    recording = read_recording(file)
    markers = [
        Marker(_time(trial, recording.info.sfreq, events), image_name(shown["image_path"]))
        for trial, shown in zip(when, what, strict=True)
        if shown["trial_type"] != _CATCH
    ]
    picks = [i for i, c in enumerate(recording.info.channels) if c.kind in ("mag", "grad")]
    info = replace(recording.info, channels=tuple(recording.info.channels[i] for i in picks))
    return replace(
        recording, info=info, data=recording.data[:, picks], markers=tuple(sorted(markers))
    )


def image_name(path: str) -> str:
    """Return the marker of an image file.

    ``images_meg/aardvark/aardvark_01b.jpg`` gives ``image-aardvark_01b``.
    """
    return f"image-{PurePosixPath(path).stem}"


def _rows(file: Path, delimiter: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    if not file.is_file():
        raise RecordingError(f"{file}: no such file")
    if file.stat().st_size > _MAX_BYTES:
        raise RecordingError(f"{file}: too large for a table of trials")
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter=delimiter, restval=""))
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(f"{file}: not a table ({error})") from error
    if not rows or any(column not in rows[0] for column in columns):
        raise RecordingError(f"{file}: needs the columns {', '.join(columns)}")
    return rows


def _whole(text: str) -> int | None:
    # Some tables have the text 1, others 1.0.
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return None


def _time(trial: dict[str, str], sfreq: float, file: Path) -> float:
    sample = _whole(trial.get("sample", ""))
    if sample is not None:
        return sample / sfreq
    try:
        return float(trial["onset"])
    except ValueError:
        raise RecordingError(f"{file}: onset {trial['onset']!r} is not a time") from None
