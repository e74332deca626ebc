"""FLARE's own processes on this machine: what a site refuses to run."""

import contextlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

pytest.importorskip("nvflare", reason="needs NVIDIA FLARE: pip install -e '.[federation]'")

from nvflare.fuel.flare_api.api_spec import NoConnection
from nvflare.fuel.flare_api.flare_api import Session, new_secure_session

from decoders.federation.deployment import SERVER, SITE, running, write_job, write_policy
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
def careless_server(tmp_path: Path) -> Iterator[tuple[Session, dict[str, Path]]]:
    """A server that lets a leader send any code and any class, with one careful site."""
    kits = make_kits(tmp_path, ("lab-a",))
    write_policy(kits["localhost"], SERVER, {})
    local = kits["localhost"] / "local"
    resources = json.loads((local / "resources.json").read_text())
    resources["class_allow_list"] = ["*"]
    (local / "resources.json").write_text(json.dumps(resources))
    (local / "authorization.json").unlink()  # FLARE's default lets a leader send code
    write_policy(kits["lab-a"], SITE, {})
    with running(kits["localhost"]), running(kits["lab-a"]):
        with contextlib.redirect_stdout(io.StringIO()):
            session = eventually(
                lambda: new_secure_session(LEADER, str(kits[LEADER]), timeout=5.0),
                lambda _found: True, "session",
            )  # fmt: skip
        assert isinstance(session, Session)
        with contextlib.closing(session):
            eventually(session.get_connected_client_list, lambda found: len(found) == 1, "site")
            yield session, kits


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends a child with its parent")
def test_a_kill_of_the_command_ends_its_process_of_flare(tmp_path: Path) -> None:
    startup = tmp_path / "startup"
    startup.mkdir()
    # FLARE's script becomes FLARE's process in this way.
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
def test_a_site_refuses_code_and_classes_of_a_careless_server_and_a_strange_kit(
    careless_server: tuple[Session, dict[str, Path]], tmp_path: Path
) -> None:
    session, kits = careless_server
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
        (with_code, "BYOC not permitted"),
        (with_class, "'subprocess.Popen' at config path 'components.#1' is not in allow_list"),
    ):
        number = session.submit_job(str(job))
        meta = eventually(
            lambda number=number: session.get_job_meta(number),
            lambda found: str(found.get("status")).startswith("FINISHED"), job.name,
        )  # fmt: skip
        said = (kits["lab-a"] / "console.txt").read_text() + str(meta)
        assert why in said
    assert not touched.exists()

    # The same name, signed by somebody else.
    elsewhere = make_kits(tmp_path / "elsewhere", ("lab-b",), port_of(kits["lab-a"]))
    strange = elsewhere["lab-b"]
    write_policy(strange, SITE, {})
    with running(strange):
        eventually(
            lambda: (strange / "console.txt").read_text(),
            lambda said: "CERTIFICATE_VERIFY_FAILED" in said, "refusal",
        )  # fmt: skip
        assert [each.name for each in session.get_connected_client_list()] == ["lab-a"]
