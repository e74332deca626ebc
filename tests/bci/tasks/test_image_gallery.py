from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save
from typer.testing import CliRunner

from bci.cli import app
from bci.errors import GalleryError
from bci.tasks.image_gallery import (
    Gallery,
    gallery_from_vectors,
    load_gallery,
    read_pictures,
    save_gallery,
)


def small_gallery(**changes: object) -> Gallery:
    given = {
        "names": ("image-b", "image-a", "image-c"),
        "embeddings": np.arange(6, dtype=np.float32).reshape(3, 2),
        "made_by": "simulated image vectors",
        "pictures": ("b.jpg", "sub/a.jpg", ""),
    }
    return Gallery(**(given | changes))  # type: ignore[arg-type]


def test_a_gallery_comes_back_as_it_was_written(tmp_path: Path) -> None:
    gallery = small_gallery()
    save_gallery(gallery, tmp_path / "new" / "g.safetensors")

    read = load_gallery(tmp_path / "new" / "g.safetensors")

    assert (read.names, read.made_by, read.pictures) == (
        gallery.names, gallery.made_by, gallery.pictures,
    )  # fmt: skip
    np.testing.assert_array_equal(read.embeddings, gallery.embeddings)


def test_pictures_are_found_without_the_embeddings(tmp_path: Path) -> None:
    file = tmp_path / "g.safetensors"
    save_gallery(small_gallery(), file)
    content = file.read_bytes()
    embeddings = small_gallery().embeddings
    file.write_bytes(content[: -embeddings.nbytes] + np.full_like(embeddings, np.nan).tobytes())
    with pytest.raises(GalleryError, match="not finite"):
        load_gallery(file)
    assert read_pictures(file) == {
        "image-b": tmp_path / "b.jpg",
        "image-a": tmp_path / "sub" / "a.jpg",
    }
    save_gallery(small_gallery(pictures=()), file)
    assert read_pictures(file) == {}


def test_embeddings_come_in_the_order_that_is_asked_for() -> None:
    found = small_gallery().of(["image-c", "image-b", "image-c"])
    np.testing.assert_array_equal(found, [[4, 5], [0, 1], [4, 5]])


def test_an_image_that_is_not_in_the_gallery_is_named() -> None:
    with pytest.raises(GalleryError, match="has no image image-x, image-y: make it of all"):
        small_gallery().of(["image-x", "image-a", "image-y", "image-x"])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"names": ("a", "a", "b")}, "a name of its own"),
        ({"names": ("a", "b")}, "2 images have embeddings"),
        ({"embeddings": np.full((3, 2), np.nan, dtype=np.float32)}, "not finite"),
        ({"pictures": ("a.jpg",)}, "1 pictures for 3"),
    ],
)
def test_what_is_no_gallery_is_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(GalleryError, match=told):
        small_gallery(**changes)


def test_a_missing_or_foreign_or_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "g.safetensors"
    with pytest.raises(GalleryError, match=r"no such gallery; make one with bci embed-images"):
        load_gallery(file)
    for content in (b"", b"not at all", save({"embeddings": np.zeros((3, 2), np.float32)})):
        file.write_bytes(content)
        with pytest.raises(GalleryError, match="not a gallery"):
            load_gallery(file)
    save_gallery(small_gallery(), file)
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(GalleryError, match="damaged"):
        load_gallery(file)


@pytest.mark.parametrize("names", ["7", "[1, 2, 3]", "[" * 100_000, '{"a": 1}'])
def test_names_that_are_none_are_refused(tmp_path: Path, names: str) -> None:
    header = {"format": "bci gallery 1", "made_by": "x", "names": names, "pictures": "[]"}
    file = tmp_path / "g.safetensors"
    file.write_bytes(save({"embeddings": np.zeros((3, 2), np.float32)}, header))
    for read in (load_gallery, read_pictures):
        with pytest.raises(GalleryError, match=r"g\.safetensors"):
            read(file)


@pytest.mark.parametrize("picture", ["../../etc/passwd", "/etc/passwd", "a\\..\\b"])
def test_a_picture_outside_the_gallerys_folder_is_refused(tmp_path: Path, picture: str) -> None:
    save_gallery(small_gallery(pictures=(picture, "", "")), tmp_path / "g.safetensors")
    for read in (load_gallery, read_pictures):
        with pytest.raises(GalleryError, match="outside the gallery's folder"):
            read(tmp_path / "g.safetensors")


def test_vectors_of_another_program_become_a_gallery(tmp_path: Path) -> None:
    vectors = np.arange(6, dtype=np.float64).reshape(3, 2)
    np.save(tmp_path / "clip.npy", vectors)
    listed = "birds/bird_01.JPG\nimage-0002\n../out.png\n"
    (tmp_path / "images.txt").write_text(listed, encoding="utf-8")
    file = tmp_path / "g.safetensors"
    run = ["import", "embeddings", str(tmp_path / "clip.npy"), str(tmp_path / "images.txt")]

    result = CliRunner().invoke(app, [*run, "--made-by", "CLIP ViT-L/14", "--out", str(file)])

    assert result.exit_code == 0, result.output
    gallery = load_gallery(file)
    assert gallery.names == ("image-bird_01", "image-0002", "image-out")
    assert gallery.pictures == ("birds/bird_01.JPG", "", "")
    assert gallery.made_by == "CLIP ViT-L/14"
    np.testing.assert_array_equal(gallery.embeddings, vectors)


@pytest.mark.parametrize(
    ("vectors", "listed", "told"),
    [
        (np.zeros((3, 2)), "a\nb\n", r"has 3 rows, .*images.txt lists 2 images"),
        (np.zeros((2, 2)), "a.png\nb/a.jpg\n", r"images.txt: .*a name of its own"),
        (np.zeros(2), "a\nb\n", "no table of numbers"),
        (np.array([["1", "2"], ["3", "4"]]), "a\nb\n", "no table of numbers"),
        (np.array([[{}, {}], [{}, {}]]), "a\nb\n", "not a NumPy file of plain numbers"),
    ],
)
def test_vectors_that_do_not_fit_their_list_are_refused(
    tmp_path: Path, vectors: np.ndarray, listed: str, told: str
) -> None:
    np.save(tmp_path / "v.npy", vectors)
    (tmp_path / "images.txt").write_text(listed, encoding="utf-8")
    with pytest.raises(GalleryError, match=told):
        gallery_from_vectors(tmp_path / "v.npy", tmp_path / "images.txt", "x")
