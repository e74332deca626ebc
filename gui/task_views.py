"""The view of a task: a plug-in of the group ``bci.views`` that is named as the task.

Its name has a hyphen where the task has a space.

A plug-in is called with a `ViewContext` and gives a widget. It has the methods `set_classes`,
`set_engine`, `show_prediction` and `show_rejected`; the dashboard sets its attributes ``theme``,
``rule`` and ``hint``. `gui.predictions.DecisionView` is an example.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QWidget

from bci.errors import PluginError
from bci.plugins import Plugin, plugins
from gui.cue_windows import CueFinder
from gui.emotion import EmotionView
from gui.images import ImagesView
from gui.predictions import DecisionView
from gui.shown_images import ShownImages
from gui.speech import SpeechView

_GROUP = "bci.views"
_METHODS = ("set_classes", "show_prediction", "show_rejected", "set_engine")
Deciding = DecisionView | ImagesView | SpeechView | EmotionView


@dataclass(frozen=True)
class ViewContext:
    """What a view is made with.

    Parameters
    ----------
    threshold : float
        Least probability of a decision.
    truth : CueFinder, optional
        Finds the true class of a window.
    images : ShownImages, optional
        Pictures of the classes, where images are decoded.
    """

    threshold: float
    truth: CueFinder | None = None
    images: ShownImages | None = None


def motor_imagery(context: ViewContext) -> DecisionView:
    """A bar for each class, whatever the classes are."""
    return DecisionView(context.threshold)


def emotion(context: ViewContext) -> EmotionView:
    """The plane of valence and arousal."""
    return EmotionView(context.threshold)


def speech(context: ViewContext) -> SpeechView:
    """The decided word and the likeliest ones."""
    return SpeechView(context.truth, context.threshold)


def images(context: ViewContext) -> ImagesView:
    """The images that fit a window best."""
    assert context.images is not None
    return ImagesView(context.images, context.threshold, context.truth)


def view_of_plugin(task: str) -> Callable[[ViewContext], Any] | None:
    """The maker of a view that another package has for a task; None where there is none.

    Raises
    ------
    PluginError
        If it cannot be loaded.
    """
    plugin = _plugin(task)
    if plugin is None or (plugin.is_ours and not plugin.rivals):
        return None
    make = plugin.load()
    return lambda context: _checked(task, make(context))


def make_view(task: str, context: ViewContext) -> Any:
    """The view of a task; that of any classes where a task has none of its own.

    Raises
    ------
    PluginError
        If its plug-in cannot be loaded, or gives no such widget.
    """
    plugin = _plugin(task)
    if plugin is None:
        return motor_imagery(context)
    return _checked(task, plugin.load()(context))


def _plugin(task: str) -> Plugin | None:
    # A task may have several words, the name of an entry point is one.
    return plugins(_GROUP).get(task.replace(" ", "-"))


def _checked(task: str, view: Any) -> Any:
    if not isinstance(view, QWidget):
        raise PluginError(f"view {task}: it gives {type(view).__name__}, which is no QWidget")
    # Levels have their place beside the usual views, which show the engine.
    methods = [
        each for each in _METHODS if each != "set_engine" or not isinstance(view, EmotionView)
    ]
    if missing := [each for each in methods if not callable(getattr(view, each, None))]:
        raise PluginError(f"view {task}: {type(view).__name__} lacks {', '.join(missing)}")
    return view
