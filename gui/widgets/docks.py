"""Panels around a central view, which can be moved, floated, closed and reset."""

from functools import partial

from PySide6.QtCore import QByteArray, QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QWidget,
)

from gui.widgets.buttons import tool
from gui.widgets.layouts import named, panel, row_of

Area = Qt.DockWidgetArea
_Feature = QDockWidget.DockWidgetFeature
_MOVES = _Feature.DockWidgetMovable | _Feature.DockWidgetFloatable | _Feature.DockWidgetClosable
_GRIP = (5, 10, 4, 10)
# Version of stored layouts. Increase it when panels are added, removed or renamed, so that older
# layouts are not restored.
_VERSION = 2


class Docks(QMainWindow):
    """A central view with panels around it; the layout can be stored as text."""

    def __init__(self, centre: QWidget) -> None:
        super().__init__()
        # A QMainWindow that is used as a widget inside another window.
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks
        )
        self.setCorner(Qt.Corner.BottomLeftCorner, Area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)
        self.setCentralWidget(panel(centre))
        self._panels: dict[str, Panel] = {}

    @property
    def panels(self) -> tuple["Panel", ...]:
        """All panels, in the order in which they were added."""
        return tuple(self._panels.values())

    def __getitem__(self, name: str) -> "Panel":
        return self._panels[name]

    def add(
        self,
        name: str,
        title: str,
        view: QWidget,
        area: Area,
        width: int = 0,
        grows: bool = False,
        shown: bool = True,
    ) -> None:
        """Add a panel with ``view`` after the other panels of ``area``.

        ``name`` is its id and ``title`` its text. ``width`` is its minimum and first width in
        pixels; 0 leaves both to the view. With ``grows`` it fills free height; else it is as high
        as the view needs. With ``shown`` False it is hidden at first.
        """
        frame = named(panel(view), "docked")
        if width:
            frame.setMinimumWidth(width)
            policy = view.sizePolicy()
            policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
            view.setSizePolicy(policy)
        made = self._panels[name] = Panel(name, title, frame, area, grows, shown)
        self._place(made)

    def reset(self) -> None:
        """Move every panel back to its first place."""
        for each in self.panels:
            self.removeDockWidget(each)
        for each in self.panels:
            self._place(each)

    def _place(self, made: "Panel") -> None:
        """Place a panel in its first area, below the panels that are there."""
        above = [
            each for each in self.panels
            if each is not made and self.dockWidgetArea(each) == made.first_area
        ]  # fmt: skip
        self.addDockWidget(made.first_area, made)
        if above:
            self.splitDockWidget(above[-1], made, Qt.Orientation.Vertical)
        made.setFloating(False)
        made.setVisible(made.shown_first)

    @property
    def layout_text(self) -> str:
        """The places, sizes and visibility of the panels, as text for `restore`."""
        return bytes(self.saveState(_VERSION).toBase64().data()).decode()

    def restore(self, text: str) -> None:
        """Restore a stored layout; use the default if it is invalid or outdated."""
        state = QByteArray.fromBase64(text.encode(errors="replace"))
        if not self.restoreState(state, _VERSION):
            self.reset()


class Panel(QDockWidget):
    """A view with a grip at its left; while it floats, with a title and two buttons."""

    def __init__(
        self, name: str, title: str, frame: QWidget, area: Area, grows: bool, shown: bool
    ) -> None:
        super().__init__(title)
        self.setObjectName(name)
        self.first_area, self.shown_first, self._grows = area, shown, grows
        self._bar = _TitleBar(self)
        self.setWidget(frame)
        self.setTitleBarWidget(self._bar)
        self._show_title(False)
        self.topLevelChanged.connect(self._show_title)

    def _show_title(self, floating: bool) -> None:
        vertical = _Feature.DockWidgetVerticalTitleBar
        self.setFeatures(_MOVES if floating else _MOVES | vertical)
        self._bar.show_as_title(floating)
        width, height = QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed
        self.widget().setSizePolicy(width, width if floating or self._grows else height)


class _TitleBar(QWidget):
    """The bar of a panel: dots while it is docked, title and buttons while it floats."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("grip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setToolTip(f"{dock.windowTitle()}: drag to move, double-click to float")
        redock = partial(dock.setFloating, False)
        back = tool("Dock", "Put the panel back into the window", redock)
        close = tool("Close", "Close the panel; View opens it again", dock.close)
        self._parts = (QLabel(dock.windowTitle()), back, close)
        self._row = row_of(*self._parts)
        self.setLayout(self._row)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.addAction("Float").triggered.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.addAction("Close").triggered.connect(dock.close)

    def show_as_title(self, floating: bool) -> None:
        self._is_title = floating
        for part in self._parts:
            part.setVisible(floating)
        # While the panel is docked, the margins alone set the size of the bar.
        self._row.setContentsMargins(*((8, 4, 4, 4) if floating else _GRIP))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        if not self._is_title:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(self.foregroundRole()))
            for step in (-6, 0, 6):
                middle = QPointF(self.width() / 2 + 1, self.height() / 2 + step)
                painter.drawEllipse(middle, 1.2, 1.2)
