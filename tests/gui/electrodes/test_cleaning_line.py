"""The line on the decoder's cleaning."""

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from bci.messages import FilterReport
from gui.electrodes.quality_view import QualityView


@pytest.fixture
def view(qtbot: QtBot) -> QualityView:
    view = QualityView()
    qtbot.addWidget(view)
    view.show()
    return view


def test_nothing_is_shown_while_nothing_is_cleaned(view: QualityView) -> None:
    assert not view.cleaning.isVisible()
    view.show_filters((FilterReport(kind="cancel_line", figures={"frequency (Hz)": 49.98}),))
    assert view.cleaning.isVisible()
    view.show_filters(())
    assert not view.cleaning.isVisible()


@pytest.mark.parametrize(
    ("kind", "figures", "words"),
    [
        ("regress", {"E1 in Cz": 0.1, "E1 in Fp1": -0.8}, "regressed, largest E1 in Fp1 -0.8"),
        ("asr", {"changed share": 0.12, "components replaced": 1}, "ASR changed 12 %"),
        ("cancel_line", {"frequency (Hz)": 50.0312}, "line at 50.03 Hz"),
        ("interpolate_bad", {"bad share": 0.1, "C3": 1, "P4": 1}, "C3, P4 interpolated"),
        ("interpolate_bad", {"bad share": 0.0}, "no channel interpolated"),
        ("another", {"x": 1.0}, "another"),
        ("regress", {}, "regress"),
    ],
)
def test_each_filter_has_one_figure(
    view: QualityView, kind: str, figures: dict[str, float], words: str
) -> None:
    view.show_filters((FilterReport(kind=kind, figures=figures),))
    assert view.cleaning.text() == f"Decoder: {words}"


def test_all_coefficients_are_in_the_tooltip_up_to_a_dozen(view: QualityView) -> None:
    figures = {f"EOG in E{k}": k / 100 for k in range(40)}
    view.show_filters((FilterReport(kind="regress", figures=figures),))
    shown = view.cleaning.toolTip()
    assert "EOG in E39 0.39" in shown
    assert "and 28 more" in shown


def test_a_name_of_a_channel_is_never_markup_and_widens_nothing(view: QualityView) -> None:
    window = view.window()
    assert isinstance(window, QWidget)
    before = window.minimumSizeHint().width()
    view.show_filters((FilterReport(kind="interpolate_bad", figures={"<b>" + "x" * 300: 1.0}),))
    assert "<b>x" not in view.cleaning.toolTip()
    assert window.minimumSizeHint().width() == before
