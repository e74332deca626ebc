"""A model's run over a recording, with programs that print given events."""

import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bci.decisions import Decision
from bci.messages import ErrorEvent, PredictedEvent
from gui.replay.model_run import ModelProcess
from gui.replay.predictions import Predictions
from tests.gui.evaluated import evaluation

CLASSES = ("left", "right")
WINDOW = PredictedEvent(
    recording="run.fif", start=0.0, time=1.0, label="left", probabilities=(0.9, 0.1),
    decision="left", confidence=0.9,
)  # fmt: skip


def printing(*lines: str, code: int = 0) -> tuple[str, ...]:
    """Return a command line, in place of ``bci``, that prints these lines."""
    program = f"print({chr(10).join(lines)!r}); raise SystemExit({code})"
    return sys.executable, "-c", program


class Heard:
    """A run, and the predictions that it emitted."""

    def __init__(self, bci: tuple[str, ...]) -> None:
        self.run = ModelProcess(bci)
        self.passed: list[Predictions] = []
        self.run.predicted.connect(self.passed.append)

    def end_of(self, qtbot: QtBot, signal: str) -> object:
        """Start the run; return the value of the signal ``signal`` at its end."""
        with qtbot.waitSignal(getattr(self.run, signal), timeout=20_000) as ended:
            self.run.start(Path("model"), Path("run.fif"), CLASSES)
        assert not self.run.is_running
        return ended.args[0]


def test_windows_and_score_are_passed_on(qtbot: QtBot) -> None:
    score = evaluation(CLASSES, ())
    other = WINDOW.model_copy(update={"probabilities": (0.2, 0.3, 0.5)})
    lines = ("warming up", WINDOW.line(), other.line(), '{"event": "mood"}', score.line())
    heard = Heard(printing(*lines))
    assert heard.end_of(qtbot, "finished") == score
    # A window with other classes does not belong to this model.
    assert list(heard.passed[-1].times) == [1.0]
    assert list(heard.passed[-1].decisions) == [Decision("left", 0.9)]


def test_error_is_the_reason_of_a_run_without_a_score(qtbot: QtBot) -> None:
    error = ErrorEvent(text="run.fif: no marker 'left'")
    heard = Heard(printing(WINDOW.line(), error.line(), code=2))
    why = heard.end_of(qtbot, "failed")
    assert why == "The model was not scored: run.fif: no marker 'left'"
    assert len(heard.passed[-1].times) == 1


@pytest.mark.parametrize(
    ("bci", "why"),
    [(printing("", code=3), "exit code 3"), (("no-such-program",), "no program no-such-program")],
)
def test_program_that_reports_nothing_is_named(
    qtbot: QtBot, bci: tuple[str, ...], why: str
) -> None:
    heard = Heard(bci)
    assert why in str(heard.end_of(qtbot, "failed"))
    assert heard.passed == []
