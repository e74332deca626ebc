"""Convert arrays to recordings, filter signals, and cut windows.

Filtering works on recordings and on live streams.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from bci.api.sources import ProfileLike, Source, recording_from, settings_of
from bci.api.streams import Stream
from bci.channels.description import DeclaredChannels, describe, stream_type
from bci.errors import RecordingError
from bci.pipeline.filter_chain import Chain
from bci.pipeline.pipeline import Pipeline, Window
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Chunk, Marker, Recording, StreamInfo


def from_array(
    data: ArrayLike,
    sfreq: float,
    ch_names: Sequence[str],
    markers: Iterable[tuple[float, str]] = (),
    *,
    kind: str | Sequence[str] = "eeg",
    unit: str = "uV",
    name: str = "array",
) -> Recording:
    """Convert an array to a recording.

    Parameters
    ----------
    data : array_like, shape (n_samples, n_channels)
        Samples, in ``unit``.
    sfreq : float
        Sampling rate, in hertz.
    ch_names : sequence of str
        Names of the channels; scalp positions in 10-05 spelling (``C3``).
    markers : iterable of (float, str)
        Time in seconds from the first sample, and label, of each marker. Cues are markers.
    kind : str or sequence of str
        Kind of all channels, or one per channel: ``eeg``, ``eog``, ``mag``, ``seeg`` ...
    unit : str
        Unit of all values: ``uV``, ``V``, ``T`` ...
    name : str
        Name of the recording in messages and model cards.

    Returns
    -------
    recording : Recording
        In the unit that pipelines work in: microvolts for EEG.

    Raises
    ------
    RecordingError
        If shape, rate, names, kinds or markers are invalid; the message names the problem.

    Examples
    --------
    >>> import bci, numpy as np
    >>> noise = np.random.default_rng(0).normal(0, 20, (2500, 3))
    >>> recording = bci.from_array(noise, 250.0, ["C3", "Cz", "C4"], [(2.0, "left")])
    >>> recording.info.summary, recording.duration
    ('3 channels, 250 Hz', 9.996)
    """
    values = _checked(data, sfreq, ch_names)
    kinds = [kind] * len(ch_names) if isinstance(kind, str) else list(kind)
    if len(kinds) != len(ch_names):
        raise RecordingError(f"{name}: kind has {len(kinds)} items for {len(ch_names)} channels")
    channels = describe(
        [DeclaredChannels(*each, unit) for each in zip(ch_names, kinds, strict=True)]
    )
    indices = np.arange(len(values))
    return Recording(
        StreamInfo(name, stream_type(channels), float(sfreq), channels, f"array-{name}"),
        values,
        indices / float(sfreq),
        indices,
        tuple(sorted(_marker(each, name) for each in markers)),
        source=f"{name} (in memory)",
    )


def _checked(data: ArrayLike, sfreq: float, ch_names: Sequence[str]) -> np.ndarray:
    try:
        usable = 0 < float(sfreq) < float("inf")
    except (TypeError, ValueError):
        usable = False
    if not usable:
        raise RecordingError(f"sfreq is {sfreq!r}; give a sampling rate above 0 Hz")
    if isinstance(ch_names, str):
        raise RecordingError(f"ch_names is {ch_names!r}; give a list of names")
    try:
        values = np.array(data, dtype=np.float32, order="C")
    except (TypeError, ValueError) as error:
        raise RecordingError(f"the array does not hold numbers: {error}") from error
    wanted = f"(n_samples, {len(ch_names)}) for {len(ch_names)} names"
    if values.ndim != 2 or values.shape[1] != len(ch_names) or not values.size:
        turn = "; transpose it" if values.shape == (len(ch_names), values.size) else ""
        if values.ndim == 2 and values.shape[0] == len(ch_names):
            turn = "; transpose it"
        raise RecordingError(f"the array has shape {values.shape}, not {wanted}{turn}")
    return values


def _marker(given: tuple[float, str], name: str) -> Marker:
    try:
        time, label = given
        marker = Marker(float(time), str(label))
    except (TypeError, ValueError):
        raise RecordingError(
            f"{name}: a marker is (time in seconds, label), not {given!r:.60}"
        ) from None
    if not np.isfinite(marker.time):
        raise RecordingError(f"{name}: the marker {label!r:.60} has no finite time")
    return marker


def filtered(
    source: Source | Stream,
    settings: ProfileLike | PipelineSettings,
    duration_s: float | None = None,
) -> Iterator[Chunk]:
    """Run the filters of a profile over a recording or a live stream.

    The filters are causal and the same as in live decoding. They are reset after lost samples.

    Parameters
    ----------
    source : path, Recording, mne.io.Raw or Stream
        Signal to filter.
    settings : Profile, PipelineSettings, path or str
        A profile, its file or name, or the settings of a pipeline.
    duration_s : float, optional
        With a live stream: stop after this many seconds. Default: never.

    Yields
    ------
    chunk : Chunk
        ``data`` (n_samples, n_channels) float32 of the selected channels, in µV, T or T/m.
        ``first`` counts samples at the output rate.

    Raises
    ------
    MismatchError
        If the signal cannot satisfy the settings.

    Examples
    --------
    >>> import bci, numpy as np
    >>> chunks = list(bci.filtered("run-01_eeg.fif", "motor-imagery"))
    >>> np.concatenate([chunk.data for chunk in chunks]).shape
    (21025, 16)
    """
    wanted, signal = settings_of(settings), _signal(source)
    chain = Chain(wanted, signal.info)
    expected = None
    for chunk in _chunks(signal, duration_s):
        if expected is not None and chunk.first != expected:
            chain.reset()
        expected = chunk.end
        out = chain.process(chunk.data, chunk.first)
        times = chunk.timestamps[out.first * chain.decimation - chunk.first :: chain.decimation]
        if len(out.data):
            yield Chunk(out.data.copy(), times, out.first, chunk.arrived)


def windows(
    source: Source | Stream,
    settings: ProfileLike | PipelineSettings,
    duration_s: float | None = None,
) -> Iterator[Window]:
    """Cut a signal into the filtered windows that a decoder receives.

    A window is left out while the filters settle, and if it contains lost samples, an artifact or
    a value that is not finite.

    Parameters
    ----------
    source : path, Recording, mne.io.Raw or Stream
        Signal to filter.
    settings : Profile, PipelineSettings, path or str
        A profile, its file or name, or the settings of a pipeline. Its windows must come at every
        hop, not at cues.
    duration_s : float, optional
        With a live stream: stop after this many seconds. Default: never.

    Yields
    ------
    window : Window
        ``data`` (n_channels, n_samples) float32; ``taken`` is the time of its last sample, in
        seconds.

    Raises
    ------
    MismatchError
        If the signal cannot satisfy the settings.

    Examples
    --------
    >>> import bci
    >>> first = next(bci.windows("run-01_eeg.fif", "motor-imagery"))
    >>> first.data.shape
    (16, 625)
    """
    wanted, signal = settings_of(settings), _signal(source)
    pipeline = Pipeline(wanted, signal.info)
    for chunk in _chunks(signal, duration_s):
        for window in pipeline.windows(chunk):
            yield replace(window, data=window.data.copy())


def _signal(source: Source | Stream) -> Recording | Stream:
    return source if isinstance(source, Stream) else recording_from(source)


def _chunks(signal: Recording | Stream, duration_s: float | None) -> Iterator[Chunk]:
    return signal.chunks(duration_s) if isinstance(signal, Stream) else signal.chunks()
