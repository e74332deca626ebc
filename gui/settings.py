"""Choices of the user that are stored between two starts, as one validated model."""

import json
import logging
import os
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

_log = logging.getLogger("bci")
_MAX_STREAMS = 200
_MAX_BYTES = 4_000_000

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="ignore", validate_assignment=True, ser_json_inf_nan="constants"
    )


class StreamSettings(_Part):
    """Choices for one stream; channels are given by name."""

    channel: str = ""  # shown in the spectrum
    # By kind and unit of the channels, such as eeg/uV: a gain is valid in one unit only.
    gains: dict[str, Positive] = {}
    hidden: list[str] = []
    bad: list[str] = []


class LastEngine(_Part):
    """Model and profile of the last engine."""

    model: str
    profile: str


class DashboardSettings(_Part):
    """All choices, with the file that they are read from and written to.

    An invalid value in the file is dropped; the other values are used. A file that is too large or
    no JSON object is renamed, see `set_aside`. If ``file`` is None, `settings_file` is used.
    """

    theme: str = ""
    geometry: str = ""
    layout: str = ""
    page: str = ""
    time_base_s: Positive | None = None
    sweep: bool = False
    filter: str = ""
    # References and cleanings of the displayed signal, by type of stream.
    references: dict[str, str] = {}
    cleanings: dict[str, list[str]] = {}
    map_band: str = ""
    # Highest shown frequency; infinite for half the sampling rate.
    spectrum_limit_hz: Annotated[float, Field(gt=0)] | None = None
    line_hz: Positive | None = None
    ball: bool = False
    streams: dict[str, StreamSettings] = {}
    engines: dict[str, LastEngine] = {}
    last_stream: dict[str, str] = {}
    device: str = "simulator"
    device_parameters: dict[str, dict[str, str]] = {}
    bridges: dict[str, dict[str, str]] = {}
    streamed_file: str = ""
    record: dict[str, str] = {}
    calibrate: dict[str, str] = {}
    neurofeedback: dict[str, str] = {}
    spell: dict[str, str] = {}
    calibration_file: str = ""
    replay_file: str = ""

    _file: Path = PrivateAttr()
    _written: str = PrivateAttr()
    _set_aside: Path | None = PrivateAttr(default=None)

    def __init__(self, file: Path | None = None) -> None:
        file = file or settings_file()
        values, set_aside = _read(file)
        while True:
            try:
                super().__init__(**values)
            except ValidationError as error:
                for each in error.errors():
                    _drop(values, each["loc"])
            else:
                break
        self._file, self._set_aside = file, set_aside
        self._written = self.model_dump_json(indent=1) if file.exists() else ""

    @property
    def set_aside(self) -> Path | None:
        """The new path of a file that could not be read; None if the file was readable."""
        return self._set_aside

    def stream(self, name: str) -> StreamSettings:
        """Return the choices for the stream ``name``, which the caller may change.

        Choices for more than 200 streams are not kept: the oldest are dropped.
        """
        found = self.streams.pop(name, None) or StreamSettings()
        self.streams[name] = found
        while len(self.streams) > _MAX_STREAMS:
            del self.streams[next(iter(self.streams))]
        return found

    def store(self) -> None:
        """Replace the file in one step if a choice changed; a failure is only logged."""
        text = self.model_dump_json(indent=1)
        if text == self._written:
            return
        self._written = text
        new = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(text, encoding="utf-8")
            new.replace(self._file)
        except OSError as error:
            _log.warning("The settings cannot be kept in %s: %s", self._file, error)


def settings_file() -> Path:
    """Return the path of this user's settings, in the system's configuration folder."""
    return user_config_path("bci", appauthor=False) / "dashboard.json"


def _read(file: Path) -> tuple[dict[str, Any], Path | None]:
    """Return the values in ``file``, and its new path if it is unusable, else None."""
    try:
        if file.stat().st_size > _MAX_BYTES:
            return {}, _put_aside(file)
        raw = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}, None
    except (ValueError, RecursionError):
        return {}, _put_aside(file)
    except OSError as error:
        _log.warning("The settings in %s cannot be read: %s", file, error)
        return {}, None
    return (raw, None) if isinstance(raw, dict) else ({}, _put_aside(file))


def _put_aside(file: Path) -> Path | None:
    try:
        return file.replace(file.with_suffix(".broken"))
    except OSError as error:
        _log.warning("The settings in %s cannot be set aside: %s", file, error)
        return None


def _drop(raw: dict[str, Any], place: tuple[int | str, ...]) -> None:
    """Delete the innermost dictionary entry on the path ``place`` to an invalid value."""
    inside: Any = raw
    owner, key = raw, str(place[0])
    for step in place:
        if not isinstance(inside, dict) or step not in inside:
            break
        owner, key, inside = inside, str(step), inside[step]
    owner.pop(key, None)
