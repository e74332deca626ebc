"""Model bundles: a folder with a readable card and plain arrays; data, never code.

What is missing, invalid, was changed or cannot be written raises `BundleError`.
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
    """Prove that a bundle can be written there, before it is worked for.

    With ``overwrite`` a model there may be replaced, but nothing else.
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
    """Write a bundle; it appears whole or not at all."""
    check_place(folder, overwrite)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.{os.getpid()}")
    # A process of this number may have been killed here: containers begin counting again.
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
    """Remove a bundle that was replaced; whatever else lay in its folder moves to the new one."""
    for entry in old.iterdir():
        if entry.name in (CARD, ARRAYS):
            entry.unlink()
        else:
            entry.rename(folder / entry.name)
    old.rmdir()


def load_card(folder: Path) -> Card:
    """Read a bundle's card alone."""
    if not (folder / CARD).is_file():
        raise BundleError(f"{folder} is not a model: it has no {CARD}; see bci models")
    return parse_yaml(folder / CARD, Card, BundleError)


def load_bundle(folder: Path, sealed: bool = True) -> tuple[Card, dict[str, NDArray[np.generic]]]:
    """Read a bundle and check that its arrays are those that its card was written with.

    Not ``sealed``, arrays that were changed are read too: to compare them, never to decode with.
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
    """Give the filters of a card what they learnt, from the arrays of its model."""
    return card.model_copy(update={"pipeline": with_filter_arrays(card.pipeline, arrays)})


def shipped_bases() -> dict[str, Path]:
    """The base models that ship, by name."""
    folders = [file.parent for file in sorted(shipped_folder().glob(f"bases/*/{CARD}"))]
    return {folder.name: folder for folder in folders}


def base_folder(given: Path) -> Path:
    """The folder of a base model, which is given or is that of a shipped one by its name."""
    if given.exists() or given.parent != Path():
        return given
    return shipped_bases().get(given.name, given)


def list_bundles(folder: Path) -> list[tuple[Path, Card | BundleError]]:
    """Every bundle below a folder, with its card or what is wrong with it."""
    found: list[tuple[Path, Card | BundleError]] = []
    for card_file in sorted(folder.rglob(CARD)):
        try:
            found.append((card_file.parent, load_card(card_file.parent)))
        except BundleError as problem:
            found.append((card_file.parent, problem))
    return found
