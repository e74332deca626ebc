"""PyTorch on one thread, for as long as our own work lasts."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Run PyTorch on this thread alone; also a decorator.

    A window, or a batch of a small network, is too little to share, and the other cores are an
    engine's. A seed gives the same weights on one thread only.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
