"""Paradigms in a profile: rules that convert markers to labelled trials and rest."""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from bci.profiles.flicker import MARKER, Codes, Flicker
from bci.profiles.pipeline_settings import Settings
from bci.signals import Marker, is_frame_note


def _as_text(given: object) -> object:
    """Convert a number to text as in numeric markers: 769.0 to ``769``."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return given
    return str(int(given)) if float(given).is_integer() else str(given)


Text = Annotated[str, BeforeValidator(_as_text)]


class Cue(NamedTuple):
    """The class that a marker cues, and the shown item (film, image)."""

    label: str
    item: str


# Ending of a cue that matches all markers with the text before the star.
_ANY = "/*"
# Name of the class of rest, which is no command.
REST = "rest"


class Rest(Settings):
    """Marker of rest, and the part of it that counts, in seconds after the marker.

    The default of ``start_s`` is that of the trials, so that the responses to the previous trial
    and to the marker have faded. Rest ends at the next marker, or earlier at ``stop_s``.
    """

    marker: Text
    start_s: float | None = Field(None, ge=0, le=3600)
    stop_s: float | None = Field(None, gt=0, le=3600)


def _as_rest(given: object) -> object:
    """Convert a marker given alone to a mapping of rest."""
    return {"marker": given} if isinstance(given, str | int | float) else given


class Paradigm(Settings):
    """Rules that convert cue markers to labelled trials.

    ``classes`` maps each class to the marker that cues it; ``left/*`` matches every marker that
    starts with ``left/``. If trials show many different items (films, images), ``items`` is given
    instead: the start of their markers. The part of such a marker before the first ``/`` is the
    item, and the rest is its class; without a ``/``, the item is the class.

    The windows of a trial lie wholly between ``start_s`` and ``stop_s`` seconds after the cue.
    ``rest`` is the marker after which the subject rests until the next marker, or a mapping with
    ``marker``, ``start_s`` and ``stop_s`` (see `Rest`). The time from ``stop_s`` to the next cue
    counts as rest too. With ``rest_class``, marked rest is cut into trials of a class ``rest``, on
    which every decoder is trained; a decision for it is no command.

    ``unlabelled`` is the marker of windows of unknown class, as in free spelling; it may end with a
    star. Predictions at such markers are evidence for a speller, so the engine makes no decisions.
    ``offset_s`` is the delay in seconds from a marker to its stimulus, from which all these times
    count; it is the profile's ``stimulus.offset_s``. ``flicker`` or ``codes`` describe flickering
    targets, one per class (SSVEP, c-VEP). The class ``A`` is then cued by the marker ``flicker/A``,
    unless ``classes`` names another.
    """

    classes: dict[Text, Text] = Field(default_factory=dict, max_length=1000)
    items: str | None = Field(None, min_length=1, max_length=100)
    rest: Annotated[Rest | None, BeforeValidator(_as_rest)] = None
    rest_class: bool = False
    flicker: Flicker | None = None
    codes: Codes | None = None
    unlabelled: Text | None = None
    start_s: float = Field(0.5, ge=0, le=3600)
    stop_s: float = Field(4.0, gt=0, le=3600)
    # Not written to files, since ``stimulus`` has it.
    offset_s: SkipJsonSchema[float] = Field(0.0, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _classes_that_flicker(cls, given: object) -> object:
        """Use flickering targets as classes if no classes are given."""
        if not isinstance(given, dict) or given.get("classes") or given.get("items"):
            return given
        shown = given.get("flicker") or given.get("codes")
        targets = shown.get("targets") if isinstance(shown, dict) else getattr(shown, "targets", ())
        if not isinstance(targets, dict | list | tuple) or not targets:
            return given
        return given | {"classes": {str(name): f"{MARKER}/{name}" for name in targets}}

    @model_validator(mode="after")
    def _one_class_a_target(self) -> "Paradigm":
        if self.flicker is not None and self.codes is not None:
            raise ValueError("give either flicker or codes")
        shown = self.flicker or self.codes
        if shown is not None and set(shown.targets) != set(self.classes):
            raise ValueError("classes must be those of the targets that flicker; leave classes out")
        if shown is not None and self.rest_class:
            raise ValueError("rest_class does not go with flicker or codes")
        return self

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
        if self.unlabelled is not None and self.unlabelled in self.classes.values():
            raise ValueError(f"unlabelled ({self.unlabelled}) is the marker of a class")
        if self.rest_class and (self.rest is None or self.items is not None):
            raise ValueError("rest_class needs classes, and rest: the marker of rest")
        if self.rest_class and REST in self.classes:
            raise ValueError("rest_class makes a class of rest, and classes has one of that name")
        stop_s = None if self.rest is None else self.rest.stop_s
        if stop_s is not None and self.rest_start_s >= stop_s:
            raise ValueError(
                f"rest.stop_s ({stop_s}) must be after the start of rest ({self.rest_start_s})"
            )
        return self

    @property
    def rest_marker(self) -> str | None:
        """The marker of rest, or None."""
        return None if self.rest is None else self.rest.marker

    @property
    def rest_start_s(self) -> float:
        """Seconds after a rest marker or a trial that do not count as rest."""
        given = None if self.rest is None else self.rest.start_s
        return self.start_s if given is None else given

    @property
    def labels(self) -> tuple[str, ...]:
        """Classes of the trials; empty if the markers of items name them."""
        return (*self.classes, *([REST] if self.rest_class else []))

    @property
    def quiet(self) -> str | None:
        """The class whose decisions are no commands (rest), or None."""
        return REST if self.rest_class else None

    def at_stimuli(self, markers: Iterable[Marker]) -> tuple[Marker, ...]:
        """Shift markers to the times of their stimuli, by ``offset_s``.

        This is the only place for that, in recordings and in live streams.
        """
        if not self.offset_s:
            return tuple(markers)
        return tuple(marker._replace(time=marker.time + self.offset_s) for marker in markers)

    def cue_of(self, marker: str) -> Cue | None:
        """Return the cue of a marker label; None if it is no cue."""
        if is_frame_note(marker):
            return None
        if self.items is not None:
            if not marker.startswith(self.items):
                return None
            item, _, label = marker.partition("/")
            return Cue(label or item, item)
        for label, cue in self.classes.items():
            if _fits(cue, marker):
                return Cue(label, label)
        return None

    def asks_window(self, marker: str) -> bool:
        """Return True if a window is cut at a marker: a cue, or a marker of unknown class."""
        if self.unlabelled is not None and _fits(self.unlabelled, marker):
            return True
        return self.cue_of(marker) is not None


def _fits(cue: str, marker: str) -> bool:
    """Return True if a marker matches a cue; a star in ``cue`` matches any ending."""
    return cue == marker or (cue.endswith(_ANY) and marker.startswith(cue.removesuffix("*")))
