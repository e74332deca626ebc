"""Lines of a profile that store the measured stimulus offset, to paste or to write."""

import json
from pathlib import Path

import yaml

from bci.errors import PlaceError, ProfileError
from bci.files.plain_yaml import PlainLoader
from bci.files.writable import appearing, require_place
from bci.profiles.profile import load_profile, shipped_folder
from bci.profiles.stimulus import Stimulus

_KEY = "stimulus"
_COMMENT = "# The delay from a marker to its stimulus, as 'bci timing' measured it."


def profile_lines(stimulus: Stimulus) -> str:
    """Return the key ``stimulus`` of a profile with its values, on one line."""
    given = {
        "offset_s": f"{stimulus.offset_s:.4f}",
        "spread_s": None if stimulus.spread_s is None else f"{stimulus.spread_s:.4f}",
        "measured": None if stimulus.measured is None else stimulus.measured.isoformat(),
        "screen": json.dumps(stimulus.screen, ensure_ascii=False) if stimulus.screen else None,
    }
    keys = ", ".join(f"{key}: {value}" for key, value in given.items() if value is not None)
    return f"{_KEY}: {{{keys}}}"


def require_own_profile(file: Path) -> None:
    """Check, before a measurement, that ``file`` is a user's profile that can be changed.

    Raises
    ------
    PlaceError
        If it is a profile that ships with ``bci``, is missing, or cannot be written.
    ProfileError
        If it is no valid profile; the message names the key path.
    """
    if file.resolve().is_relative_to(shipped_folder().resolve()):
        raise PlaceError(
            f"{file} ships with bci and is not changed: copy it first, as by "
            f"'bci profiles {file.stem} > mine.yaml'"
        )
    if not file.is_file():
        raise PlaceError(f"{file}: no such file; --write changes a profile of yours")
    load_profile(file)  # an invalid profile is not changed
    require_place(file, "--write")


def write_stimulus(file: Path, stimulus: Stimulus) -> None:
    """Write the key ``stimulus`` into a user's profile; the rest of the file is unchanged.


    Raises `PlaceError` and `ProfileError` as `require_own_profile` does.
    """
    require_own_profile(file)
    changed = _with_key(file.read_bytes().decode("utf-8"), profile_lines(stimulus))
    try:
        with appearing(file) as new:
            new.write_bytes(changed.encode("utf-8"))
            new.chmod(file.stat().st_mode & 0o777)
            load_profile(new)
    except OSError as problem:
        raise PlaceError(f"{file}: cannot be written ({problem.strerror})") from problem


def _with_key(text: str, line: str) -> str:
    root = yaml.compose(text, Loader=PlainLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise ProfileError("a profile in braces cannot be changed: write one key a line")
    newline = "\r\n" if "\r\n" in text else "\n"
    for key, value in root.value:
        if key.value == _KEY:
            return text[: key.start_mark.index] + line + text[_end(text, value) :]
    gap = "" if text.endswith(("\n", "\r")) else newline
    return f"{text}{gap}{newline}{_COMMENT}{newline}{line}{newline}"


def _end(text: str, value: yaml.Node) -> int:
    """Return the index in ``text`` one past a value; a block ends with its last key's line."""
    if isinstance(value, yaml.MappingNode) and not value.flow_style and value.value:
        return _end(text, value.value[-1][1])
    return int(value.end_mark.index)
