"""The frame of a view in the gallery: window background, and the note "simulated"."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.banner import Banner
from gui.widgets.layouts import named, panel
from gui.widgets.log_panel import LogPanel
from tests.gui.gallery.views import VIEWS


def framed(name: str, theme: Theme) -> QWidget:
    """Return the framed view ``name``; whole windows have their own note "simulated"."""
    view = VIEWS[name](theme)
    if view.isWindow() and view.windowTitle():
        return view
    frame = QWidget()
    frame.setWindowTitle(f"{name} - gallery (simulated data)")
    frame.setStyleSheet(theme.style_sheet())
    heading = QHBoxLayout()
    heading.addWidget(named(QLabel(name), "title"))
    heading.addWidget(named(QLabel("SIMULATED DATA"), "badge"))
    heading.addStretch()
    view.setMinimumSize(view.size())
    column = QVBoxLayout(frame)
    column.addLayout(heading)
    # A banner and the log have their own background, and a page consists of panels.
    is_bare = not isinstance(view, Banner | LogPanel) and view.findChild(QFrame, "panel") is None
    column.addWidget(panel(view) if is_bare else view, 1)
    for part in frame.findChildren(QWidget):
        # The height of a button is known only with its style.
        part.ensurePolished()
    frame.resize(frame.minimumSizeHint())
    # No part of the view has the keyboard focus.
    frame.setFocus()
    return frame
