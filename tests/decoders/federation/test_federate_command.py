"""The command ``bci federate`` on simulated recordings."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from bci.models.bundle import CARD, load_card
from bci.models.load import load_model
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci, one_line


@pytest.fixture
def partners(tmp_path: Path) -> Path:
    """Return a file that names two sites, one with three electrodes and one with all."""
    settings = SubjectSettings(trials_per_class=3)
    for run in (1, 2):
        write_run(simulate_run(settings, run), tmp_path / f"run-{run}_eeg.fif")
    shipped = yaml.safe_load(Path("configs/motor-imagery.yaml").read_text())
    shipped["pipeline"] |= {"channels": ["C3", "Cz", "C4"], "window_s": 2.0}
    del shipped["pipeline"]["kinds"]
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(shipped))
    data = ["run-1_eeg.fif", "run-2_eeg.fif"]
    agreed = {
        "name": "two labs",
        "model": {
            "trunk": "shallow", "n_virtual": 4, "sfreq": 64, "window_s": 3,
            "classes": ["left", "right"],
        },
        "training": {"rounds": 2},
        "privacy": {"clip_norm": 1.0, "noise_multiplier": 0.01},
        "sites": [
            {"name": "lab-a", "profile": "motor-imagery", "data": list(data)},
            {"name": "lab-b", "profile": "few.yaml", "data": list(data)},
        ],
    }  # fmt: skip
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
    shutil.copytree(tmp_path / "models" / "lab-a", tmp_path / "older")
    old = yaml.safe_load((tmp_path / "older" / CARD).read_text())
    del old["federation"]
    (tmp_path / "older" / CARD).write_text(yaml.safe_dump(old))
    assert load_card(tmp_path / "older").federation is None
    file = tmp_path / "run-2_eeg.fif"
    assert bci("evaluate", tmp_path / "models" / "lab-b", file).returncode == 0

    # A stop while models were written: all rounds are stored, but one site has not finished.
    history = tmp_path / "models" / ".rounds" / "server" / "rounds.json"
    stored = json.loads(history.read_text())
    del stored["finished"]["lab-b"]
    history.write_text(json.dumps(stored))
    (tmp_path / "models" / "lab-b").rename(tmp_path / "as if not yet written")
    again = bci("federate", "simulate", partners, "--out", tmp_path / "models")
    assert again.returncode == 0, again.stderr
    assert load_card(tmp_path / "models" / "lab-b").federation == told


def test_a_mistake_is_one_line_that_names_it(partners: Path, tmp_path: Path) -> None:
    def joining(site: str, runs: tuple[int, ...] = (1, 2)) -> tuple[object, ...]:
        data = [each for run in runs for each in ("--data", tmp_path / f"run-{run}_eeg.fif")]
        return (
            "join", partners, "--kit", tmp_path / site, "--profile", "motor-imagery", *data,
            "--state", tmp_path / "s", "--out", tmp_path / "m",
        )  # fmt: skip

    def leading(kit: str) -> tuple[object, ...]:
        return (
            "server", partners, "--kit", tmp_path / kit, "--leader", tmp_path / "me",
            "--state", tmp_path / "state",
        )  # fmt: skip

    for arguments, why in (
        (joining("lab-c"), "sites: there is no 'lab-c'; there are lab-a, lab-b"),
        (joining("lab-a"), "lab-a is not a start-up kit; `nvflare package` makes one"),
        (joining("lab-a", (1,)), "run-1_eeg.fif: the only recording, so nothing can be held out"),
        (leading("hub"), "hub is not a start-up kit"),
    ):
        done = bci("federate", *arguments)
        assert done.returncode == 2, done.stderr
        assert why in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model": {"trunk": "shallow"}}, "name the two or more classes that all sites have"),
        ({"model": {"classes": ["left", "left"]}}, "each once"),
        ({"server": {"min_sites": 3}}, "server.min_sites is 3, but there are 2 sites"),
        ({"server": {"port": 9092}}, "server.port"),
        ({"sites": [{"name": "x"}, {"name": "x"}]}, "sites: two have the same name"),
        ({"sites": [{"name": "../x"}]}, "sites.0.name"),
        ({"sites": [{"name": "server"}, {"name": "x"}]}, "'server' names the server"),
        ({"model": {"share_head": False, "trunk": "nosuch"}}, "there is no trunk 'nosuch'"),
    ],
)
def test_a_wrong_agreement_names_its_key(tmp_path: Path, change: dict, why: str) -> None:
    agreed = {
        "name": "two labs", "model": {"share_head": False},
        "sites": [{"name": "lab-a"}, {"name": "lab-b"}],
    }  # fmt: skip
    file = tmp_path / "partners.yaml"
    file.write_text(yaml.safe_dump(agreed | change))
    done = bci("federate", "simulate", file, "--out", tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert why in one_line(done)
