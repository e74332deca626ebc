"""The decoders' work with PyTorch uses one thread, and restores the setting afterwards."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn.modules.module import register_module_forward_hook

from bci.signals import Signal
from decoders.neural.network_decoder import EegNetDecoder
from decoders.neural.one_thread import one_thread
from tests.signals import eeg_info

THREADS = """
import torch
before = torch.get_num_threads()
import decoders.neural.duin_base, decoders.neural.network_decoder
import decoders.neural.seen_images_decoder
assert torch.get_num_threads() == before, (before, torch.get_num_threads())
"""


@pytest.mark.slow
def test_an_import_of_the_decoders_leaves_pytorch_its_threads() -> None:
    subprocess.run([sys.executable, "-c", THREADS], check=True)


def test_a_network_trains_and_decodes_on_one_thread_and_gives_the_others_back() -> None:
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(24, 4, 128)).astype(np.float32)
    labels = np.array(["a", "b"] * 12)
    signal = Signal(128.0, eeg_info(4).channels)
    training: set[int] = set()
    decoding: set[int] = set()
    now = training
    hook = register_module_forward_hook(lambda *_: now.add(torch.get_num_threads()))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        decoder = EegNetDecoder(epochs=1)
        decoder.fit(windows, labels, groups=np.arange(24) // 12, signal=signal)
        now = decoding
        decoder.predict_proba(windows[0])
        assert (training, decoding) == ({1}, {1})
        assert torch.get_num_threads() == 2
    finally:
        hook.remove()
        torch.set_num_threads(before)


def test_threads_are_given_back_after_an_error() -> None:
    before = torch.get_num_threads()
    try:
        with one_thread():
            raise KeyError
    except KeyError:
        assert torch.get_num_threads() == before
