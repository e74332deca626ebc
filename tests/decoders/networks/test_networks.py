import math
import re

import numpy as np
import pytest
import torch
from scipy.signal import firwin
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from decoders.networks.augmentations import flip_sign
from decoders.networks.conformer import Conformer
from decoders.networks.dbconformer import Dbconformer
from decoders.networks.durations import odd_samples, samples
from decoders.networks.eegnet import Eegnet
from decoders.networks.ifnet import Ifnet, IfnetSettings
from decoders.networks.max_norm import MaxNormLinear
from decoders.networks.mvcnet import Mvcnet
from decoders.networks.shallow import Shallow
from decoders.networks.transformer import Attention
from tests.decoders.own_networks import NETWORKS, n_parameters

GRAZ = (22, 1000, 250.0, 4)  # BCI Competition IV 2a: channels, samples, hertz, classes
MONTAGES = [(3, 256, 128.0, 2), GRAZ, (64, 480, 160.0, 2)]


def separable(n_trials: int = 16) -> tuple[Tensor, Tensor]:
    """Return trials (4 channels, 2 s at 128 Hz) with 10 Hz on the first or last channel."""
    time = torch.arange(256) / 128
    labels = torch.arange(n_trials) % 2
    trials = 0.5 * torch.randn(n_trials, 4, 256)
    phase = 2 * torch.pi * torch.rand(n_trials, 1)
    trials[torch.arange(n_trials), -labels] += 2 * torch.sin(2 * torch.pi * 10 * time + phase)
    return trials, labels


def loss_of(model: nn.Module, trials: Tensor, labels: Tensor) -> Tensor:
    if isinstance(model, Mvcnet):
        return model.loss(trials, labels, [(flip_sign(trials), labels)]).total
    return F.cross_entropy(model(trials), labels)


@pytest.mark.parametrize("montage", MONTAGES)
@pytest.mark.parametrize("name", NETWORKS)
def test_trials_of_any_montage_give_logits_and_features(
    name: str, montage: tuple[int, int, float, int]
) -> None:
    n_channels, n_samples, _, n_classes = montage
    model = NETWORKS[name](*montage).eval()
    trials = torch.randn(2, n_channels, n_samples)

    assert model(trials).shape == (2, n_classes)
    assert model.features(trials).shape == (2, model.n_features)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_shortest_window_is_named_and_works(name: str) -> None:
    with pytest.raises(ValueError, match="windows of at least") as error:
        NETWORKS[name](3, 1, 128.0, 2)
    shortest = int(re.search(r"(\d+) samples", str(error.value))[1])

    model = NETWORKS[name](3, shortest, 128.0, 2).eval()
    assert model(torch.randn(1, 3, shortest)).isfinite().all()
    with pytest.raises(ValueError, match=f"at least {shortest} samples"):
        NETWORKS[name](3, shortest - 1, 128.0, 2)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_trial_is_decided_alike_alone_and_in_a_batch(name: str) -> None:
    model = NETWORKS[name](4, 256, 128.0, 3).eval()
    trials = torch.randn(5, 4, 256)

    together = model(trials)
    apart = torch.cat([model(trial[None]) for trial in trials])
    torch.testing.assert_close(together, apart, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_reach_every_parameter(name: str) -> None:
    model = NETWORKS[name](4, 256, 128.0, 2)
    loss_of(model, *separable()).backward()

    dead = [key for key, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert dead == []


@pytest.mark.parametrize("name", NETWORKS)
def test_sixteen_separable_trials_can_be_learned(name: str) -> None:
    model = NETWORKS[name](4, 256, 128.0, 2)
    trials, labels = separable()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

    for _ in range(300):
        model.train()
        optimizer.zero_grad()
        loss_of(model, trials, labels).backward()
        optimizer.step()
        if (model.eval()(trials).argmax(1) == labels).all():
            break
    assert (model(trials).argmax(1) == labels).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_brought_back_decide_alike(name: str) -> None:
    model = NETWORKS[name](4, 256, 128.0, 2)
    model(torch.randn(8, 4, 256))  # changes the batch norms
    again = NETWORKS[name](4, 256, 128.0, 2)
    again.load_state_dict(model.state_dict())

    trials = torch.randn(3, 4, 256)
    torch.testing.assert_close(again.eval()(trials), model.eval()(trials))


def test_eegnet_has_as_many_parameters_as_derived() -> None:
    """Kernels 8 x 125 + norm 16; spatial 16 x 22 + norm 32; separable 16 x 16 + 16 x 16 + norm 32.

    1000 samples pooled by 8 and 8 leave 15; the head has 16 x 15 x 4 weights and 4 biases.
    """
    assert n_parameters(Eegnet(*GRAZ)) == 1000 + 16 + 352 + 32 + 256 + 256 + 32 + 960 + 4


def test_shallow_has_as_many_parameters_as_derived() -> None:
    """Kernels 40 x 25 + 40; spatial 40 x 40 x 22; norm 80.

    976 samples pooled by 75 every 15 leave 61; the head has 40 x 61 x 4 weights and 4 biases.
    """
    assert n_parameters(Shallow(*GRAZ)) == 1040 + 35_200 + 80 + 9760 + 4


def test_conformer_has_as_many_parameters_as_derived() -> None:
    """Tokens: 40 x 25 + 40, 40 x 40 x 22 + 40, norm 80, 40 x 40 + 40.

    A block: two norms of 80, four layers of 40 x 40 + 40, 40 x 160 + 160 and 160 x 40 + 40; six.
    The head: 2440 x 256 + 256, 256 x 32 + 32, 32 x 4 + 4.
    """
    tokens = 1040 + 35_240 + 80 + 1640
    block = 160 + 4 * 1640 + 6560 + 6440
    head = 624_896 + 8224 + 132
    assert n_parameters(Conformer(*GRAZ)) == tokens + 6 * block + head


def test_ifnet_has_as_many_parameters_as_derived() -> None:
    """Two bands: spatial 2 x 22 x 64 + norm 2 x 128; kernels 64 x (63 + 31) + norms 2 x 128.

    1000 samples in patches of 125 leave 8; the head has 64 x 8 x 4 weights and 4 biases.
    """
    assert n_parameters(Ifnet(*GRAZ)) == 2816 + 256 + 64 * 94 + 256 + 2048 + 4


def test_dbconformer_has_as_many_parameters_as_derived() -> None:
    """Temporal tokens: 22 x 40, norm 80, 40 x 63, norm 80, positions 8 x 40.

    Spatial tokens: 16 x 25 + 16, 16 x 40 + 40, positions 22 x 40. Blocks as in EEG Conformer,
    two and two. Scores of the channels: 40 x 40 + 40, 40. The head: 80 x 64 + 64, 64 x 32 + 32,
    32 x 4 + 4.
    """
    temporal = 880 + 80 + 2520 + 80 + 320
    spatial = 416 + 680 + 880
    head = 5184 + 2080 + 132
    assert n_parameters(Dbconformer(*GRAZ)) == temporal + spatial + 4 * 19_720 + 1680 + head


def test_dbconformer_is_eight_times_smaller_than_conformer() -> None:
    assert 8 * n_parameters(Dbconformer(*GRAZ)) < n_parameters(Conformer(*GRAZ))


def test_mvcnet_serves_a_backbone_of_one_band() -> None:
    """Spatial 22 x 64 + norm 128; kernel 64 x 63 + norm 128; head 512 x 4 + 4."""
    assert n_parameters(Mvcnet(*GRAZ).backbone) == 1408 + 128 + 4032 + 128 + 2052


def test_times_are_the_papers_samples_at_the_papers_rates() -> None:
    assert [odd_samples(t, 250) for t in (0.252, 0.124, 0.1)] == [63, 31, 25]
    assert [samples(t, 250) for t in (0.1, 0.3, 0.06, 0.5, 0.02)] == [25, 75, 15, 125, 5]
    model = Eegnet(3, 256, 128.0, 2)
    assert model.temporal[1].kernel_size == (1, 64)
    assert model.spatial[3].kernel_size == (1, 4)
    assert model.separable[1].kernel_size == (1, 16)


def test_max_norm_binds_long_weights_and_leaves_short_ones() -> None:
    layer = MaxNormLinear(3, 2, max_norm=0.5)
    with torch.no_grad():
        layer.weight[:] = torch.tensor([[3.0, 0.0, 4.0], [0.1, 0.2, 0.0]])
        layer.bias.zero_()

    seen = layer(torch.eye(3)).T
    torch.testing.assert_close(seen, torch.tensor([[0.3, 0.0, 0.4], [0.1, 0.2, 0.0]]))


def test_attention_divides_scores_by_the_root_of_the_width() -> None:
    attention = Attention(8, n_heads=2, dropout=0.5).eval()
    tokens = torch.randn(1, 5, 8)

    q, k, v = attention.queries_keys_values(tokens)[0].split(8, dim=1)
    heads = [
        (q[:, h] @ k[:, h].T / math.sqrt(8)).softmax(1) @ v[:, h]
        for h in (slice(0, 4), slice(4, 8))
    ]
    expected = attention.projection(torch.cat(heads, dim=1))
    torch.testing.assert_close(attention(tokens)[0], expected)


@pytest.mark.parametrize("n_samples", [300, 301])
def test_ifnet_filters_as_a_direct_convolution_does(n_samples: int) -> None:
    sfreq = 128.0
    model = Ifnet(2, n_samples, sfreq, 2)
    trial = torch.randn(1, 2, n_samples)

    bands = model.split_bands(trial)[0].numpy()  # slow 0, slow 1, fast 0, fast 1
    for k, band in enumerate([(4, 16), (16, 40)]):
        taps = firwin(129, band, pass_zero=False, scale=False, fs=sfreq)
        for channel in range(2):
            expected = np.convolve(trial[0, channel], taps, mode="same")
            np.testing.assert_allclose(bands[2 * k + channel], expected, atol=1e-5)


def test_ifnet_refuses_a_band_above_half_the_rate() -> None:
    with pytest.raises(ValueError, match="more than 80 Hz"):
        Ifnet(3, 160, 80.0, 2)


def test_ifnet_wants_a_kernel_a_band() -> None:
    with pytest.raises(ValueError, match="2 bands but 1 kernels"):
        Ifnet(3, 256, 128.0, 2, IfnetSettings(kernels_s=(0.25,)))


def test_channel_attention_is_a_share_a_channel() -> None:
    model = Dbconformer(5, 256, 128.0, 2).eval()
    trials = torch.randn(3, 5, 256)

    shares = model.channel_attention(trials)
    assert shares.shape == (5,)
    assert (shares > 0).all()
    torch.testing.assert_close(shares.sum(), torch.tensor(1.0))
    one_by_one = torch.stack([model.channel_attention(trial[None]) for trial in trials])
    torch.testing.assert_close(shares, one_by_one.mean(0))
