"""The server's jobs and a site's command, with substitutes for NVIDIA FLARE."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("nvflare", reason="needs NVIDIA FLARE: pip install -e '.[federation]'")

from bci.errors import ProfileError
from decoders.federation import deployment
from decoders.federation.deployment import _Jobs, lead, take_part
from decoders.federation.rounds import DONE, FederationError, Round, RoundsProgress
from decoders.federation.site import SiteState
from tests.decoders.federation.labs import agreement


class FakeSession:
    """A server whose jobs make one round between two questions about their state.

    ``answering(job, number)`` returns the sites that answer round ``number``.
    """

    def __init__(
        self, state: Path, n_rounds: int, answering: Callable[[int, int], set[str]]
    ) -> None:
        self.agreed, self.n_jobs = agreement(n_rounds=n_rounds), 0
        self._state, self._answering, self._ended = state, answering, False

    def jobs(self) -> _Jobs:
        return _Jobs(self, self.agreed, self._state, lambda _: None, lambda _: None)

    def get_connected_client_list(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=name) for name in "abc"]

    def submit_job(self, _folder: str) -> str:
        self.n_jobs, self._ended = self.n_jobs + 1, False
        return str(self.n_jobs)

    def abort_job(self, _job: str) -> None:
        self._ended = True

    def get_job_status(self, _job: str) -> str:
        progress = RoundsProgress.read(self._state, self.agreed)
        number = len(progress.rounds) + 1
        if not self._ended and number <= self.agreed.training.rounds:
            scores = dict.fromkeys(self._answering(self.n_jobs, number), 0.5)
            progress.rounds.append(Round(number=number, accuracies=scores, excluded={}))
        elif not self._ended:
            progress.end, progress.finished, self._ended = DONE, {"a": 0.5, "b": 0.5}, True
        progress.write(self._state)
        return "FINISHED:COMPLETED" if self._ended else "RUNNING"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "_POLL_S", 0.01)


def test_a_connected_site_that_never_answers_does_not_end_every_job(tmp_path: Path) -> None:
    session = FakeSession(tmp_path, 12, lambda _job, _number: {"a", "b"})
    assert len(session.jobs().run().rounds) == 12
    assert session.n_jobs == 2


def test_a_site_that_returns_is_in_the_next_job(tmp_path: Path) -> None:
    # Killed after round 3 and connected again: FLARE's job goes on without it.
    session = FakeSession(
        tmp_path, 8, lambda job, number: {"a", "b"} if job == 1 and number > 3 else {"a", "b", "c"}
    )
    rounds = session.jobs().run().rounds
    assert session.n_jobs == 2
    assert [each.number for each in rounds if "c" not in each.accuracies] == [4]


def test_a_server_whose_sites_are_all_banned_does_not_succeed(tmp_path: Path) -> None:
    agreed, end = agreement(), "0 of at least 2 sites gave a sound change"
    RoundsProgress(banned=dict.fromkeys("abc", "a is not finite"), end=end).write(tmp_path)
    with pytest.raises(FederationError, match=end):
        lead(tmp_path, tmp_path, tmp_path / "x", agreed, tmp_path, lambda _: None, lambda _: None)


@pytest.mark.skipif(os.name != "posix", reason="start-up kits are shell scripts")
def test_a_refusal_ends_the_site_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "startup").mkdir()
    SiteState(refused="it failed").write(tmp_path)
    state = (tmp_path / SiteState.NAME).rename(tmp_path / "refused.json")
    (tmp_path / "startup" / "sub_start.sh").write_text(
        f"cp '{state}' '{tmp_path / SiteState.NAME}'\nexec sleep 600\n"
    )
    with pytest.raises(ProfileError, match="is left out: it failed"):
        take_part(tmp_path, agreement(), tmp_path, 60, lambda _: None)
