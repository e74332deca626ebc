"""Commands that print lists, for people and for programs."""

import json
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import yaml

from bci.cli import doctor as system
from bci.cli.doctor import missing_of_extras
from bci.models.bundle import CARD
from bci.profiles.keys import profile_keys
from bci.profiles.profile import load_profile, shipped_profiles
from bci.recording.read import read_recording
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci, refused

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_shipped_profiles_are_listed_and_printed_to_be_copied(tmp_path: Path) -> None:
    text = bci("profiles").stdout
    for name in shipped_profiles():
        assert name in text
    assert "Left against right hand, imagined" in text
    (tmp_path / "mine.yaml").write_text(bci("profiles", "motor-imagery").stdout)
    assert load_profile(tmp_path / "mine.yaml") == load_profile("motor-imagery")
    assert "did you mean 'motor-imagery'" in refused("profiles", "motor-imagary")


def test_every_key_of_a_profile_is_listed_with_its_default() -> None:
    keys = {key.path: (key.takes, key.default) for key in profile_keys()}
    assert keys["task"] == ("text", "required")
    assert keys["stream.type"] == ("text", "EEG")
    assert keys["pipeline.filters[notch].q"] == ("number > 0 <= 1000", "30.0")
    assert keys["output.adapt"] == ("off, alignment, supervised", "")
    assert [key.path for key in profile_keys() if "number" in key.takes and not key.unit] == []
    text = bci("profiles", "--keys").stdout
    for part in (*keys, "n_components", "c, align"):
        assert part in text
    # The keys of the shipped profiles are among them.
    assert {"pipeline.window_s", "paradigm.classes", "decoder.params"} < keys.keys()


@pytest.mark.slow
def test_models_are_listed_for_programs(tmp_path: Path) -> None:
    for run in (1, 2):
        write_run(simulate_run(SubjectSettings(trials_per_class=5), run), tmp_path / f"{run}.fif")
    model = tmp_path / "models" / "me"
    runs = (tmp_path / "1.fif", tmp_path / "2.fif")
    assert bci("calibrate", "motor-imagery", *runs, "--out", model).returncode == 0
    damaged = tmp_path / "models" / "other"
    damaged.mkdir()
    (damaged / CARD).write_text("task: [")
    listed = {
        each["folder"]: each
        for each in json.loads(bci("models", tmp_path / "models", "--json").stdout)
    }
    assert listed[str(model)]["card"]["classes"] == ["left", "right"]
    assert "not valid YAML" in listed[str(damaged)]["error"]


def test_doctor_lists_every_optional_part_for_people_and_programs() -> None:
    told = json.loads(bci("doctor", "--json").stdout)
    assert told["passed"] is all(check["passed"] for check in told["checks"])
    assert told["libraries"]["numpy"]
    text = bci("doctor").stdout
    extras = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    for extra in extras.keys() & told["missing_of_extras"].keys():
        assert f"  {extra}: " in text


def test_doctor_names_the_folders_of_the_users_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = json.loads(bci("doctor", "--json").stdout)["folders"]
    assert set(found) == {"recordings", "models", "logs", "settings"}
    assert found["models"] == {"path": str(tmp_path / "recordings/models"), "problem": ""}
    (tmp_path / "recordings").write_text("a file, no folder")
    text = bci("doctor").stdout
    assert f"models: {tmp_path / 'recordings/models'} (cannot be written: " in text


def test_a_missing_package_is_named_with_its_optional_part(monkeypatch: pytest.MonkeyPatch) -> None:
    required = [
        "numpy>=2.0", "PySide6-Essentials>=6.8,<6.12; python_version < '3.12' and extra == 'gui'",
        "PySide6-Essentials>=6.8; python_version >= '3.12' and extra == 'gui'",
        'bci[networks]; extra == "images"', "pillow>=10; extra == 'images'", "ruff; extra == 'dev'",
    ]  # fmt: skip

    def version(package: str) -> str:
        if package == "PySide6-Essentials":
            raise PackageNotFoundError(package)
        return "1.0"

    monkeypatch.setattr(system, "requires", lambda _name: required)
    monkeypatch.setattr(system, "version", version)
    assert missing_of_extras() == {"gui": ["PySide6-Essentials"], "images": []}


def test_replay_reports_the_streamed_part(tmp_path: Path) -> None:
    file = tmp_path / "run_eeg.fif"
    write_run(simulate_run(SubjectSettings(trials_per_class=2), 1), file)
    line = bci("replay", file, "--start", 5, "--stop", 15, "--speed", "max").stderr
    assert "16 channels, 250 Hz, simulated; 5 to 15 s of " in line.replace("\n", "")
    played = [marker for marker in read_recording(file).markers if 5 <= marker.time < 15]
    assert played
    assert line.endswith(f", {len(played)} markers\n")
    assert "no sample after 600 s" in refused("replay", file, "--start", 600)


def test_demo_of_a_model_without_a_recording_is_refused() -> None:
    assert "--model needs a recording" in refused("demo", "--model", "m")


def test_help_wraps_where_the_terminal_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = bci("calibrate", "--help").stdout
    assert "trials, before the training), step (of a network's training), point (of the" in text


def test_a_yaml_profile_prints_as_it_was_written() -> None:
    printed = bci("profiles", "speech").stdout
    assert printed == shipped_profiles()["speech"].read_text(encoding="utf-8")
    assert yaml.safe_load(printed)["task"] == "speech"
