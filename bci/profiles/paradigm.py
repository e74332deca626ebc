"""Paradigms in a profile: rules by which markers become labelled trials and rest."""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from bci.profiles.flicker import MARKER, Codes, Flicker
from bci.profiles.pipeline_settings import Settings
from bci.signals import Marker, is_frame_note


def _as_text(given: object) -> object:
    """A whole number as its digits, as number markers of a stream or a file are."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return given
    return str(int(given)) if float(given).is_integer() else str(given)


Text = Annotated[str, BeforeValidator(_as_text)]


class Cue(NamedTuple):
    """The class that a marker cues, and the item (film, image) that is shown."""

    label: str
    item: str


# Ends a cue that stands for all markers that begin with what is before the star.
_ANY = "/*"
# The class that rest makes where a paradigm wants one: no command.
REST = "rest"


class Rest(Settings):
    """Marker of rest, and the part of it that counts, in seconds after the marker.

    Without ``start_s`` rest begins as late after its marker as a trial does after its cue: what was
    done before fades, and so does the response to the marker. Without ``stop_s`` it lasts until
    the next marker; it never lasts longer.
    """

    marker: Text
    start_s: float | None = Field(None, ge=0, le=3600)
    stop_s: float | None = Field(None, gt=0, le=3600)


def _as_rest(given: object) -> object:
    """Rest as a mapping, where only its marker is given."""
    return {"marker": given} if isinstance(given, str | int | float) else given


class Paradigm(Settings):
    """Rules by which cues on the marker stream become labelled trials.

    ``classes`` maps a class to the marker that cues it; ``left/*`` stands for every marker that
    begins with ``left/``. Where each trial shows an item of which there are many (a film, an
    image), ``items`` is instead what their markers begin with: the marker up to a first ``/`` is
    the item, what follows is its class, or the item itself where nothing follows. Windows of a
    trial lie wholly between ``start_s`` and ``stop_s`` after the cue. ``rest`` is the marker after
    which nothing is asked of the subject, until the next marker, or a mapping with its ``marker``,
    ``start_s`` and ``stop_s`` (see `Rest`). What is left of the time between two cues after
    ``stop_s`` counts as rest too. With ``rest_class`` marked rest makes trials of a class ``rest``,
    which every decoder then learns; deciding for it is no command. ``unlabelled`` is a marker
    of a window of unknown class, which is decoded, as in free spelling; the star rule holds.
    Predictions at such markers are evidence for another program, so the engine decides nothing.
    ``offset_s`` is the delay from a marker to its stimulus, in seconds, from which all these times
    count; it is the `stimulus.offset_s` of the profile.

    ``flicker`` or ``codes`` describe targets that flicker, one a class (SSVEP, c-VEP). The class
    ``A`` then is cued by the marker ``flicker/A``, unless ``classes`` names another.
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
    # Stored with the stimulus, and nowhere twice.
    offset_s: SkipJsonSchema[float] = Field(0.0, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _classes_that_flicker(cls, given: object) -> object:
        """Targets that flicker are the classes where no others are given."""
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
        """The marker of rest, if there is one."""
        return None if self.rest is None else self.rest.marker

    @property
    def rest_start_s(self) -> float:
        """Time from a marker of rest, or the end of a trial, to the rest that counts."""
        given = None if self.rest is None else self.rest.start_s
        return self.start_s if given is None else given

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that trials can be of; empty where only the markers name them."""
        return (*self.classes, *([REST] if self.rest_class else []))

    @property
    def quiet(self) -> str | None:
        """The class that is no command, if there is one."""
        return REST if self.rest_class else None

    def at_stimuli(self, markers: Iterable[Marker]) -> tuple[Marker, ...]:
        """Markers at the times of their stimuli.

        Every cue of a recording and of a live stream passes here, and nowhere else.
        """
        if not self.offset_s:
            return tuple(markers)
        return tuple(marker._replace(time=marker.time + self.offset_s) for marker in markers)

    def cue_of(self, marker: str) -> Cue | None:
        """Find the cue that a marker is; None if it is none."""
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
        """Return whether a window belongs to a marker: a cue, or one without a known class."""
        if self.unlabelled is not None and _fits(self.unlabelled, marker):
            return True
        return self.cue_of(marker) is not None


def _fits(cue: str, marker: str) -> bool:
    """Return whether a marker is the one that a cue names; a star stands for any ending."""
    return cue == marker or (cue.endswith(_ANY) and marker.startswith(cue.removesuffix("*")))
