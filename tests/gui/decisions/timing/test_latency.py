import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPicture
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus, WindowCounts
from gui.decisions.timing.latency import LatencyView
from gui.plots.axis import caption_font
from gui.theme import LIGHT
from gui.widgets.labels import ElidedLabel


def status(**fields: object) -> EngineStatus:
    return EngineStatus.model_validate({"state": "running", "model": "me", **fields})


def prediction(taken: float, total_ms: float = 10.0) -> ReceivedPrediction:
    total = total_ms / 1000
    shares = (0.4 * total, 0.5 * total, 0.9 * total, total)
    return ReceivedPrediction(taken, np.array([0.5, 0.5], dtype=np.float32), *shares)


@pytest.fixture
def view(qtbot: QtBot) -> LatencyView:
    view = LatencyView()
    qtbot.addWidget(view)
    view.resize(338, 250)
    return view


def test_the_histogram_counts_the_predictions_of_the_last_minute(view: LatencyView) -> None:
    assert view.figures.histogram()[0].sum() == 0
    view.figures.add([prediction(k / 10, 10.0) for k in range(900)])
    view.advance(89.9)
    # Of predictions over more than a minute, those of the last minute are counted.
    assert view.figures.histogram()[0].sum() == pytest.approx(600, abs=1)
    view.figures.add([prediction(90.0, 500.0)])
    view.advance(90.5)
    counts, end = view.figures.histogram()
    assert counts.sum() == pytest.approx(600, abs=1)
    assert end == 20.0
    # Latencies beyond the end are counted in the last bin.
    assert counts[-1] == 1
    assert view.figures.median_ms == pytest.approx(10.0)


@pytest.mark.parametrize("end", [20.0, 50.0])
def test_the_numbers_of_the_histogram_have_a_unit(view: LatencyView, end: float) -> None:
    histogram = view.histogram
    histogram.show_histogram(view.figures.histogram()[0], end)
    axis = histogram.axes[0]
    assert axis is not None
    _, places = axis.tickValues(0.0, end, 300.0)[0]
    assert any(text.endswith(" ms") for text in axis.tickStrings(list(places), 1.0, 1.0))


def test_figures_change_no_more_often_than_they_can_be_read(view: LatencyView) -> None:
    medians = []
    for k in range(100):
        view.figures.add([prediction(k / 50, 10.0 + k)])
        view.advance(k / 50)
        medians.append(view.figures.median_ms)
    assert 3 <= len(set(medians)) <= 6
    view.advance(99.0)
    # No prediction in between is left out.
    assert view.figures.median_ms == pytest.approx(10.0 + 49.5)


def test_stages_add_up_to_the_mean_latency(view: LatencyView) -> None:
    view.figures.add([prediction(0.0, 10.0), prediction(0.1, 20.0)])
    view.advance(0.1)
    np.testing.assert_allclose(view.figures.stages, [6.0, 1.5, 6.0, 1.5])
    view.figures.add([prediction(0.2, float("nan"))])
    view.advance(0.5)
    np.testing.assert_allclose(view.figures.stages, [6.0, 1.5, 6.0, 1.5])


def test_rejected_windows_are_reported_with_the_reason(view: LatencyView) -> None:
    assert view.rejected.text() == ""
    windows = WindowCounts(rejected_gap=12, rejected_settling=3, rejected_artifact=5)
    view.show_status(status(lost_samples=1, gaps=2, windows=windows))
    assert view.rejected.text() == (
        "windows not used: gap (12), filters settling (3), large swings (5)"
    )
    assert view.lost.text() == "lost: 1 sample, 2 gaps"


def test_the_delay_of_the_filters_is_reported_where_it_is_known(view: LatencyView) -> None:
    assert view.delay.text() == ""
    view.show_status(status(filter_delay_s=0.045))
    assert view.delay.text() == "+45 ms filter delay"
    view.show_status(status())
    assert view.delay.text() == ""


@pytest.mark.parametrize("width", [300, 338, 600])
def test_the_title_beside_the_delays_is_not_cut_off(view: LatencyView, width: int) -> None:
    view.resize(width, 250)
    view.show()
    (title,) = view.findChildren(ElidedLabel)
    for delays in ({}, {"filter_delay_s": 0.045, "evidence_delay_s": 0.45}):
        view.show_status(status(**delays))
        assert title.text().startswith("latency")
        needed = title.fontMetrics().horizontalAdvance(title.text())
        view.layout().activate()
        assert needed <= title.width(), delays


def is_warned(view: LatencyView, label: QLabel) -> bool:
    return view.theme.warning in label.styleSheet()


def test_the_drift_is_reported_before_it_is_too_large(view: LatencyView) -> None:
    view.show_status(status(drift=None))
    assert view.drift.text() == ""
    for drift, too_large in ((0.8, False), (1.8, True)):
        view.show_status(status(drift=drift))
        assert view.drift.text() == f"drift {drift} of 1.5"
        assert is_warned(view, view.drift) is too_large


def test_all_is_drawn_in_the_room_that_the_window_has(view: LatencyView, qtbot: QtBot) -> None:
    view.figures.add([prediction(k / 10, 10 + k % 7) for k in range(300)])
    view.advance(30.0)
    windows = WindowCounts(rejected_gap=12_345, rejected_artifact=12_345)
    lost = {"lost_samples": 123_456, "gaps": 1234, "clock_jumps": 12, "reconnects": 3}
    view.show_status(status(**lost, non_finite=99, windows=windows))
    view.show()
    for height, has_stages, has_histogram in (
        (175, False, False), (210, True, False), (330, True, True),
    ):  # fmt: skip
        view.resize(338, height)
        shown = view.stages.isVisible(), view.histogram.isVisible()
        assert shown == (has_stages, has_histogram), height
        # The remaining parts are not cut off.
        qtbot.waitUntil(lambda: view.lost.geometry().bottom() < view.height())
        assert view.lost.height() >= view.lost.heightForWidth(view.lost.width())
    view.theme = LIGHT
    assert view.histogram.bars.opts["brush"] == LIGHT.colour("trace")


def test_the_histogram_and_the_stages_are_read_and_copied(view: LatencyView) -> None:
    view.figures.add([prediction(0.0, 10.0), prediction(0.1, 10.0)])
    view.advance(0.1)
    view.show()
    # The last bin includes all longer latencies.
    assert view.histogram.axes[0].text_of(view.histogram.end).endswith("+ ms")
    at = int(np.argmax(view.histogram.counts))
    edge = view.histogram.end / len(view.histogram.counts)
    assert view.histogram.read(QPointF((at + 0.5) * edge, 0.0)).endswith(": 2 predictions")
    assert len(view.histogram.csv().splitlines()) == 27
    assert view.legend[0].text().endswith("4.0 ms")
    assert view.stage_bar.stretch(0) == 4 * view.stage_bar.stretch(1)


@pytest.mark.parametrize("latency_ms", [10.0, 65.0, 605.0])
def test_the_first_and_the_last_number_of_the_histogram_are_whole(
    view: LatencyView, latency_ms: float
) -> None:
    view.resize(338, 330)
    view.figures.add([prediction(k / 10, latency_ms) for k in range(10)])
    view.advance(1.0)
    view.show()
    view.grab()
    axis, picture = view.histogram.axes[0], QPicture()
    painter = QPainter(picture)
    painter.setFont(caption_font())
    _, _, drawn = axis.generateDrawSpecs(painter)
    painter.end()
    rects = {text: axis.mapRectToScene(rect) for rect, _, text in drawn}
    first, last = axis.text_of(0.0), axis.text_of(view.histogram.end)
    assert rects[first].left() >= 0
    assert rects[last].right() <= view.histogram.width()


def test_the_gap_where_a_replay_began_again_is_no_warning(view: LatencyView) -> None:
    for lost, warned in ((0, False), (7, True)):
        view.show_status(status(lost_samples=lost, windows=WindowCounts(rejected_gap=30)))
        assert is_warned(view, view.rejected) is warned


def test_losses_of_an_engine_that_is_gone_are_not_those_of_now(qtbot: QtBot) -> None:
    view = LatencyView()
    qtbot.addWidget(view)
    view.show_status(status(windows=WindowCounts(rejected_gap=3), drift=0.4))
    assert view.lost.text() == "no samples lost"
    view.set_engine(False)
    assert view.lost.text() == "no engine reports losses"
    assert (view.rejected.text(), view.drift.text()) == ("", "")
