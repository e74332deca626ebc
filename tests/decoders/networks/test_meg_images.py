from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from decoders.networks.meg_images import (
    SMALL,
    ConvolutionBlock,
    Embeddings,
    MegImages,
    MegImagesSettings,
    SpatialAttention,
    contrastive_loss,
    flat_places,
    fourier_features,
    images_loss,
    rank_at_place,
)
from devices.simulated.montages import meg, positions
from devices.simulated.scenarios import IMAGE_DIMENSIONS, image_vector, images
from devices.simulated.signal import Amplitudes, SimulatedSignal
from tests.decoders.own_networks import n_parameters

TINY = MegImagesSettings(n_frequencies=4, n_virtual=8, width=12, n_blocks=2)
HELMET = positions(meg())
MAGNETOMETERS = HELMET[::3]


def test_full_size_and_shapes() -> None:
    samples, dimensions = 181, 768
    attention = 270 * 2048 + 3 * 2048  # three channels per place of the helmet
    mix = 270 * 270 + 270
    blocks = 0
    for n_in in (270, 320):
        blocks += n_in * 320 * 3 + 320 * 320 * 3 + 2 * 2 * 320  # convolutions, batch norms
        blocks += 320 * 640 * 3 + 640  # gate
    widen = 320 * 640 + 640
    head = 2 * 640 + 640 * 640 + 640 + 640 * dimensions + dimensions
    temperature = 1
    expected = attention + mix + blocks + widen + (samples + 1) + 2 * head + temperature

    model = MegImages(HELMET, samples, dimensions).eval()
    with torch.inference_mode():
        made = model(torch.randn(2, 306, samples))

    assert n_parameters(model) == expected == 5_058_953
    assert made.contrast.shape == made.regression.shape == (2, dimensions)
    with_subjects = MegImages(HELMET, samples, dimensions, n_subjects=4)
    assert n_parameters(with_subjects) == expected + 4 * 270 * 270


def test_places_keep_left_right_front_and_the_angle_to_the_top() -> None:
    top, right, left, front = [0, 0, 1], [1, 0, 0], [-1, 0, 0], [0, 1, 0]

    places = flat_places(0.1 * np.array([top, right, left, front], dtype=float))

    # The widest extent, left to right, is the unit square's side, so 90 degrees are a half.
    np.testing.assert_allclose(places, [[0.5, 0], [1, 0], [0, 0], [0.5, 0.5]], atol=1e-12)


def test_sensors_without_a_place_are_refused() -> None:
    with pytest.raises(ValueError, match="position of every channel"):
        flat_places(np.full((3, 3), np.nan))


def test_three_channels_at_one_place_have_three_ranks() -> None:
    assert rank_at_place(HELMET).tolist() == [0, 1, 2] * 102
    assert not rank_at_place(MAGNETOMETERS).any()


def test_fourier_features_are_cosines_and_sines_of_all_pairs_of_frequencies() -> None:
    features = fourier_features(np.array([[0.3, 0.8]]), 3, 0.2)

    angles = [2 * np.pi * (i * 0.5 + j * 1.0) / 1.4 for i in range(3) for j in range(3)]
    np.testing.assert_allclose(features[0], [*np.cos(angles), *np.sin(angles)])


def test_attention_is_a_softmax_over_the_sensors() -> None:
    layer = SpatialAttention(HELMET, TINY).eval()
    x = torch.randn(2, 306, 5)

    with torch.no_grad():
        ranks = torch.arange(306) % 3
        scores = layer.heads @ (layer.features + layer.rank_features[ranks]).T
        weights = scores.exp() / scores.exp().sum(dim=1, keepdim=True)

    torch.testing.assert_close(layer.weights(), weights)
    torch.testing.assert_close(layer(x), torch.einsum("vc,bct->bvt", weights, x))
    # Two channels at the same place have different weights.
    assert not torch.allclose(weights[:, 0], weights[:, 1])


def test_training_leaves_out_the_sensors_around_a_random_place() -> None:
    layer = SpatialAttention(MAGNETOMETERS, TINY).train()
    torch.manual_seed(3)
    centre = torch.rand(2)
    torch.manual_seed(3)

    weights = layer.weights()

    near = (layer.places - centre).norm(dim=1) <= 0.2
    assert near.any()
    assert (weights[:, near] == 0).all()
    assert (weights[:, ~near] > 0).all()
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(8))
    assert (layer.eval().weights() > 0).all()


def test_a_single_sensor_is_never_left_out() -> None:
    layer = SpatialAttention(MAGNETOMETERS[:1], MegImagesSettings(n_frequencies=2, drop_radius=2))

    assert layer.train()(torch.ones(1, 1, 3)).isfinite().all()


def test_convolution_block_by_plain_steps() -> None:
    block = ConvolutionBlock(4, 6, 3, (1, 2)).eval()
    x = torch.randn(2, 4, 20)

    (first, norm, _), (second, last_norm, _) = block.convolutions
    y = F.gelu(norm(F.conv1d(x, first.weight, padding=1)))
    y = y + F.gelu(last_norm(F.conv1d(y, second.weight, padding=2, dilation=2)))
    z = F.conv1d(y, block.gate[0].weight, block.gate[0].bias, padding=1)

    torch.testing.assert_close(block(x), z[:, :6] * torch.sigmoid(z[:, 6:]))


def test_each_subject_has_its_own_layer() -> None:
    model = MegImages(MAGNETOMETERS, 30, 5, n_subjects=2, settings=TINY).eval()
    x = torch.randn(1, 102, 30).repeat(2, 1, 1)
    alike = model(x, torch.tensor([0, 1])).contrast
    torch.testing.assert_close(alike[0], alike[1])  # subject layers begin as the identity
    nn.init.normal_(model.subject.maps)

    same = model(x, torch.tensor([1, 1])).contrast
    other = model(x, torch.tensor([0, 1])).contrast

    torch.testing.assert_close(same[0], same[1])
    assert not torch.allclose(other[0], other[1])
    torch.testing.assert_close(other[1], same[1])
    with pytest.raises(ValueError, match="give their numbers"):
        model(x)


def test_contrast_of_orthogonal_images_by_hand() -> None:
    scores = np.array([[3.0, 0, 0], [0, 3, 0], [0, 0, 3]])  # cosine / temperature 1 / 3
    expected = -np.log(np.exp(3) / np.exp(scores[0]).sum())

    value = contrastive_loss(5 * torch.eye(3), 2 * torch.eye(3), temperature=1 / 3)

    assert float(value) == pytest.approx(expected)


def test_contrast_goes_both_ways() -> None:
    predicted, targets = torch.randn(4, 6), torch.randn(4, 6)
    p = predicted.numpy() / np.linalg.norm(predicted.numpy(), axis=1, keepdims=True)
    t = targets.numpy() / np.linalg.norm(targets.numpy(), axis=1, keepdims=True)
    e = np.exp(p @ t.T / 0.1)
    images_of_trials = np.log(np.diag(e) / e.sum(axis=1)).mean()
    trials_of_images = np.log(np.diag(e) / e.sum(axis=0)).mean()

    value = contrastive_loss(predicted, targets)

    assert float(value) == pytest.approx(-(images_of_trials + trials_of_images) / 2, rel=1e-4)


def test_trials_of_one_image_are_not_distinguished() -> None:
    image = torch.randn(1, 6)

    value = contrastive_loss(torch.randn(1, 6).repeat(4, 1), image.repeat(4, 1))

    assert float(value) == pytest.approx(np.log(4), rel=1e-5)  # as by guessing


def test_trials_of_one_image_share_its_target_as_a_plain_loop_does() -> None:
    shown = [0, 1, 0, 2, 1, 0]
    predicted, images = torch.randn(6, 5), torch.randn(3, 5)[shown]
    p, t = (
        each.numpy() / np.linalg.norm(each.numpy(), axis=1, keepdims=True)
        for each in (predicted, images)
    )
    total = 0.0
    for scores in (p @ t.T / 0.1, t @ p.T / 0.1):
        for i in range(6):
            same = [k for k in range(6) if shown[k] == shown[i]]
            log_shares = scores[i] - np.log(np.exp(scores[i]).sum())
            total -= sum(log_shares[k] for k in same) / len(same)

    assert float(contrastive_loss(predicted, images)) == pytest.approx(total / 12, rel=1e-4)


def test_loss_is_three_quarters_contrast_and_a_quarter_regression() -> None:
    made = Embeddings(torch.randn(3, 4), torch.zeros(3, 4), torch.tensor(0.2))
    targets = 2 * torch.ones(3, 4) * torch.tensor([[1.0], [-1.0], [1.0]])

    value = images_loss(made, targets)

    contrast = contrastive_loss(made.contrast, targets, 0.2)
    torch.testing.assert_close(value, 0.75 * contrast + 0.25 * 4)


def test_a_trials_embeddings_do_not_depend_on_its_batch() -> None:
    model = MegImages(HELMET, 30, 5, settings=TINY).eval()
    x = torch.randn(4, 306, 30)

    together = model(x)

    alone = [model(trial[None]) for trial in x]
    torch.testing.assert_close(torch.cat([made.contrast for made in alone]), together.contrast)
    torch.testing.assert_close(torch.cat([made.regression for made in alone]), together.regression)


def test_gradients_reach_every_parameter() -> None:
    model = MegImages(HELMET, 30, 5, n_subjects=2, settings=TINY)
    subjects = torch.arange(6) % 2

    images_loss(model(torch.randn(6, 306, 30), subjects), torch.randn(6, 5)).backward()

    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        # Its bias is the same for all features, so the heads' layer norm removes it. Only rounding
        # is left, which may be zero.
        if name != "over_time.bias":
            assert parameter.grad.abs().sum() > 0, name


@pytest.mark.long
def test_simulated_images_are_found_among_forty_in_later_trials() -> None:
    x, labels = seen_images(n_trials=320)
    targets = torch.tensor(np.array([image_vector(label) for label in labels])).float()
    model = MegImages(HELMET, x.shape[2], IMAGE_DIMENSIONS, settings=SMALL)
    n_training = len(x) * 3 // 4

    train(model, x[:n_training], targets[:n_training])
    with torch.inference_mode():
        trained = model.eval()(x[:n_training]).contrast
        later = model(x[n_training:]).contrast

    assert top_1(trained, labels[:n_training]) > 0.8
    assert top_1(later, labels[n_training:]) > 4 / 40  # chance is 1 / 40


def top_1(predicted: Tensor, labels: list[str]) -> float:
    gallery = sorted(set(labels))
    vectors = torch.tensor(np.array([image_vector(label) for label in gallery])).float()
    best = (F.normalize(predicted, dim=1) @ F.normalize(vectors, dim=1).T).argmax(dim=1)
    return float(np.mean([gallery[i] == label for i, label in zip(best, labels, strict=True)]))


def seen_images(n_trials: int) -> tuple[Tensor, list[str]]:
    """Return windows, (n, 306, 60), of 0.5 s after onset at 120 Hz, and labels."""
    levels = Amplitudes(background_uv=4, blink_uv=0, line_uv=0, offset_uv=0, walk_uv=0)
    signal = SimulatedSignal(meg(), 120.0, images(), seed=0, levels=levels)
    blocks = list(islice(signal.blocks(), n_trials * 13))
    data = np.concatenate([block for block, _ in blocks])
    windows, labels = [], []
    for marker in [m for _, markers in blocks for m in markers]:
        start = round(120 * marker.time)
        if start + 60 <= len(data):
            windows.append(data[start : start + 60].T)
            labels.append(marker.label)
    x = np.array(windows)
    return torch.tensor(x / x.std(axis=(0, 2), keepdims=True)), labels


def train(model: nn.Module, x: Tensor, targets: Tensor) -> None:
    epochs, batch = 20, 32
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs * -(-len(x) // batch))
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            images_loss(model(x[rows]), targets[rows]).backward()
            optimizer.step()
            schedule.step()
