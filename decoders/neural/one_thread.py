"""Limit of PyTorch to one thread during a block."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Run PyTorch on one thread during the ``with`` block; also usable as a decorator.

    A window, or a batch of a small network, is too small to be shared, and other cores may run an
    engine. A seed gives reproducible weights only with one thread.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
