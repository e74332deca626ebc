from pathlib import Path

import pytest

from tests.benchmarks.soak import soak


@pytest.mark.long
def test_a_minute_of_recorder_engine_and_monitor_loses_nothing(tmp_path: Path) -> None:
    outcome = soak(1.0, 64, 1000.0, tmp_path)
    assert outcome.engine.lost_samples == outcome.recorded.lost_samples == 0
    assert outcome.recorded.gaps == 0
    assert outcome.recorded.n_samples >= 60_000
    assert outcome.n_predictions > 500
    assert "0 samples lost in 0 gaps" in outcome.monitor
    for each in outcome.watched:
        # Half a minute shows a leak of a buffer a second, not one of bytes: that is the long run.
        assert each.slope_mb_min < 30, each.name
