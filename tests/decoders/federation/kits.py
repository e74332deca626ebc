"""Start-up kits for tests, all made by one command of FLARE."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import yaml

LEADER = "leader@hub.org"
_BUILDERS = (
    "workspace.WorkspaceBuilder", "static_file.StaticFileBuilder", "cert.CertBuilder",
    "signature.SignatureBuilder",
)  # fmt: skip


def make_kits(
    folder: Path, sites: tuple[str, ...], port: int = 0, role: str = "lead"
) -> dict[str, Path]:
    """Make the kits of a server on `localhost`, its leader and sites; return them by name."""
    folder.mkdir(parents=True, exist_ok=True)
    server = {"name": "localhost", "type": "server", "org": "hub"}
    server |= {"fed_learn_port": port or free_port(), "admin_port": free_port()}
    leader = {"name": LEADER, "type": "admin", "org": "hub", "role": role}
    clients = [{"name": site, "type": "client", "org": site.replace("-", "")} for site in sites]
    project = {
        "api_version": 3, "name": "labs", "participants": [server, leader, *clients],
        "builders": [{"path": f"nvflare.lighter.impl.{each}"} for each in _BUILDERS],
    }  # fmt: skip
    project["builders"][0]["args"] = {"template_file": ["master_template.yml"]}
    project["builders"][1]["args"] = {"config_folder": "config", "scheme": "grpc"}
    (folder / "project.yml").write_text(yaml.safe_dump(project))
    done = subprocess.run(
        [sys.executable, "-m", "nvflare.cli", "provision", "-p", "project.yml", "-w", "kits"],
        cwd=folder, text=True, capture_output=True, timeout=120, stdin=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(folder)},
    )  # fmt: skip
    made = folder / "kits" / "labs" / "prod_00"
    assert made.exists(), done.stdout + done.stderr
    return {kit.name: kit for kit in made.iterdir()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def port_of(kit: Path) -> int:
    """Return the server's port in a site's kit."""
    written = json.loads((kit / "startup" / "fed_client.json").read_text())
    port: str = written["servers"][0]["service"]["target"].rpartition(":")[2]
    return int(port)
