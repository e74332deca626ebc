"""Provenance of predictions: data needed to decode a recording exactly as live.

A running engine publishes it on the stream ``<name>-provenance``. So every recorder stores it with
the signal and the predictions, and `bci verify` reads it from the recording.
"""

import functools
import hashlib
import math
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Field, ValidationError

from bci import __version__
from bci.clock.dejitter import Position
from bci.engine.adaptation_state import AdaptedState
from bci.errors import MessageError
from bci.interfaces import Decoder
from bci.messages import Count, Message, Number, Seconds, Text
from bci.models.card import Card

STREAM_TYPE = "Provenance"

_LIBRARIES = ("numpy", "scipy", "numba", "scikit-learn", "torch", "onnxruntime")
COMPARED = ("bci", "python", *_LIBRARIES)
"""Names of software whose versions `bci verify` compares."""

_MODULES = {"scikit-learn": "sklearn"}
_HASH = 16
_DECISIVE = {
    "adapt", "classes", "confidence", "decoder", "paradigm", "pipeline", "states", "stimulus",
    "stream", "triggers",
}  # fmt: skip
_MAX_SEAMS = 10_000
_MAX_MODELS = 1000
_MAX_ARRAYS = 10_000
_MAX_BYTES = 16 << 20
_CPU_FILE = Path("/proc/cpuinfo")

Names = dict[Text, Text]


def _is_sound(position: Position) -> Position:
    if not (math.isfinite(position.stamp) and math.isfinite(position.time)):
        raise ValueError("a position whose times are not finite")
    if not 0 <= position.sample <= position.index < 1 << 62:
        raise ValueError("a position outside the stream")
    return position


SoundPosition = Annotated[Position, AfterValidator(_is_sound)]


class CueSource(Message):
    """Query for the marker streams with the cues; see `bci.lsl.cue_streams.CueQuery`."""

    named: Text | None = None
    name: Text | None = None
    type: Text | None = None
    source_id: Text | None = None
    predicate: Text | None = None


class ModelRun(Message):
    """A model that decoded, and the samples at which it started."""

    name: Text  # Name of its folder
    classes: tuple[Text, ...] = Field(max_length=1_000_000)
    card: Text  # Hash of its card; see `card_hash`
    # Hash of each array that it decodes with
    arrays: Names = Field(default_factory=dict, max_length=_MAX_ARRAYS)
    arrays_file: Text = ""  # Hash of the model's array file; empty if the model was never stored
    # Settings of the stream that the model was loaded with; see `bci.models.fit.with_options`
    options: dict[str, Any] = Field(default_factory=dict)
    # Delay from cue markers to stimuli that was assumed, in seconds
    offset_s: Seconds = 0.0
    fed_from: Count = 0  # Absolute index of the first sample that its filters processed
    decides_from: Count = 0  # Absolute index of the first sample that it decoded


class Provenance(Message):
    """Message on ``<name>-provenance`` on the making of an engine's predictions.

    It is published when it changes, every 5 s, and at the end; each message is complete.
    """

    kind: Literal["provenance"] = "provenance"
    version: Literal[1] = 1
    run: Text  # Differs between two starts of an engine
    engine: Text
    began: Seconds  # Start of the run, in seconds on the LSL clock
    stream: Text  # Name of the decoded stream
    source_id: Text = ""
    sfreq: Annotated[Number, Field(gt=0, le=1e6)]  # Sampling rate that the engine used, in hertz
    # The profile's ``output``: threshold, evidence, adaptation, sentences
    output: dict[str, Any] = Field(default_factory=dict)
    map_montage: bool = False  # Whether missing channels were interpolated
    # Query for the streams with the cues; None without one
    markers: CueSource | None = None
    # Trigger channel of the signal with the cues, as `bci.profiles.stimulus.Triggers`
    triggers: dict[str, Any] | None = None
    # Versions of Python, of bci and of the libraries that were loaded
    versions: Names = Field(default_factory=dict, max_length=100)
    # Processor, its instruction set and the library of linear algebra
    machine: Names = Field(default_factory=dict, max_length=100)
    # Models in order of time; each replaced the one before
    models: tuple[ModelRun, ...] = Field(default=(), max_length=_MAX_MODELS)
    # The first sample, and the first one behind each gap or step of the sender's clock
    seams: tuple[SoundPosition, ...] = Field(default=(), max_length=_MAX_SEAMS)
    # A recent sample, by which a recording that began after the engine is aligned
    here: SoundPosition | None = None
    # State of the adaptation, every 5 s if it has changed
    adapted: AdaptedState | None = None
    predicted: Count = 0  # Windows with a prediction
    skipped: Count = 0  # Windows left out because the decoder was late


def read_provenance(line: str | bytes) -> Provenance:
    """Read a message of an engine's provenance stream.

    Raises `MessageError` if ``line`` is not a valid provenance message of this version. The error
    names the field.
    """
    if len(line) > _MAX_BYTES:
        raise MessageError(f"a message of {len(line) >> 20} MiB is too long")
    try:
        return Provenance.model_validate_json(line)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the message"
        raise MessageError(f"{where}: {first['msg']}") from problem


def model_run(card: Card, decoder: Decoder) -> ModelRun:
    """Describe a model by its name, its classes and the hashes of its parts."""
    return ModelRun(
        name=card.name,
        classes=card.classes,
        card=card_hash(card),
        arrays=array_hashes(decoder),
        arrays_file=card.arrays_sha256,
        options=card.pipeline.model_dump(mode="json", include=set(card.pipeline.of_stream)),
    )


def card_hash(card: Card) -> str:
    """Hash the parts of a card that predictions and decisions depend on.

    The name is left out, and so are the stream settings that the model was loaded with.
    """
    stream = card.stream.model_copy(update={"labels": None})
    plain = card.model_copy(update={"pipeline": card.pipeline.alone, "stream": stream})
    # Defaults are left out, so a key that a later version adds does not change the hash.
    text = plain.model_dump_json(include=_DECISIVE, exclude_defaults=True)
    return _hash(text.encode())


def array_hashes(decoder: Decoder) -> dict[str, str]:
    """Hash each array of a decoder, with its type and shape.

    The result is empty for a decoder without arrays.
    """
    hashes = {}
    arrays = decoder.arrays() if hasattr(decoder, "arrays") else {}
    for name, array in arrays.items():
        whole = np.asarray(array, order="C")
        hashes[name] = _hash(f"{whole.dtype.str}{whole.shape}".encode(), whole.tobytes())
    return hashes


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:_HASH]


def versions() -> dict[str, str]:
    """Return the versions of Python, bci and the loaded numerical libraries."""
    loaded = [name for name in _LIBRARIES if _MODULES.get(name, name) in sys.modules]
    return {name: installed(name) for name in ("bci", "python", *loaded)}


@functools.cache
def installed(name: str) -> str:
    """Return the installed version of a library, or of ``python`` or ``bci``.

    It is read from disk once, since a running engine calls this between two windows.
    """
    if name == "bci":
        return __version__
    if name == "python":
        return platform.python_version()
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def machine() -> dict[str, str]:
    """Describe system, processor, the kernels' instruction set and BLAS library."""
    from llvmlite.binding import get_host_cpu_name  # type: ignore[import-untyped]
    from threadpoolctl import threadpool_info

    blas = {
        f"{each.get('internal_api')} {each.get('version')} {each.get('architecture', '')}".strip()
        for each in threadpool_info()
        if each.get("user_api") == "blas"
    }
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu(),
        "simd": get_host_cpu_name(),
        "blas": ", ".join(sorted(blas)),
    }


def _cpu() -> str:
    if _CPU_FILE.is_file():
        for line in _CPU_FILE.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
