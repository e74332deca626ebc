"""The view of decisions for each task, from plug-ins of the group ``bci.views``.

The plug-in has the name of the task, with hyphens in place of spaces. It is called with a
`ViewContext` and returns a widget, see `gui.decisions.decision_view.DecisionView`. An example is
`gui.decisions.class_bars.ClassBars`. ``bci plugins`` prints the first line of its docstring.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QWidget

from bci.errors import PluginError
from bci.plugins.registry import plugins
from bci.tasks.emotion_levels import grid_of
from gui.decisions.class_bars import ClassBars
from gui.decisions.decision_view import CueFinder
from gui.decisions.emotion_plane import EmotionView
from gui.decisions.image_matches import ImageMatches, ShownImages
from gui.decisions.spelling_view import SpellingView
from gui.decisions.word_list import WordList
from gui.theme import DARK

_log = logging.getLogger("bci")
_GROUP = "bci.views"
_METHODS = ("set_classes", "show_prediction", "show_rejected", "set_engine")


@dataclass(frozen=True)
class ViewContext:
    """The arguments that a view is made with; ``truth`` finds a window's true class."""

    # Least probability of a decision.
    threshold: float
    truth: CueFinder | None = None
    # Pictures of the classes, if images are decoded.
    images: ShownImages | None = None


def motor_imagery(context: ViewContext) -> ClassBars:
    """One probability bar per class, for any classes."""
    return ClassBars(context.threshold)


def emotion(context: ViewContext) -> EmotionView:
    """Valence and arousal as a dot in a plane, and one bar per level."""
    return EmotionView(context.threshold)


def speech(context: ViewContext) -> WordList:
    """The decided word, and bars of the likeliest words."""
    return WordList(context.truth, context.threshold)


def images(context: ViewContext) -> ImageMatches:
    """The images that match a window best, with similarity and probability."""
    assert context.images is not None
    return ImageMatches(context.images, context.threshold, context.truth)


def spelling(context: ViewContext) -> SpellingView:
    """The spelled text, and bars of the likeliest symbols."""
    return SpellingView(context.threshold)


def task_of(task: str, classes: tuple[str, ...]) -> str:
    """Return the task whose view can show ``classes``; empty text means the bars.

    Levels of two axes always have the view of emotion, and no other classes have it.
    """
    grid = grid_of(classes)
    if grid is not None and len(grid.axes) == 2:
        return "emotion"
    return "" if task == "emotion" else task


def make_view(task: str, context: ViewContext) -> Any:
    """Make the `DecisionView` of ``task``; bars if no plug-in has the task's name.

    Raises
    ------
    PluginError
        If the plug-in cannot be loaded, fails, or returns no such widget.
    """
    # The name of an entry point has no spaces, but a task may have.
    plugin = plugins(_GROUP).get(task.replace(" ", "-"))
    if plugin is None:
        return motor_imagery(context)
    make = plugin.load()
    if plugin.is_ours:
        return make(context)
    try:
        return _guarded(task, make(context))
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"view {task}: {type(error).__name__}: {error}") from error


def own_view(task: str, context: ViewContext) -> tuple[Any, str]:
    """Return the view of ``task``, None if it has the bars, and a warning.

    The warning is empty unless the plug-in failed.
    """
    if not task:
        return None, ""
    try:
        view = make_view(task, context)
    except PluginError as error:
        return None, f"{error}; bars are shown instead"
    return (None if type(view) is ClassBars else view), ""


def _guarded(task: str, view: Any) -> Any:
    """Check the view of another package, and log its errors instead of raising them."""
    if not isinstance(view, QWidget):
        raise PluginError(f"view {task}: it gives {type(view).__name__}, which is no QWidget")
    if missing := [each for each in _METHODS if not callable(getattr(view, each, None))]:
        raise PluginError(f"view {task}: {type(view).__name__} lacks {', '.join(missing)}")
    # Optional attributes of a plug-in's view.
    left_out = {"theme": DARK, "show_cue": lambda _cue: None, "refresh": view.update}
    for name, default in left_out.items():
        if getattr(view, name, None) is None:
            setattr(view, name, default)
    for name in (*_METHODS, "show_cue", "refresh"):
        setattr(view, name, _reporting(f"view {task}: {name}", getattr(view, name)))
    return view


def _reporting(what: str, method: Callable[..., None]) -> Callable[..., None]:
    def call(*given: Any) -> None:
        try:
            method(*given)
        except Exception as error:  # noqa: BLE001 - of another package
            _log.warning("%s: %s: %s", what, type(error).__name__, error)

    return call
