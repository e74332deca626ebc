"""Jobs on a Ray cluster of two nodes on this machine, one of which is killed."""

from pathlib import Path

import pytest

from bci.cli.benchmark.study import fill
from bci.errors import JobError
from bci.jobs.workers import THIS_PROCESS, Workers, run_jobs
from tests.studied import WANTED, StudiedRow, do, given, results

_STORE = 80 << 20


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "127.0.0.1:x", ":6379999"])
def test_a_cluster_that_does_not_answer_is_one_line(address: str) -> None:
    pytest.importorskip("ray", reason="clusters need Ray")
    with pytest.raises(JobError, match=r"no Ray cluster at .*; give HOST:PORT"):
        list(run_jobs(do, None, [[]], Workers(address=address)))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_killed_node_costs_its_job_only_and_no_bit_of_any_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="clusters need Ray")
    # A busy machine starts a node slowly.
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "120")
    from ray.cluster_utils import Cluster

    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    fill(results(tmp_path / "1.json"), WANTED, do, THIS_PROCESS, lambda _: given(here))
    node = {"num_cpus": 1, "object_store_memory": _STORE}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        lost = cluster.add_node(**node)
        cluster.wait_for_nodes()
        study = results(tmp_path / "ray.json")
        keep, killed = study.add, []

        def kill_when_both_work(rows: list[StudiedRow]) -> None:
            keep(rows)
            if not killed and len({each.read_text() for each in there.iterdir()} - {""}) == 2:
                killed.append(len(study.rows))
                cluster.remove_node(lost, allow_graceful=False)

        study.add = kill_when_both_work
        fill(study, WANTED, do, Workers(address=cluster.address), lambda _: given(there, 2.0))
    finally:
        cluster.shutdown()
    assert killed
    assert killed[0] < len(WANTED)
    assert (tmp_path / "ray.json").read_bytes() == (tmp_path / "1.json").read_bytes()
