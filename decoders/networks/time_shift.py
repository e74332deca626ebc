"""Random time shifts of training windows, the augmentation of Du-IN's authors.

Source: the training of Zheng et al. 2024 (liulab-repository/Du-IN, MIT), which shifts each window
by up to a tenth of its length. There, a shift of 0 sets a window to zeros; here, it leaves the
window unchanged.
"""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def randomly_shifted(x: Tensor, most: int) -> Tensor:
    """Shift each trial by its own random number of samples, earlier or later.

    Parameters
    ----------
    x : Tensor, shape (n_trials, n_channels, n_samples)
    most : int
        The largest shift, in samples; all shifts from -most to most are equally likely.

    Returns
    -------
    shifted : Tensor, shape (n_trials, n_channels, n_samples)
        The end from which a trial was shifted away is filled with zeros.
    """
    if most == 0:
        return x
    n_trials, n_channels, n_samples = x.shape
    padded = F.pad(x, (most, most))  # (B, C, T + 2 most)
    starts = torch.randint(2 * most + 1, (n_trials, 1), device=x.device)
    places = starts + torch.arange(n_samples, device=x.device)  # (B, T)
    return padded.gather(2, places[:, None].expand(-1, n_channels, -1))
