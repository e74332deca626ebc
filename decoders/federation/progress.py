"""What is kept of a federation's rounds at the server, so that a stop costs no whole round."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bci.errors import ProfileError
from decoders.federation.site import Arrays, what_is_wrong

_HISTORY, _WEIGHTS = "rounds.json", "shared-{:05d}.safetensors"


@dataclass(frozen=True)
class Round:
    """What happened in a round.

    ``received`` and ``trained`` are sites' accuracies on their held-out trials, before and after
    their training; ``excluded`` tells why a site's change was left out.
    """

    number: int
    received: dict[str, float]
    trained: dict[str, float]
    excluded: dict[str, str]


@dataclass
class Progress:
    """How far a federation is.

    ``banned`` are sites that returned garbage, with the reason; ``finished`` are those that have
    their model, with its accuracy.
    """

    agreement: int
    rounds: list[Round] = field(default_factory=list)
    banned: dict[str, str] = field(default_factory=dict)
    finished: dict[str, float] = field(default_factory=dict)


def is_begun(folder: Path) -> bool:
    """Whether a folder holds a federation's rounds."""
    return (folder / _HISTORY).exists()


def resume(folder: Path, agreement: int, fresh: Arrays) -> tuple[Arrays, Progress]:
    """The shared weights and the rounds of a folder, which is made if it is missing.

    Parameters
    ----------
    folder : Path
    agreement : int
        The digest that its rounds must have been of.
    fresh : mapping of str to ndarray
        The weights of a federation that has not begun.

    Raises
    ------
    ProfileError
        If the folder cannot be read or is of another federation.
    """
    file = folder / _HISTORY
    if not is_begun(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return fresh, Progress(agreement)
    try:
        stored: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        rounds = [Round(**each) for each in stored["rounds"]]
        progress = Progress(
            int(stored["agreement"]),
            rounds,
            dict(stored["banned"]),
            dict(stored.get("finished", {})),
        )
        weights = load_file(folder / _WEIGHTS.format(len(rounds)))
    except (ValueError, TypeError, KeyError, OSError, SafetensorError) as error:
        raise ProfileError(
            f"{folder}: its rounds cannot be gone on with ({error}); give another folder"
        ) from error
    wrong = what_is_wrong(weights, fresh)
    if progress.agreement != agreement or wrong is not None:
        raise ProfileError(
            f"{folder} holds rounds of a federation with another model, training or privacy; "
            "give another folder"
        )
    return weights, progress


def save(folder: Path, shared: Arrays, progress: Progress) -> None:
    """Write both such that a stop at any moment leaves the last whole round."""
    number = len(progress.rounds)
    weights, history = folder / ".shared.new", folder / f".{_HISTORY}.new"
    save_file(shared, weights)
    weights.replace(folder / _WEIGHTS.format(number))
    history.write_text(json.dumps(asdict(progress), indent=1), encoding="utf-8")
    history.replace(folder / _HISTORY)
    (folder / _WEIGHTS.format(number - 1)).unlink(missing_ok=True)
