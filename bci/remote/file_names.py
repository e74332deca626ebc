"""Names of recordings within one folder, set by LabRecorder's command ``filename``."""

import re
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from bci.errors import RemoteError, first_line

# The closing brace may be missing, as in an example of LabRecorder.
_OPTION = re.compile(r"\{(\w+):([^{}]*)\}?")
_BIDS = "sub-%p/ses-%s/%m/sub-%p_ses-%s_task-%b{acq}_run-%r_%m.xdf"
_PLACEHOLDER = re.compile("%[abmnprs]", re.IGNORECASE)
_NUMBERED = re.compile("%[nr]", re.IGNORECASE)
# Characters that some system forbids in a name or treats specially.
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*/\\%]')
_DEVICES = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"{port}{k}" for port in ("COM", "LPT") for k in range(10)),
}
_LABELS = {
    "participant": "P001",
    "session": "S001",
    "task": "Default",
    "acquisition": "",
    "modality": "eeg",
}
_MAX_VALUE, _MAX_PARTS, _MAX_PART = 100, 20, 200
_MAX_RUN = 9999


@dataclass(frozen=True, slots=True)
class FileNames:
    """Parts of the path of the next recording, which is always within ``folder``."""

    folder: Path
    root: Path
    template: str = ""  # Empty for BIDS
    participant: str = _LABELS["participant"]
    session: str = _LABELS["session"]
    task: str = _LABELS["task"]
    acquisition: str = _LABELS["acquisition"]
    modality: str = _LABELS["modality"]
    run: int | None = None  # None for the first free number

    def updated(self, text: str) -> tuple["FileNames", list[str]]:
        """Apply ``{option:value}`` pairs; return the new names and a sentence per refused pair."""
        names, problems = self, []
        given = _OPTION.findall(text)
        if not given:
            problems.append("there is no {option:value}")
        for option, value in given:
            try:
                names = names._with(option.lower(), value.strip())
            except RemoteError as problem:
                problems.append(str(problem))
        return names, problems

    def _with(self, option: str, value: str) -> "FileNames":
        if option == "root":
            return replace(self, root=self._inside(value))
        if option == "run":
            return replace(self, run=_run(value))
        if option == "template":
            changed = replace(self, template=value)
            changed.path()
            return changed
        if option not in _LABELS:
            raise RemoteError(f"option {option!r:.40} is unknown")
        if value:
            _check_part(value, option, _MAX_VALUE)
        label = value.lower() if option == "modality" else value
        return replace(self, **{option: label or _LABELS[option]})  # type: ignore[arg-type]

    def _inside(self, value: str) -> Path:
        """Return the root folder ``value``, which is absolute or relative to ``folder``."""
        folder = self.folder.resolve()
        try:
            root = (folder / value).resolve()
        except (OSError, ValueError, RuntimeError):
            root = folder.parent
        foreign = "\\" in value and "\\" not in str(folder)
        if foreign or "\0" in value or not root.is_relative_to(folder):
            raise RemoteError(
                f"root {value!r:.200} is outside {folder}; start 'bci remote' with --folder"
            )
        return root

    def path(self, run: int | None = None) -> Path:
        """Path of the next recording, or of the run number ``run``.

        Raises `RemoteError` if the template gives no valid name, or leads out of ``folder``.
        """
        acquisition = "_acq-%a" if self.acquisition else ""
        template = self.template or _BIDS.format(acq=acquisition)
        number = run or self.run or 1
        values = {
            "p": self.participant, "s": self.session, "b": self.task, "a": self.acquisition,
            "m": self.modality, "n": f"{number:03d}", "r": f"{number:03d}",
        }  # fmt: skip
        # All placeholders are replaced at once, because a value may look like a placeholder.
        filled = _PLACEHOLDER.sub(lambda found: values[found[0][1].lower()], template)
        parts = [part for part in re.split(r"[/\\]+", filled.strip()) if part not in ("", ".")]
        if not 0 < len(parts) <= _MAX_PARTS:
            raise RemoteError(f"template {template!r:.200} makes no file name")
        for part in parts:
            _check_part(part, "template", _MAX_PART)
        if not parts[-1].lower().endswith(".xdf"):
            parts[-1] += ".xdf"
        path = self.root.joinpath(*parts)
        try:
            # A folder of the path may be a symbolic link that leads elsewhere.
            is_inside = path.resolve().is_relative_to(self.folder.resolve())
        except (OSError, RuntimeError) as error:
            raise RemoteError(f"{path} cannot be reached ({first_line(error)})") from error
        if not is_inside:
            raise RemoteError(f"{path} leads out of {self.folder}")
        return path

    def next_path(self) -> Path:
        """Path of the next recording; without ``run``, with the first free number."""
        template = self.template or _BIDS
        if self.run is not None or not _NUMBERED.search(template):
            return self.path()
        for run in range(1, _MAX_RUN + 1):
            if not (path := self.path(run)).exists():
                return path
        raise RemoteError(f"{path}: there are {_MAX_RUN} runs already; set another session")


def make_way(path: Path) -> Path | None:
    """Rename an earlier recording at ``path``, as LabRecorder does; return its new path.

    None if there is no such recording.

    Raises `RemoteError` if it cannot be renamed.
    """
    if not path.exists():
        return None
    number = 1
    while True:
        old = path.with_name(f"{path.stem}_old{number}{path.suffix}")
        try:
            # The name is reserved first, because a rename would overwrite a file created meanwhile.
            old.open("xb").close()
            path.replace(old)
            return old
        except FileExistsError:
            number += 1
        except OSError as error:
            raise RemoteError(f"{path} cannot be renamed ({error.strerror})") from error


def free_part(path: Path) -> Path:
    """First free path ``<name>_part2.xdf``, ``_part3`` ... for the signal after an interruption."""
    parts = (path.with_name(f"{path.stem}_part{number}.xdf") for number in count(2))
    return next(part for part in parts if not part.exists())


def _run(value: str) -> int | None:
    if not value:
        return None
    is_number = value.isascii() and value.isdigit() and len(value) <= _MAX_VALUE
    if not is_number or not 0 < int(value) <= _MAX_RUN:
        raise RemoteError(f"run {value!r:.40} is no number from 1 to {_MAX_RUN}")
    return int(value)


def _check_part(part: str, what: str, longest: int) -> None:
    """Check that ``part`` is a valid name of a file or folder on every operating system.

    Raises `RemoteError` if it is not; the message names ``what``.
    """
    if len(part.encode()) > longest:
        raise RemoteError(f"{what} {part!r:.40} has more than {longest} bytes")
    stem = part.split(".")[0].strip().upper()
    is_text = part.isprintable() and part.strip(". ") and part[-1] not in ". "
    if not is_text or _FORBIDDEN.search(part) or stem in _DEVICES:
        raise RemoteError(f"{what}: {part!r:.100} is no name for a file on every system")
