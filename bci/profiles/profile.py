"""Profiles: the YAML files that say which stream, which filters, which task and which model."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar, get_args

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from bci.errors import PluginError, ProfileError
from bci.files.plain_yaml import PlainLoader
from bci.profiles.pipeline_settings import Label, PipelineSettings, Settings, did_you_mean, explain
from bci.signals import Task

_MOST_BYTES = 1_000_000

SettingsT = TypeVar("SettingsT", bound=BaseModel)


class StreamSelector(Settings):
    """An LSL stream: every key given has to fit; ``predicate`` is an LSL XPath expression."""

    name: str | None = None
    type: str | None = None
    source_id: str | None = None
    predicate: str | None = None


def _as_text(given: object) -> object:
    """A whole number as its digits, as number markers of a stream or a file are."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return given
    return str(int(given)) if float(given).is_integer() else str(given)


Text = Annotated[str, BeforeValidator(_as_text)]


def _spelt(task: object) -> object:
    """A task that is known in its one spelling: ``motor imagery`` becomes ``motor-imagery``."""
    if not isinstance(task, str):
        return task
    joined = "-".join(task.casefold().replace("_", " ").replace("-", " ").split())
    return joined if joined in get_args(Task) else task


# One of `bci.signals.Task`, or a user's own.
TaskName = Annotated[str, BeforeValidator(_spelt), Field(min_length=1, max_length=100)]


class Cue(NamedTuple):
    """The class that a marker cues, and the item (film, image) that is shown."""

    label: str
    item: str


Adapt = Literal["off", "alignment", "supervised"]

# Ends a cue that stands for all markers that begin with what is before the star.
_ANY = "/*"
# The class that rest makes where a paradigm wants one: no command.
REST = "rest"


class Paradigm(Settings):
    """Rules by which cues on the marker stream become labelled trials.

    ``classes`` maps a class to the marker that cues it; ``left/*`` stands for every marker that
    begins with ``left/``. Where each trial shows an item of which there are many (a film, an
    image), ``items`` is instead what their markers begin with: the marker up to a first ``/`` is
    the item, what follows is its class, or the item itself where nothing follows. Windows of a
    trial lie wholly between ``start_s`` and ``stop_s`` after the cue. ``rest`` is the marker after
    which nothing is asked of the subject, until the next marker. With ``rest_class`` such spans are
    trials of a class ``rest`` too, which every decoder then learns; deciding for it is no command.
    """

    classes: dict[Text, Text] = Field(default_factory=dict, max_length=1000)
    items: str | None = Field(None, min_length=1, max_length=100)
    rest: Text | None = None
    rest_class: bool = False
    start_s: float = Field(0.5, ge=0, le=3600)
    stop_s: float = Field(4.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _consistent(self) -> "Paradigm":
        if (self.items is None) == (not self.classes):
            raise ValueError("give either classes or items")
        if len(self.classes) == 1:
            raise ValueError("classes has one class; there must be two to tell apart")
        if self.start_s >= self.stop_s:
            raise ValueError(f"start_s ({self.start_s}) must be before stop_s ({self.stop_s})")
        if len(set(self.classes.values())) < len(self.classes):
            raise ValueError("two classes share a marker")
        if self.rest_class and (self.rest is None or self.items is not None):
            raise ValueError("rest_class needs classes, and rest: the marker of rest")
        if self.rest_class and REST in self.classes:
            raise ValueError("rest_class makes a class of rest, and classes has one of that name")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that trials can be of; empty where only the markers tell."""
        return (*self.classes, *([REST] if self.rest_class else []))

    @property
    def quiet(self) -> str | None:
        """The class that is no command, if there is one."""
        return REST if self.rest_class else None

    def cue_of(self, marker: str) -> Cue | None:
        """Find the cue that a marker is; None if it is none."""
        if self.items is not None:
            if not marker.startswith(self.items):
                return None
            item, _, label = marker.partition("/")
            return Cue(label or item, item)
        for label, cue in self.classes.items():
            if cue == marker or (cue.endswith(_ANY) and marker.startswith(cue.removesuffix("*"))):
                return Cue(label, label)
        return None


class DecoderChoice(Settings):
    """A decoder by name, with its parameters.

    ``name`` is one of ours, ``module:factory`` of a scikit-learn estimator, or ``onnx``.
    ``trusted`` are types (``package.module.Class``) that such an estimator may be stored with, and
    loaded of a model. In a model's card they only name what it was stored with.
    """

    name: str = Field(default="tangent-space", min_length=1, max_length=200)
    params: dict[str, float | int | str | bool] = Field(default_factory=dict)
    trusted: tuple[Label, ...] = Field(default=(), max_length=1000)


class Output(Settings):
    """Streams of the engine: ``<name>-predictions``, ``-decisions`` and ``-status``.

    A decision is a prediction of at least ``decision_threshold`` confidence; without one, that
    which calibration chose so that, with 95 % confidence, rest gives no more false positives than
    ``false_positives_per_min`` (see `bci.models.false_decisions`). With ``evidence_s`` decisions
    are taken from the windows of so many seconds together (see `bci.engine.evidence`; 0: from each
    alone), which delays them by about half of it; without, as the model was calibrated. With
    ``adapt: alignment`` the decoder's alignment follows the signal while it is decoded (see
    `bci.engine.adapt_alignment`), with ``adapt: supervised`` the decoder learns from each cued
    trial that is over (see `bci.engine.adapt_supervised`). With ``sentences``, a text file with one
    a line, decisions are also told as the words' usual order has it, in a stream of their own,
    ``<name>-decisions-with-prior`` (see `bci.tasks.word_prior`).
    """

    name: str = Field(default="bci", min_length=1, max_length=100)
    decision_threshold: float | None = Field(default=None, ge=0, le=1)
    false_positives_per_min: float = Field(default=2.0, gt=0, le=600)
    evidence_s: float | None = Field(default=None, ge=0, le=60)
    adapt: Adapt = "off"
    sentences: str | None = None

    @field_validator("adapt", mode="before")
    @classmethod
    def _off_is_no_truth_value(cls, given: object) -> object:
        return "off" if given is False else given  # as YAML reads a bare off


class Timing(Settings):
    """Treatment of a stream whose time stamps or rate cannot be trusted.

    ``stamps: arrival`` takes the moment that samples arrive instead of what the sender stamps: for
    senders on another clock (Unix time). ``sfreq`` is the true rate in hertz, for streams and files
    whose nominal one is wrong or 0.
    """

    stamps: Literal["sender", "arrival"] = "sender"
    sfreq: float | None = Field(default=None, gt=0, le=1e6)


class Profile(Settings):
    """Everything a session needs, as a user writes it down."""

    task: TaskName
    stream: StreamSelector = StreamSelector(type="EEG")
    timing: Timing = Timing()
    # Of the power line, in hertz: where the signal check looks for its noise.
    line_hz: float | None = Field(default=None, ge=40, le=70)
    markers: StreamSelector | None = None
    pipeline: PipelineSettings
    paradigm: Paradigm
    decoder: DecoderChoice = DecoderChoice()
    output: Output = Output()
    model: str | None = None

    def with_decoder(self, name: str) -> "Profile":
        """The same with that decoder; the parameters stay where it is the profile's own."""
        if name == self.decoder.name:
            return self
        return self.model_copy(update={"decoder": DecoderChoice(name=name)})

    @model_validator(mode="after")
    def _a_window_fits_into_a_trial(self) -> "Profile":
        trial_s = self.paradigm.stop_s - self.paradigm.start_s
        if self.pipeline.window_s > trial_s:
            raise ValueError(
                f"pipeline.window_s ({self.pipeline.window_s:g} s) is longer than the part of a "
                f"trial between paradigm.start_s and stop_s ({trial_s:g} s)"
            )
        return self

    @model_validator(mode="after")
    def _windows_at_cues_stand_alone(self) -> "Profile":
        if self.pipeline.at_cues and self.output.evidence_s:
            raise ValueError(
                "output.evidence_s gathers neighbouring windows; with pipeline.at_cues there is "
                "one a cue: leave it out"
            )
        if self.output.sentences and not self.pipeline.at_cues:
            raise ValueError(
                "output.sentences needs pipeline.at_cues: without cues nothing tells where one "
                "word ends and the next begins"
            )
        if self.pipeline.at_cues and self.paradigm.rest_class:
            raise ValueError("paradigm.rest_class has no cue to begin at: pipeline.at_cues has")
        return self


def load_profile(path: Path | str | Mapping[str, object]) -> Profile:
    """Read and check a profile.

    Parameters
    ----------
    path : path, str or mapping
        A YAML file, the name of a profile that ships with ``bci``, or its keys and values.

    Returns
    -------
    profile : Profile

    Raises
    ------
    ProfileError
        If the file is missing, not YAML, or invalid; the message names the key path and what
        is allowed there.

    Examples
    --------
    >>> import bci
    >>> profile = bci.load_profile("motor-imagery")
    >>> profile.paradigm.classes, profile.pipeline.window_s
    ({'left': 'left', 'right': 'right'}, 2.5)
    """
    if isinstance(path, Mapping):
        return _checked(path, Profile, ProfileError, "the profile")
    file = Path(path)
    if not file.exists() and file.parent == Path():
        shipped = shipped_profiles()
        if file.stem in shipped:
            file = shipped[file.stem]
        else:
            raise ProfileError(
                f"there is no profile {path}{did_you_mean(file.stem, shipped)}; give a file or one "
                f"of {', '.join(sorted(shipped))}"
            )
    return parse_yaml(file, Profile, ProfileError)


def shipped_profiles() -> dict[str, Path]:
    """The profiles in ``configs/``, by name."""
    here = Path(__file__).parents[1]
    # In a checkout they lie beside the package, in an installed copy inside it.
    folder = here / "configs" if (here / "configs").is_dir() else here.parent / "configs"
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def parse_yaml(file: Path, model: type[SettingsT], error: type[Exception]) -> SettingsT:
    """Read a YAML file into a settings model, raising ``error`` with one line if it is invalid."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise error(f"{file}: no such file") from None
    except OSError as problem:
        raise error(f"{file}: cannot be read ({problem.strerror})") from problem
    if len(raw) > _MOST_BYTES:
        raise error(f"{file}: {len(raw)} bytes is too large for a YAML file of ours")
    try:
        content = yaml.load(raw, Loader=PlainLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as problem:
        where = getattr(problem, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        detail = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        raise error(f"{file}{line}: not valid YAML: {detail}") from problem
    if not isinstance(content, dict):
        raise error(f"{file}: expected keys and values, found {type(content).__name__}")
    return _checked(content, model, error, str(file))


def _checked(
    content: Mapping[str, object], model: type[SettingsT], error: type[Exception], where: str
) -> SettingsT:
    try:
        return model.model_validate(dict(content))
    except PluginError as problem:
        raise error(f"{where}: {problem}") from problem
    except ValidationError as problem:
        raise error(f"{where}: {explain(problem, model)}") from problem


def file_sha256(file: Path) -> str:
    """Hash of a file's content, or of all files in a folder in order, hexadecimal."""
    digest = hashlib.sha256()
    parts = sorted(p for p in file.rglob("*") if p.is_file()) if file.is_dir() else [file]
    for part in parts:
        with part.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def check_task(profile: Profile, task: str, model: Path) -> None:
    """Refuse a model of another task than the profile's.

    Raises
    ------
    ProfileError
        Naming both tasks.
    """
    if profile.task != task:
        raise ProfileError(
            f"{model} is a model of the task {task}, the profile is of {profile.task}: choose a "
            "profile of that task, or another model"
        )


def check_agreement(profile: Profile, trained: PipelineSettings, model: Path) -> None:
    """Refuse a profile whose pipeline differs from the one a model was trained with.

    The model's pipeline is the one that runs; a difference would silently have no effect.

    Raises
    ------
    ProfileError
        Naming the first setting that differs.
    """
    for key in ("filters", "window_s", "hop_s", "at_cues", "channels"):
        ours, theirs = getattr(profile.pipeline, key), getattr(trained, key)
        if key == "channels" and ours is None:
            continue
        if ours != theirs:
            raise ProfileError(
                f"pipeline.{key} of the profile differs from what {model} was trained with "
                f"({_brief(theirs)}): calibrate again with this profile, or use the one that "
                "the model was calibrated with"
            )


def _brief(value: object) -> str:
    if isinstance(value, tuple):
        parts = [
            str(part.model_dump(exclude_defaults=False))
            if isinstance(part, BaseModel)
            else str(part)
            for part in value
        ]
        return f"{', '.join(parts):.200}"
    return str(value)
