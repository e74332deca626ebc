"""Embeddings of pictures by a vision model (DINOv2, CLIP ...), or by a simple descriptor."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from bci.errors import GalleryError
from bci.signals import FloatArray
from bci.tasks.image_gallery import Gallery
from decoders.images.colour_edge_embedder import MADE_BY, describe
from decoders.images.pictures import NEEDS_PILLOW, find_pictures, read_picture

SIMPLE = "simple"
_NEEDS = "vision models need transformers: pip install 'bci[images]'"

_HUGGING_FACE, _ANSWER_S = ("huggingface.co", 443), 5.0

Embed = Callable[[Path], FloatArray]
Progress = Callable[[int, int], None]


def embed_folder(folder: Path, model: str, on_progress: Progress) -> Gallery:
    """Embed every picture below a folder.

    Parameters
    ----------
    folder : Path
    model : str
        A vision model of Hugging Face (``facebook/dinov2-base``, ``openai/clip-vit-base-patch32``),
        a folder with such a model, or ``simple``.
    on_progress : callable
        Called with the number of finished pictures and the number of all pictures.

    Raises
    ------
    GalleryError
        If there are no pictures, one cannot be read, or the model is not available.
    """
    pictures = find_pictures(folder)
    embed, made_by = (describe, MADE_BY) if model == SIMPLE else (_vision_model(model), model)
    vectors = []
    for k, file in enumerate(pictures.values()):
        on_progress(k, len(pictures))
        vectors.append(embed(file))
    return Gallery(
        tuple(pictures),
        np.stack(vectors).astype(np.float32),
        made_by,
        tuple(file.relative_to(folder).as_posix() for file in pictures.values()),
    )


def _is_reachable() -> bool:
    """Return whether Hugging Face answers; if not, its library would retry for minutes."""
    if any(os.environ.get(key) for key in ("HF_ENDPOINT", "HTTPS_PROXY", "https_proxy")):
        return True
    try:
        socket.create_connection(_HUGGING_FACE, timeout=_ANSWER_S).close()
    except OSError:
        return False
    return True


def _vision_model(name: str) -> Embed:
    try:
        from transformers import AutoImageProcessor, AutoModel
        from transformers.utils import logging
    except ImportError as error:
        raise GalleryError(f"{error}; {_NEEDS}") from error
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    is_reachable = Path(name).is_dir() or _is_reachable()
    try:
        # No code of a model's repository is run: only its weights are loaded.
        given = {"trust_remote_code": False, "local_files_only": not is_reachable}
        processor = AutoImageProcessor.from_pretrained(name, backend="pil", **given)
        network = AutoModel.from_pretrained(name, use_safetensors=True, **given)
    except ImportError as error:
        raise GalleryError(f"{error}; {NEEDS_PILLOW}") from error
    except (OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        if not is_reachable:
            reason = f"{_HUGGING_FACE[0]} does not answer, and its files are not on this machine"
        raise GalleryError(
            f"the vision model {name} cannot be had ({reason}): give a name on Hugging Face with "
            "the internet at hand, a folder that holds its config.json and model.safetensors, or "
            "--model simple"
        ) from error
    network.eval()

    def embed(file: Path) -> FloatArray:
        inputs = processor(images=read_picture(file), return_tensors="pt")
        with torch.inference_mode():
            if hasattr(network, "get_image_features"):
                found = network.get_image_features(**inputs)
                found = getattr(found, "pooler_output", found)
            else:
                found = network(**inputs).pooler_output
        vector: FloatArray = found[0].float().numpy()
        return vector

    return embed
