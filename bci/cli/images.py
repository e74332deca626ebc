"""Commands about galleries of images: embed-images."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bci.cli.console import err, out
from bci.errors import GalleryError


def add_commands(app: typer.Typer) -> None:
    app.command()(embed_images)


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
) -> None:
    """Make a gallery: each picture with the vector that decoders of seen images learn.

    A picture bird_01.jpg is the image whose marker is image-bird_01. Put the gallery into the
    pictures' own folder, and the dashboard shows them.

    Example: bci embed-images pictures --model openai/clip-vit-base-patch32 --out
    pictures/gallery.safetensors
    """
    from bci.gallery import save_gallery

    if out_file.exists() and not force:
        raise GalleryError(f"{out_file} exists already; choose another --out, or give --force")
    try:
        from decoders.vision import embed_folder
    except ImportError as error:
        raise GalleryError(f"{error}; pictures need more: pip install 'bci[images]'") from error
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task(f"Embedding by {model}", total=None)
        gallery = embed_folder(
            folder, model, lambda done, of: progress.update(bar, completed=done, total=of)
        )
    save_gallery(gallery, out_file)
    out.print(
        f"{len(gallery.names)} images, {gallery.embeddings.shape[1]} numbers each, by "
        f"{gallery.made_by}: {out_file}"
    )
    if out_file.parent.resolve() != folder.resolve():
        err.print("the dashboard shows pictures only where the gallery lies in their folder")
