from collections.abc import Iterator
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
    half_masks,
    masked_loss,
    vqvae_loss,
)
from devices.simulated.montages import positions, seeg
from devices.simulated.scenarios import WORDS, speech
from devices.simulated.signal import Amplitudes, SimulatedSignal

TINY = DuinSettings(
    n_spatial=4, widths=(8, 8, 4), n_blocks=1, n_heads=2, head_width=8, head_hidden=16,
    n_codes=8, code_width=4, code_decay=0.9, n_decoder_blocks=1,
)  # fmt: skip


@pytest.fixture(autouse=True)
def seeded_on_one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


def n_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_full_size_is_the_published_one() -> None:
    channels, tokens, width, inner, words = 16, 40, 160, 8 * 64, 61
    spatial = channels * 16 + 16
    tokeniser = 16 * 128 * 19 + 128 * 128 * 3 + 128 * 16 * 3 + 2 * (128 + 128 + 16)
    block = (
        width * 3 * inner + 3 * inner  # queries, keys, values
        + inner * width + width  # projection
        + width * 320 + 320 + 320 * width + width  # feed-forward
        + 2 * 2 * width  # two layer norms
    )  # fmt: skip
    encoder = spatial + tokeniser + tokens * width + 8 * block
    head = tokens * width * 128 + 128 + 128 * words + words

    model = Duin(channels, 4000, words)

    assert n_parameters(model.encoder) == encoder == 3_564_592
    assert n_parameters(model) == encoder + head == 4_391_789


def test_full_size_of_pretraining() -> None:
    assert n_parameters(DuinVqVae(16, 4000)) == 5_785_392
    assert n_parameters(DuinMasked(16, 4000)) == 3_564_592 + 160 + 160 * 2048 + 2048


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
    assert made.signal.shape == x.shape
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
    x = torch.randn(1, 3, TINY.width)

    q, k, v = block.queries_keys_values(x[0]).view(3, 3, 2, 8).unbind(1)  # each (P, heads, 8)
    scores = torch.einsum("phd,qhd->hpq", q, k) / 8**0.5
    mixed = torch.einsum("hpq,qhd->phd", scores.softmax(dim=2), v).reshape(3, 16)
    y = F.layer_norm(x[0] + block.projection(mixed), (TINY.width,))
    first, _, _, second = block.feed_forward
    expected = F.layer_norm(y + second(F.gelu(first(y))), (TINY.width,))

    torch.testing.assert_close(block(x)[0], expected)


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


def test_vqvae_loss_is_error_of_the_signal_plus_commitment() -> None:
    model = DuinVqVae(4, 300, TINY).eval()
    x = torch.randn(3, 4, 300)

    made = model(x)

    expected = ((made.signal - x) ** 2).mean() + made.commitment
    torch.testing.assert_close(vqvae_loss(model, x), expected)
    assert torch.equal(model.units(x), made.indices)


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
        vqvae_loss(model, x).backward()
    elif stage == "masked":
        model = DuinMasked(4, 400, TINY)
        masked_loss(model, x, torch.randint(8, (6, 4)), half_masks(6, 4)).backward()
    else:
        model = Duin(4, 400, 3, TINY)
        F.cross_entropy(model(x), torch.arange(6) % 3).backward()

    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.slow
def test_three_stages_learn_the_simulated_words() -> None:
    x, words = spoken_words(n_words=60)
    n_channels, n_samples = x.shape[1:]

    vqvae = DuinVqVae(n_channels, n_samples, SMALL)
    first = fit(vqvae, lambda rows: vqvae_loss(vqvae, x[rows]), len(x), epochs=15)
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
    """Windows (n, 16, 800) of unit variance from 0.2 s after the cue, and numbers of words (n,)."""
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
    """Train on n trials; the mean loss of each epoch."""
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
