"""Panels around one view: they can be moved, floated to another screen, closed and reset."""

from PySide6.QtCore import QByteArray, QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.widgets.layouts import panel

Area = Qt.DockWidgetArea
_Feature = QDockWidget.DockWidgetFeature
_MOVES = _Feature.DockWidgetMovable | _Feature.DockWidgetFloatable | _Feature.DockWidgetClosable
_GRIP = 9
# Raise it when panels are added, removed or renamed: older layouts are then not restored.
_VERSION = 1


class Docks(QMainWindow):
    """One view in the middle, panels around it; a layout is kept as text.

    Parameters
    ----------
    centre : QWidget
    """

    def __init__(self, centre: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # A window by its class, a part of another by its place.
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks
        )
        self.setCorner(Qt.Corner.BottomLeftCorner, Area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)
        self.setCentralWidget(panel(centre))
        self._panels: dict[str, Panel] = {}
        self._areas: dict[str, Area] = {}
        self._hidden: set[str] = set()

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
        """Add a panel after those of its area.

        Parameters
        ----------
        name, title : str
            For code and layouts, and for people.
        view : QWidget
        area : Area
            Where it is by default.
        width : int
            Its least width, and its width by default; 0 leaves both to the view.
        grows : bool
            Whether it takes height that is left; else it is as high as its view needs.
        shown : bool
            Whether it is there by default.
        """
        made = self._panels[name] = Panel(name, title, _Frame(view, width), grows, self)
        self._areas[name] = area
        if not shown:
            self._hidden.add(name)
        self._place(made, area)
        made.setVisible(shown)

    def reset(self) -> None:
        """Put every panel back in its first place."""
        for each in self.panels:
            self.removeDockWidget(each)
        for name, each in self._panels.items():
            self._place(each, self._areas[name])
            each.setFloating(False)
            each.setVisible(name not in self._hidden)

    def _place(self, made: "Panel", area: Area) -> None:
        """Put a panel into an area, below those that are there."""
        above = [
            each for each in self.panels if each is not made and self.dockWidgetArea(each) == area
        ]
        self.addDockWidget(area, made)
        if above:
            self.splitDockWidget(above[-1], made, Qt.Orientation.Vertical)

    @property
    def layout_text(self) -> str:
        """Places, sizes and visibility of the panels, to be kept."""
        return bytes(self.saveState(_VERSION).toBase64().data()).decode()

    def restore(self, text: str) -> None:
        """Take up a kept layout; one that is damaged or of another version gives the default."""
        state = QByteArray.fromBase64(text.encode(errors="replace"))
        if not self.restoreState(state, _VERSION):
            self.reset()


class _Frame(QFrame):
    """Room of a panel's view."""

    def __init__(self, view: QWidget, width: int) -> None:
        super().__init__()
        self.setObjectName("docked")
        self.setMinimumWidth(width)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(view)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        hint = super().sizeHint()
        return QSize(self.minimumWidth() or hint.width(), hint.height())


class Panel(QDockWidget):
    """A view in a quiet frame with a grip at its left; floating, it has a title and two buttons."""

    def __init__(
        self, name: str, title: str, frame: QWidget, grows: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self._grows = grows
        self.setWidget(frame)
        self.setTitleBarWidget(_TitleBar(self))
        self._show_title(False)
        self.topLevelChanged.connect(self._show_title)

    def _show_title(self, floating: bool) -> None:
        vertical = _Feature.DockWidgetVerticalTitleBar
        self.setFeatures(_MOVES if floating else _MOVES | vertical)
        bar = self.titleBarWidget()
        assert isinstance(bar, _TitleBar)
        bar.show_as_title(floating)
        width, height = QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed
        self.widget().setSizePolicy(width, width if floating or self._grows else height)


class _TitleBar(QWidget):
    """Dots while the panel is docked, words and buttons while it floats."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("grip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setToolTip(f"{dock.windowTitle()}: drag to move, double-click to float")
        self._title = QLabel(dock.windowTitle())
        back = _tool("Dock")
        back.setToolTip("Put the panel back into the window")
        back.clicked.connect(lambda: dock.setFloating(False))
        close = _tool("Close")
        close.setToolTip("Close the panel; View opens it again")
        close.clicked.connect(dock.close)
        self._parts = (self._title, back, close)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._title, 1)
        row.addWidget(back)
        row.addWidget(close)
        menu = Qt.ContextMenuPolicy.ActionsContextMenu
        self.setContextMenuPolicy(menu)
        self.addAction("Float").triggered.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.addAction("Close").triggered.connect(dock.close)

    def show_as_title(self, floating: bool) -> None:
        self._is_title = floating
        for part in self._parts:
            part.setVisible(floating)
        margin = 8 if floating else 0
        layout = self.layout()
        assert layout is not None
        layout.setContentsMargins(margin, margin // 2, margin // 2, margin // 2)
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return super().minimumSizeHint() if self._is_title else QSize(_GRIP, 24)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return super().sizeHint() if self._is_title else self.minimumSizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        if self._is_title:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(self.foregroundRole()))
        middle = QPointF(self.width() / 2 + 1, self.height() / 2)
        for step in (-6, 0, 6):
            painter.drawEllipse(middle + QPointF(0, step), 1.2, 1.2)


def _tool(text: str) -> QToolButton:
    tool = QToolButton()
    tool.setText(text)
    tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return tool
