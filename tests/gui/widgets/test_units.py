import itertools

import pytest

from gui.widgets.units import neighbouring, percent, round_up, with_unit


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (50.0, "uV", "50 µV"),
        (33.333, "uV", "33.3 µV"),
        (1500.0, "uV", "1.5 mV"),
        (1000.0, "uV", "1 mV"),
        (999.96, "uV", "1 mV"),
        (2e-12, "T", "2 pT"),
        (4e-11, "T/m", "40 pT/m"),
        (0.25, "mV", "250 µV"),
        (2.0, "nT", "2 nT"),
        (5.0, "unknown", "5"),
        (5.0, "counts", "5 counts"),
    ],
)
def test_amounts_carry_the_prefix_that_a_person_would_write(
    value: float, unit: str, text: str
) -> None:
    assert with_unit(value, unit) == text


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.3, 0.5), (1.0, 1.0), (4.2, 5.0), (6e-13, 1e-12), (70.0, 100.0)]
)
def test_scales_end_at_round_numbers(value: float, rounded: float) -> None:
    assert round_up(value) == pytest.approx(rounded)


@pytest.mark.parametrize("nothing", [0.0, -1.0, float("nan")])
def test_a_flat_or_missing_signal_still_has_a_scale(nothing: float) -> None:
    assert round_up(nothing) == 1.0


def test_a_small_share_is_not_rounded_to_nothing() -> None:
    told = [percent(share) for share in (0.0, 0.005, 0.0833, 0.096, 0.5, 1.0)]
    assert told == ["0 %", "0.5 %", "8.3 %", "10 %", "50 %", "100 %"]


def test_gains_go_in_steps_of_1_2_5_both_ways() -> None:
    steps = [1.0]
    for _ in range(6):
        steps.append(neighbouring(steps[-1], 1))
    assert steps == pytest.approx([1, 2, 5, 10, 20, 50, 100])
    for lower, higher in itertools.pairwise(steps):
        assert neighbouring(higher, -1) == pytest.approx(lower)
    assert neighbouring(3.3e-13, 1) / 1e-13 == pytest.approx(5)
    assert neighbouring(3.3e-13, -1) / 1e-13 == pytest.approx(2)
