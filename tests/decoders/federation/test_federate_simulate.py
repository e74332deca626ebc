"""``bci federate simulate`` after a stop, and addresses of ``bci federate join``."""

from pathlib import Path

import pytest
import yaml

pytest.importorskip("flwr", reason="needs Flower: pip install -e '.[federation]'")

from bci.cli.federate import join, simulate
from bci.errors import BundleError, ProfileError
from bci.models.bundle import load_card
from decoders.federation import rounds as server_side
from decoders.federation.agreement import Server, is_this_machine
from devices.simulated.subject import SubjectSettings, simulate_run, write_run


class StopError(Exception):
    pass


@pytest.mark.slow
def test_a_simulation_stopped_while_models_are_written_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for run in (1, 2):
        write_run(simulate_run(SubjectSettings(trials_per_class=3), run), tmp_path / f"{run}.fif")
    agreed = {
        "name": "two labs",
        "model": {"trunk": "shallow", "n_virtual": 2, "sfreq": 64, "window_s": 3},
        "training": {"rounds": 1, "epochs": 1, "finish_epochs": 1},
        "sites": [
            {"name": name, "profile": "motor-imagery", "data": ["1.fif", "2.fif"]}
            for name in ("lab-a", "lab-b")
        ],
    }
    file, out = tmp_path / "partners.yaml", tmp_path / "models"
    file.write_text(yaml.safe_dump(agreed))
    save = server_side.save

    def stop_at_the_end(folder: Path, shared, progress) -> None:
        if progress.finished:
            raise StopError
        save(folder, shared, progress)

    with monkeypatch.context() as patched:
        patched.setattr(server_side, "save", stop_at_the_end)
        with pytest.raises(StopError):
            simulate(file, out)
    (out / "lab-b").rename(tmp_path / "as if not yet written")

    simulate(file, out)

    for name in ("lab-a", "lab-b"):
        told = load_card(out / name).federation
        assert told is not None
        assert (told.rounds, told.partners, len(told.accuracies)) == (1, 2, 1)
    with pytest.raises(BundleError, match="lab-a exists already"):
        simulate(file, out)
    assert "no model" not in capsys.readouterr().err
    (out / "lab-b").rename(tmp_path / "as if it had failed")
    simulate(file, out)
    assert "lab-b has no model" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address", ["hub", "hub:", "hub:abc", "hub:99999", "http://hub:9092", "::1:9092", "hub:9 9"]
)
def test_what_is_no_address_is_one_sentence(address: str, tmp_path: Path) -> None:
    file = tmp_path / "partners.yaml"
    file.write_text("name: x\nsites: [{name: a}, {name: b}]")
    with pytest.raises(ProfileError, match=r"--server: .* is not host:port"):
        join(
            file, "a", "motor-imagery", [tmp_path / "x.fif"], tmp_path / "key", tmp_path / "out",
            tmp_path / "state", address,
        )  # fmt: skip


def test_only_this_machine_is_joined_without_a_certificate() -> None:
    for host in ("localhost", "127.0.0.1", "127.0.0.2", "::1"):
        assert is_this_machine(Server(host=host).address)
    for address in ("hub.example.org:9092", "0.0.0.0:9092", "[::]:9092", "127.0.0.1.evil.org:1"):
        assert not is_this_machine(address)
