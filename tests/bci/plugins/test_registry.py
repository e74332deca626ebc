"""The registry of plug-ins: found plug-ins, and reports on broken ones."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import decoders
from bci.errors import BundleError, DeviceError, PluginError, ProfileError
from bci.interfaces import Following, Teachable
from bci.lsl.device_stream import stream_device
from bci.messages import PluginsEvent, read_event
from bci.models.bundle import CARD, list_bundles
from bci.plugins import registry as plugins
from bci.plugins.class_source import class_attributes
from bci.plugins.decoder_offers import (
    carrying_over,
    decoder_names,
    decoder_traits,
    networks,
    of_task,
)
from bci.plugins.registry import GROUPS, find
from bci.profiles.profile import load_profile
from devices.catalogue import create, entries
from tests.commands import bci, refused
from tests.toy_packages import Packages, profile_with

GOOD = '''
from bci.profiles.pipeline_settings import FilterSettings
from bci.pipeline.filters import CommonAverageReference


class Mean(FilterSettings):
    """Nothing but the mean."""

    kind: str = "mean"
    size: int = 3

    def stage(self, signal):
        return CommonAverageReference()


class NoStage(FilterSettings):
    kind: str = "no-stage"

    def stage(self, signal):
        return object()


class Raising(FilterSettings):
    kind: str = "raising"

    def stage(self, signal):
        return 1 / 0


class NarrowStage(CommonAverageReference):
    def process(self, data, first):
        return data[:, :1], first


class Narrow(FilterSettings):
    kind: str = "narrow"

    def stage(self, signal):
        return NarrowStage()


class OtherKind(FilterSettings):
    kind: str = "another"
'''


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    before = set(sys.modules)
    yield Packages(tmp_path / "site", monkeypatch)
    for module in set(sys.modules) - before:
        if module.startswith("toy_"):
            del sys.modules[module]
    monkeypatch.undo()
    plugins.forget()


def test_all_of_ours_load() -> None:
    for group in GROUPS:
        for plugin in plugins.plugins(group).values():
            if plugin.is_ours:
                assert plugin.problem() == "", plugin.name


def test_properties_of_our_decoders_are_those_of_their_classes() -> None:
    for name in decoder_names():
        cls = find("bci.decoders", name).load()
        traits = decoder_traits(name)
        for key in ("summary", "task", "needs", "carries_over", "adapts", "needs_cues"):
            assert getattr(traits, key) == getattr(cls, key, getattr(type(traits)(), key)), name
        assert traits.summary, name
        methods = {"alignment": "follow", "supervised": "taught"}
        assert set(traits.adapts) == {k for k, each in methods.items() if hasattr(cls, each)}, name
        assert not traits.carries_over or hasattr(cls, "adapt"), name
    made = decoders.create("tangent-space")
    assert isinstance(made, Following)
    assert isinstance(made, Teachable)


def test_decoders_are_listed_without_importing_them() -> None:
    import subprocess

    code = (
        "import sys; from bci.plugins.decoder_offers import *; decoder_names(); carrying_over(); "
        "assert not {'torch', 'numba', 'scipy', 'PySide6', 'decoders'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert {"tangent-space", "dbconformer"} <= set(carrying_over())
    assert "csp-lda" not in carrying_over()
    assert "eegnet" in networks()
    assert of_task("images") == ("image-ridge", "meg-images")


def test_a_filter_of_another_package_is_used_in_a_profile(
    packages: Packages, tmp_path: Path
) -> None:
    packages.add("toy-filters", "toy_good", GOOD, filter={"mean": "Mean"})
    profile = load_profile(profile_with(tmp_path, "{kind: mean, size: 4}", "{kind: remove_dc}"))
    assert [each.kind for each in profile.pipeline.filters] == ["mean", "remove_dc"]
    assert profile.pipeline.model_dump()["filters"][0] == {"kind": "mean", "size": 4}
    with pytest.raises(
        ProfileError,
        match=r"filters.0.mean.siez: there is no such key; allowed here: kind, size; did you mean",
    ):
        load_profile(profile_with(tmp_path, "{kind: mean, siez: 4}"))
    with pytest.raises(ProfileError, match=r"there is no kind 'maen'; .*'mean'.* did you mean 'me"):
        load_profile(profile_with(tmp_path, "{kind: maen}"))
    with pytest.raises(ProfileError, match=r"there is no kind .\['mean'\].; there are"):
        load_profile(profile_with(tmp_path, "{kind: [mean]}"))


def test_two_packages_with_one_name_are_both_named(packages: Packages, tmp_path: Path) -> None:
    packages.add("toy-one", "toy_one", GOOD, filter={"mean": "Mean"})
    packages.add("toy-two", "toy_two", GOOD, filter={"mean": "Mean"})
    with pytest.raises(ProfileError, match="mean is offered by toy-one and toy-two: uninstall one"):
        load_profile(profile_with(tmp_path, "{kind: mean}"))


@pytest.mark.parametrize(
    ("source", "at", "reason"),
    [
        ("raise RuntimeError('no licence\\nfound')", "Any", "cannot be imported: RuntimeError: no"),
        ("import sys; sys.exit(3)", "Any", "cannot be imported: SystemExit: 3"),
        ("import nothing_like_it", "Any", "needs nothing_like_it: pip install nothing_like_it"),
        ("def f(:", "Any", "cannot be imported: SyntaxError"),
        ("", "Missing", "has no attribute 'Missing'"),
        ("", "", "the entry point is 'toy_broken:'; it has to be module:class"),
        ("Thing = 3", "Thing", "toy_broken:Thing is no class"),
        ("class Thing: pass", "Thing", "lacks the methods model_validate, stage"),
        (GOOD, "OtherKind", "lacks the field kind with the value 'broken'"),
        (
            "class Fake:\n    def model_validate(self): ...\n    def stage(self): ...\n",
            "Fake",
            "lacks the field kind with the value 'broken'",
        ),
    ],
)
def test_a_broken_plugin_is_one_clear_line_and_harms_no_other(
    packages: Packages, tmp_path: Path, source: str, at: str, reason: str
) -> None:
    packages.add("toy-broken", "toy_broken", source, filter={"broken": at})
    line = refused("calibrate", profile_with(tmp_path, "{kind: broken}"), "x", "--out", "y")
    assert "filter broken (toy-broken)" in line
    assert reason in line
    assert load_profile("motor-imagery").pipeline.filters
    with pytest.raises(ProfileError, match="there is no kind 'brokn'; "):
        load_profile(profile_with(tmp_path, "{kind: brokn}"))


def test_a_model_with_a_broken_filter_is_listed_with_the_reason(
    packages: Packages, tmp_path: Path
) -> None:
    packages.add("toy-filters", "toy_good", GOOD, filter={"mean": "OtherKind"})
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / CARD).write_text("pipeline: {window_s: 1, filters: [{kind: mean}]}\n")
    ((_, problem),) = list_bundles(tmp_path)
    assert isinstance(problem, BundleError)
    assert "lacks the field kind with the value 'mean'" in str(problem)


def test_a_stage_of_a_wrong_shape_is_named(packages: Packages, tmp_path: Path) -> None:
    from bci.pipeline.filter_chain import Chain
    from tests.signals import eeg_info

    both = {"no-stage": "NoStage", "raising": "Raising"}
    both["narrow"] = "Narrow"
    packages.add("toy-filters", "toy_good", GOOD, filter=both)
    pipeline = load_profile(profile_with(tmp_path, "{kind: narrow}")).pipeline
    with pytest.raises(PluginError, match=r"narrow: its stage makes of an empty chunk .*\(0, 1\)"):
        Chain(pipeline.model_copy(update={"channels": None}), eeg_info())
    pipeline = load_profile(profile_with(tmp_path, "{kind: no-stage}")).pipeline
    with pytest.raises(PluginError, match="no-stage: its stage lacks decimation, settling, reset"):
        Chain(pipeline.model_copy(update={"channels": None}), eeg_info())
    pipeline = load_profile(profile_with(tmp_path, "{kind: raising}")).pipeline
    with pytest.raises(PluginError, match="raising cannot be built: ZeroDivisionError"):
        Chain(pipeline.model_copy(update={"channels": None}), eeg_info())


def test_a_broken_decoder_is_named_wherever_it_is_asked_for(packages: Packages) -> None:
    packages.add("toy-decoders", "toy_decoders", "class Half:\n    def fit(self): ...\n",
                 decoder={"half": "Half"})  # fmt: skip
    with pytest.raises(ProfileError, match=r"half .*lacks the methods predict_proba, arrays, from"):
        decoders.create("half")
    with pytest.raises(BundleError, match=r"half .*lacks the methods"):
        decoders.load("half", {}, ("a", "b"), {})
    with pytest.raises(BundleError, match="no installed package offers one"):
        decoders.load("whole", {}, ("a", "b"), {})


def test_a_broken_device_takes_nothing_from_the_others(packages: Packages) -> None:
    packages.add("toy-devices", "toy_devices", "raise OSError('no driver')", device={"amp": "Amp"})
    assert "simulator" in [entry.name for entry in entries()]
    with pytest.raises(PluginError, match=r"device amp .*cannot be imported: OSError: no driver"):
        create("amp", {})


def test_a_family_of_devices_that_fails_takes_nothing_from_the_others(packages: Packages) -> None:
    source = (
        "class Amps:\n"
        "    @staticmethod\n    def entries(): raise RuntimeError('no driver')\n"
        "    @staticmethod\n    def create(name, parameters): ...\n"
    )
    packages.add("toy-devices", "toy_devices", source, device={"amps": "Amps"})
    assert "simulator" in [entry.name for entry in entries()]
    assert create("simulator", {})
    with pytest.raises(DeviceError, match=r"did you mean simulator"):
        create("simulatr", {})
    with pytest.raises(DeviceError, match=r"device amps \(toy-devices\): no driver"):
        create("zzz", {})


def test_a_device_without_a_stream_is_refused() -> None:
    class Mute:
        def open(self) -> None: ...
        def close(self) -> None: ...
        def describe(self) -> tuple[()]:
            return ()

    with pytest.raises(DeviceError, match="Mute: the device describes no stream"):
        stream_device(Mute(), threading.Event())  # type: ignore[arg-type]


def test_an_error_out_of_a_plugin_is_one_line_that_names_it(packages: Packages) -> None:
    source = (
        "from bci.profiles.pipeline_settings import Settings\n"
        "class Wanted(Settings):\n    port: int = 1\n"
        "class Toy:\n    settings = Wanted\n"
        "    def __init__(self, settings): pass\n"
        "    def run(self, stop): raise OSError(5, 'port\\nis taken')\n"
    )
    packages.add("toy-bridges", "toy_bridges", source, bridge={"toy": "Toy"})
    assert refused("bridge", "toy") == (
        "error: the plug-in toy-bridges failed: OSError: [Errno 5] port is taken "
        "(toy_bridges.py, line 7)"
    )
    assert plugins.fault_in_plugin(RuntimeError("ours")) is None


def test_a_plugin_that_prints_leaves_standard_output_to_results(packages: Packages) -> None:
    source = "print('hello')\n" + GOOD
    packages.add("toy-filters", "toy_loud", source, filter={"mean": "Mean"})
    done = bci("plugins", "--json")
    assert isinstance(read_event(done.stdout), PluginsEvent)
    assert "hello" in done.stderr


def test_plugins_lists_every_plugin_and_why_one_cannot_be_used(packages: Packages) -> None:
    packages.add("toy-filters", "toy_good", GOOD, filter={"mean": "Mean", "broken": "OtherKind"})
    listed = read_event(bci("plugins", "--json").stdout)
    assert isinstance(listed, PluginsEvent)
    rows = [entry.model_dump() for entry in listed.plugins]
    of_name = {row["name"]: row for row in rows if row["kind"] == "filter"}
    assert of_name["mean"]["problem"] is None
    assert of_name["mean"]["summary"] == "Nothing but the mean"
    assert (of_name["mean"]["distribution"], of_name["mean"]["version"]) == ("toy-filters", "1.2")
    assert "lacks the field kind" in of_name["broken"]["problem"]
    ours = {(row["kind"], row["name"]) for row in rows if row["distribution"] == "bci"}
    assert {("decoder", "eegnet"), ("device", "simulator"), ("view", "emotion")} <= ours
    (eegnet,) = (row for row in rows if row["name"] == "eegnet")
    assert (eegnet["needs"], eegnet["carries_over"], eegnet["task"]) == (("torch",), True, None)
    assert "toy-filters 1.2" in bci("plugins").stdout


def test_doctor_names_a_broken_plugin(packages: Packages, monkeypatch: pytest.MonkeyPatch) -> None:
    from bci.cli import doctor as system

    packages.add("toy-filters", "toy_good", GOOD, filter={"mean": "Mean", "broken": "OtherKind"})
    checks = {check.what: check.passed for check in system._check_plugins()}
    assert checks["filter mean of toy-filters loads"]
    assert [passed for what, passed in checks.items() if "filter broken" in what] == [False]


def test_an_unknown_bridge_and_a_wrong_parameter_are_one_line(packages: Packages) -> None:
    source = (
        "from bci.profiles.pipeline_settings import Settings\n"
        "class Wanted(Settings):\n    port: int = 1\n"
        "class Toy:\n    settings = Wanted\n"
        "    def __init__(self, settings): self.port = settings.port\n"
        "    def run(self, stop): print('port', self.port)\n"
    )
    packages.add("toy-bridges", "toy_bridges", source, bridge={"toy": "Toy"})
    assert bci("bridge", "toy", "port=7").stdout == "port 7\n"
    unknown = refused("bridge", "tyo")
    assert "there is no bridge 'tyo'; there are: " in unknown
    assert "toy, " in unknown
    assert "toy: prt: there is no such key; allowed here: port" in refused("bridge", "toy", "prt=7")
    assert "is not of the form PARAMETER=VALUE" in refused("bridge", "toy", "port")


def test_properties_are_read_through_bases_and_imports_without_running_code(
    packages: Packages,
) -> None:
    packages.add("toy-base", "toy_base", "raise OSError\nclass Base:\n    needs = ('torch',)\n")
    packages.add(
        "toy-own", "toy_own",
        "from toy_base import Base as B\nclass Own(B):\n    '''One.'''\n    x: int = 1\n"
        "    y = x + 1\n",
    )  # fmt: skip
    assert class_attributes("toy_own:Own") == {"needs": ("torch",), "x": 1, "__doc__": "One."}
    assert class_attributes("toy_own:Nothing") == {}
    assert class_attributes("toy_nowhere:Own") == {}


def test_without_metadata_of_ours_the_project_file_is_read() -> None:
    assert find("bci.decoders", "tangent-space").value == "decoders.classical.tangent:TangentSpace"


def test_an_installation_without_our_entry_points_is_refused(
    monkeypatch: pytest.MonkeyPatch, packages: Packages
) -> None:
    monkeypatch.setattr(plugins, "_PROJECT", packages.folder / "pyproject.toml")
    monkeypatch.setattr(plugins, "entry_points", lambda **_: ())
    plugins.forget()
    with pytest.raises(ProfileError, match=r"lacks its entry points.*: install it again"):
        load_profile("motor-imagery")


def test_a_wheel_is_found_by_its_metadata(
    monkeypatch: pytest.MonkeyPatch, packages: Packages
) -> None:
    monkeypatch.setattr(plugins, "_PROJECT", packages.folder / "pyproject.toml")
    packages.add("bci", "toy_good", GOOD, filter={"mean": "Mean"})
    plugin = find("bci.filters", "mean")
    assert plugin.is_ours
    assert list(plugins.plugins("bci.filters")) == ["mean"]
