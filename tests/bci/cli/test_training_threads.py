"""Training uses one BLAS thread, to leave the other cores to a running engine."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from bci.cli import calibrate as training
from bci.cli.pretrain import pretrain
from bci.profiles.profile import load_profile
from decoders.classical.tangent import TangentSpace
from devices.simulated.subject import SubjectSettings, simulate_run, write_run


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Collect the numbers of BLAS threads during each fit of the decoder."""
    seen: list[set[int]] = []

    def noting(learn: Callable[..., object]) -> Callable[..., object]:
        def noted(*given: object, **more: object) -> object:
            seen.append(blas_threads())
            return learn(*given, **more)

        return noted

    for name in ("fit", "fit_people"):
        monkeypatch.setattr(TangentSpace, name, noting(getattr(TangentSpace, name)))
    return seen


@pytest.mark.slow
def test_blas_has_one_thread_while_a_command_trains(noted: list[set[int]], tmp_path: Path) -> None:
    for person in (1, 2):
        (tmp_path / f"people/{person}").mkdir(parents=True)
        run = simulate_run(SubjectSettings(person, trials_per_class=6), 1)
        write_run(run, tmp_path / f"people/{person}/run_raw.fif")
    content = load_profile("motor-imagery").model_dump(mode="json", exclude_none=True)
    content["pipeline"] |= {"channels": ["C3", "Cz", "C4"], "window_s": 1.0, "hop_s": 0.5}
    profile = tmp_path / "profile.yaml"
    profile.write_text(json.dumps(content))
    own = [tmp_path / "people/1/run_raw.fif"]
    with threadpool_limits(limits=2, user_api="blas"):
        assert blas_threads() == {2}
        training.calibrate(str(profile), tmp_path / "me", own, curve=True)
        n_calibrating = len(noted)
        pretrain(str(profile), tmp_path / "people", tmp_path / "base")
        assert blas_threads() == {2}
    assert 0 < n_calibrating < len(noted)
    assert set.union(*noted) == {1}
