"""FLARE's processes on this machine: code that a site refuses to run."""

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

pytest.importorskip("nvflare", reason="needs NVIDIA FLARE: pip install -e '.[federation]'")

from nvflare.fuel.flare_api.api_spec import NoConnection
from nvflare.fuel.flare_api.flare_api import Session

from decoders.federation.deployment import open_session, running
from decoders.federation.policy import SERVER, SITE, write_job, write_policy
from tests.decoders.federation.kits import LEADER, make_kits, port_of

PATIENCE_S = 240


def eventually(get, wanted, what: str) -> object:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        with contextlib.suppress(NoConnection, RuntimeError):
            found = get()
            if wanted(found):
                return found
        time.sleep(0.3)
    raise AssertionError(f"{what}: not within {PATIENCE_S} s")


def is_running(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def hostile_server(tmp_path: Path) -> Iterator[tuple[Session, dict[str, Path]]]:
    """Run a server that accepts any code from its leader, with one careful site.

    FLARE permits everything to the leader's role, even at the site.
    """
    kits = make_kits(tmp_path, ("lab-a",), role="super")
    write_policy(kits["localhost"], SERVER, {})
    local = kits["localhost"] / "local"
    resources = json.loads((local / "resources.json").read_text())
    del resources["app_validator"]
    (local / "resources.json").write_text(json.dumps(resources | {"class_allow_list": ["*"]}))
    write_policy(kits["lab-a"], SITE, {})
    with (
        running(kits["localhost"]) as server, running(kits["lab-a"]),
        contextlib.closing(open_session(kits[LEADER], server, PATIENCE_S)) as session,
    ):  # fmt: skip
        eventually(session.get_connected_client_list, lambda found: len(found) == 1, "site")
        yield session, kits


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends a child with its parent")
def test_a_kill_of_the_command_ends_its_process_of_flare(tmp_path: Path) -> None:
    startup = tmp_path / "startup"
    startup.mkdir()
    # A substitute for FLARE's start script, which becomes FLARE's process.
    (startup / "sub_start.sh").write_text("echo $$\nexec sleep 600\n")
    program = (
        "import pathlib, time\n"
        "from decoders.federation.deployment import running\n"
        f"with running(pathlib.Path({str(tmp_path)!r})):\n"
        "    time.sleep(600)\n"
    )
    console = tmp_path / "console.txt"
    with subprocess.Popen([sys.executable, "-c", program]) as command:
        try:
            eventually(lambda: console.exists() and console.read_text(), bool, "start")
        finally:
            command.kill()
    number = int(console.read_text())
    try:
        eventually(lambda: is_running(number), lambda found: not found, "end")
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(number).kill()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_site_refuses_code_and_classes_of_a_hostile_server_and_a_strange_kit(
    hostile_server: tuple[Session, dict[str, Path]], tmp_path: Path
) -> None:
    session, kits = hostile_server
    touched = tmp_path / "ran"

    with_code = write_job(tmp_path / "code", {"lab-a"})
    (with_code / "app" / "custom").mkdir()
    evil = f"from pathlib import Path\nPath({str(touched)!r}).touch()\n"
    (with_code / "app" / "custom" / "evil.py").write_text(evil)
    site_file = with_code / "app" / "config" / "config_fed_client.json"
    site_file.write_text(site_file.read_text().replace(SITE, "evil.Evil"))

    with_class = write_job(tmp_path / "class", {"lab-a"})
    site_file = with_class / "app" / "config" / "config_fed_client.json"
    config = json.loads(site_file.read_text())
    popen = {"id": "x", "path": "subprocess.Popen", "args": {"args": ["touch", str(touched)]}}
    site_file.write_text(json.dumps(config | {"components": [popen]}))

    for job, why in (
        (with_code, "(custom/evil.py|config/config_fed_client.json)"),
        (with_class, "config/config_fed_client.json"),
    ):
        number = session.submit_job(str(job))
        meta = eventually(
            lambda number=number: session.get_job_meta(number),
            lambda found: "job_deploy_detail" in found, job.name,
        )  # fmt: skip
        assert re.search(rf"{why} is not of the job of `bci federate`", str(meta)), meta
    assert not touched.exists()

    # A kit signed by another authority.
    elsewhere = make_kits(tmp_path / "elsewhere", ("lab-b",), port_of(kits["lab-a"]))
    strange = elsewhere["lab-b"]
    write_policy(strange, SITE, {})
    with running(strange):
        eventually(
            lambda: (strange / "console.txt").read_text(),
            lambda printed: "CERTIFICATE_VERIFY_FAILED" in printed, "refusal",
        )  # fmt: skip
        assert [each.name for each in session.get_connected_client_list()] == ["lab-a"]
