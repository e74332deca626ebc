"""The models that decoded a recorded session, found by their hashes or their names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bci.engine.provenance import ModelRun, array_hashes, card_hash
from bci.errors import BciError, RecordingError, shortened
from bci.interfaces import Decoder
from bci.models.bundle import ARRAYS, CARD, load_card
from bci.models.card import Card
from bci.models.fit import with_options
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import file_sha256

Load = Callable[[Path], tuple[Card, Decoder]]
"""Reads a model folder, changed arrays too; raises `BciError` where it cannot."""


@dataclass(frozen=True)
class FoundModel:
    """A model that decodes again, and how it differs from the one that decoded live, if it does."""

    folder: Path
    card: Card
    decoder: Decoder
    differs: str | None


def find_model(
    run: ModelRun,
    given: Sequence[Path],  # Model folders that were named
    places: Sequence[Path],  # Searched where none was named, two folders deep
    load: Load,
    is_only: bool = True,
) -> FoundModel:
    """Find the model that decoded, by its hashes, else by its name.

    Where no other model decoded, a single folder that was named is taken whatever it is called.

    Raises `RecordingError` if there is none. Raises `BundleError` if a model that was named cannot
    be read.
    """
    problems: list[BciError | OSError] = []
    candidates = list(given)
    if not given:
        near = [folder for place in places for folder in _bundles(place)]
        candidates = [folder for folder in dict.fromkeys(near) if _may_be(run, folder)]
    found = []
    for folder in candidates:
        try:
            card, decoder = load(folder)
        except (BciError, OSError) as problem:
            if folder in given:
                raise
            problems.append(problem)
            continue
        found.append(FoundModel(folder, card, decoder, _difference(run, folder, card, decoder)))
    if is_only and len(given) == 1:
        return _fitted(found[0], run)
    of_name = [each for each in found if each.card.name == run.name]
    same = [each for each in (*of_name, *found) if each.differs is None]
    if same:
        best = same[0]
        if of_name and of_name[0] is not best:
            changed = f"{of_name[0].differs}; {best.folder} is, and was compared"
            best = replace(best, differs=changed)
        return _fitted(best, run)
    if of_name:
        return _fitted(of_name[0], run)
    if problems:
        raise RecordingError(
            f"the model {run.name} that decoded live cannot be read: {problems[0]}"
        )
    where = "among those given" if given else f"in {', '.join(map(str, places))}"
    raise RecordingError(
        f"the model {run.name} that decoded live is not {where}; name its folder by --model"
    )


def _bundles(place: Path) -> list[Path]:
    """Model folders in a folder and in those of it; no deeper, since it may be anybody's."""
    cards = [*place.glob(f"*/{CARD}"), *place.glob(f"*/*/{CARD}")]
    return [card.parent for card in sorted(cards)]


def _may_be(run: ModelRun, folder: Path) -> bool:
    if folder.name == run.name:
        return True
    try:
        return card_hash(load_card(folder)) == run.card
    except BciError:
        return False


def _fitted(found: FoundModel, run: ModelRun) -> FoundModel:
    """The model with the settings of the stream that it was loaded with live."""
    plain = found.card.pipeline.model_dump(mode="json")
    try:
        options = PipelineSettings.model_validate(plain | run.options).of_stream
    except ValidationError as problem:
        raise RecordingError(
            f"the recorded settings of {run.name} cannot be read: "
            f"{problem.errors(include_url=False)[0]['msg']}"
        ) from problem
    card = with_options(found.card, options)
    paradigm = card.paradigm.model_copy(update={"offset_s": run.offset_s})
    card = card.model_copy(update={"paradigm": paradigm})
    # By the name that it ran under: a copy may have another.
    return replace(found, card=card.model_copy(update={"name": run.name}))


def _difference(run: ModelRun, folder: Path, card: Card, decoder: Decoder) -> str | None:
    """Name the parts that differ from those that ran, in a sentence; None where none does."""
    here: dict[str, Any] = array_hashes(decoder)
    changed = sorted(
        name for name in run.arrays.keys() | here.keys() if run.arrays.get(name) != here.get(name)
    )
    parts = []
    if changed:
        parts.append(f"array {shortened(changed, 5)}")
    elif run.arrays_file and file_sha256(folder / ARRAYS) != run.arrays_file:
        parts.append(f"{ARRAYS}, but none of the arrays that decode")
    if card_hash(card) != run.card:
        parts.append("card")
    if not parts:
        return None
    return f"model {run.name}: {folder} is not the one that ran; different: {'; '.join(parts)}"
