"""One site's rounds: shared data, private data, and the result of a repeated round."""

from pathlib import Path

import numpy as np
import pytest
import torch
from dp_accounting import GaussianDpEvent
from dp_accounting.rdp import RdpAccountant
from safetensors.numpy import load_file, save_file
from torch import nn

from bci.errors import ProfileError
from decoders.federation.agreement import Privacy
from decoders.federation.messages import length
from decoders.federation.site import (
    SiteState,
    add_mean_change,
    epsilon,
    initial_weights,
    make_private,
    shared_weights,
)
from decoders.networks.backbones import BACKBONES
from decoders.networks.fleeg import Fleeg, FleegSettings, shared_names
from tests.decoders.federation.labs import SPACE, agreement, site


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
def test_batch_normalisation_of_the_trunk_is_not_shared(trunk: str) -> None:
    model = Fleeg(5, 320, 160.0, 2, FleegSettings(trunk, 4, 128.0, 2.0))
    shared = shared_names(model)
    norms = [
        name for name, m in model.named_modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)
    ]
    assert shared
    assert all(name.startswith("trunk.") for name in shared)
    assert not any(name.rpartition(".")[0] in norms for name in shared)
    assert any(norm.startswith("trunk.") for norm in norms)


def test_sites_of_any_format_share_the_same_shapes() -> None:
    fresh = {name: array.shape for name, array in initial_weights(SPACE, 0).items()}
    for n_channels, n_samples, sfreq in ((3, 200, 100.0), (64, 320, 160.0), (1, 1000, 512.0)):
        model = Fleeg(n_channels, n_samples, sfreq, 3, SPACE.network())
        given = shared_weights(model, ("feet", "left", "right"), ("left", "right"))
        assert {name: array.shape for name, array in given.items()} == fresh


def test_the_classifier_is_shared_by_the_names_of_classes() -> None:
    model = Fleeg(3, 128, 64.0, 3, SPACE.network())
    with torch.no_grad():
        model.classifier.bias[:] = torch.tensor([1.0, 2.0, 3.0])
    given = shared_weights(model, ("feet", "left", "right"), ("right", "left"))
    assert (given["head.left"][-1], given["head.right"][-1]) == (2.0, 3.0)
    assert "head.feet" not in given


def test_a_rhythm_keeps_its_frequency_whatever_the_rate() -> None:
    for sfreq in (64.0, 100.0, 160.0, 512.0):
        model = Fleeg(1, round(1.5 * sfreq), sfreq, 2, SPACE.network()).eval()
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
        Fleeg(4, 300, 100.0, 2, SPACE.network())


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


def test_a_site_takes_the_shared_layers_and_keeps_its_own(tmp_path: Path) -> None:
    agreed = agreement(n_rounds=1, epochs=1)
    sites = [site(tmp_path / name, name, agreed, seed) for seed, name in enumerate("ab")]
    shared = initial_weights(SPACE, 0)
    given = [each.train(1, shared) for each in sites]
    mean = add_mean_change(shared, [change for _, change in given], [40, 40])
    for each in sites:
        each.finish(mean)

    one, other = (each.model.state_dict() for each in sites)
    for each in sites:
        for name, array in each.shared().items():
            assert array.tobytes() == mean[name].tobytes()
    assert torch.equal(one["head.1.weight"], other["head.1.weight"])
    assert one["to_common.spatial.weight"].shape != other["to_common.spatial.weight"].shape
    norm = next(name for name in one if name.startswith("trunk.") and name.endswith("running_mean"))
    assert not torch.equal(one[norm], other[norm])


def test_one_schedule_and_one_optimizer_last_over_all_rounds(tmp_path: Path) -> None:
    agreed = agreement(n_rounds=4, epochs=1)
    one, rates, steps = site(tmp_path, agreed=agreed), [], []
    shared = initial_weights(SPACE, 0)
    for number in (1, 2, 3, 4):
        one.train(number, shared)
        rates.append(one._optimizer.param_groups[0]["lr"])
        steps.append(int(next(iter(one._optimizer.state.values()))["step"]))
    expected = 3e-3 * (1 + np.cos(np.pi * np.arange(4) / 4)) / 2
    np.testing.assert_allclose(rates, expected)
    assert steps == [3, 6, 9, 12]


def test_a_round_repeated_after_a_crash_gives_the_same(tmp_path: Path) -> None:
    shared = initial_weights(SPACE, 0)
    whole = site(tmp_path / "whole")
    expected = [whole.train(number, shared) for number in (1, 2, 3)]

    broken = site(tmp_path / "broken")
    broken.train(1, shared)
    broken.train(2, shared)
    restarted = site(tmp_path / "broken")
    second, third = restarted.train(2, shared), restarted.train(3, shared)

    for (score, change), (once_score, once) in zip((second, third), expected[1:], strict=True):
        assert score == once_score
        for name, array in once.items():
            assert change[name].tobytes() == array.tobytes()
    assert restarted.state.sent == 4
    _, without_earlier_rounds = site(tmp_path / "fresh").train(3, shared)
    assert length(without_earlier_rounds) != length(third[1])
    assert restarted.state.accuracies == whole.state.accuracies
    assert restarted.state.accuracies == {n + 1: g[0] for n, g in enumerate(expected)}


def test_a_state_of_another_network_is_refused(tmp_path: Path) -> None:
    shared = initial_weights(SPACE, 0)
    site(tmp_path).train(1, shared)
    kept = tmp_path / "round-00001.safetensors"
    save_file({k: v for k, v in load_file(kept).items() if ".head." not in k}, kept)
    with pytest.raises(ValueError, match=r"not a state of this site"):
        site(tmp_path).train(2, shared)


@pytest.mark.parametrize("content", ["{", "[]", '{"sent": [], "accuracies": {}}'])
def test_damaged_notes_of_a_site_are_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "site.json").write_text(content)
    with pytest.raises(ProfileError, match=r"site\.json cannot be read; give another --state"):
        SiteState.read(tmp_path, agreement())


def test_a_site_without_a_shared_class_is_named(tmp_path: Path) -> None:
    agreed = agreement()
    space = agreed.model.model_copy(update={"classes": ("left", "right", "feet")})
    with pytest.raises(ValueError, match="lack the shared class feet"):
        site(tmp_path, agreed=agreed.model_copy(update={"model": space}))


def test_a_private_change_is_clipped_and_noisy_as_agreed() -> None:
    change = {"a": np.full(40_000, 0.5, np.float32), "b": np.zeros((100, 100), np.float32)}
    rng = np.random.default_rng(0)
    clipped = make_private(change, Privacy(clip_norm=2.0, noise_multiplier=1e-12), rng)
    assert length(clipped) == pytest.approx(2.0, rel=1e-5)
    noisy = make_private(change, Privacy(clip_norm=2.0, noise_multiplier=0.3), rng)
    assert np.std(noisy["b"]) == pytest.approx(0.6, rel=0.05)


def attack(privacy: Privacy, one: dict, other: dict, rng: np.random.Generator) -> np.ndarray:
    """Return scores of a likelihood-ratio attack on the changes by two sets of recordings."""
    tiny = privacy.model_copy(update={"noise_multiplier": 1e-12})
    direction = {
        k: make_private(one, tiny, rng)[k] - make_private(other, tiny, rng)[k] for k in one
    }

    def score(change: dict) -> float:
        seen = make_private(change, privacy, rng)
        return sum(float((seen[k] * direction[k]).sum()) for k in direction)

    return np.array([[score(one), score(other)] for _ in range(10_000)])


def test_no_membership_attack_beats_the_budget(tmp_path: Path) -> None:
    """Compare true and false positives of the best attack with the bound of epsilon and delta."""
    shared = initial_weights(SPACE, 0)
    _, change = site(tmp_path).train(1, shared)
    # The worst exchange of recordings reverses a change of the maximum length. An attack uses its
    # direction only, so a few numbers are as good as all.
    one = {"head.left": 1e3 * change["head.left"][:8]}
    other = {name: -array for name, array in one.items()}
    rng = np.random.default_rng(0)

    def worst_excess(noise: float, budget: float) -> float:
        given = Privacy(clip_norm=1.0, noise_multiplier=noise, delta=1e-5)
        scores = attack(given, one, other, rng)
        cuts = np.quantile(scores, np.linspace(0.02, 0.98, 49))
        hits, alarms = ((scores[:, k, None] > cuts).mean(axis=0) for k in (0, 1))
        # Three standard errors of both shares.
        error = 3 * np.sqrt(0.25 / len(scores)) * (1 + np.exp(budget))
        return float((hits - np.exp(budget) * alarms - given.delta - error).max())

    for noise in (2.0, 5.0, 20.0):
        privacy = Privacy(clip_norm=1.0, noise_multiplier=noise)
        assert worst_excess(noise, epsilon(1, privacy)) <= 0
    # The check can fail: almost without noise the attack always succeeds, and the budget for four
    # times the noise is too small.
    assert worst_excess(1e-6, 1.0) > 0.5
    assert worst_excess(2.0, epsilon(1, Privacy(clip_norm=1.0, noise_multiplier=8.0))) > 0
    accountant = RdpAccountant()
    accountant.compose(GaussianDpEvent(1.0), 3)
    assert epsilon(3, Privacy(clip_norm=1.0, noise_multiplier=2.0)) == pytest.approx(
        accountant.get_epsilon(1e-5)
    )
