"""Copying the undamaged chunks of a damaged XDF file."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bci.errors import RecordingError
from bci.recording.xdf import format as xdf


@dataclass(frozen=True, slots=True)
class Salvage:
    """The undamaged part of a damaged file, copied to ``path``.

    ``damage`` has the first byte of each damaged place and its description; for a stream without a
    header only the first place. ``n_samples`` has the number of saved samples by stream name.
    """

    path: Path
    n_bytes: int
    n_lost_bytes: int
    damage: tuple[tuple[int, str], ...]
    n_samples: dict[str, int]


def repair(path: Path, target: Path | None = None) -> Salvage:
    """Copy all undamaged chunks of a file into a new one; the damaged file is not changed.

    The new file is ``target``, by default ``<name>_repaired.xdf`` beside the damaged one.

    Raises `RecordingError` if the file is no XDF file, has no undamaged chunk, or the target
    exists.
    """
    target = target or path.with_name(f"{path.stem}_repaired.xdf")
    damage: list[tuple[int, str]] = []
    with xdf.open_xdf(path) as (source, size):
        try:
            walk = xdf.Walk(source, size)
        except RecordingError as error:
            raise RecordingError(f"{path}: {error}; nothing can be saved") from None
        parts: list[xdf.XdfPart] = []
        while True:
            parts += walk
            if walk.damage is None:
                break
            damage.append(walk.damage)
            if not walk.skip_damage():
                break
        if not any(part.tag == xdf.SAMPLES for part in parts):
            raise RecordingError(f"{path}: no sample in it is whole; nothing can be saved")
        try:
            with target.open("xb") as copy:
                copy.write(xdf.MAGIC)
                for part in parts:
                    source.seek(part.start)
                    copy.write(source.read(part.end - part.start))
        except FileExistsError:
            raise RecordingError(f"{target} is there already; nothing is overwritten") from None
        except OSError as error:
            target.unlink(missing_ok=True)
            raise RecordingError(f"{target}: cannot be written ({error.strerror})") from error
    kept = len(xdf.MAGIC) + sum(part.end - part.start for part in parts)
    n_samples: Counter[str] = Counter()
    for part in parts:
        if part.stream_id is not None:
            n_samples[walk.name_of(part.stream_id)] += part.n_samples
    return Salvage(target, kept, size - kept, _first_of_each(damage), dict(n_samples))


def _first_of_each(damage: list[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    """List all faults, but only one for each stream without a header."""
    listed: list[tuple[int, str]] = []
    without_header: set[str] = set()
    for at, what in damage:
        if what not in without_header:
            listed.append((at, what))
        if what.endswith(xdf.NO_HEADER):
            without_header.add(what)
    return tuple(listed)
