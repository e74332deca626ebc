"""Controls of a scope by mouse: time base, gain, page and filter; each shows the scope's view."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpacerItem, QToolButton, QWidget

from bci.pipeline.display_filter import DISPLAY_FILTERS
from gui.actions import tip_of, with_key
from gui.scope.scope import Scope
from gui.widgets.buttons import add_stepper
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import plain, tip
from gui.widgets.layouts import named

_GAIN = "What the height of a row stands for"
_MAX_KINDS = 10
_WIDEST = "500 µV"
_FILTER = "The filter of the picture only; decoding and recording do without it"
_FILTER_WIDTH = 176
# Between two groups of controls; with pages there are more of them.
_APART, _LESS_APART = 14, 2


class ViewControls(QWidget):
    """Time base and gain; kind and page where there are several."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.setObjectName("plain")
        self._scope = scope
        # A unit is the stream's own word: shown as it is.
        self.time_base, self.gain, self.page = (plain(QLabel()) for _ in range(3))
        self.gain.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.kind = named(tool("", tip_of("kind"), scope.step_kind), "step")
        self.fit = named(tool("Fit", tip_of("fit"), scope.fit_gains), "step")
        self._gaps = QSpacerItem(_APART, 0), QSpacerItem(_APART, 0)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        _add(row, self.time_base, ("shorter", "longer"), scope.step_time_base)
        row.addItem(self._gaps[0])
        row.addWidget(self.kind)
        _add(row, self.gain, ("smaller", "larger"), scope.step_gain)
        row.addWidget(self.fit)
        row.addItem(self._gaps[1])
        pages = _add(row, self.page, ("page-before", "page-after"), scope.step_page)
        self._of_pages = (self.page, *pages)
        scope.view_changed.connect(self._show_view)
        self._show_view()

    def _show_view(self) -> None:
        scope, gains, kind = self._scope, self._scope.gains, self._scope.view.kind
        self.time_base.setText(f"{scope.view.time_base_s:g} s")
        # With pages or several kinds there is no room for every word.
        is_paged, has_kinds = bool(scope.page_text), len(gains.kinds) > 1
        a_row = "" if is_paged or has_kinds else " a row"
        self.kind.setVisible(has_kinds)
        self.kind.setText(kind.label)
        self.fit.setVisible(not is_paged)
        self.gain.setText(f"{gains.text(kind)}{a_row}" if scope.gain else "-")
        # The button beside it must not move under the mouse.
        metrics = self.gain.fontMetrics()
        self.gain.setMinimumWidth(metrics.horizontalAdvance(f"{_WIDEST}{a_row}"))
        each = [f"{kind.label}: {gains.text(kind)}" for kind in gains.kinds[:_MAX_KINDS]]
        self.gain.setToolTip(tip("\n".join([_GAIN, *each])))
        self.page.setText(scope.page_text.split(" of ")[0] if has_kinds else scope.page_text)
        self.page.setToolTip(tip(scope.page_text))
        for widget in self._of_pages:
            widget.setVisible(is_paged)
        for gap in self._gaps:
            gap.changeSize(_LESS_APART if is_paged else _APART, 0)
        self._row.invalidate()


class FilterChoice(ComboBox):
    """The display's filters; the tooltip names what a slow stream leaves of the chosen one."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope
        self.setFixedWidth(_FILTER_WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.addItems([each.name for each in DISPLAY_FILTERS])
        self.activated.connect(lambda k: scope.choose(filter=DISPLAY_FILTERS[k]))
        scope.view_changed.connect(self._show_view)
        self._show_view()

    def _show_view(self) -> None:
        chosen, signal = self._scope.view.filter, self._scope.signal
        self.setCurrentIndex(DISPLAY_FILTERS.index(chosen))
        used = chosen.name if signal is None else signal.chosen.name
        here = f"\nhere: {used}" if used != chosen.name else ""
        self.setToolTip(with_key(_FILTER, "filter") + here)


def tool(text: str, tip: str, clicked: Callable[..., object]) -> QToolButton:
    """Make a button that leaves the keys to the scope."""
    made = QToolButton()
    made.setText(text)
    made.setToolTip(tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.clicked.connect(clicked)
    return made


def _add(
    row: QHBoxLayout, value: QLabel, actions: tuple[str, str], step: Callable[[int], None]
) -> list[QToolButton]:
    first, second = actions
    return add_stepper(row, value, (tip_of(first), tip_of(second)), step)
