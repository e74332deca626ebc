from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bci.errors import ProfileError
from bci.files.plain_yaml import PlainLoader, dump
from bci.profiles.profile import (
    Profile,
    check_agreement,
    check_task,
    file_sha256,
    load_profile,
    shipped_profiles,
)

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
            r"pipeline.filters.0.notch.Q: there is no such key; allowed here: freq_hz, harmonics, "
            r"kind, q",
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
        (
            {
                "pipeline": {
                    "window_s": 2,
                    "filters": [{"kind": "bandpass", "lowhz": 8, "high_hz": 30}],
                }
            },
            r"lowhz: there is no such key; allowed here: .*; did you mean 'low_hz'\? \(and 1 more",
        ),
        ({"pipelines": {}}, r"pipelines: there is no such key; .*; did you mean 'pipeline'\?"),
        (
            {"pipeline": {"window_s": 2, "filters": [{"kind": "band-pass", "low_hz": 8}]}},
            r"filters.0: there is no kind 'band-pass'; there are: .*'bandpass', .*'standardize'; "
            r"did you mean 'bandpass'\?$",
        ),
        (
            {"pipeline": {"window_s": 2, "filters": [{"low_hz": 8, "high_hz": 30}]}},
            r"pipeline.filters.0: the key kind is missing$",
        ),
        ({"paradigm": {"classes": {"left": True, "right": "R"}}}, "paradigm.classes.left: .*True"),
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


def test_number_markers_are_their_digits(tmp_path: Path) -> None:
    file = tmp_path / "graz.yaml"
    text = yaml.safe_dump(VALID).replace("T1", "769").replace("T2", "770.0")
    file.write_text(text.replace("paradigm:", "paradigm:\n  rest: 800"))
    paradigm = load_profile(file).paradigm
    assert paradigm.classes == {"left": "769", "right": "770"}
    assert paradigm.rest_marker == "800"


def test_words_that_old_yaml_takes_for_something_else_are_words(tmp_path: Path) -> None:
    file = tmp_path / "words.yaml"
    file.write_text(
        "task: 2026-11-28\n"
        "pipeline: {window_s: 2.0}\n"
        "paradigm: {classes: {yes: on, no: off, 1:30: 1:30:00}, rest_class: false}\n"
    )
    profile = load_profile(file)
    assert profile.task == "2026-11-28"
    assert profile.paradigm.classes == {"yes": "on", "no": "off", "1:30": "1:30:00"}


@pytest.mark.parametrize(
    ("scalar", "message"),
    [
        ("{a: 1, a: 2}", "the key a is given twice"),
        ("{[1]: 2}", "a key has to be a word or a number"),
    ],
)
def test_keys_are_words_and_given_once(tmp_path: Path, scalar: str, message: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(f"task: {scalar}\n")
    with pytest.raises(ProfileError, match=rf"bad.yaml, line 1: not valid YAML: .*{message}"):
        load_profile(file)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
@example({"\x85": "a\u2028b"})
@example(["0E0", "1e5", "-2E+3", "true", "1:30", "0o17", "<<", "=", ""])
def test_what_is_written_is_read_back(content: object) -> None:
    # Written as cards and profiles are.
    text = dump(content)
    assert yaml.load(text, Loader=PlainLoader) == content == yaml.safe_load(text)


def test_model_of_another_task_is_named(tmp_path: Path) -> None:
    profile = load_profile(write(tmp_path))
    with pytest.raises(ProfileError, match="a model of the task speech, the profile is of motor"):
        check_task(profile, "speech", tmp_path)


def test_a_missing_profile_names_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="did you mean 'motor-imagery'"):
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
        and profile.neurofeedback is None
    }
    assert chooses == {
        "motor-imagery": None, "motor-imagery-eegmmidb": None, "speech-sliding": None,
        "ssvep": None, "ssvep-40": None, "ssvep-exoskeleton": None,
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
