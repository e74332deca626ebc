"""Networks in ONNX Runtime: equal to PyTorch, chosen by speed, stored in the bundle."""

import json
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import psutil
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

import decoders
from bci.errors import BundleError
from bci.messages import ModelEvent, NoteEvent, read_event
from bci.models.bundle import load_bundle, save_bundle
from bci.models.load import load_model
from bci.plugins.decoder_offers import networks
from bci.profiles.profile import Profile, load_profile
from bci.signals import Channel, Signal
from bci.training.calibrate import calibrate
from decoders.neural import serving
from decoders.neural.onnx_export import export
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci
from tests.signals import stored, two_class_recording

SIGNAL = Signal(128.0, tuple(Channel(name, "eeg", "uV") for name in ("C3", "Cz", "C4", "Pz")))
NETWORKS = networks()
PARAMS = {"epochs": 2}
CLASSES = ("left", "right")
NOISE = np.random.default_rng(3)


def windows(n: int) -> np.ndarray:
    return NOISE.normal(0, 5, (n, 4, 192)).astype(np.float32)


def onnx_is_faster(*_: object) -> tuple[np.ndarray, np.ndarray]:
    return np.array([2.0]), np.array([1.0])


def fitted(name: str):
    decoder = decoders.create(name, PARAMS)
    decoder.fit(windows(16), np.resize(CLASSES, 16), signal=SIGNAL)
    return decoder


@cache
def served_arrays(name: str) -> dict[str, np.ndarray]:
    """Return arrays of a network that ONNX Runtime serves, even on a busy machine."""
    decoder = fitted(name)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(serving, "timed", onnx_is_faster)
        decoder.choose_runtime()
    return decoder.arrays()


def load(name: str, arrays: dict[str, np.ndarray]):
    return decoders.load(name, PARAMS, CLASSES, arrays)


def eager(name: str):
    kept = {k: v for k, v in served_arrays(name).items() if k not in ("onnx", "serving")}
    return load(name, kept)


def exported_before(name: str, monkeypatch: pytest.MonkeyPatch):
    """Return a network before the choice of its runtime, already exported to save time."""
    content = served_arrays(name)["onnx"].tobytes()
    monkeypatch.setattr(serving, "export", lambda *_: content)
    return eager(name)


def with_model(arrays: dict[str, np.ndarray], model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return arrays | {"onnx": np.frombuffer(model.SerializeToString(), dtype=np.uint8)}


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("shallow", "ifnet")
        # Each export takes seconds.
        else pytest.param(name, marks=pytest.mark.long)
        for name in NETWORKS
    ],
)  # fmt: skip
def test_every_network_gives_the_same_in_both_runtimes(name: str) -> None:
    arrays = served_arrays(name)
    assert "onnx" in arrays
    fast, slow = load(name, arrays), eager(name)
    for window in (*windows(20), np.zeros((4, 192), np.float32), 100 * windows(1)[0]):
        np.testing.assert_allclose(
            fast.predict_proba(window), slow.predict_proba(window), rtol=0, atol=1e-4
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ifnet", "dbconformer"])
def test_loading_brings_back_the_very_predictions_and_arrays(name: str) -> None:
    arrays = served_arrays(name)
    once, twice = load(name, arrays), load(name, load(name, arrays).arrays())
    for window in windows(5):
        assert once.predict_proba(window).tobytes() == twice.predict_proba(window).tobytes()
    again = twice.arrays()
    assert again.keys() == arrays.keys()
    assert all(again[key].tobytes() == arrays[key].tobytes() for key in arrays)


@pytest.mark.slow
def test_a_calibrated_network_survives_the_bundle_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "timed", onnx_is_faster)
    runs = [stored(two_class_recording(seed=seed), tmp_path / f"{seed}.bin") for seed in (1, 2)]
    profile = Profile.model_validate(
        {
            "task": "test",
            "pipeline": {
                "filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}],
                "window_s": 1.0,
            },
            "paradigm": {"classes": {"left": "left", "right": "right"}, "stop_s": 3},
            "decoder": {"name": "shallow", "params": {"epochs": 1}},
        }
    )
    made = calibrate(runs, profile, lambda: decoders.create("shallow", {"epochs": 1}), "me")
    save_bundle(tmp_path / "me", made.card, made.decoder.arrays())
    assert "onnx" in load_bundle(tmp_path / "me")[1]
    _, again = load_model(tmp_path / "me")
    window = np.random.default_rng(0).normal(size=(6, 128)).astype(np.float32)
    assert again.predict_proba(window).tobytes() == made.decoder.predict_proba(window).tobytes()


@pytest.mark.slow
def test_calibrate_reports_the_serving_runtime_to_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "timed", onnx_is_faster)
    write_run(simulate_run(SubjectSettings(trials_per_class=4), 1), tmp_path / "run_raw.fif")
    profile = load_profile("motor-imagery").model_dump(mode="json", exclude_none=True)
    profile["pipeline"] |= {"channels": ["C3", "Cz", "C4"], "window_s": 1.0, "hop_s": 0.5}
    profile["decoder"] = {"name": "shallow", "params": {"epochs": 1}}
    (tmp_path / "profile.yaml").write_text(json.dumps(profile))
    model = tmp_path / "me"
    done = bci(
        "calibrate", tmp_path / "profile.yaml", tmp_path / "run_raw.fif", "--out", model, "--json"
    )
    assert done.returncode == 0, done.stderr
    *_, last = told = [read_event(line) for line in done.stdout.splitlines()]
    said = "served by ONNX Runtime in 0.50 of PyTorch's time"
    assert NoteEvent(text=said) in told
    assert isinstance(last, ModelEvent)


def test_onnx_is_kept_only_where_it_is_faster_and_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = exported_before("shallow", monkeypatch)
    monkeypatch.setattr(serving, "timed", lambda *_: onnx_is_faster()[::-1])
    decoder.choose_runtime()
    assert "onnx" not in decoder.arrays()
    told = serving.described(decoder.arrays())
    assert told == "served by PyTorch; ONNX Runtime took 2.00 of its time"
    assert load("shallow", decoder.arrays()).arrays()["serving"].tolist()[:2] == [1.0, 2.0]
    monkeypatch.setattr(serving, "timed", onnx_is_faster)
    decoder.choose_runtime()
    assert "in 0.50 of PyTorch's time" in serving.described(decoder.arrays())
    monkeypatch.setattr(serving, "compared", lambda *_: (1e-3, False))
    decoder.choose_runtime()
    assert "onnx" not in decoder.arrays()


@pytest.mark.parametrize(("apart", "equal"), [(0.0, True), (2e-4, False), (np.nan, False)])
def test_equal_is_within_the_same_distance_however_large_the_logits_are(
    apart: float, equal: bool
) -> None:
    module = torch.nn.Threshold(1e9, 50.0)  # all logits are 50

    def other(window: np.ndarray) -> np.ndarray:
        return module(torch.from_numpy(window)).numpy() + np.float32(apart)

    largest, said = serving.compared(module, other, (4, 192))
    assert largest == pytest.approx(apart, abs=1e-5, nan_ok=True)
    assert said == equal


def test_both_runtimes_are_really_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = exported_before("shallow", monkeypatch)
    decoder.choose_runtime()
    torch_ms, onnx_ms, difference = decoder.arrays()["serving"]
    assert 0 < torch_ms < 1000
    assert 0 < onnx_ms < 1000
    assert 0 <= difference < 1e-4


@pytest.mark.slow
def test_the_same_weights_give_the_same_onnx_without_paths_of_this_machine() -> None:
    again = export(eager("shallow").served, (4, 192))
    assert again == served_arrays("shallow")["onnx"].tobytes()
    assert str(Path(serving.__file__).parent).encode() not in again


def test_a_model_that_is_not_what_the_weights_make_is_refused() -> None:
    arrays = served_arrays("shallow")
    other = arrays | {"weights.head.bias": arrays["weights.head.bias"] + np.float32([0.01, 0])}
    with pytest.raises(BundleError, match="is not the network that the weights make"):
        load("shallow", other)


def test_what_is_no_plain_onnx_is_refused() -> None:
    arrays = served_arrays("shallow")

    def changed() -> onnx.ModelProto:
        return onnx.load_from_string(arrays["onnx"].tobytes())

    foreign, nested, outside, hidden, functions, other, unknown = (changed() for _ in range(7))
    foreign.graph.node[0].domain = "com.microsoft"
    body = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "body", [], [])
    nested.graph.node.append(
        helper.make_node("If", ["x"], ["y"], then_branch=body, else_branch=body)
    )
    tensor = outside.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    constant = TensorProto(data_type=TensorProto.FLOAT, dims=[1], name="c")
    constant.data_location = TensorProto.EXTERNAL
    hidden.graph.node.append(helper.make_node("Constant", [], ["c"], value=constant))
    functions.functions.add(name="f", domain="")
    other.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 10**9
    unknown.graph.node[0].op_type = "LaunchRockets"
    listed = helper.make_model(
        helper.make_graph(
            [helper.make_node("SequenceConstruct", ["windows"], ["logits"])],
            "listed",
            [helper.make_tensor_value_info("windows", TensorProto.FLOAT, [1, 4, 192])],
            [helper.make_tensor_sequence_value_info("logits", TensorProto.FLOAT, [1, 4, 192])],
        ),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=10,
    )
    for model, message in (
        (foreign, "outside the ONNX standard"),
        (nested, "graphs within its graph"),
        (outside, "tensors in other files"),
        (hidden, "tensors in other files"),
        (functions, "graphs within its graph"),
        (other, "does not take one window of 4 x 192"),
        (unknown, "ONNX Runtime cannot take"),
        (listed, "a step of unknown size: logits"),
    ):
        with pytest.raises(BundleError, match=message):
            load("shallow", with_model(arrays, model))


def onnx_of(nodes: list[onnx.NodeProto], **constants: list[int]) -> onnx.ModelProto:
    """Return an ONNX network of these nodes, from windows (1, 4, 192) to logits."""
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("windows", TensorProto.FLOAT, [1, 4, 192])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.array(v), name) for name, v in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])


def test_an_onnx_that_would_blow_up_is_refused_before_it_runs() -> None:
    node = helper.make_node
    huge = onnx_of(
        [
            node("Slice", ["windows", "begin", "end"], ["one"]),
            node("Expand", ["one", "size"], ["logits"]),
        ],
        begin=[0, 0, 0], end=[1, 1, 1], size=[1, 200_000, 768, 192],
    )  # fmt: skip
    unknown = onnx_of([node("NonZero", ["windows"], ["found"]),
                       node("Cast", ["found"], ["logits"], to=TensorProto.FLOAT)])  # fmt: skip
    names = ["windows", *(f"step{k}" for k in range(10_000)), "logits"]
    long = onnx_of([node("Identity", [a], [b]) for a, b in pairwise(names)])
    for model, message in (
        (huge, "29491200000 numbers"),
        (unknown, "unknown size"),
        (long, "more than 10000 steps"),
    ):
        with pytest.raises(BundleError, match=message):
            load("shallow", with_model(served_arrays("shallow"), model))


def test_bytes_that_are_no_onnx_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = served_arrays("shallow")
    flatbuffer = np.frombuffer(b"\x18\x00\x00\x00ORTM" + bytes(64), dtype=np.uint8)
    for broken, message in (
        (arrays | {"onnx": arrays["onnx"][:-100]}, "ONNX"),
        (arrays | {"onnx": flatbuffer}, "ONNX"),
        (arrays | {"onnx": np.empty(0, np.uint8)}, "ONNX"),
        (arrays | {"onnx": np.ones(10)}, "not at most 256 MiB of bytes"),
        (arrays | {"serving": np.ones(2)}, "'serving' has shape"),
        ({k: v for k, v in arrays.items() if k != "serving"}, "but none 'serving'"),
    ):
        with pytest.raises(BundleError, match=message):
            load("shallow", broken)
    monkeypatch.setattr(serving, "_MOST_BYTES", 1000)
    with pytest.raises(BundleError, match="of bytes"):
        load("shallow", arrays)


@pytest.mark.parametrize("missing", ["onnxruntime", "onnx"])
def test_without_the_runtime_pytorch_serves(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = served_arrays("shallow")
    slow, window = eager("shallow"), windows(1)[0]
    monkeypatch.setitem(sys.modules, missing, None)
    decoder = load("shallow", arrays)
    assert decoder.predict_proba(window).tobytes() == slow.predict_proba(window).tobytes()
    assert decoder.arrays()["onnx"].tobytes() == arrays["onnx"].tobytes()
    slow.choose_runtime()
    assert "serving" not in slow.arrays()
    assert serving.described(slow.arrays()) == ""


def test_a_served_network_can_still_be_adapted_to_a_person() -> None:
    fast, slow = load("shallow", served_arrays("shallow")), eager("shallow")
    person = np.diag([1.0, 5.0, 0.2, 1.0]).astype(np.float32) @ windows(30)
    before = fast.predict_proba(person[0])
    for decoder in (fast, slow):
        decoder.adapt(person)
    after = fast.predict_proba(person[0])
    np.testing.assert_allclose(after, slow.predict_proba(person[0]), rtol=0, atol=1e-4)
    assert np.abs(after - before).max() > 1e-3


def test_going_on_from_a_served_base_forgets_the_bases_onnx() -> None:
    tuned = decoders.create("shallow", PARAMS, served_arrays("shallow"))
    tuned.fit(windows(8), np.resize(CLASSES, 8), signal=SIGNAL)
    assert not {"onnx", "serving"} & tuned.arrays().keys()


def test_serving_takes_no_thread_of_its_own() -> None:
    load("shallow", served_arrays("shallow")).predict_proba(windows(1)[0])
    before = psutil.Process().num_threads()
    decoder = load("shallow", served_arrays("shallow"))
    decoder.predict_proba(windows(1)[0])
    assert psutil.Process().num_threads() == before
