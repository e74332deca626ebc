"""Profiles: YAML files with the settings of a session."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args

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
from bci.profiles.flicker import Stimuli, stimuli_of
from bci.profiles.neurofeedback import Neurofeedback
from bci.profiles.paradigm import Paradigm
from bci.profiles.pipeline_settings import Label, PipelineSettings, Settings, did_you_mean, explain
from bci.profiles.speller_settings import SpellerSettings
from bci.profiles.stimulus import Stimulus, Triggers
from bci.signals import Task

_MAX_BYTES = 1_000_000

SettingsT = TypeVar("SettingsT", bound=BaseModel)


class StreamSelector(Settings):
    """Query for an LSL stream, which must match every given key.

    ``predicate`` is an LSL XPath expression.
    """

    name: str | None = None
    type: str | None = None
    source_id: str | None = None
    predicate: str | None = None


def _spelt(task: object) -> object:
    """Convert a known task to standard spelling: ``motor-imagery``.

    For example, ``motor imagery`` is converted.
    """
    if not isinstance(task, str):
        return task
    joined = "-".join(task.casefold().replace("_", " ").replace("-", " ").split())
    return joined if joined in get_args(Task) else task


# One of `bci.signals.Task`, or another name chosen by the user.
TaskName = Annotated[str, BeforeValidator(_spelt), Field(min_length=1, max_length=100)]


Adapt = Literal["off", "alignment", "supervised"]


class DecoderChoice(Settings):
    """A decoder by name, with its parameters.

    ``name`` is a built-in or plug-in decoder, ``module:factory`` of a scikit-learn estimator, or
    ``onnx``. ``trusted`` are types (``package.module.Class``) that may be part of such an estimator
    when it is stored and loaded. In a model card they only record the types that were stored.
    """

    name: str = Field(default="tangent-space", min_length=1, max_length=200)
    params: dict[str, float | int | str | bool] = Field(default_factory=dict)
    trusted: tuple[Label, ...] = Field(default=(), max_length=1000)


class Output(Settings):
    """Output of the engine, in streams ``<name>-predictions``, ``-decisions`` ...

    A decision is a prediction with a confidence of at least ``decision_threshold``. By default, the
    calibration chooses the threshold. With 95 % confidence, rest then gives at most
    ``false_positives_per_min`` false decisions per minute (see `bci.models.false_decisions`). The
    threshold is raised if more than the share ``wrong_share`` of decisions at held-out cues would
    be wrong.

    ``evidence_s`` is the length of signal whose windows make one decision, in seconds (see
    `bci.engine.evidence`); it delays decisions by about half of it, and 0 uses each window alone.
    ``adapt: alignment`` adapts the decoder's alignment to the signal (see
    `bci.engine.adapt_alignment`). ``adapt: supervised`` trains the decoder on each cued trial (see
    `bci.engine.adapt_supervised`), and ``adapt: off`` does neither. The default of both keys is the
    setting of the model's calibration.

    ``sentences`` is a text file with one sentence per line. Its word order gives prior
    probabilities for further decisions, in the stream ``<name>-decisions-with-prior`` (see
    `bci.tasks.word_prior`). With ``state_gate: true``, the calibration also finds states of the
    signal, and decisions are suppressed in states with few trials (see `bci.models.signal_states`).
    """

    name: str = Field(default="bci", min_length=1, max_length=100)
    decision_threshold: float | None = Field(default=None, ge=0, le=1)
    false_positives_per_min: float = Field(default=2.0, gt=0, le=600)
    wrong_share: float = Field(default=0.25, gt=0, le=1)
    evidence_s: float | None = Field(default=None, ge=0, le=60)
    adapt: Adapt | None = None
    sentences: str | None = None
    state_gate: bool = False

    @field_validator("adapt", mode="before")
    @classmethod
    def _off_is_no_truth_value(cls, given: object) -> object:
        return "off" if given is False else given  # YAML reads an unquoted off as False


class Timing(Settings):
    """Corrections for a stream with wrong time stamps or a wrong rate.

    ``stamps: arrival`` uses the times at which samples arrive instead of the sender's time stamps,
    for senders on another clock (Unix time). ``sfreq`` is the true rate in hertz, for streams and
    files whose nominal rate is wrong or 0.
    """

    stamps: Literal["sender", "arrival"] = "sender"
    sfreq: float | None = Field(default=None, gt=0, le=1e6)


def with_offset(given: object) -> object:
    """Copy the stimulus offset in the keys of a profile or card to the paradigm.

    Raises `ValueError` if the paradigm itself has the key ``offset_s``.
    """
    if not isinstance(given, Mapping):
        return given
    paradigm = given.get("paradigm")
    if isinstance(paradigm, Mapping) and "offset_s" in paradigm:
        raise ValueError("paradigm.offset_s: there is no such key; give stimulus.offset_s")
    try:
        stimulus = Stimulus.model_validate(given.get("stimulus"))
    except ValidationError:  # None, or reported by the field itself
        return given
    if isinstance(paradigm, Paradigm):
        paradigm = paradigm.model_copy(update={"offset_s": stimulus.offset_s})
    elif isinstance(paradigm, Mapping):
        paradigm = {**paradigm, "offset_s": stimulus.offset_s}
    return {**given, "paradigm": paradigm}


class Profile(Settings):
    """Settings of a session, as the user writes them."""

    task: TaskName
    stream: StreamSelector = StreamSelector(type="EEG")
    timing: Timing = Timing()
    # Frequency of the power line in hertz, for the check of signal quality
    line_hz: float | None = Field(default=None, ge=40, le=70)
    markers: StreamSelector | None = None
    # Channel of the signal with the cues, instead of a marker stream
    triggers: Triggers | None = None
    # Measured delay from a marker to its stimulus
    stimulus: Stimulus | None = None
    pipeline: PipelineSettings
    paradigm: Paradigm
    decoder: DecoderChoice = DecoderChoice()
    output: Output = Output()
    neurofeedback: Neurofeedback | None = None
    speller: SpellerSettings | None = None
    model: str | None = None

    @property
    def without_decisions(self) -> bool:
        """True if a prediction is no decision but evidence for a speller, as with flashes."""
        return self.pipeline.at_cues and self.paradigm.unlabelled is not None

    def with_decoder(self, name: str) -> "Profile":
        """Return the profile with the decoder ``name``.

        Another decoder has default parameters.
        """
        if name == self.decoder.name:
            return self
        return self.model_copy(update={"decoder": DecoderChoice(name=name)})

    @model_validator(mode="before")
    @classmethod
    def _paradigm_counts_from_the_stimulus(cls, given: object) -> object:
        return with_offset(given)

    @property
    def stimuli(self) -> Stimuli | None:
        """The stimuli of the classes, for a decoder; None without flickering targets."""
        edges = [getattr(each, "high_hz", None) for each in self.pipeline.filters]
        high_hz = min((edge for edge in edges if edge is not None), default=float("inf"))
        return stimuli_of(self.paradigm.flicker, self.paradigm.codes, high_hz)

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
        if self.pipeline.at_cues and self.output.state_gate:
            raise ValueError(
                "output.state_gate follows the signal second by second; with pipeline.at_cues "
                "there is one window a cue: leave it out"
            )
        if self.output.sentences and not self.pipeline.at_cues:
            raise ValueError(
                "output.sentences needs pipeline.at_cues: without cues nothing tells where one "
                "word ends and the next begins"
            )
        if self.neurofeedback is not None and self.pipeline.at_cues:
            raise ValueError("neurofeedback follows the signal at every hop: leave at_cues out")
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
        Validated settings.

    Raises
    ------
    ProfileError
        If the file is missing, not YAML, or invalid. The message names the key path and the
        allowed values.

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
    """Return the files of the profiles in ``configs/``, by name."""
    return {file.stem: file for file in sorted(shipped_folder().glob("*.yaml"))}


def shipped_folder() -> Path:
    """Return the folder ``configs/`` with profiles, and base models in ``bases/``."""
    here = Path(__file__).parents[1]
    # In a checkout it is beside the package, in an installed copy inside it.
    return here / "configs" if (here / "configs").is_dir() else here.parent / "configs"


def parse_yaml(file: Path, model: type[SettingsT], error: type[Exception]) -> SettingsT:
    """Read a YAML file into a settings model.

    Raise ``error`` with one line if it is invalid.
    """
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise error(f"{file}: no such file") from None
    except OSError as problem:
        raise error(f"{file}: cannot be read ({problem.strerror})") from problem
    if len(raw) > _MAX_BYTES:
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
    """Return the SHA-256 of a file, or of all files in a folder.

    It is hexadecimal. Files of a folder are hashed in sorted order.
    """
    digest = hashlib.sha256()
    parts = sorted(p for p in file.rglob("*") if p.is_file()) if file.is_dir() else [file]
    for part in parts:
        with part.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def check_task(profile: Profile, task: str, model: Path) -> None:
    """Check that ``task``, that of the model, is the profile's.

    Raises
    ------
    ProfileError
        If the tasks differ; the message names both.
    """
    if profile.task != task:
        raise ProfileError(
            f"{model} is a model of the task {task}, the profile is of {profile.task}: choose a "
            "profile of that task, or another model"
        )


def check_agreement(profile: Profile, trained: PipelineSettings, model: Path) -> None:
    """Check that the profile's pipeline equals the model's.

    The model's pipeline is used, so a difference in the profile would silently have no effect.

    Raises
    ------
    ProfileError
        If the pipelines differ; the message names the first differing setting.
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
