"""Read and write model bundles: folders with a card and plain arrays.

They never have code. `BundleError` is raised for a bundle that is missing, invalid, changed or
cannot be written.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from bci.errors import BundleError
from bci.files import plain_yaml
from bci.files.writable import obstacle
from bci.models.card import Card
from bci.pipeline.cleaning.learnt import with_filter_arrays
from bci.profiles.profile import file_sha256, parse_yaml, shipped_folder

CARD = "card.yaml"
ARRAYS = "arrays.safetensors"
_MAX_BYTES = 4 << 30


def check_place(folder: Path, overwrite: bool = False) -> None:
    """Check before a training that a bundle can be written to ``folder``.

    With ``overwrite``, an existing model may be replaced, but nothing else.
    """
    if why := obstacle(folder):
        raise BundleError(f"{folder} cannot be written: {why}; choose another --out")
    if folder.exists() and not (overwrite and (folder / CARD).is_file()):
        hint = "exists already"
        if overwrite:
            hint = "is not a model, and is not replaced"
        raise BundleError(f"{folder} {hint}; choose another --out")


def save_bundle(
    folder: Path, card: Card, arrays: dict[str, NDArray[np.generic]], overwrite: bool = False
) -> None:
    """Write a bundle as a whole; on an error, ``folder`` stays as it was."""
    check_place(folder, overwrite)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.{os.getpid()}")
    # A killed process with the same number may have left this folder: containers reuse numbers.
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        (new / ARRAYS).write_bytes(
            save_arrays({name: np.asarray(array, order="C") for name, array in arrays.items()})
        )
        sealed = card.model_copy(update={"arrays_sha256": file_sha256(new / ARRAYS)})
        (new / CARD).write_text(plain_yaml.dump(sealed.model_dump(mode="json")), encoding="utf-8")
        if overwrite and folder.exists():
            old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
            folder.rename(old)
            new.rename(folder)
            _clear(old, folder)
        else:
            _put(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _put(new: Path, folder: Path) -> None:
    try:
        new.rename(folder)
    except OSError as error:
        if folder.exists():
            raise BundleError(
                f"{folder} was written by another program meanwhile; choose another --out"
            ) from error
        raise


def _clear(old: Path, folder: Path) -> None:
    """Remove a replaced bundle.

    Other files in ``old`` are moved to the new ``folder``.
    """
    for entry in old.iterdir():
        if entry.name in (CARD, ARRAYS):
            entry.unlink()
        else:
            entry.rename(folder / entry.name)
    old.rmdir()


def load_card(folder: Path) -> Card:
    """Read the card of a bundle, without its arrays."""
    if not (folder / CARD).is_file():
        raise BundleError(f"{folder} is not a model: it has no {CARD}; see bci models")
    return parse_yaml(folder / CARD, Card, BundleError)


def load_bundle(folder: Path, sealed: bool = True) -> tuple[Card, dict[str, NDArray[np.generic]]]:
    """Read a bundle and check its arrays against the hash in the card.

    With ``sealed=False``, changed arrays are read too, for comparison and never for decoding.
    """
    card = load_card(folder)
    file = folder / ARRAYS
    if not file.is_file():
        raise BundleError(f"{folder}: {ARRAYS} is missing; calibrate again")
    if file.stat().st_size > _MAX_BYTES:
        raise BundleError(f"{file}: larger than {_MAX_BYTES >> 30} GiB; not a model of ours")
    if sealed and file_sha256(file) != card.arrays_sha256:
        raise BundleError(
            f"{file}: was changed after training (its hash differs from the card's); "
            "restore it or calibrate again"
        )
    try:
        arrays = load_arrays(file.read_bytes())
    except (SafetensorError, ValueError, KeyError) as problem:
        raise BundleError(f"{file}: not a safetensors file: {problem}") from problem
    return with_trained_filters(card, arrays), arrays


def with_trained_filters(card: Card, arrays: Mapping[str, NDArray[np.generic]]) -> Card:
    """Add the trained parameters of filters, from a model's arrays, to its card."""
    return card.model_copy(update={"pipeline": with_filter_arrays(card.pipeline, arrays)})


def shipped_bases() -> dict[str, Path]:
    """Return the folders of the base models shipped with bci, by name."""
    folders = [file.parent for file in sorted(shipped_folder().glob(f"bases/*/{CARD}"))]
    return {folder.name: folder for folder in folders}


def base_folder(given: Path) -> Path:
    """Return the folder ``given``, or that of the shipped base model with this name."""
    if given.exists() or given.parent != Path():
        return given
    return shipped_bases().get(given.name, given)


def list_bundles(folder: Path) -> list[tuple[Path, Card | BundleError]]:
    """List every bundle below a folder, with its card or the error of an invalid one."""
    found: list[tuple[Path, Card | BundleError]] = []
    for card_file in sorted(folder.rglob(CARD)):
        try:
            found.append((card_file.parent, load_card(card_file.parent)))
        except BundleError as problem:
            found.append((card_file.parent, problem))
    return found
