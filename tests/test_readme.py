"""The programs in the README and the docs run as they are pasted."""

import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from bci.decisions import DecisionEvent
from bci.lsl.predictions import DecisionOutlet
from devices.simulated_subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci
from tests.streams import wait_until

ROOT = Path(__file__).parents[1]


def programs(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_client_of_decisions_holds_what_is_decided_and_lets_go_at_the_end(tmp_path: Path) -> None:
    (program,) = [each for each in programs("README.md") if "bci-decisions" in each]
    name = f"engine-{uuid.uuid4().hex[:8]}"
    (tmp_path / "client.py").write_text(program.replace("bci-decisions", f"{name}-decisions"))
    outlet = DecisionOutlet(name, name)
    with subprocess.Popen(
        [sys.executable, tmp_path / "client.py"], stdout=subprocess.PIPE, text=True
    ) as client:
        try:
            wait_until(lambda: outlet.has_consumers)
            outlet.push(DecisionEvent("onset", "left", 0.8, 100.0))
            outlet.push(DecisionEvent("offset", None, 0.5, 101.0, "left"))
            said = [client.stdout.readline() for _ in range(2)]
            outlet.close()
            said.append(client.stdout.readline())
            assert client.wait(30) == 0
        finally:
            client.kill()
    assert said == ["hold left\n", "hold None\n", "hold None: the engine is gone\n"]


def test_a_recording_is_decoded_from_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [f"sub-simulated1_task-motorimagery_run-{run:02d}_eeg.fif" for run in (1, 2, 3)]
    for run, name in enumerate(names, 1):
        settings = SubjectSettings(trials_per_class=5)
        write_run(simulate_run(settings, run), tmp_path / "recordings" / name)
    runs = [f"recordings/{name}" for name in names[:2]]
    done = bci("calibrate", "motor-imagery", *runs, "--out", "recordings/models/me")
    assert done.returncode == 0, done.stderr
    capsys.readouterr()
    exec(programs("docs/python.md")[0], {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 100
    assert all(re.fullmatch(r"\d+\.\d\d (left|right) [01]\.\d\d", line) for line in lines)
