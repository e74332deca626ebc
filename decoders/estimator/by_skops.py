"""A stored estimator as skops: a zip file of arrays and a list of trusted types.

skops looks types up by name, so a file could request any type. Before skops loads a file, its list
of types is compared with `decoders.estimator.trusted_types` and the types that the user trusts, and
its sizes are checked.
"""

import io
import json
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.errors import BundleError, DecodingError
from bci.signals import FloatArray
from decoders.estimator.trusted_types import ESTIMATORS, PLAIN

ARRAY = "skops"
_SCHEMA = "schema.json"
_MOST_BYTES = 256 << 20
_MOST_SCHEMA = 16 << 20
_MOST_MEMBERS = 10_000
_DAMAGED = (
    EOFError, KeyError, OSError, RuntimeError, SyntaxError, json.JSONDecodeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
# Kinds of nodes that neither look up nor call a function.
_LOADERS = frozenset(
    {"CachedNode", "DictNode", "JsonNode", "ListNode", "NdArrayNode", "ObjectNode",
     "RandomStateNode", "TupleNode", "TypeNode", "SliceNode", "DTypeNode"}
)  # fmt: skip


class SkopsModel:
    """A model that computes probabilities of one window by an estimator loaded from skops.

    Parameters
    ----------
    content : bytes
        Content of the skops file.
    estimator : object
        The estimator loaded from it.
    """

    name = "skops"
    # Not 0, because the memory layout of the arrays may differ.
    tolerance = 1e-9

    def __init__(self, content: bytes, estimator: Any) -> None:
        self._content = content
        self._estimator = estimator

    def probabilities(self, window: FloatArray) -> NDArray[np.float64]:
        """Compute the probabilities of one window; see `decoders.estimator.stored.Stored`."""
        from joblib import parallel_config

        try:
            # Otherwise a file could start any number of processes.
            with parallel_config(backend="sequential"):
                found = self._estimator.predict_proba(
                    np.ascontiguousarray(window, dtype=np.float64)
                )
        except Exception as problem:  # each library has its own exceptions
            raise DecodingError(f"the stored estimator raised {problem!s:.200}") from problem
        return np.array(found, dtype=np.float64).reshape(-1)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {ARRAY: np.frombuffer(self._content, dtype=np.uint8)}


def write(estimator: Any, trusted: Sequence[str]) -> SkopsModel:
    """Store a trained estimator, and load it again.

    Raises
    ------
    ValueError
        If skops cannot store it, or it has a type that is not trusted.
    """
    try:
        import skops.io
    except ImportError:
        raise ValueError("skops is not installed: pip install 'bci[estimators]'") from None
    try:
        content = skops.io.dumps(estimator, compression=zipfile.ZIP_DEFLATED)
    except Exception as problem:  # skops has no exception class of its own
        raise ValueError(f"skops cannot write it ({problem!s:.150})") from problem
    if missing := untrusted(content, trusted):
        raise ValueError(
            f"skops needs types that are not trusted: {', '.join(missing)}. If you trust them, "
            "list them under decoder.trusted"
        )
    return restore(content, trusted)


def restore(content: bytes, trusted: Sequence[str]) -> SkopsModel:
    """Load an estimator of trusted types.

    Raises
    ------
    BundleError
        If the file needs another type; the message names it.
    ValueError
        If the file is damaged.
    ImportError
        If skops, or the package of a type, is not installed.
    """
    import skops.io

    from decoders.estimator.factory import own_modules

    if missing := untrusted(content, trusted):
        raise BundleError(
            f"the model needs types that are not trusted: {', '.join(missing)}. If you know where "
            f"it comes from: {' '.join(f'--trust {name}' for name in missing)}"
        )
    try:
        with warnings.catch_warnings(), own_modules():
            # Differences of another version are detected by `decoders.estimator.stored.proof`.
            warnings.simplefilter("ignore")
            # All types were just checked to be built-in or trusted by the user.
            known = skops.io.get_untrusted_types(data=content)
            return SkopsModel(content, skops.io.loads(content, trusted=known))
    except ImportError:
        raise
    except Exception as problem:  # a damaged file can raise any exception in other packages
        raise ValueError(f"the stored estimator cannot be read: {problem!s:.200}") from problem


def untrusted(content: bytes, trusted: Sequence[str]) -> list[str]:
    """List the types in a file that are neither built-in nor trusted by the user.

    Raises
    ------
    ValueError
        If it is no skops file, or too large.
    """
    known = PLAIN | ESTIMATORS | frozenset(trusted)
    missing = {
        name
        for loader, name in _nodes(_schema(content))
        if name not in known or (loader not in _LOADERS and name not in trusted)
    }
    return sorted(missing)


def _schema(content: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS or sum(m.file_size for m in members) > _MOST_BYTES:
                raise ValueError("the stored estimator is too large")
            for member in members:
                if member.filename != _SCHEMA:
                    _check_array(archive, member)
            if archive.getinfo(_SCHEMA).file_size > _MOST_SCHEMA:
                raise ValueError("the stored estimator's list of types is too large")
            return json.loads(archive.read(_SCHEMA))
    except _DAMAGED as problem:
        raise ValueError(f"the stored estimator cannot be read: {problem!s:.200}") from problem


def _check_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Check that an array file has as many numbers as its header states.

    Raises ValueError if it has fewer, or is no array.
    """
    if not member.filename.endswith(".npy"):
        raise ValueError(f"the stored estimator holds {member.filename!r:.100}, which is no array")
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
    n_bytes = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if dtype.hasobject or n_bytes > member.file_size:
        raise ValueError(f"the stored estimator's array {member.filename!r:.100} is damaged")


def _nodes(part: Any) -> Iterator[tuple[str, str]]:
    """Yield loader and type of each node at any depth of the schema."""
    waiting = [part]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "__loader__" in node or "__class__" in node or "__module__" in node:
                name = f"{node.get('__module__')}.{node.get('__class__')}"
                yield str(node.get("__loader__")), name
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
