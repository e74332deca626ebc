from gui.plots.steady_range import SteadyRange


def test_an_axis_grows_at_once_and_does_not_fidget() -> None:
    levels = SteadyRange(10.0, 30.0)
    levels.follow(-12.0, 3.0)
    assert (levels.low, levels.high) == (-20.0, 10.0)
    levels.follow(-11.0, 17.0)
    assert (levels.low, levels.high) == (-20.0, 20.0)
    levels.follow(-9.0, 3.0)
    assert levels.high == 20.0
    levels.follow(float("nan"), 500.0)
    assert levels.high == 20.0
