"""Mouse controls of a scope: time base, gain, page and filter, with their state."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from bci.pipeline.display.filter import DISPLAY_FILTERS
from gui.actions import tip_of, with_key
from gui.scope.scope import Scope
from gui.widgets.buttons import step_buttons, tool
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import plain, tip
from gui.widgets.layouts import named, row_of

_GAIN = "What the height of a row stands for"
_MAX_KINDS = 10
_WIDEST = "500 µV"
_FILTER = "The filter of the picture only; decoding and recording do without it"
_FILTER_WIDTH = 176
_APART = 11  # pixels between two groups of controls; left out with pages, to save space


class ViewControls(QWidget):
    """Controls of time base and gain; also of kind and page if there are several."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.setObjectName("plain")
        self._scope = scope
        # Plain text, since the unit comes from the stream and must not be read as markup.
        self.time_base, self.gain, self.page = (plain(QLabel()) for _ in range(3))
        self.gain.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.kind = tool("", tip_of("kind"), scope.step_kind, "step")
        self.fit = tool("Fit", tip_of("fit"), scope.fit_gains, "step")
        self._gaps = named(QWidget(), "plain"), named(QWidget(), "plain")
        for gap in self._gaps:
            gap.setFixedWidth(_APART)
        shorter, longer = _steps("shorter", "longer", scope.step_time_base)
        smaller, larger = _steps("smaller", "larger", scope.step_gain)
        before, after = _steps("page-before", "page-after", scope.step_page)
        self._of_pages = before, self.page, after
        times = shorter, self.time_base, longer
        amounts = self.kind, smaller, self.gain, larger, self.fit
        row = row_of(*times, self._gaps[0], *amounts, self._gaps[1], *self._of_pages, spacing=3)
        self.setLayout(row)
        scope.view_changed.connect(self._show_view)
        self._show_view()

    def _show_view(self) -> None:
        scope, gains, kind = self._scope, self._scope.gains, self._scope.view.kind
        self.time_base.setText(f"{scope.view.time_base_s:g} s")
        # With pages or several kinds, texts are shortened to save space.
        is_paged, has_kinds = bool(scope.page_text), len(gains.kinds) > 1
        a_row = "" if is_paged or has_kinds else " a row"
        self.kind.setVisible(has_kinds)
        self.kind.setText(kind.label)
        self.fit.setVisible(not is_paged)
        self.gain.setText(f"{gains.text(kind)}{a_row}" if scope.gain else "-")
        # A fixed width, so that the button beside it does not move under the mouse.
        metrics = self.gain.fontMetrics()
        self.gain.setMinimumWidth(metrics.horizontalAdvance(f"{_WIDEST}{a_row}"))
        each = [f"{kind.label}: {gains.text(kind)}" for kind in gains.kinds[:_MAX_KINDS]]
        self.gain.setToolTip(tip("\n".join([_GAIN, *each])))
        self.page.setText(scope.page_text.split(" of ")[0] if has_kinds else scope.page_text)
        self.page.setToolTip(tip(scope.page_text))
        for widget in self._of_pages:
            widget.setVisible(is_paged)
        for gap in self._gaps:
            gap.setVisible(not is_paged)


class FilterChoice(ComboBox):
    """The list of display filters.

    A stream may be too slow for the chosen filter; then the tooltip names the one in use.
    """

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
        used = chosen.name if signal is None else signal.chosen.filter.name
        here = f"\nhere: {used}" if used != chosen.name else ""
        self.setToolTip(with_key(_FILTER, "filter") + here)


def _steps(less: str, more: str, step: Callable[[int], None]) -> list[QToolButton]:
    return step_buttons((tip_of(less), tip_of(more)), step)
