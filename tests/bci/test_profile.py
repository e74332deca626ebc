from pathlib import Path

import pytest
import yaml

from bci.errors import ProfileError
from bci.profile import Profile, check_agreement, file_sha256, load_profile, shipped_profiles

VALID = {
    "task": "motor imagery",
    "pipeline": {
        "filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}],
        "window_s": 2.0,
    },
    "paradigm": {"classes": {"left": "T1", "right": "T2"}},
}


def write(folder: Path, **changes: object) -> Path:
    file = folder / "profile.yaml"
    file.write_text(yaml.safe_dump({**VALID, **changes}))
    return file


@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_every_shipped_profile_loads_by_name(name: str) -> None:
    assert isinstance(load_profile(name), Profile)


def test_some_profiles_ship() -> None:
    assert {"motor-imagery", "motor-imagery-eegmmidb"} <= set(shipped_profiles())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"modle": "x"}, r"modle: there is no such key; allowed here: .*model"),
        (
            {"pipeline": {"window_s": 2, "hop": 0.1}},
            r"pipeline.hop: there is no such key; allowed here: at_cues, channels, filters, hop_s",
        ),
        (
            {"pipeline": {"window_s": 2, "filters": [{"kind": "bandpas"}]}},
            r"pipeline.filters.0: .*'bandpas'.*'bandpass'",
        ),
        (
            {"pipeline": {"window_s": 2, "filters": [{"kind": "notch", "freq_hz": 50, "Q": 3}]}},
            r"pipeline.filters.0.notch.Q: there is no such key; allowed here: freq_hz, kind, q",
        ),
        (
            {"pipeline": {"window_s": 2, "filters": [{"kind": "notch", "freq_hz": -1}]}},
            r"pipeline.filters.0.notch.freq_hz: .*greater than 0, not -1",
        ),
        (
            {
                "pipeline": {
                    "window_s": 2,
                    "filters": [{"kind": "bandpass", "low_hz": 30, "high_hz": 8}],
                }
            },
            r"low_hz \(30.0\) must be below high_hz",
        ),
        ({"pipeline": {"window_s": 9}}, "window_s .9 s. is longer than the part of a trial"),
        ({"pipeline": {"window_s": float("nan")}}, "pipeline.window_s: .*finite"),
        ({"paradigm": {"classes": {"a": "T1", "b": "T1"}}}, "two classes share a marker"),
        ({"pipeline": {}}, "pipeline.window_s: Field required"),
    ],
)
def test_a_mistake_is_named_by_its_key_path(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ProfileError, match=message) as caught:
        load_profile(write(tmp_path, **changes))
    assert "profile.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("task: [unclosed", "line 1: not valid YAML"),
        ("just words", "expected keys and values, found str"),
        ("a: &x [1]\nb: *x", "aliases .* are not allowed"),
        ("a: !!python/object/apply:os.system ['true']", "not valid YAML"),
        ("\x00", "not valid YAML"),
        ("[" * 5000, "not valid YAML"),
        ("", "expected keys and values"),
    ],
)
def test_what_is_not_a_profile_gives_one_line(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(content)
    with pytest.raises(ProfileError, match=message) as caught:
        load_profile(file)
    assert "\n" not in str(caught.value)


def test_a_missing_profile_names_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="motor-imagery"):
        load_profile("motor-imagary")
    with pytest.raises(ProfileError, match="no such file"):
        load_profile(tmp_path / "none.yaml")


def test_a_profile_that_differs_from_the_model_is_refused(tmp_path: Path) -> None:
    profile = load_profile(write(tmp_path))
    check_agreement(profile, profile.pipeline, tmp_path)
    trained = profile.pipeline.model_copy(update={"window_s": 1.0})
    with pytest.raises(ProfileError, match=r"pipeline.window_s .* trained with \(1.0\)"):
        check_agreement(profile, trained, tmp_path)


def test_a_shipped_profile_leaves_the_threshold_to_a_calibration_that_chooses_one() -> None:
    chooses = {
        name: profile.output.decision_threshold
        for name in shipped_profiles()
        if (profile := load_profile(name)).paradigm.rest is not None
        and profile.paradigm.items is None
        and not profile.pipeline.at_cues
    }
    assert chooses == {
        "motor-imagery": None, "motor-imagery-eegmmidb": None, "speech-sliding": None,
    }  # fmt: skip


def test_a_recording_that_is_a_folder_has_a_hash_of_all_its_files(tmp_path: Path) -> None:
    for name in ("one.ds", "two.ds", "other.ds"):
        (tmp_path / name / "hz").mkdir(parents=True)
        (tmp_path / name / "run.res4").write_bytes(b"rate")
        (tmp_path / name / "hz" / "run.meg4").write_bytes(b"samples" if name[0] == "o" else b"new")
    one, two, other = (file_sha256(tmp_path / n) for n in ("one.ds", "two.ds", "other.ds"))
    assert one == other != two


@pytest.mark.parametrize(
    "value",
    [
        "!!timestamp x", "!!bool maybe", "!!binary '###'", "!!python/object/apply:os.system ['x']",
        "!!set {x, y}", "2020-13-45", ":".join(["1"] * 50_000), ":".join(["1"] * 50_000) + ".5",
        "0x" + "f" * 100_000, "9" * 100_000, "&a [*a]", "[" * 20_000,
    ],
    ids=lambda value: value[:12],
)  # fmt: skip
def test_hostile_yaml_values_are_refused_in_one_line(value: str, tmp_path: Path) -> None:
    file = tmp_path / "hostile.yaml"
    file.write_text(f"task: {value}\n")
    with pytest.raises(ProfileError) as refused:
        load_profile(file)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_times_and_dates_stay_texts(tmp_path: Path) -> None:
    file = tmp_path / "markers.yaml"
    file.write_text(
        "task: motor-imagery\npipeline: {window_s: 1}\nstream: {type: EEG}\n"
        "paradigm: {classes: {left: 10:30, right: 2020-01-02}}\n"
    )
    assert load_profile(file).paradigm.classes == {"left": "10:30", "right": "2020-01-02"}
