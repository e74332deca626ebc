"""Commands about galleries of images: embed-images, import embeddings."""

from pathlib import Path
from typing import Annotated

import typer

from bci.cli.console import note, out, print_file, warn
from bci.cli.events import JsonOption
from bci.cli.import_datasets import imports
from bci.errors import GalleryError
from bci.files.writable import require_place
from bci.plugins.installing import how_to_install_torch
from bci.tasks.image_gallery import Gallery


def add_commands(app: typer.Typer) -> None:
    app.command()(embed_images)
    imports.command("embeddings")(import_embeddings)


def embed_images(
    folder: Annotated[Path, typer.Argument(help="Where the pictures are, also in folders below.")],
    out_file: Annotated[Path, typer.Option("--out", help="The gallery, NAME.safetensors.")],
    model: Annotated[
        str,
        typer.Option(
            help="Vision model on Hugging Face, or a folder with one; or simple: colours, edges "
            "and brightness only."
        ),
    ] = "facebook/dinov2-base",
    force: Annotated[bool, typer.Option("--force", help="Replace a gallery there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a gallery: each picture with the vector that decoders of seen images learn.

    A picture bird_01.jpg is the image whose marker is image-bird_01. Put the gallery into the
    pictures' own folder, and the dashboard shows them.

    Example: bci embed-images pictures --model openai/clip-vit-base-patch32 --out
    pictures/gallery.safetensors
    """
    from bci.cli.training_progress import telling
    from bci.tasks.image_gallery import save_gallery

    require_place(out_file)
    if out_file.exists() and not force:
        raise GalleryError(f"{out_file} exists already; choose another --out, or give --force")
    try:
        from decoders.images.embedders import embed_folder
    except ImportError as error:
        raise GalleryError(
            f"{error}; pictures need more: {how_to_install_torch('images')}"
        ) from error
    with telling(as_json) as teller:
        doing = f"Embedding by {model}"
        gallery = embed_folder(folder, model, lambda done, of: teller.progress(doing, done, of))
    save_gallery(gallery, out_file)
    _tell(gallery, out_file, as_json)
    if out_file.parent.resolve() != folder.resolve():
        warn("the dashboard shows pictures only where the gallery lies in their folder")


def import_embeddings(
    vectors: Annotated[Path, typer.Argument(help="NumPy file (.npy), one row an image.")],
    listed: Annotated[
        Path, typer.Argument(help="Text file, an image a line: its name, or its picture's path.")
    ],
    made_by: Annotated[str, typer.Option("--made-by", help="The model that made them.")],
    out_file: Annotated[Path, typer.Option("--out", help="The gallery, NAME.safetensors.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a gallery there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Embeddings of images that another program made, as a gallery.

    Paths of pictures are relative to where the gallery will lie. The picture bird_01.jpg is the
    image whose marker is image-bird_01.

    Example: bci import embeddings clip.npy images.txt --made-by "CLIP ViT-L/14" --out
    gallery.safetensors
    """
    from bci.tasks.image_gallery import gallery_from_vectors, save_gallery

    require_place(out_file)
    if out_file.exists() and not force:
        raise GalleryError(f"{out_file} exists already; choose another --out, or give --force")
    gallery = gallery_from_vectors(vectors, listed, made_by)
    save_gallery(gallery, out_file)
    _tell(gallery, out_file, as_json)


def _tell(gallery: Gallery, file: Path, as_json: bool) -> None:
    made = (
        f"{len(gallery.names)} images, {gallery.embeddings.shape[1]} numbers each, by "
        f"{gallery.made_by}"
    )
    if as_json:
        note(made)
        print_file(file, as_json)
    else:
        out.print(f"{made}: {file}")
