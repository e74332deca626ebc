"""``bci federate server`` and ``join`` as three people start them, on one machine with TLS."""

import signal
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

pytest.importorskip("flwr", reason="needs Flower: pip install -e '.[federation]'")

from bci.lsl.engine_streams import PredictionInlet, ReceivedPrediction
from bci.lsl.outlet import SignalOutlet
from bci.models.bundle import load_card
from bci.recording.read import read_recording
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.decoders.federation.test_federation_machines import (
    free_port,
    make_certificate,
    make_keys,
)
from tests.streams import find, send, wait_until


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bci", *arguments], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_two_sites_join_a_server_and_each_runs_its_model_live(tmp_path: Path) -> None:
    authority = make_certificate(tmp_path)
    for run in (1, 2):
        write_run(simulate_run(SubjectSettings(trials_per_class=3), run), tmp_path / f"{run}.fif")
    names = ("lab-a", "lab-b")
    for name in names:
        make_keys(tmp_path / name)
    agreed = {
        "name": "two labs",
        "model": {"trunk": "shallow", "n_virtual": 2, "sfreq": 64, "window_s": 3},
        "training": {"rounds": 2, "epochs": 1, "finish_epochs": 1},
        "sites": [{"name": name, "public_key": f"{name}.pub"} for name in names],
        "server": {"port": free_port(), "certificate": "server.pem", "key": "server.key"},
    }
    (tmp_path / "partners.yaml").write_text(yaml.safe_dump(agreed))

    running = [start(tmp_path, "federate", "server", "partners.yaml", "--state", "state")]
    for name in names:
        running.append(
            start(
                tmp_path, "federate", "join", "partners.yaml", "--site", name,
                "--profile", "motor-imagery", "--data", "1.fif", "--data", "2.fif",
                "--key", name, "--ca", str(authority), "--state", "state", "--out", f"model-{name}",
            )
        )  # fmt: skip
    try:
        told = [process.communicate(timeout=480)[0] for process in running]
    finally:
        for process in running:
            process.kill()

    assert [process.returncode for process in running] == [0, 0, 0], "\n".join(told)
    assert "round 2: lab-a" in told[0]
    for name, said in zip(names, told[1:], strict=True):
        assert f"model written to model-{name}" in said
        card = load_card(tmp_path / f"model-{name}").federation
        assert card is not None
        assert (card.rounds, card.partners, len(card.accuracies)) == (2, 2, 2)
        kept = {file.name for file in (tmp_path / "state" / name).iterdir()}
        assert {"told.json", "round-00002.safetensors"} <= kept
        decode_live(tmp_path, f"model-{name}")


def decode_live(folder: Path, model: str) -> None:
    recording = read_recording(folder / "2.fif")
    info = replace(recording.info, name=model, source_id=model)
    outlet = SignalOutlet(info)
    # Others may run here by the name of the profile.
    name = f"engine-{uuid.uuid4().hex[:8]}"
    engine = subprocess.Popen(
        [sys.executable, "-m", "bci", "run", "motor-imagery", "--model", model, "--stream", model,
         "--name", name],
        cwd=folder, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: outlet.has_consumers, 60)
        size = round(0.5 * info.sfreq)
        began = send(outlet, recording.data[:size])
        predictions = PredictionInlet(find(f"{name}-predictions"))
        firsts = iter(range(size, len(recording.data), size))

        def predicted() -> list[ReceivedPrediction]:
            first = next(firsts)
            send(outlet, recording.data[first : first + size], first, began)
            return predictions.pull(0.2)

        got = wait_until(predicted)[0]
        engine.send_signal(signal.SIGINT)
        assert engine.wait(40) == 0
        predictions.close()
    finally:
        engine.kill()
        engine.wait(5)
        outlet.close()
    assert len(got.probabilities) == len(load_card(folder / model).classes)
    assert got.probabilities.sum() == pytest.approx(1, abs=1e-5)
