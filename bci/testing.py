"""Checks of your own filters, decoders and devices, for use in your tests.

Each check raises `AssertionError` with a sentence on the violated rule. The built-in filters,
decoders and devices pass the same checks.

Examples
--------
>>> from bci.pipeline.filter_settings import Notch
>>> check_filter(Notch(freq_hz=50.0))
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.errors import DecodingError
from bci.head.electrodes import standard_position
from bci.interfaces import Decoder, Device, TrainableFilter
from bci.pipeline.filter_chain import Chain
from bci.plugins.class_source import class_attributes
from bci.plugins.decoder_offers import DecoderTraits
from bci.plugins.shapes import what_lacks
from bci.profiles.pipeline_settings import FilterSettings, PipelineSettings
from bci.signals import Channel, FloatArray, Signal, StreamInfo

EEG = Signal(
    250.0,
    tuple(
        Channel(name, "eeg", "uV", standard_position(name))
        for name in ("F3", "F4", "C3", "Cz", "C4", "P3", "P4", "Oz")
    ),
)
"""Eight channels of EEG at 250 Hz, in microvolts."""

# Ways to split the same samples: lengths of consecutive chunks, repeated.
_SPLITS: tuple[tuple[int, ...], ...] = ((1,), (7,), (64, 1, 250, 3), (1000,))
_N_SAMPLES = 2000
# Number of first samples that are NaN, as while an amplifier starts.
_STARTING = 5
# Index from which later samples are changed, to test causality.
_NOW = 1200
_MAX_READS = 200
_TRAINING_S = 40


def check_filter(settings: FilterSettings, signal: Signal = EEG) -> None:
    """Check that a filter follows the rules of pipeline stages.

    The output must be identical for every division into chunks, and must not depend on later
    samples. `reset` must restore the initial state. The output must be finite, float32,
    two-dimensional and at the stated rate, for any values of the samples. `response` must be
    finite. An empty chunk must have no effect. An untrained filter that has to be trained is
    trained on noise first.

    Parameters
    ----------
    settings : FilterSettings
        Settings of the filter.
    signal : Signal
        A rate and channels that the filter supports.

    Raises
    ------
    AssertionError
        If a rule is violated; the message names it.
    """
    kinds = tuple({channel.kind for channel in signal.channels})
    if isinstance(settings, TrainableFilter) and not settings.learnt:
        quiet = _noise(_TRAINING_S * round(signal.sfreq), len(signal.channels), seed=3)
        settings = settings.with_learnt(settings.fit([quiet], signal))
    pipeline = PipelineSettings.model_validate(
        {"filters": (settings,), "window_s": 1.0, "kinds": kinds}
    )
    info = StreamInfo("check", "EEG", signal.sfreq, signal.channels)
    data = _noise(_N_SAMPLES, len(signal.channels))
    data[:_STARTING] = np.nan
    data[700, 0] = np.inf
    whole = _filtered(Chain(pipeline, info), data, (len(data),))
    kind = settings.kind
    stage = settings.stage(signal)
    _expect(stage.decimation >= 1, f"{kind}: decimation must be 1 or more")
    _expect(stage.settling >= 0, f"{kind}: settling must be 0 or more samples")
    n_samples = _n_kept(_STARTING, len(data), stage.decimation)
    _expect(
        len(whole) == n_samples,
        f"{kind}: it has to keep one sample in {stage.decimation}, those whose index it divides",
    )
    _expect(bool(np.isfinite(whole).all()), f"{kind}: the output is not finite")
    _expect(whole.dtype == np.float32, f"{kind}: the output is {whole.dtype}, not float32")
    for lengths in _SPLITS:
        split = _filtered(Chain(pipeline, info), data, lengths)
        _expect(
            split.tobytes() == whole.tobytes(),
            f"{kind}: the output depends on chunks: in chunks of {lengths} it is another",
        )
    changed = data.copy()
    changed[_NOW:] = _noise(len(data) - _NOW, data.shape[1], seed=9) * 50
    past = _n_kept(_STARTING, _NOW, stage.decimation)
    other = _filtered(Chain(pipeline, info), changed, (len(data),))
    _expect(
        other[:past].tobytes() == whole[:past].tobytes(),
        f"{kind}: the output is not causal: it depends on later samples",
    )
    chain = Chain(pipeline, info)
    _filtered(chain, _noise(500, data.shape[1], seed=5) * 100, (500,))
    chain.reset()
    again = _filtered(chain, data, (len(data),))
    _expect(again.tobytes() == whole.tobytes(), f"{kind}: reset does not forget the samples before")
    response = np.asarray(stage.response(np.linspace(0.1, signal.sfreq / 2 * 0.99, 50)))
    _expect(
        response.shape == (50,) and bool(np.isfinite(response).all()),
        f"{kind}: response has to give a finite gain for each frequency",
    )


def check_decoder(
    factory: Callable[[], Decoder],
    signal: Signal = EEG,
    n_samples: int = 250,
    labels: tuple[str, ...] = ("left", "right"),
    params: Mapping[str, Any] | None = None,
) -> None:
    """Check that a decoder follows the rules that a model relies on.

    Class attributes that `bci` reads must be literals (see `bci.plugins.decoder_offers`). The
    classes must be those of the training. Probabilities must be finite, not negative and sum to 1.
    They must not depend on a window's memory layout, and the window must not be changed. The same
    training must give the same decoder. `arrays` must return plain arrays, from which `from_arrays`
    creates a decoder with identical predictions. A window that is not finite must raise
    `DecodingError`.

    Parameters
    ----------
    factory : callable
        Function that creates the same untrained decoder each time.
    signal : Signal
        Rate and channels of the windows.
    n_samples : int
        Length of a window in samples.
    labels : tuple of str
        Classes of the training, in the form that the decoder needs.
    params : mapping, optional
        Parameters of the decoder that ``factory`` creates, as in a profile.

    Raises
    ------
    AssertionError
        If a rule is violated; the message names it.
    """
    windows, given = _trials(len(signal.channels), n_samples, labels)
    decoder, twin = factory(), factory()
    cls = type(decoder)
    lacks = what_lacks("bci.decoders", "", cls)
    _expect(not lacks, f"{cls.__name__} {lacks}")
    _check_traits(cls)
    groups = np.repeat([0, 1], [len(windows) // 2, len(windows) - len(windows) // 2])
    for each in (decoder, twin):
        each.fit(windows.copy(), given.copy(), groups=groups, signal=signal)
    name = cls.__name__
    _expect(
        set(decoder.classes) >= set(labels),
        f"{name}: classes are {decoder.classes} after a training with {labels}",
    )
    _check_probabilities(name, decoder, windows)
    expected = [decoder.predict_proba(window).tobytes() for window in windows]
    _expect(
        [twin.predict_proba(window).tobytes() for window in windows] == expected,
        f"{name}: two trainings on the same data differ; seed its random numbers",
    )
    _check_storage(name, decoder, params or {}, windows, expected)
    broken = windows[0].copy()
    broken[0, 0] = np.nan
    try:
        decoder.predict_proba(broken)
    except DecodingError:
        return
    raise AssertionError(f"{name}: a window that is not finite has to raise DecodingError")


def _check_traits(cls: type) -> None:
    """Compare the attributes that `bci` reads from the source with those of the class."""
    read = class_attributes(f"{cls.__module__}:{cls.__qualname__}")
    # A class inside a function, or without source, is not read and so not checked.
    for name in DecoderTraits.__slots__ if read else ():
        _expect(
            getattr(cls, name, read.get(name)) == read.get(name),
            f"{cls.__name__}: {name} has to be a literal: it is read without importing the module",
        )


def _check_probabilities(name: str, decoder: Decoder, windows: FloatArray) -> None:
    for window in windows:
        kept = window.copy()
        shares = np.asarray(decoder.predict_proba(window))
        _expect(
            shares.shape == (len(decoder.classes),),
            f"{name}: predict_proba gives shape {shares.shape} for {len(decoder.classes)} classes",
        )
        _expect(
            bool(np.isfinite(shares).all() and (shares >= 0).all()),
            f"{name}: probabilities have to be finite and not negative",
        )
        _expect(abs(shares.sum() - 1) < 1e-6, f"{name}: probabilities sum to {shares.sum():g}")
        _expect(window.tobytes() == kept.tobytes(), f"{name}: predict_proba changes its window")
        in_ring = np.ascontiguousarray(window.T).T
        _expect(
            np.asarray(decoder.predict_proba(in_ring)).tobytes() == shares.tobytes(),
            f"{name}: probabilities depend on the memory layout of the window",
        )


def _check_storage(
    name: str,
    decoder: Decoder,
    params: Mapping[str, Any],
    windows: FloatArray,
    expected: list[bytes],
) -> None:
    from safetensors.numpy import load, save

    arrays: Mapping[str, Any] = decoder.arrays()
    for key, array in arrays.items():
        _expect(
            isinstance(array, np.ndarray) and array.dtype.kind in "biuf",
            f"{name}: the array {key!r} is not an array of numbers",
        )
    stored = load(save({key: np.array(array, order="C") for key, array in arrays.items()}))
    again = type(decoder).from_arrays(dict(params), decoder.classes, stored)  # type: ignore[attr-defined]
    _expect(
        [again.predict_proba(window).tobytes() for window in windows] == expected,
        f"{name}: from_arrays makes another decoder than the one that was stored",
    )


def check_device(factory: Callable[[], Device], n_samples: int = 50) -> None:
    """Check that a device streams samples as `describe` states.

    It must be possible to open, close and reopen it. Its streams must have names and channels.
    Chunks must be float32 with one time stamp per sample. Time stamps and indices must not
    decrease.

    Parameters
    ----------
    factory : callable
        Function that creates the device, which must be connected.
    n_samples : int
        Number of samples of the first stream to wait for.

    Raises
    ------
    AssertionError
        If a rule is violated; the message names it.
    """
    for _ in range(2):
        device = factory()
        device.open()
        try:
            _check_streaming(type(device).__name__, device, n_samples)
        finally:
            device.close()
    device.close()


def _check_streaming(name: str, device: Device, n_samples: int) -> None:
    infos = device.describe()
    _expect(len(infos) > 0, f"{name}: describe has to give a stream")
    for info in infos:
        _expect(bool(info.name and info.channels), f"{name}: a stream needs a name and channels")
    ends = [-1] * len(infos)
    newest = [-np.inf] * len(infos)
    taken = 0
    for _ in range(_MAX_READS):
        reading = device.read(0.1)
        if reading is None:
            break
        for number, chunk in reading.chunks:
            of_stream = f"{name}, stream {infos[number].name}"
            n_channels = infos[number].n_channels
            _expect(
                chunk.data.dtype == np.float32
                and chunk.data.shape == (len(chunk.timestamps), n_channels),
                f"{of_stream}: a chunk is {chunk.data.dtype} {chunk.data.shape}; it has to be "
                f"float32 (n_samples, {n_channels}) with a time stamp for each sample",
            )
            _expect(chunk.first >= ends[number], f"{of_stream}: sample indices go back")
            times = [newest[number], *chunk.timestamps.tolist()]
            _expect(all(a <= b for a, b in pairwise(times)), f"{of_stream}: time stamps go back")
            ends[number], newest[number] = chunk.end, times[-1]
            taken += len(chunk.data) if number == 0 else 0
        if taken >= n_samples:
            return
    _expect(taken > 0, f"{name}: no sample came in {_MAX_READS} reads")


def _n_kept(first: int, stop: int, decimation: int) -> int:
    """Count the indices from ``first`` to below ``stop`` that ``decimation`` divides."""
    return -(-stop // decimation) - -(-first // decimation)


def _filtered(chain: Chain, data: FloatArray, lengths: tuple[int, ...]) -> FloatArray:
    parts, row, k = [], 0, 0
    while row < len(data):
        stop = min(row + lengths[k % len(lengths)], len(data))
        parts.append(chain.process(data[row:stop], row).data.copy())
        row, k = stop, k + 1
    return np.concatenate(parts)


def _noise(n_samples: int, n_channels: int, seed: int = 1) -> FloatArray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 10, size=(n_samples, n_channels)).astype(np.float32)


def _trials(
    n_channels: int, n_samples: int, labels: tuple[str, ...]
) -> tuple[FloatArray, NDArray[np.str_]]:
    rng = np.random.default_rng(1)
    given = np.resize(np.array(labels), 12 * len(labels))
    windows = rng.normal(0, 10, size=(len(given), n_channels, n_samples)).astype(np.float32)
    for k, label in enumerate(labels):
        windows[given == label, k % n_channels] *= 2
    return windows, given


def _expect(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)
