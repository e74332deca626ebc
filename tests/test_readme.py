"""The client of decisions in the docs runs as it is pasted."""

import re
import subprocess
import sys
import uuid
from pathlib import Path

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import DecisionOutlet
from tests.streams import wait_until

ROOT = Path(__file__).parents[1]


def programs(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_client_of_decisions_holds_what_is_decided_and_lets_go_at_the_end(tmp_path: Path) -> None:
    (program,) = [each for each in programs("docs/how-to/run.md") if "bci-decisions" in each]
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
