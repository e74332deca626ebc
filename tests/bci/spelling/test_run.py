"""A run of selections, driven frame by frame with hand-made times and predictions."""

from collections.abc import Callable

import numpy as np

from bci.spelling.codes import FlashCode, row_column
from bci.spelling.errors import ErrorRule
from bci.spelling.flash_evidence import FlashEvidence, FlashWindows
from bci.spelling.posterior import Stopping
from bci.spelling.run import Selected, SelectionRun, SpellingState
from bci.spelling.stimulation import FlashStimulation, FlashTiming, group_of
from bci.spelling.symbols import UNDO, SymbolGrid
from bci.spelling.text import SpelledText

GRID = SymbolGrid()
CODE = row_column(GRID)
WINDOWS = FlashWindows(target=1, delay_s=0.8, slack_s=0.06)
FRAME_S = 1 / 60
Decode = Callable[[str], float | None]


def perfect(label: str) -> float | None:
    return 0.9 if label.startswith("target") else 0.1


def drive(
    run: SelectionRun,
    decode: Decode = perfect,
    seconds: float = 120.0,
    stop: Callable[[], bool] = lambda: False,
    start: float = 0.0,
) -> list[tuple[float, str]]:
    """Show frames until the run is over; predictions come 0.8 s after flashes, or never."""
    markers: list[tuple[float, str]] = []
    due: list[tuple[float, float]] = []
    now = start
    shown = run.start(now)
    while run.state != SpellingState.OVER and now < start + seconds and not stop():
        run.shown(now, shown)
        markers += [(now, label) for label in shown]
        for label in shown:
            if group_of(label) is not None and (share := decode(label)) is not None:
                due.append((now + 0.8, share))
        while due and due[0][0] <= now:
            taken, share = due.pop(0)
            run.received(taken, np.array([1 - share, share]))
        now += FRAME_S
        shown = run.advance(now)
    return markers


def copy(text: str, told: list[Selected], code: FlashCode = CODE, **more) -> SelectionRun:
    stimulation = FlashStimulation(code, FlashTiming(), 4, np.random.default_rng(0))
    return SelectionRun(
        SpelledText(GRID, text), stimulation,
        lambda prior: FlashEvidence(code, prior, Stopping(0.95, 1, 4), WINDOWS),
        on_selected=told.append, **more,
    )  # fmt: skip


def test_a_text_is_copied_symbol_by_symbol() -> None:
    told: list[Selected] = []
    run = copy("no go", told)
    markers = drive(run)

    assert run.text.text == "NO GO"
    assert [each.symbol for each in told] == list("NO_GO")
    begins = [label for _, label in markers if label.startswith("selection")]
    assert begins == [f"selection/{k}/{s}" for k, s in enumerate("NO_GO", 1)]
    assert sum(label.startswith("feedback/correct/") for _, label in markers) == 5
    # A decoder with high confidence needs one or two repetitions of the possible four.
    assert all(each.verdict and each.verdict.n_updates <= 2 for each in told)


def test_flashes_keep_their_distance_and_name_what_is_attended_to() -> None:
    run = copy("N", [])
    flashes = [m for m in drive(run) if group_of(m[1]) is not None]
    steps = np.diff([time for time, _ in flashes])
    np.testing.assert_allclose(steps, 0.16, atol=FRAME_S)
    number = GRID.number("N")
    for _, label in flashes:
        group = group_of(label)
        assert group is not None
        assert label.startswith("target") == bool(CODE.groups[group, number])


def test_calibration_shows_every_repetition_and_decides_nothing() -> None:
    told: list[Selected] = []
    stimulation = FlashStimulation(CODE, FlashTiming(), 3, np.random.default_rng(0))
    run = SelectionRun(SpelledText(GRID, "AB"), stimulation, on_selected=told.append)
    markers = drive(run)
    assert sum(group_of(label) is not None for _, label in markers) == 2 * 3 * 12
    assert run.state == SpellingState.OVER
    assert (told, run.text.text) == ([], "")
    assert not any(label.startswith("feedback") for _, label in markers)


def test_free_spelling_reports_nothing_of_the_attended_symbol() -> None:
    told: list[Selected] = []
    run = copy("", told, max_selections=1)
    attended = GRID.number("Q")

    def decode(label: str) -> float:
        group = group_of(label)
        return 0.9 if group is not None and CODE.groups[group, attended] else 0.1

    markers = drive(run, decode)
    assert run.text.text == "Q"
    assert {label.split("/")[0] for _, label in markers} == {"selection", "flash", "feedback"}
    assert (0.0, "selection/1") in markers
    assert markers[-1][1] == "feedback/Q"


def test_a_selection_without_predictions_fails_and_is_tried_again() -> None:
    told: list[Selected] = []
    run = copy("A", told)
    drive(run, lambda _label: None, stop=lambda: run.number > 1)
    assert run.n_failed == 1
    assert told[0].symbol is None
    assert run.target == "A"


def test_an_interrupted_selection_begins_again() -> None:
    told: list[Selected] = []
    run = copy("AB", told)
    drive(run, stop=lambda: run.state == SpellingState.STIMULATION)
    assert run.interrupt() == ("interrupted",)
    assert run.advance(50.0) == ()
    assert run.start(60.0) == ("selection/2/A",)


def test_an_error_potential_takes_a_symbol_back_once() -> None:
    told: list[Selected] = []
    run = copy("AB", told, errors=ErrorRule(0.5))
    drive(run, stop=lambda: run.state == SpellingState.FEEDBACK)
    assert run.text.text == "A"
    assert run.error_received(20.0)
    assert (run.text.text, told[-1].undone) == ("", True)
    assert not run.error_received(20.0)


def test_a_key_takes_the_last_symbol_back_and_the_target_comes_again() -> None:
    run = copy("AB", [])
    drive(run, stop=lambda: run.number == 2 and run.state == SpellingState.STIMULATION)
    assert run.undo() == "A"
    # Otherwise the current selection of B would be taken for that of A.
    labels = list(run.advance(60.0))
    assert labels == ["interrupted", "selection/3/A"]
    drive_on = [label for _, label in drive(run, start=60.0)]
    assert run.text.text == "AB"
    assert "selection/4/B" in drive_on


def test_a_key_leaves_the_free_selection_under_way_alone() -> None:
    run = copy("", [], max_selections=2)
    drive(run, stop=lambda: run.number == 2 and run.state == SpellingState.STIMULATION)
    assert run.undo() is not None
    assert run.advance(60.0) != ("interrupted", "selection/3")
    assert (run.number, run.state) == (2, SpellingState.STIMULATION)


def test_a_prior_in_copying_follows_the_text_to_copy_and_not_its_errors() -> None:
    asked: list[str] = []

    def prior_after(text: str) -> np.ndarray:
        asked.append(text)
        return np.full(36, 1 / 36)

    undo = GRID.number(UNDO)

    def decode(label: str) -> float:
        group = group_of(label)
        return 0.9 if group is not None and CODE.groups[group, undo] else 0.1

    run = copy("A B", [], prior_after=prior_after)
    drive(run, decode)
    assert asked == ["", "A", "A "]
    # A wrongly selected undo stays in the text, as any other symbol.
    assert run.text.text == UNDO * 3
