"""Federated training without a network: what is averaged, what stays, what is refused."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from torch import nn

from bci.signals import Channel, Signal
from decoders.federation.site import (
    Clipping,
    Labelled,
    Site,
    add_mean_change,
    initial_weights,
    length,
    make_private,
    what_is_wrong,
)
from decoders.networks.backbones import BACKBONES
from decoders.networks.fleeg import Fleeg, FleegSettings, shared_names
from decoders.neural.fleeg_decoder import FleegDecoder
from decoders.neural.sharpness_aware import sharpness_aware_gradients
from decoders.neural.training import TrainingSettings

SPACE = FleegSettings("shallow", n_virtual=4, sfreq=64.0, window_s=2.0)
ONE_ROUND = TrainingSettings(epochs=2, batch=16, lr=3e-3)


def rhythm(n_trials: int, n_channels: int, sfreq: float, seconds: float, seed: int) -> Labelled:
    """Simulated windows in which a 12 Hz rhythm is on the first or on the last channel."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * sfreq)) / sfreq
    windows = rng.normal(0, 5, (n_trials, n_channels, len(time)))
    labels = np.resize(["left", "right"], n_trials)
    for window, label in zip(windows, labels, strict=True):
        window[0 if label == "left" else -1] += 9 * np.sin(
            2 * np.pi * 12 * time + rng.uniform(0, 6)
        )
    return Labelled(windows.astype(np.float32), labels, np.zeros(n_trials, dtype=np.int64))


def site(
    folder: Path, n_channels: int, sfreq: float, seconds: float, seed: int = 0,
    settings: TrainingSettings = ONE_ROUND, clipping: Clipping | None = None,
    space: FleegSettings = SPACE,
) -> Site:  # fmt: skip
    decoder = FleegDecoder(
        space.trunk, space.n_virtual, space.sfreq, space.window_s, seed=seed, lr=settings.lr
    )
    signal = Signal(sfreq, tuple(Channel(f"E{i}", "eeg", "uV") for i in range(n_channels)))
    training = rhythm(40, n_channels, sfreq, seconds, seed)
    held_out = rhythm(30, n_channels, sfreq, seconds, seed + 100)
    return Site(decoder, training, held_out, 40, signal, settings, folder, clipping)


def test_the_mean_of_changes_is_that_of_a_plain_computation() -> None:
    rng = np.random.default_rng(0)
    shared = {"a": rng.normal(size=(3, 2)).astype(np.float32), "b": np.ones(4, np.float32)}
    changes = [
        {name: rng.normal(size=array.shape).astype(np.float32) for name, array in shared.items()}
        for _ in range(3)
    ]

    after = add_mean_change(shared, changes, [10, 30, 60])

    for name, old in shared.items():
        expected = old + 0.1 * changes[0][name] + 0.3 * changes[1][name] + 0.6 * changes[2][name]
        np.testing.assert_allclose(after[name], expected, rtol=1e-6, atol=1e-6)
        assert after[name].dtype == np.float32


@pytest.mark.parametrize("trunk", BACKBONES)
def test_only_the_trunk_is_shared_and_no_batch_normalisation(trunk: str) -> None:
    model = Fleeg(5, 320, 160.0, 2, replace(SPACE, trunk=trunk, sfreq=128.0))
    shared = shared_names(model)
    norms = [
        name for name, m in model.named_modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)
    ]

    assert shared
    assert all(name.startswith("trunk.") for name in shared)
    assert not any(name.rpartition(".")[0] in norms for name in shared)
    assert any(norm.startswith("trunk.") for norm in norms)


def test_sites_of_any_format_share_the_same_shapes() -> None:
    formats = [(3, 200, 100.0), (64, 320, 160.0), (1, 1000, 512.0), (8, 64, 128.0)]
    models = [Fleeg(c, n, sfreq, k + 2, SPACE) for k, (c, n, sfreq) in enumerate(formats)]
    shapes = [{name: m.state_dict()[name].shape for name in shared_names(m)} for m in models]
    assert all(each == shapes[0] for each in shapes)
    assert {k: v.shape for k, v in initial_weights(SPACE, 0).items()} == shapes[0]


def test_a_rhythm_keeps_its_frequency_whatever_the_rate() -> None:
    for sfreq in (64.0, 100.0, 160.0, 512.0):
        model = Fleeg(1, round(1.5 * sfreq), sfreq, 2, SPACE).eval()
        with torch.no_grad():
            model.to_common.spatial.weight.fill_(1.0)
        time = torch.arange(round(1.5 * sfreq)) / sfreq
        common = model.to_common(torch.sin(2 * torch.pi * 12 * time)[None, None])[0, 0]
        assert len(common) == 128
        assert not common[:32].any()
        spectrum = torch.fft.rfft(common[32:]).abs()
        assert float(spectrum.argmax() * 64 / 96) == pytest.approx(12, abs=0.7)


def test_a_window_longer_than_the_common_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"3 s are longer than the common window of 2 s"):
        Fleeg(4, 300, 100.0, 2, SPACE)


@pytest.mark.parametrize(
    ("sfreq", "seconds"), [(125.0, 1.5), (1171.875, 2.0), (508.6, 1.0), (100.0, 2.0)]
)
def test_a_window_of_the_common_length_fits_at_any_rate(sfreq: float, seconds: float) -> None:
    common = FleegSettings("shallow", 4, 128.0, seconds)
    windows = torch.randn(2, 3, round(seconds * sfreq))
    model = Fleeg(3, windows.shape[2], sfreq, 2, common).eval()
    with torch.no_grad():
        assert model.to_common(windows).shape == (2, 4, round(seconds * 128))
        assert model(windows).shape == (2, 2)


@pytest.mark.slow
def test_sites_of_unlike_format_learn_together_and_keep_their_own(tmp_path: Path) -> None:
    sites = [site(tmp_path / "a", 6, 128.0, 1.5, 1), site(tmp_path / "b", 3, 100.0, 2.0, 2)]
    shared = initial_weights(SPACE, 0)
    for number in range(1, 9):
        given = [each.train(number, shared) for each in sites]
        for contribution in given:
            assert set(contribution.change) == set(shared)
            assert what_is_wrong(contribution.change, shared) is None
        shared = add_mean_change(shared, [c.change for c in given], [c.n_trials for c in given])
    scores = [each.finish(8, shared, epochs=2) for each in sites]

    assert min(scores) > 0.8
    one, other = (each.model.state_dict() for each in sites)
    for name, array in shared.items():
        assert one[name].numpy().tobytes() == array.tobytes() == other[name].numpy().tobytes()
    assert one["to_common.spatial.weight"].shape != other["to_common.spatial.weight"].shape
    assert not torch.equal(one["head.1.weight"], other["head.1.weight"])
    norm = next(name for name in one if name.startswith("trunk.") and name.endswith("running_mean"))
    assert not torch.equal(one[norm], other[norm])


def test_a_round_done_again_after_a_crash_gives_the_same(tmp_path: Path) -> None:
    shared = initial_weights(SPACE, 0)
    whole = site(tmp_path / "whole", 4, 128.0, 1.5)
    expected = [whole.train(number, shared) for number in (1, 2, 3)]

    broken = site(tmp_path / "broken", 4, 128.0, 1.5)
    broken.train(1, shared)
    broken.train(2, shared)
    restarted = site(tmp_path / "broken", 4, 128.0, 1.5)
    second, third = restarted.train(2, shared), restarted.train(3, shared)

    for again, once in ((second, expected[1]), (third, expected[2])):
        assert again.trained == once.trained
        for name, array in once.change.items():
            assert again.change[name].tobytes() == array.tobytes()
    assert restarted.n_sent == 4
    without_earlier_rounds = site(tmp_path / "fresh", 4, 128.0, 1.5).train(3, shared)
    assert length(without_earlier_rounds.change) != length(third.change)
    assert (
        restarted.accuracies
        == whole.accuracies
        == {n + 1: g.received for n, g in enumerate(expected)}
    )


def test_a_state_of_another_network_is_refused(tmp_path: Path) -> None:
    shared = initial_weights(SPACE, 0)
    site(tmp_path, 4, 128.0, 1.5).train(1, shared)
    kept = tmp_path / "round-00001.safetensors"
    personal = load_file(kept)
    save_file({k: v for k, v in personal.items() if not k.startswith("head.")}, kept)
    with pytest.raises(ValueError, match=r"not a state of this site .* another --state"):
        site(tmp_path, 4, 128.0, 1.5).train(2, shared)


def test_what_another_machine_sends_is_named_when_it_is_wrong() -> None:
    like = initial_weights(SPACE, 0)
    name = next(iter(like))
    for broken, message in (
        ({k: v for k, v in like.items() if k != name}, "1 arrays too many or too few"),
        (like | {"more": np.zeros(1, np.float32)}, "1 arrays too many or too few"),
        (like | {name: np.zeros((1, 2), np.float32)}, rf"{name} is float32 \(1, 2\), not"),
        (like | {name: like[name].astype(np.float64)}, f"{name} is float64"),
        (like | {name: np.full_like(like[name], np.nan)}, f"{name} is not finite"),
        (like | {name: np.full_like(like[name], 1e6)}, "its norm is .*, above 100"),
    ):
        found = what_is_wrong(broken, like, 100.0)
        assert found is not None
        assert re.search(message, found), found
    assert what_is_wrong(like, like, 100.0) is None


def test_a_private_change_is_shortened_and_noisy_as_agreed() -> None:
    change = {"a": np.full(40_000, 0.5, np.float32), "b": np.zeros((100, 100), np.float32)}
    rng = np.random.default_rng(0)

    clipped = make_private(change, Clipping(2.0, 0.0), rng)
    assert length(clipped) == pytest.approx(2.0, rel=1e-5)
    noisy = make_private(change, Clipping(2.0, 0.3), rng)
    assert np.std(noisy["b"]) == pytest.approx(0.6, rel=0.05)
    short = {"a": np.full(4, 0.1, np.float32)}
    np.testing.assert_allclose(make_private(short, Clipping(2.0, 0.0), rng)["a"], 0.1, rtol=1e-6)


def test_sharpness_aware_gradients_are_those_of_a_plain_computation() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    model = nn.Linear(3, 1, bias=False).double()
    w = model.weight.detach().numpy()[0].copy()
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)

    value = sharpness_aware_gradients(model, lambda: ((model(tx)[:, 0] - ty) ** 2).mean(), 0.1)

    def gradient(at: np.ndarray) -> np.ndarray:
        return 2 * x.T @ (x @ at - y) / len(y)

    first = gradient(w)
    expected = gradient(w + 0.1 * first / np.linalg.norm(first))
    np.testing.assert_allclose(model.weight.grad.numpy()[0], expected, rtol=1e-9)
    np.testing.assert_array_equal(model.weight.detach().numpy()[0], w)
    assert value == pytest.approx(np.mean((x @ w - y) ** 2))


def test_the_second_look_of_a_sharpness_aware_step_moves_no_statistics() -> None:
    torch.manual_seed(0)
    x = torch.randn(8, 4)
    models = [nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)) for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    sharpness_aware_gradients(models[0], lambda: models[0](x).square().sum(), 0.5)
    models[1](x)
    for name, buffer in models[1].named_buffers():
        torch.testing.assert_close(dict(models[0].named_buffers())[name], buffer)
