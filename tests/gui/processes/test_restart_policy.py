"""The rule by which a program that ended by itself is started again."""

import pytest

from gui.processes.restart_policy import RestartPolicy, then


def test_a_crash_after_work_is_mended_by_three_restarts_a_minute() -> None:
    policy = RestartPolicy("press Start")
    assert [policy.why_not(9, True, now) for now in (0.0, 20.0, 40.0)] == ["", "", ""]
    assert "4 times in a minute" in policy.why_not(9, True, 59.0)
    assert policy.why_not(9, True, 61.0) == ""
    assert "4 times in a minute" in policy.why_not(9, True, 62.0)


@pytest.mark.parametrize(
    ("code", "worked", "advice"),
    [
        (0, True, "To run it again"),
        (2, True, "Mend that"),
        (9, False, "at once"),
    ],
)
def test_a_program_that_would_only_end_again_is_not_started_again(
    code: int, worked: bool, advice: str
) -> None:
    assert advice in RestartPolicy("press Start").why_not(code, worked, 0.0)


def test_two_sentences_are_joined_by_a_full_stop_unless_the_first_is_a_question() -> None:
    assert then("It ended", "Mend that.") == "It ended. Mend that."
    assert then("Is it on?", "Mend that.") == "Is it on? Mend that."
