import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from decoders.networks.augmentations import mirror
from decoders.networks.backbones import BACKBONES
from decoders.networks.mvcnet import (
    PUBLISHED,
    Mvcnet,
    MvcnetSettings,
    cross_model_loss,
    cross_view_loss,
    nt_xent,
)
from tests.decoders.own_networks import n_parameters


def batch() -> tuple[Tensor, Tensor]:
    return torch.randn(8, 4, 256), torch.arange(8) % 2


def linear(given: int, made: int) -> int:
    return given * made + made


def norm(width: int) -> int:
    return 2 * width


@pytest.mark.parametrize(("encoder_hz", "width"), [(None, 500), (80.0, 166)])
def test_full_size_of_the_transformer_and_its_projector(
    encoder_hz: float | None, width: int
) -> None:
    """64 channels, 2 s at 250 Hz; 80 Hz means every third sample, an even number of them."""
    model = Mvcnet(64, 500, 250.0, 2, settings=MvcnetSettings(encoder_hz=encoder_hz))
    attention = linear(width, 3 * width) + linear(width, width)
    forward = linear(width, 2 * width) + linear(2 * width, width)
    hidden = 4 * model.n_features
    projector = linear(64 * width, hidden) + norm(hidden) + linear(hidden, model.n_features)
    assert n_parameters(model.transformer.encoder) == attention + forward + 2 * norm(width)
    assert n_parameters(model.transformer.projector) == projector
    assert n_parameters(model) == n_parameters(model.backbone) + n_parameters(model.transformer)


def test_the_feed_forward_layer_of_a_short_trial_has_its_least_width() -> None:
    (layer,) = Mvcnet(4, 40, 20.0, 2, backbone="eegnet").transformer.encoder.layers
    assert layer.linear1.out_features == 128


def test_the_defaults_are_the_published_ones() -> None:
    assert (PUBLISHED.temperature, PUBLISHED.encoder_hz) == (0.2, None)
    assert (PUBLISHED.cross_view_weight, PUBLISHED.cross_model_weight) == (0.1, 0.1)
    model = Mvcnet(4, 256, 128.0, 2)
    assert model.settings == PUBLISHED
    (layer,) = model.transformer.encoder.layers
    assert layer.self_attn.num_heads == 2
    assert {part.p for part in layer.modules() if isinstance(part, nn.Dropout)} == {0.1}
    assert layer.self_attn.dropout == 0.1


def test_contrast_of_identical_orthogonal_features_is_its_least() -> None:
    """Similarity 1 to the partner and 0 to the others: log(1 + (2 n - 2) exp(-1 / T))."""
    rows = torch.eye(4, 6)
    least = math.log1p(6 * math.exp(-1 / 0.2))

    assert nt_xent(rows, rows, 0.2).item() == pytest.approx(least, rel=1e-4)
    assert nt_xent(3 * rows, rows, 0.2).item() == pytest.approx(least, rel=1e-4)  # only angles
    assert nt_xent(rows, rows.roll(1, 0), 0.2) > 1 / 0.2
    for _ in range(5):
        assert nt_xent(rows, rows + 0.3 * torch.randn(4, 6), 0.2) > least


def test_contrast_of_features_all_alike_is_chance() -> None:
    rows = torch.ones(4, 6)
    assert nt_xent(rows, rows, 0.2).item() == pytest.approx(math.log(7), rel=1e-5)


def test_contrast_of_a_single_pair_is_nothing() -> None:
    assert nt_xent(torch.randn(1, 6), torch.randn(1, 6), 0.2).item() == 0


def test_pairs_that_are_alike_are_no_negatives() -> None:
    """Rows 0 and 1 have the same direction, so their pairs are left out of the contrast."""
    rows = torch.eye(4, 6)
    rows[1] = rows[0]
    alike = torch.zeros(4, 4, dtype=torch.bool)
    alike[0, 1] = alike[1, 0] = True

    least = [math.log1p(k * math.exp(-1 / 0.2)) for k in (4, 4, 6, 6)]  # negatives left per row
    masked = nt_xent(rows, rows, 0.2, alike)
    assert masked.item() == pytest.approx(sum(least) / 4, rel=1e-3)
    assert nt_xent(rows, rows, 0.2) > masked + 0.3


def test_trials_that_are_each_their_own_source_give_the_published_loss() -> None:
    model = Mvcnet(4, 256, 128.0, 2).eval()
    trials, labels = batch()
    views = [(-trials, labels), (0.5 * trials, labels)]

    published = model.loss(trials, labels, views)
    same = model.loss(trials, labels, views, torch.arange(8))
    of_pairs = model.loss(trials, labels, views, torch.arange(8) // 2)
    torch.testing.assert_close(same, published)
    assert of_pairs.cross_view < published.cross_view
    assert of_pairs.cross_model < published.cross_model


def test_cross_view_term_is_the_mean_over_the_views() -> None:
    raw, near, far = torch.eye(4), torch.eye(4), torch.eye(4).roll(1, 0)
    both = cross_view_loss(raw, [near, far], 0.5)
    torch.testing.assert_close(both, (nt_xent(raw, near, 0.5) + nt_xent(raw, far, 0.5)) / 2)
    assert cross_view_loss(raw, [near], 0.5) < both


def test_cross_model_term_is_least_where_the_models_agree() -> None:
    backbone = torch.randn(6, 10)
    agreed = cross_model_loss(backbone, backbone, 0.2)
    assert agreed < cross_model_loss(backbone, torch.randn(6, 10), 0.2)
    assert agreed < cross_model_loss(backbone, backbone.roll(1, 0), 0.2)


def test_identical_views_give_the_least_cross_view_term() -> None:
    model = Mvcnet(4, 256, 128.0, 2).eval()
    trials, labels = batch()

    alike = model.loss(trials, labels, [(trials, labels)])
    for other in (trials.roll(1, 0), torch.randn_like(trials)):
        assert alike.cross_view < model.loss(trials, labels, [(other, labels)]).cross_view
    torch.testing.assert_close(alike.classification, 2 * F.cross_entropy(model(trials), labels))


def test_mvcnets_terms_are_weighted_and_summed() -> None:
    settings = MvcnetSettings(cross_view_weight=0.5, cross_model_weight=2.0)
    model = Mvcnet(4, 256, 128.0, 2, settings=settings).eval()
    loss = model.loss(*batch(), [batch()])

    expected = loss.classification + 0.5 * loss.cross_view + 2 * loss.cross_model
    torch.testing.assert_close(loss.total, expected)


def test_a_mirrored_view_is_held_to_its_own_labels() -> None:
    model = Mvcnet(4, 256, 128.0, 2).eval()
    trials, labels = batch()
    view, swapped = mirror(trials, labels, [3, 1, 2, 0], [1, 0])

    loss = model.loss(trials, labels, [(view, swapped)])
    expected = F.cross_entropy(model(trials), labels) + F.cross_entropy(model(view), swapped)
    torch.testing.assert_close(loss.classification, expected)


def test_only_the_backbone_decides() -> None:
    model = Mvcnet(4, 256, 128.0, 2).eval()
    trials = torch.randn(3, 4, 256)
    before = model(trials)

    with torch.no_grad():
        for parameter in model.transformer.parameters():
            parameter.add_(1)
    torch.testing.assert_close(model(trials), before)
    torch.testing.assert_close(model.backbone(trials), before)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_any_backbone_takes_part_in_both_contrasts(backbone: str) -> None:
    model = Mvcnet(4, 257, 128.0, 2, backbone, MvcnetSettings(encoder_hz=64.0))
    trials, labels = torch.randn(4, 4, 257), torch.tensor([0, 1, 0, 1])

    loss = model.loss(trials, labels, [(-trials, labels)])
    assert all(term.isfinite() for term in loss)
    assert model.transformer.width == 128


def test_an_unknown_backbone_is_named() -> None:
    with pytest.raises(ValueError, match="no backbone 'resnet'; choose one of eegnet, shallow"):
        Mvcnet(4, 256, 128.0, 2, backbone="resnet")
