"""``bci federate`` as a user meets it, on simulated recordings."""

from pathlib import Path

import pytest
import yaml

pytest.importorskip("flwr", reason="needs Flower: pip install -e '.[federation]'")

from bci.models.bundle import CARD, load_card
from bci.models.load import load_model
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci


@pytest.fixture
def partners(tmp_path: Path) -> Path:
    """Two sites of three electrodes and of all; a file that names them."""
    settings = SubjectSettings(trials_per_class=5)
    for run in (1, 2):
        write_run(simulate_run(settings, run), tmp_path / f"run-{run}_eeg.fif")
    shipped = yaml.safe_load(Path("configs/motor-imagery.yaml").read_text())
    shipped["pipeline"] |= {"channels": ["C3", "Cz", "C4"], "window_s": 2.0}
    del shipped["pipeline"]["kinds"]
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(shipped))
    data = ["run-1_eeg.fif", "run-2_eeg.fif"]
    agreed = {
        "name": "two labs",
        "model": {"trunk": "shallow", "n_virtual": 4, "sfreq": 64, "window_s": 3},
        "training": {"rounds": 2, "epochs": 1, "finish_epochs": 1},
        "privacy": {"clip_norm": 1.0, "noise_multiplier": 0.01},
        "sites": [
            {"name": "lab-a", "profile": "motor-imagery", "data": list(data)},
            {"name": "lab-b", "profile": "few.yaml", "data": list(data)},
        ],
    }
    file = tmp_path / "partners.yaml"
    file.write_text(yaml.safe_dump(agreed))
    return file


@pytest.mark.slow
def test_a_simulated_federation_ends_in_a_model_for_every_site(
    partners: Path, tmp_path: Path
) -> None:
    done = bci("federate", "simulate", partners, "--out", tmp_path / "models")
    assert done.returncode == 0, done.stderr
    assert "round 2" in done.stderr
    for name, n_channels in (("lab-a", None), ("lab-b", 3)):
        card, decoder = load_model(tmp_path / "models" / name)
        told = card.federation
        assert told is not None
        assert (told.name, told.rounds, told.partners) == ("two labs", 2, 2)
        assert len(told.accuracies) == 2
        assert told.epsilon is not None
        assert told.epsilon > 0
        assert card.simulated
        assert n_channels in (None, len(card.stream.channels))
        assert decoder.classes == ("left", "right")
    old = yaml.safe_load((tmp_path / "models" / "lab-a" / CARD).read_text())
    del old["federation"]
    (tmp_path / "models" / "lab-a" / CARD).write_text(yaml.safe_dump(old))
    assert load_card(tmp_path / "models" / "lab-a").federation is None
    file = tmp_path / "run-2_eeg.fif"
    assert bci("evaluate", tmp_path / "models" / "lab-b", file).returncode == 0


def test_a_mistake_is_one_line_that_names_it(partners: Path, tmp_path: Path) -> None:
    for arguments, told in (
        (("server", partners, "--state", tmp_path / "s"), "sites.0.public_key is missing"),
        (
            ("join", partners, "--site", "lab-c", "--profile", "motor-imagery", "--data", "x.fif",
             "--key", "key", "--state", tmp_path / "s", "--out", tmp_path / "m"),
            "there is no 'lab-c'; there are lab-a, lab-b",
        ),
    ):  # fmt: skip
        done = bci("federate", *arguments)
        assert done.returncode == 2, done.stderr
        assert told in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
