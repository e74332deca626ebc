from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from decoders.networks.codebook import Codebook, code_shares, code_use, kmeans
from decoders.networks.duin import SMALL, Block, Duin, DuinEncoder, DuinSettings, sinusoids
from decoders.networks.duin_pretraining import (
    DuinMasked,
    DuinVqVae,
    Target,
    half_masks,
    log_band_power,
    masked_loss,
    rate_bound,
    vqvae_loss,
)
from devices.simulated.montages import positions, seeg
from devices.simulated.scenarios import WORDS, speech
from devices.simulated.signal import Amplitudes, SimulatedSignal
from tests.decoders.own_networks import n_parameters

TINY = DuinSettings(
    n_spatial=4, widths=(8, 8, 4), n_blocks=1, n_heads=2, head_width=8, head_hidden=16,
    n_codes=8, code_width=4, code_decay=0.9, n_decoder_blocks=1,
)  # fmt: skip


def test_full_size_is_the_published_one() -> None:
    authors = 4_187_621  # count of the authors' code for 10 channels, 3 s, 61 words
    positions, scales = 30 * 160, 8  # fixed there, but counted
    biases = 128 + 128 + 16  # without effect before a batch norm, so left out here

    model = Duin(10, 3000, 61)

    assert n_parameters(model) == authors - positions - scales - biases == 4_182_541


def test_full_size_of_pretraining() -> None:
    assert n_parameters(DuinVqVae(16, 4000)) == 5_801_312
    assert n_parameters(DuinMasked(16, 4000)) == 3_560_240 + 160 + 160 * 2048 + 2048


def test_full_shapes_from_patches_to_words() -> None:
    model = Duin(98, 1500, 61).eval()
    vqvae = DuinVqVae(98, 1500).eval()
    x = torch.randn(2, 98, 1500)

    with torch.inference_mode():
        assert model.encoder.tokens(x).shape == (2, 15, 160)
        assert model.encoder.tokeniser.convolutions(torch.randn(3, 16, 100)).shape == (3, 16, 10)
        assert model.features(x).shape == (2, 15 * 160)
        assert model(x).shape == (2, 61)
        made = vqvae(x)
    assert vqvae.codebook.codes.shape == (2048, 64)
    assert vqvae.detokeniser(torch.randn(1, 15, 160)).shape == (1, 16, 1500)
    assert made.target.shape == x.shape
    assert made.indices.shape == (2, 15)


def test_a_window_of_broken_patches_is_refused() -> None:
    with pytest.raises(ValueError, match="patches of 100 samples; 850"):
        DuinEncoder(8, 850)


def test_a_token_knows_its_own_patch_only_until_the_transformer() -> None:
    encoder = DuinEncoder(4, 300, TINY).eval()
    x = torch.randn(1, 4, 300)
    other = x.clone()
    other[:, :, 200:] += 1

    before, after = encoder.tokens(x), encoder.tokens(other)

    torch.testing.assert_close(before[:, :2], after[:, :2])
    assert not torch.allclose(before[:, 2], after[:, 2])
    assert not torch.allclose(encoder(x)[:, 0], encoder(other)[:, 0])


def test_block_is_attention_and_feed_forward_normalised_after() -> None:
    block = Block(TINY).eval()
    nn.init.normal_(block.queries_keys_values.weight)
    x = torch.randn(1, 3, TINY.width)

    q, k, v = block.queries_keys_values(x[0]).view(3, 3, 2, 8).unbind(1)  # each (P, heads, 8)
    q, k = F.layer_norm(q, (8,)), F.layer_norm(k, (8,))
    scores = torch.einsum("phd,qhd->hpq", q, k) / 8**0.5
    mixed = torch.einsum("hpq,qhd->phd", scores.softmax(dim=2), v).reshape(3, 16)
    y = F.layer_norm(x[0] + block.projection(mixed), (TINY.width,))
    first, _, _, second = block.feed_forward
    expected = F.layer_norm(y + second(F.relu(first(y))), (TINY.width,))

    torch.testing.assert_close(block(x)[0], expected)


def test_deeper_blocks_start_smaller() -> None:
    torch.manual_seed(0)
    blocks = DuinEncoder(10, 1000).transformer.blocks
    for number, block in enumerate(blocks, 1):
        sd = block.feed_forward[0].weight.std().item()
        assert sd == pytest.approx(0.02 / (2 * number) ** 0.5, rel=0.02)


def test_a_sigmoid_bounds_the_logits() -> None:
    logits = Duin(4, 300, 3, replace(TINY, sigmoid=True))(100 * torch.randn(5, 4, 300))

    assert ((logits > 0) & (logits < 1)).all()


def test_sinusoids_turn_at_their_rates() -> None:
    table = sinusoids(5, 4)

    torch.testing.assert_close(table[:, 0], torch.arange(5.0).sin())
    torch.testing.assert_close(table[:, 3], (torch.arange(5.0) / 100).cos())


def test_codebook_takes_the_nearest_code_and_lets_gradients_through() -> None:
    book = Codebook(3, 2).eval()
    book.codes = torch.tensor([[1.0, 0], [0, 1], [-1, 0]])
    x = torch.tensor([[[3.0, 1], [-2, 1], [0.1, 0.5]]], requires_grad=True)

    quantised = book(x)
    quantised.codes.backward(torch.tensor([[[0.0, 1], [0, 1], [0, 1]]]))

    assert quantised.indices.tolist() == [[0, 2, 1]]
    torch.testing.assert_close(quantised.codes, book.codes[quantised.indices])
    unit = F.normalize(x.detach(), dim=2)
    assert quantised.commitment.item() == pytest.approx(
        float(((unit - book.codes[quantised.indices]) ** 2).mean())
    )
    # d(x / |x|) of (3, 1) along (0, 1): (1 - u u^T) (0, 1) / |x|.
    u = unit[0, 0]
    expected = (torch.tensor([0.0, 1]) - u * u[1]) / 10**0.5
    torch.testing.assert_close(x.grad[0, 0], expected)


def test_codebook_follows_as_a_plain_loop_does() -> None:
    book = Codebook(4, 3, decay=0.8, dead_below=0.0)
    book.started.fill_(True)
    codes, shares = book.codes.numpy().copy(), book.shares.numpy().copy()
    x = torch.randn(50, 3)

    indices = book(x).indices

    unit = x.numpy() / np.linalg.norm(x.numpy(), axis=1, keepdims=True)
    for code in range(4):
        mine = [vector for vector in unit if np.argmax(codes @ vector) == code]
        if mine:
            mean = np.sum(mine, axis=0)
            moved = 0.8 * codes[code] + 0.2 * mean / np.linalg.norm(mean)
            np.testing.assert_allclose(book.codes[code], moved / np.linalg.norm(moved), atol=1e-6)
        assert int((indices == code).sum()) == len(mine)
        assert float(book.shares[code]) == pytest.approx(0.8 * shares[code] + 0.2 * len(mine) / 50)


def test_a_dead_code_is_put_onto_a_vector_of_the_batch() -> None:
    book = Codebook(2, 2, decay=0.5, dead_below=0.4)
    book.started.fill_(True)
    book.codes = torch.tensor([[1.0, 0], [-1, 0]])
    x = torch.tensor([[1.0, 0.1], [1, 0.2], [1, 0.3]])

    book(x)  # the second code's share falls from 1/2 to 1/4: above 0.4 / 2
    assert book.codes[1].tolist() == [-1, 0]
    book(x)  # and to 1/8: dead

    assert any(torch.allclose(book.codes[1], vector) for vector in F.normalize(x, dim=1))
    assert float(book.shares[1]) == 0.5


def test_evaluation_leaves_the_codebook_as_it_is() -> None:
    book = Codebook(4, 3).eval()
    before = {key: value.clone() for key, value in book.state_dict().items()}

    book(torch.randn(20, 3))

    assert all(torch.equal(before[key], value) for key, value in book.state_dict().items())


def test_the_first_batch_starts_the_codes_at_its_clusters() -> None:
    centres = F.normalize(torch.randn(4, 8), dim=1)
    x = F.normalize(centres.repeat(50, 1) + 0.01 * torch.randn(200, 8), dim=1)

    found = kmeans(x, 40)
    book = Codebook(40, 8)
    book(x)

    assert ((centres @ found.T).max(dim=1).values > 0.999).all()
    assert ((centres @ book.codes.T).max(dim=1).values > 0.999).all()
    torch.testing.assert_close(kmeans(x[:3], 8).norm(dim=1), torch.ones(8))


def test_kmeans_moves_centres_as_a_plain_loop_does() -> None:
    x = F.normalize(torch.randn(60, 3), dim=1)
    torch.manual_seed(5)
    first = torch.randperm(60)[:4]
    torch.manual_seed(5)
    found = kmeans(x, 4, n_rounds=6)

    centres = [x[int(row)].numpy() for row in first]
    for _ in range(6):
        nearest = [int(np.argmax([vector @ centre for centre in centres])) for vector in x.numpy()]
        for code in range(4):
            mine = [v for v, own in zip(x.numpy(), nearest, strict=True) if own == code]
            if mine:
                mean = np.mean(mine, axis=0)
                centres[code] = mean / np.linalg.norm(mean)

    np.testing.assert_allclose(found, centres, atol=1e-5)


def test_perplexity_and_share_of_codes_in_use() -> None:
    even, one = torch.full((8,), 1 / 8), F.one_hot(torch.tensor(3), 8).float()
    shares = code_shares(torch.tensor([[0, 0], [1, 1]]), 4)

    assert code_use(even) == pytest.approx((8.0, 1.0))
    assert code_use(one) == pytest.approx((1.0, 1 / 8))
    assert shares.tolist() == [0.5, 0.5, 0, 0]
    assert code_use(shares) == pytest.approx((2.0, 0.5))


@pytest.mark.parametrize("target", ["signal", "power"])
def test_vqvae_loss_is_error_of_the_target_plus_commitment(target: Target) -> None:
    model = DuinVqVae(4, 300, TINY, target).eval()
    x = torch.randn(3, 4, 300)
    wanted = x if target == "signal" else torch.from_numpy(log_band_power(x.numpy(), 1000.0, 100))

    made = model(x)

    assert made.target.shape == wanted.shape
    expected = ((made.target - wanted) ** 2).mean() + made.commitment
    torch.testing.assert_close(vqvae_loss(model, x, wanted), expected)
    assert torch.equal(model.units(x), made.indices)


def test_log_band_power_of_a_sine_is_in_its_band_while_it_lasts() -> None:
    t = np.arange(1200) / 1000.0
    x = np.zeros((1, 2, 1200), dtype=np.float32)
    x[0, 1] = 3 * np.sin(2 * np.pi * 80 * t) * (t >= 0.6)

    power = np.exp(log_band_power(x, 1000.0, 100)).reshape(2, 8, 12)

    high_gamma = power[1, 5]  # 70-100 Hz
    np.testing.assert_allclose(high_gamma[7:11], 4.5, rtol=0.05)
    assert high_gamma[:5].max() < 0.1
    assert power[0].max() < 1e-6


def test_the_bound_of_white_noise_is_that_of_its_rate() -> None:
    white = np.random.default_rng(0).normal(size=(4000, 5, 4)).astype(np.float32)

    # 7 bits per token of 10 numbers.
    assert rate_bound(white, 128, 2) == pytest.approx(1 - 2 ** (-2 * 7 / 10), abs=0.01)
    # If one number is much stronger, it needs all bits.
    white[:, 0] *= 1e3
    assert rate_bound(white[:, :, :1], 128, 1) == pytest.approx(1 - 2**-14, abs=1e-4)


def test_people_share_all_but_their_own_layers() -> None:
    model = DuinVqVae([4, 7], 300, TINY, "power")
    x = torch.randn(2, 7, 300)

    assert model(x, 1).target.shape == (2, 7 * 8, 3)
    vqvae_loss(model, x, torch.randn(2, 56, 3), 1).backward()

    own, other = model.encoder.spatial.people[1], model.encoder.spatial.people[0]
    assert own.weight.grad.abs().sum() > 0
    assert other.weight.grad is None


def test_half_of_each_trials_tokens_are_masked() -> None:
    masks = half_masks(50, 9)

    assert (masks.sum(dim=1) == 4).all()
    assert (masks.float().mean(dim=0) > 0.2).all()


def test_what_is_masked_cannot_be_seen() -> None:
    model = DuinMasked(4, 300, TINY).eval()
    x = torch.randn(1, 4, 300)
    other = x.clone()
    other[:, :, 100:200] = torch.randn(1, 4, 100)
    hidden = torch.tensor([[False, True, False]])

    torch.testing.assert_close(model(x, hidden), model(other, hidden))
    assert not torch.allclose(model(x, ~hidden), model(other, ~hidden))


def test_masked_loss_is_cross_entropy_of_hidden_units_in_two_passes() -> None:
    model = DuinMasked(4, 400, TINY).eval()
    x, units = torch.randn(3, 4, 400), torch.randint(8, (3, 4))
    mask = half_masks(3, 4)

    total = 0.0
    for hidden in (mask, ~mask):
        p = model(x, hidden).softmax(dim=2).detach().numpy()
        places = np.argwhere(hidden.numpy())
        total -= np.mean([np.log(p[trial, place, units[trial, place]]) for trial, place in places])

    assert masked_loss(model, x, units, mask).item() == pytest.approx(total / 2, rel=1e-5)


def test_a_trials_logits_do_not_depend_on_its_batch() -> None:
    model = Duin(6, 300, 5, SMALL).eval()
    x = torch.randn(4, 6, 300)

    torch.testing.assert_close(torch.cat([model(trial[None]) for trial in x]), model(x))


@pytest.mark.parametrize("stage", ["vqvae", "masked", "words"])
def test_gradients_reach_every_parameter(stage: str) -> None:
    x = torch.randn(6, 4, 400)
    model: nn.Module
    if stage == "vqvae":
        model = DuinVqVae(4, 400, TINY)
        vqvae_loss(model, x, x).backward()
    elif stage == "masked":
        model = DuinMasked(4, 400, TINY)
        masked_loss(model, x, torch.randint(8, (6, 4)), half_masks(6, 4)).backward()
    else:
        model = Duin(4, 400, 3, TINY)
        F.cross_entropy(model(x), torch.arange(6) % 3).backward()

    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.long
def test_three_stages_learn_the_simulated_words() -> None:
    x, words = spoken_words(n_words=60)
    n_channels, n_samples = x.shape[1:]

    vqvae = DuinVqVae(n_channels, n_samples, SMALL)
    first = fit(vqvae, lambda rows: vqvae_loss(vqvae, x[rows], x[rows]), len(x), epochs=15)
    vqvae.eval()
    units = vqvae.units(x)
    masked = DuinMasked(n_channels, n_samples, SMALL)
    masked.encoder.load_state_dict(vqvae.encoder.state_dict())
    second = fit(
        masked,
        lambda rows: masked_loss(masked, x[rows], units[rows], half_masks(len(rows), 8)),
        len(x),
        epochs=5,
    )
    model = Duin(n_channels, n_samples, len(WORDS), SMALL)
    model.encoder.load_state_dict(masked.encoder.state_dict())
    fit(model, lambda rows: F.cross_entropy(model(x[rows]), words[rows]), len(x), epochs=20)

    assert first[-1] < first[0]
    assert second[-1] < second[0]
    assert (model.eval()(x).argmax(dim=1) == words).float().mean() > 0.9


def spoken_words(n_words: int) -> tuple[Tensor, Tensor]:
    """Return windows, (n, 16, 800), of unit variance from 0.2 s after the cue, and words."""
    channels = seeg(16)
    levels = Amplitudes(line_uv=0, offset_uv=0, walk_uv=0)
    scenario = speech(positions(channels))
    signal = SimulatedSignal(channels, 1000.0, scenario, seed=0, levels=levels)
    blocks = list(islice(signal.blocks(), n_words * 26))
    data = np.concatenate([block for block, _ in blocks])
    windows, words = [], []
    for marker in [m for _, markers in blocks for m in markers if m.label in WORDS]:
        start = round(1000 * (marker.time + 0.2))
        if start + 800 <= len(data):
            windows.append(data[start : start + 800].T)
            words.append(WORDS.index(marker.label))
    x = torch.tensor(np.array(windows))
    return x / x.std(dim=(0, 2), keepdim=True), torch.tensor(words)


def fit(model: nn.Module, loss, n: int, epochs: int) -> list[float]:  # type: ignore[no-untyped-def]
    """Train on ``n`` trials; return the mean loss of each epoch."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    history = []
    for _ in range(epochs):
        losses = []
        for rows in torch.randperm(n).split(16):
            optimizer.zero_grad()
            value = loss(rows)
            value.backward()
            optimizer.step()
            losses.append(value.item())
        history.append(float(np.mean(losses)))
    return history
