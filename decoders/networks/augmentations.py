"""Augmented views of trials: inverted polarity, shifted frequencies, mirrored sides.

Source: arXiv 2502.17482 and its authors' repository (wzwvv/MVCNet), the three views that it uses
on BNCI2014001. Trials are (n_trials, n_channels, n_samples), labels (n_trials,) integers.
"""

import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

View = tuple[Tensor, Tensor]  # trials, labels


def flip_sign(trials: Tensor) -> Tensor:
    """Invert the polarity of trials (n_trials, n_channels, n_samples)."""
    return -trials


def analytic(trials: Tensor) -> Tensor:
    """Compute the complex analytic signal: the spectrum without negative frequencies.

    ``trials`` have the shape (..., n_samples); so has the result.
    """
    n_samples = trials.shape[-1]
    gain = torch.zeros(n_samples, device=trials.device)
    gain[0] = 1
    gain[1 : (n_samples + 1) // 2] = 2
    if n_samples % 2 == 0:
        gain[n_samples // 2] = 1
    signal: Tensor = torch.fft.ifft(torch.fft.fft(trials) * gain)
    return signal


def shift_frequencies(trials: Tensor, shift_hz: float, sfreq: float) -> Tensor:
    """Shift every frequency of trials (..., n_samples) up by ``shift_hz`` (down if negative)."""
    time = torch.arange(trials.shape[-1], device=trials.device) / sfreq
    turn = torch.exp(2j * torch.pi * shift_hz * time)
    return (analytic(trials) * turn).real.to(trials.dtype)


def mirror_channels(ch_names: Sequence[str]) -> list[int] | None:
    """Return the index of each channel's partner in the other hemisphere.

    A midline channel is its own partner. None if a lateral channel has no partner, or all channels
    are on the midline.
    """
    index = {name.lower(): k for k, name in enumerate(ch_names)}
    order = []
    for name in index:
        lateral = re.fullmatch(r"([a-z]+)(\d+)(h?)", name)
        if lateral:
            region, number, half = lateral[1], int(lateral[2]), lateral[3]
            name = f"{region}{number + 1 if number % 2 else number - 1}{half}"
        if name not in index:
            return None
        order.append(index[name])
    return order if order != sorted(order) else None


def mirror_classes(classes: Sequence[str]) -> list[int] | None:
    """Return for each class the index of the class with left and right exchanged.

    None if a class with ``left`` or ``right`` in its name has no such partner.
    """
    swap = {"left": "right", "right": "left"}
    mirrored = [re.sub("left|right", lambda side: swap[side[0]], name) for name in classes]
    if not set(mirrored) <= set(classes):
        return None
    return [list(classes).index(name) for name in mirrored]


def mirror(trials: Tensor, labels: Tensor, channels: list[int], classes: list[int]) -> View:
    """Exchange the hemispheres of trials, and left and right in their labels.

    ``trials`` have the shape (n_trials, n_channels, n_samples), ``labels`` (n_trials,).

    ``channels`` and ``classes`` are the indices of `mirror_channels` and `mirror_classes`.
    """
    return trials[:, channels], torch.tensor(classes, device=labels.device)[labels]


def three_views(
    sfreq: float, ch_names: Sequence[str], classes: Sequence[str], shift_hz: float = 0.1
) -> Callable[[Tensor, Tensor], list[View]]:
    """Make a function that returns three views of trials and labels.

    They change amplitude, frequency and space. The third view is left out if channels or classes
    have no mirror image.
    """
    other_side, other_class = mirror_channels(ch_names), mirror_classes(classes)

    def views(trials: Tensor, labels: Tensor) -> list[View]:
        made = [(flip_sign(trials), labels), (shift_frequencies(trials, shift_hz, sfreq), labels)]
        if other_side is not None and other_class is not None:
            made.append(mirror(trials, labels, other_side, other_class))
        return made

    return views
