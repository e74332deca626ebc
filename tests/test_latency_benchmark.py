from pathlib import Path

import pytest

from tests.benchmarks.latency import run_ours


@pytest.mark.slow
def test_the_output_of_a_failed_engine_is_reported(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"exit code: 2.*engine said:.*nobody\.yaml"):
        run_ours("no-such-stream", tmp_path / "nobody", 1.0)
