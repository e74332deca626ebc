"""Reading EDF and BDF files: signals of one sampling rate, gaps, annotations, trigger codes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.channels.description import AVERAGED, DeclaredChannels, describe, stream_type
from bci.channels.units import canonical_unit, factor, working_unit
from bci.errors import RecordingError, shortened
from bci.recording import triggers
from bci.recording.annotations import acquired, is_marker
from bci.recording.breaks import Break, TimeLine
from bci.recording.edf.format import EdfFile, EdfSignal, Note, open_edf
from bci.recording.trigger_events import codes_of
from bci.signals import Channel, Marker, Recording, StreamInfo

_STIM = ("status", "trigger", "trig", "stim", "sti 014")
# The higher bits of BioSemi's status channel describe the amplifier.
_CODE_BITS = 0xFFFF


def read_edf(path: Path, choice: triggers.TriggerChoice = triggers.ALL) -> Recording:
    """Read an EDF, EDF+, BDF or BDF+ file.

    Only the channels with the most common sampling rate are read. A finding names the others.

    Raises `RecordingError` if the file is truncated, damaged or without a signal, or lacks the
    markers that ``choice`` names.
    """
    file = open_edf(path)
    signals = [signal for signal in file.signals if not _is_stim(signal)]
    if not signals or not file.n_records or not file.record_s:
        beside = " and only annotations" if file.notes_at and not signals else ""
        raise RecordingError(f"{path}: holds no signal{beside}")
    findings = []
    if file.extra:
        findings.append(f"{file.extra} data records behind the last one that its header counts")
    channels = _channels(file.signals)
    kept, left_out = _of_one_rate(signals, channels)
    if left_out:
        findings.append(_describe_left_out(file, kept, left_out))
    records = file.records()
    onsets, notes = file.notes(records)
    sfreq = kept[0].n / file.record_s
    line = TimeLine(file.n_records * kept[0].n, sfreq, _breaks(file, onsets, kept[0].n, findings))
    timed = ((i, onset) for i, onset in enumerate(onsets) if np.isfinite(onset))
    began = next((onset - i * file.record_s for i, onset in timed), 0.0)
    notes = [Note(note.onset - began, note.duration, note.text) for note in notes]
    markers = choice.among([signal.label for signal in file.signals if _is_stim(signal)])
    codes = _triggers(file, records, markers, bool(notes), onsets, findings)
    wanted = [Marker(n.onset, n.text.strip()) for n in notes if is_marker(n.text, mne=False)]
    if markers is not None and markers.lower() != triggers.ANNOTATIONS:
        wanted = []
    rows = acquired(notes, line.indices, sfreq)
    stims = [s for s in file.signals if _is_stim(s) and s.n == kept[0].n]
    data = np.empty((line.n_samples, len(kept) + len(stims)), dtype=np.float32)
    for column, signal in enumerate(kept):
        data[:, column] = _physical(file, records, signal)
    for column, signal in enumerate(stims, len(kept)):
        data[:, column] = _codes(file, records, signal)
    return Recording(
        info=StreamInfo(
            name=path.stem,
            type=stream_type(channels[signal] for signal in kept),
            sfreq=sfreq,
            channels=tuple(channels[signal] for signal in [*kept, *stims]),
            source_id=f"file-{path.stem}",
        ),
        data=data if rows.all() else data[rows],
        timestamps=line.indices[rows] / sfreq,
        indices=line.indices[rows],
        markers=tuple(sorted(wanted + codes)),
        source=str(path),
        findings=tuple(findings),
    )


def _is_stim(signal: EdfSignal) -> bool:
    return signal.label.lower() in _STIM


def _channels(signals: Sequence[EdfSignal]) -> dict[EdfSignal, Channel]:
    stated = [
        DeclaredChannels(s.label, "stim")
        if _is_stim(s)
        else DeclaredChannels(s.label, unit=working_unit(_unit(s)))
        for s in signals
    ]
    return dict(zip(signals, describe(stated, "EEG"), strict=True))


def _unit(signal: EdfSignal) -> str:
    return canonical_unit(signal.unit)


def _physical(file: EdfFile, records: NDArray[np.uint8], signal: EdfSignal) -> NDArray[np.float64]:
    scale = factor(_unit(signal), working_unit(_unit(signal))) or 1.0
    stored = file.stored(records, signal)
    values: NDArray[np.float64] = scale * (signal.offset + signal.gain * stored.astype(np.float64))
    return values


def _codes(file: EdfFile, records: NDArray[np.uint8], signal: EdfSignal) -> NDArray[np.int64]:
    stored = file.stored(records, signal)
    if file.width == 3:
        return (stored & _CODE_BITS).astype(np.int64)
    return codes_of(stored)


def _of_one_rate(
    signals: list[EdfSignal], channels: Mapping[EdfSignal, Channel]
) -> tuple[list[EdfSignal], list[EdfSignal]]:
    brain = [s for s in signals if channels[s].kind in AVERAGED] or signals
    counts = Counter(signal.n for signal in brain)
    n = max(counts, key=lambda n: (counts[n], n))
    return [s for s in signals if s.n == n], [s for s in signals if s.n != n]


def _describe_left_out(file: EdfFile, kept: list[EdfSignal], left_out: list[EdfSignal]) -> str:
    named = shortened([f"{s.label} ({s.n / file.record_s:g} Hz)" for s in left_out])
    return (
        f"{named} left out: their rate is not "
        f"the {kept[0].n / file.record_s:g} Hz of the other {len(kept)} channels"
    )


def _breaks(file: EdfFile, onsets: list[float], n: int, findings: list[str]) -> list[Break]:
    """List the breaks between the data records; empty unless the header states gaps."""
    if not file.broken:
        return []
    breaks, n_odd = [], 0
    due = onsets[0] if onsets else 0.0
    for number, onset in enumerate(onsets):
        lost = (onset - due) * n / file.record_s
        if lost >= 0.5:
            breaks.append(Break(number * n, round(lost)))
        if lost > -0.5 or np.isnan(due):
            due = onset
        elif np.isnan(onset):
            n_odd += 1
        else:  # the record starts before its due time, which stays the same
            n_odd += 1
            continue
        due += file.record_s
    if n_odd:
        findings.append(
            f"{n_odd} data records begin at no time, or before the one before them ends"
        )
    return breaks


def _triggers(
    file: EdfFile,
    records: NDArray[np.uint8],
    markers: str | None,
    annotated: bool,
    onsets: list[float],
    findings: list[str],
) -> list[Marker]:
    stims = {signal.label: signal for signal in file.signals if _is_stim(signal)}
    found: list[Marker] = []
    for name in triggers.chosen(list(stims), markers, str(file.path), annotated):
        signal = stims[name]
        breaks = _breaks(file, onsets, signal.n, [])
        line = TimeLine(file.n_records * signal.n, signal.n / file.record_s, breaks)
        found += triggers.markers_of(name, _codes(file, records, signal), line, findings)
    return found
