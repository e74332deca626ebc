"""The scene of a speller, frame by frame, without a screen."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from bci.errors import ProfileError
from bci.profiles.profile import Profile
from bci.spelling.flicker_evidence import FlickerEvidence
from bci.spelling.run import SpellingState
from gui.paradigms.board_painter import ACCENT, BRIGHT, cell, symbols_area
from gui.paradigms.plan import make_run
from gui.paradigms.views import pixel_value
from tests.gui.paradigms.spelling import HZ, SFREQ, SIZE, FramedSpeller, quick_plan


def inks(image: QImage, speller: FramedSpeller, number: int) -> set[str]:
    """Return the colours in the cell of a symbol."""
    room = cell(symbols_area(SIZE), speller.scene.board, number).toRect()
    return {
        QColor(image.pixel(x, y)).name()
        for x in range(room.left(), room.right())
        for y in range(room.top(), room.bottom())
    }


def begun(speller: FramedSpeller) -> FramedSpeller:
    speller.scene.start()
    speller.show()
    return speller


def test_a_text_is_copied_with_a_marker_for_each_step(qtbot: QtBot) -> None:
    speller = begun(FramedSpeller(quick_plan(text="BC")))
    for _ in range(60):
        if speller.run.state is SpellingState.OVER:
            break
        speller.show(30)
    assert speller.run.text.text == "BC"
    labels = [marker.label for marker in speller.markers]
    steps = [label for label in labels if label.startswith(("selection", "feedback"))]
    assert steps == [
        "selection/1/B",
        "feedback/correct/B",
        "selection/2/C",
        "feedback/correct/C",
    ]
    assert "target/1" not in labels or labels.count("target/1") < labels.count("nontarget/1")


def test_windows_of_a_flicker_count_from_its_light() -> None:
    plan = quick_plan("ssvep", "A")
    keys = plan.profile.model_dump() | {"stimulus": {"offset_s": 0.2}}
    speller = begun(FramedSpeller(replace(plan, profile=Profile.model_validate(keys))))
    speller.show(60)
    assert isinstance(speller.run.evidence, FlickerEvidence)
    assert speller.run.evidence.windows.offset_s == 0.2


def test_flashes_begin_at_the_frames_nearest_to_their_times(qtbot: QtBot) -> None:
    speller = begun(FramedSpeller(quick_plan(text="A", decides=False)))
    speller.show(200)
    times = [m.time for m in speller.markers if "target/" in m.label]
    assert len(times) == 2 * 12
    np.testing.assert_allclose(np.diff(times), 0.1, atol=0.5 / HZ + 1e-9)


def test_the_target_is_framed_before_the_flashes_and_not_during_them(qtbot: QtBot) -> None:
    speller = begun(FramedSpeller(quick_plan(text="B")))
    assert ACCENT.lower() in inks(speller.image(), speller, 1)
    assert ACCENT.lower() not in inks(speller.image(), speller, 2)
    while not any("target" in label for label in speller.show()):
        pass
    assert ACCENT.lower() not in inks(speller.image(), speller, 1)


def test_the_symbols_of_the_flashed_group_are_bright(qtbot: QtBot) -> None:
    speller = begun(FramedSpeller(quick_plan(text="B")))
    while not (labels := [each for each in speller.show() if "target/" in each]):
        pass
    group = int(labels[0].partition("/")[2])
    groups = speller.run.stimulation.code.groups  # type: ignore[attr-defined]
    image = speller.image()
    shown = [BRIGHT in inks(image, speller, number) for number in range(36)]
    assert shown == groups[group].tolist()


def test_the_likeliest_symbols_are_shown_once_there_is_evidence(qtbot: QtBot) -> None:
    speller = begun(FramedSpeller(quick_plan(text="B")))
    speller.show(40)
    assert speller.scene.board.candidates == ()
    while not speller.scene.board.candidates:
        speller.show()
    first, *others = speller.scene.board.candidates
    assert first.symbol == "B"
    assert len(others) == 4
    assert first.probability > max(each.probability for each in others)


def test_a_calibration_shows_no_candidates_and_selects_nothing(qtbot: QtBot) -> None:
    speller = begun(FramedSpeller(quick_plan(text="AB", decides=False)))
    speller.show(400)
    assert speller.run.state is SpellingState.OVER
    assert speller.run.text.selected == []
    assert speller.scene.board.candidates == ()


def test_a_pause_breaks_the_selection_off_and_it_begins_again(qtbot: QtBot) -> None:
    speller = begun(FramedSpeller(quick_plan(text="B")))
    speller.show(60)
    speller.scene.interrupt("Pause.")
    assert speller.show() == ["interrupted"]
    assert speller.scene.board.sentence == "Pause."
    speller.show(60)
    speller.scene.start()
    assert speller.show() == ["selection/2/B"]


def test_free_spelling_marks_flashes_without_the_target(qtbot: QtBot) -> None:
    speller = begun(FramedSpeller(quick_plan()))
    labels = {label.partition("/")[0] for label in speller.show(60)}
    assert labels == {"flash"}
    assert speller.scene.board.target is None


@pytest.mark.parametrize("profile", ["ssvep", "cvep"])
def test_fields_are_as_bright_as_the_stimulus_in_each_frame(qtbot: QtBot, profile: str) -> None:
    plan = quick_plan(profile, "C")
    speller = begun(FramedSpeller(plan))
    flickering = plan.flickering(HZ)
    while not any(label == "flicker/C" for label in speller.show()):
        pass
    for frame in range(12):
        image = speller.image()
        wanted = [pixel_value(each) for each in flickering.at(frame)]
        room = [cell(symbols_area(SIZE), speller.scene.board, k) for k in range(8)]
        corner = [r.adjusted(0.12 * r.height(), 0.12 * r.height(), 0, 0).topLeft() for r in room]
        shown = [QColor(image.pixel(p.toPoint())).red() for p in corner]
        assert shown == wanted
        speller.show()


def test_a_code_is_marked_at_each_cycle(qtbot: QtBot) -> None:
    plan = replace(quick_plan("cvep", "C"), flicker_s=2.2)
    speller = begun(FramedSpeller(plan))
    speller.show(160)
    times = [m.time for m in speller.markers if m.label == "flicker/C"]
    np.testing.assert_allclose(np.diff(times), 63 / HZ, atol=1e-9)
    assert len(times) == 2


def test_rsvp_shows_one_symbol_at_a_time(qtbot: QtBot) -> None:
    speller = begun(FramedSpeller(quick_plan("rsvp", "B")))
    while not any("target" in label for label in speller.show()):
        pass
    assert speller.run.stimulation.lit_symbols.sum() == 1  # type: ignore[attr-defined]
    lit = speller.image()
    speller.show(4)
    assert lit != speller.image()


def test_a_monitor_that_cannot_show_a_frequency_is_refused(qtbot: QtBot) -> None:
    with pytest.raises(ProfileError, match="a monitor of 20 Hz shows less than 10 Hz"):
        quick_plan("ssvep", "A").check(20.0)


def test_a_model_of_other_classes_is_refused(qtbot: QtBot) -> None:
    with pytest.raises(ProfileError, match="calibrate one with the profile p300"):
        make_run(quick_plan(text="A"), HZ, ("left", "right"), SFREQ, lambda _: None)


def test_a_text_without_symbols_is_refused(qtbot: QtBot) -> None:
    with pytest.raises(ProfileError, match="the text holds '7'"):
        quick_plan(text="A7").check(HZ)
