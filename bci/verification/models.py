"""Search for the models that decoded a recorded session, by their hashes or names."""

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
"""Function that reads a model folder, even with changed arrays; raises `BciError` if it cannot."""


@dataclass(frozen=True)
class FoundModel:
    """A model for the second decoding.

    ``differs`` describes its differences from the model that decoded live; None if there are none.
    """

    folder: Path
    card: Card
    decoder: Decoder
    differs: str | None


def find_model(
    run: ModelRun,
    given: Sequence[Path],  # Model folders that the user named
    places: Sequence[Path],  # Folders that are searched, two levels deep, if ``given`` is empty
    load: Load,
    is_only: bool = True,
) -> FoundModel:
    """Find the model that decoded, by its hashes, otherwise by its name.

    With ``is_only``, no other model decoded. Then a single folder in ``given`` is used even if its
    name differs.

    Raises `RecordingError` if no model is found. Raises `BundleError` if a model in ``given``
    cannot be read.
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
    """List the model folders in ``place`` and its direct subfolders; no deeper, to stay quick."""
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
    """Return the model with the stream settings, cue offset and name that it had live."""
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
    # A copy of the model may have another name than the one that ran.
    return replace(found, card=card.model_copy(update={"name": run.name}))


def _difference(run: ModelRun, folder: Path, card: Card, decoder: Decoder) -> str | None:
    """Describe the model parts that differ from those that ran; None if all are the same."""
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
