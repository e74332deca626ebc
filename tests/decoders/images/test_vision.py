from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bci.cli import app
from bci.errors import GalleryError
from bci.tasks.image_gallery import load_gallery
from decoders.images.colour_edge_embedder import describe, descriptor
from decoders.images.embedders import embed_folder
from decoders.images.pictures import find_pictures

PIL = pytest.importorskip("PIL.Image")


def nobody(_done: int, _of: int) -> None:
    pass


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "birds").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in ("birds/wren_01.jpg", "image-0002.png", "tall.png"):
        size = (90, 40, 3) if name == "tall.png" else (40, 60, 3)
        PIL.fromarray(rng.integers(0, 255, size, dtype=np.uint8)).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def tiny_dino(tmp_path: Path) -> Path:
    """Return the folder of a DINOv2 with random weights."""
    transformers = pytest.importorskip("transformers")
    folder = tmp_path / "dino"
    config = transformers.Dinov2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14
    )
    transformers.Dinov2Model(config).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        '{"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 32},'
        ' "crop_size": {"height": 28, "width": 28}, "do_center_crop": true, "do_resize": true,'
        ' "do_rescale": true, "do_normalize": true, "image_mean": [0.485, 0.456, 0.406],'
        ' "image_std": [0.229, 0.224, 0.225]}'
    )
    return folder


@pytest.fixture
def tiny_clip(tmp_path: Path) -> Path:
    """Return the folder of a CLIP with random weights: image tower, text tower, projections."""
    transformers = pytest.importorskip("transformers")
    folder = tmp_path / "clip"
    layers = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.CLIPConfig(
        text_config={**layers, "vocab_size": 8, "intermediate_size": 32},
        vision_config={**layers, "image_size": 28, "patch_size": 14, "intermediate_size": 32},
        projection_dim=12,
    )
    transformers.CLIPModel(config).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        '{"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 28},'
        ' "crop_size": {"height": 28, "width": 28}, "do_center_crop": true, "do_resize": true,'
        ' "do_rescale": true, "do_normalize": true, "do_convert_rgb": true,'
        ' "image_mean": [0.481, 0.458, 0.408], "image_std": [0.269, 0.261, 0.276]}'
    )
    return folder


def test_pictures_are_named_as_their_markers(pictures: Path) -> None:
    assert list(find_pictures(pictures)) == ["image-wren_01", "image-0002", "image-tall"]


@pytest.mark.slow
def test_a_vision_model_embeds_every_picture(pictures: Path, tiny_dino: Path) -> None:
    gallery = embed_folder(pictures, str(tiny_dino), nobody)
    assert gallery.embeddings.shape == (3, 16)
    assert gallery.pictures == ("birds/wren_01.jpg", "image-0002.png", "tall.png")
    assert gallery.made_by == str(tiny_dino)
    assert len({row.tobytes() for row in gallery.embeddings}) == 3


@pytest.mark.slow
def test_clip_embeds_pictures_into_the_space_that_it_shares_with_text(
    pictures: Path, tiny_clip: Path
) -> None:
    import torch
    import transformers

    gallery = embed_folder(pictures, str(tiny_clip), nobody)

    assert gallery.embeddings.shape == (3, 12)  # 16 before the projection
    whole = transformers.CLIPModel.from_pretrained(tiny_clip).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(tiny_clip, backend="pil")
    for file, embedding in zip(gallery.pictures, gallery.embeddings, strict=True):
        pixels = processor(images=PIL.open(pictures / file), return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            expected = whole.visual_projection(whole.vision_model(pixels).pooler_output)[0]
        np.testing.assert_allclose(embedding, expected, rtol=1e-5, atol=1e-6)
    assert len({row.tobytes() for row in gallery.embeddings}) == 3


def test_a_model_that_cannot_be_had_is_one_sentence(pictures: Path, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "empty").mkdir()
    with pytest.raises(GalleryError, match=r"cannot be had .*--model simple"):
        embed_folder(pictures, str(tmp_path / "empty"), nobody)


def test_the_command_writes_a_gallery_that_reports_what_made_it(pictures: Path) -> None:
    file = pictures / "gallery.safetensors"
    run = ["embed-images", str(pictures), "--model", "simple", "--out", str(file)]
    result = CliRunner().invoke(app, run)
    assert result.exit_code == 0, result.output
    gallery = load_gallery(file)
    assert gallery.made_by == "simple descriptor (colour, edges, brightness)"
    assert gallery.embeddings.shape == (3, 288)
    again = CliRunner().invoke(app, run)
    assert isinstance(again.exception, GalleryError)
    assert "exists already" in str(again.exception)


def test_the_simple_descriptor_separates_colours_edges_and_places() -> None:
    def alike(one: np.ndarray, other: np.ndarray) -> float:
        return float(descriptor(one) @ descriptor(other))

    across = np.zeros((64, 64, 3))
    across[::8] = 1.0
    upright = across.transpose(1, 0, 2)
    red, blue = np.zeros((2, 64, 64, 3))
    red[:32, :, 0] = blue[:32, :, 2] = 0.9
    turned = red[::-1]
    assert alike(across, across) > alike(across, upright) + 0.5
    assert alike(red, red) > alike(red, blue) + 0.2
    assert alike(red, red) > alike(red, turned) + 0.2
    assert np.isfinite(descriptor(np.zeros((64, 64, 3)))).all()


def test_what_is_no_picture_is_named(pictures: Path) -> None:
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8 nothing")
    with pytest.raises(GalleryError, match=r"broken.jpg: not a picture"):
        describe(pictures / "broken.jpg")


def test_two_pictures_of_one_name_are_refused(pictures: Path) -> None:
    (pictures / "0002.jpg").write_bytes(b"")
    with pytest.raises(GalleryError, match="are both image-0002"):
        find_pictures(pictures)
    with pytest.raises(GalleryError, match="fewer than two"):
        find_pictures(pictures / "birds")
