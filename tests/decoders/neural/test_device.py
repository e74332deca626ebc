"""Devices of training: refused if absent, used for all tensors; the CPU serves."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need PyTorch")

import decoders  # noqa: E402
from bci.cli import doctor  # noqa: E402
from bci.errors import ProfileError  # noqa: E402
from bci.signals import Channel, Signal  # noqa: E402
from decoders.networks.duin import SMALL  # noqa: E402
from decoders.networks.duin_pretraining import (  # noqa: E402
    DuinMasked,
    DuinVqVae,
    half_masks,
    vqvae_loss,
)
from decoders.networks.meg_images import SMALL as SMALL_IMAGES  # noqa: E402
from decoders.networks.meg_images import MegImages, images_loss  # noqa: E402
from decoders.neural.device import DEVICES, describe_device, find_device  # noqa: E402
from decoders.neural.network_decoder import MvcNetDecoder  # noqa: E402

NAMES = ("FC3", "FC4", "C3", "C4", "Cz", "CP3", "CP4", "Pz")
SIGNAL = Signal(160.0, tuple(Channel(name, "eeg", "microvolts") for name in NAMES))
NETWORKS = (
    "eegnet", "shallow", "conformer", "ifnet", "dbconformer", "mvcnet",
    "histn", "duin",
)  # fmt: skip
without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


def windows(n: int = 12, n_samples: int = 320) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((n, len(NAMES), n_samples)).astype(np.float32)


@pytest.mark.parametrize("name", [*NETWORKS, "meg-images", "fleeg"])
def test_an_unknown_device_is_refused_by_every_network(name: str) -> None:
    for device in DEVICES:
        decoders.create(name, {"device": device})
    with pytest.raises(ProfileError, match=r"device = 'gpu' must be auto, cpu, cuda or mps"):
        decoders.create(name, {"device": "gpu"})


@without_cuda
def test_a_training_on_a_gpu_that_is_absent_is_refused() -> None:
    decoder = decoders.create("eegnet", {"epochs": 1, "device": "cuda"})
    with pytest.raises(ProfileError, match=r"device = cuda, but PyTorch .* finds no CUDA GPU"):
        decoder.fit(windows(), np.array(["left", "right"] * 6), signal=SIGNAL)
    assert find_device("auto").type == "cpu"


def test_a_model_that_was_trained_on_a_gpu_is_served_without_one() -> None:
    trained = decoders.create("eegnet", {"epochs": 1, "device": "cpu"})
    trained.fit(windows(), np.array(["left", "right"] * 6), signal=SIGNAL)
    loaded = decoders.load("eegnet", {"device": "cuda"}, trained.classes, trained.arrays())
    window = windows()[0]
    assert np.array_equal(loaded.predict_proba(window), trained.predict_proba(window))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_and_its_loss_leave_no_tensor_on_the_cpu(name: str) -> None:
    # The device "meta" computes shapes without values, and refuses a tensor of the CPU.
    labels = [f"valence-{k % 2 + 1}/arousal-{k // 2 % 2 + 1}" for k in range(12)]
    labels = labels if name == "histn" else ["left", "right"] * 6
    decoder = decoders.create(name, {"epochs": 1})
    x, signal = windows(n_samples=320), SIGNAL
    if name == "duin":
        signal = Signal(1000.0, SIGNAL.channels)
    if name == "histn":
        places = np.random.default_rng(1).standard_normal((len(NAMES), 3)).tolist()
        channels = [
            Channel(n, "eeg", "microvolts", tuple(p)) for n, p in zip(NAMES, places, strict=True)
        ]
        signal = Signal(160.0, tuple(channels))
    if name == "duin":
        decoder.fit(x, np.array(labels), signal=signal)
    else:
        decoder.begin(x, np.array(labels), signal)
    n_axes = (12, 2) if name == "histn" else (12,)
    model = decoder.model.train().to("meta")
    classes = torch.zeros(n_axes, dtype=torch.int64, device="meta")
    seen = torch.empty((12, *decoder._seen), device="meta")
    more = [torch.zeros(12, dtype=torch.int64, device="meta")]
    more = more if isinstance(decoder, MvcNetDecoder) else []
    value = decoder.loss(signal)(model, seen, classes, *more)
    value.backward()
    assert value.device.type == "meta"
    assert any(each.grad is not None for each in model.parameters())


def test_both_stages_of_du_in_leave_no_tensor_on_the_cpu() -> None:
    x = torch.empty((6, 4, 400), device="meta")
    units = DuinVqVae([4], 400, SMALL, "power").to("meta")
    made = units.eval()(x, 0)
    assert vqvae_loss(units, x, torch.empty_like(made.target), 0).device.type == "meta"
    masked = DuinMasked([4], 400, SMALL).to("meta")
    assert masked(x, half_masks(6, 4).to("meta")).device.type == "meta"
    with pytest.raises(RuntimeError, match="device"):
        masked(x, half_masks(6, 4))


def test_seen_images_leave_no_tensor_on_the_cpu() -> None:
    places = np.random.default_rng(0).standard_normal((20, 3))
    model = MegImages(places, 60, 8, 2, SMALL_IMAGES).train().to("meta")
    person = torch.zeros(5, dtype=torch.int64, device="meta")
    found = model.eval()(torch.empty((5, 20, 60), device="meta"), person)
    assert images_loss(found, torch.empty((5, 8), device="meta")).device.type == "meta"


def test_doctor_names_the_device_of_training() -> None:
    check = doctor._check_device()
    assert check.passed
    assert check.what == f"networks are trained on {describe_device()}"
