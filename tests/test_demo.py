"""The demo of each task, as a new user starts it: simulated subject, replay, engine, dashboard."""

import os
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import yaml

from bci.lsl.engine_streams import PredictionInlet, ReceivedPrediction
from bci.lsl.spelling_stream import SpellingInlet
from bci.messages import Spelled
from bci.profiles.profile import load_profile
from tests.commands import BCI
from tests.streams import find, wait_until

QUICKLY = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}


def named(task: str, name: str, folder: Path) -> Path:
    """The task's own profile, but for the name of the engine's streams: others may run here."""
    profile = load_profile(task)
    output = profile.output.model_copy(update={"name": name})
    content = profile.model_copy(update={"output": output}).model_dump(
        mode="json", exclude_none=True
    )
    file = folder / f"{task}.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("task", "n_classes"), [("emotion", 25), ("speech", 10), ("images", 40)])
def test_each_task_is_predicted_live_from_a_fresh_folder(
    task: str, n_classes: int, tmp_path: Path
) -> None:
    name = f"demo-{task}-{os.getpid()}"
    profile, folder, log = named(task, name, tmp_path), tmp_path / "subject", tmp_path / "said.txt"
    argv = [*BCI, "demo", "--task", task, "--folder", folder, "--profile", profile]
    with log.open("w") as said:
        demo = subprocess.Popen(argv, env=QUICKLY, stdout=said, stderr=said)
    received: list[ReceivedPrediction] = []
    try:
        wait_until(lambda: (folder / "models").is_dir() or demo.poll() is not None, 150.0)
        assert demo.poll() is None, log.read_text()
        with closing(PredictionInlet(find(f"{name}-predictions"))) as inlet:
            wait_until(lambda: received.extend(inlet.pull(0.05)) or len(received) >= 3, 60.0)
        demo.send_signal(signal.SIGTERM)
        code = demo.wait(30)
    finally:
        demo.kill()
        demo.wait(10)
    assert code == 0, log.read_text()
    assert "Traceback" not in log.read_text()
    assert inlet.simulated
    assert len(inlet.classes) == n_classes
    probabilities = np.stack([p.probabilities for p in received])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-4)
    assert probabilities.max() > 1.2 / n_classes


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_simulated_person_spells_from_a_fresh_folder(tmp_path: Path) -> None:
    name = f"demo-p300-{os.getpid()}"
    profile, log = named("p300", name, tmp_path), tmp_path / "said.txt"
    argv = [*BCI, "demo", "--task", "p300", "--folder", tmp_path / "subject", "--profile", profile]
    with log.open("w") as said:
        demo = subprocess.Popen(argv, env=QUICKLY, stdout=said, stderr=said)
    spelled: list[Spelled] = []
    model = tmp_path / "subject" / "models" / "simulated-p300"
    try:
        wait_until(lambda: model.is_dir() or demo.poll() is not None, 150.0)
        assert demo.poll() is None, log.read_text()
        with closing(SpellingInlet(find(f"{name}-spelled"))) as inlet:
            wait_until(lambda: spelled.extend(inlet.pull(0.05)) or bool(spelled), 90.0)
        demo.send_signal(signal.SIGTERM)
        code = demo.wait(30)
    finally:
        demo.kill()
        demo.wait(10)
    assert code == 0, log.read_text()
    assert "Traceback" not in log.read_text()
    assert spelled[0].simulated
    assert spelled[0].target == "B"
    assert spelled[0].flashes > 0
