"""Random shifts of training windows."""

import torch

from decoders.networks.time_shift import randomly_shifted


def test_each_trial_is_shifted_by_its_own_time_and_filled_with_zeros() -> None:
    torch.manual_seed(0)
    x = torch.arange(1.0, 31.0).expand(40, 2, 30)

    shifted = randomly_shifted(x, 5)

    found = set()
    for trial in shifted:
        assert torch.equal(trial[0], trial[1])
        shift = next(k for k in range(-5, 6) if torch.equal(trial, _plainly(x[0], k)))
        found.add(shift)
    assert len(found) > 5


def test_no_shift_leaves_the_windows() -> None:
    x = torch.randn(3, 2, 20)

    assert torch.equal(randomly_shifted(x, 0), x)
    kept = [randomly_shifted(x[:1], 1) for _ in range(50)]
    assert any(torch.equal(each, x[:1]) for each in kept)


def _plainly(trial: torch.Tensor, shift: int) -> torch.Tensor:
    moved = torch.zeros_like(trial)
    if shift >= 0:
        moved[:, shift:] = trial[:, : trial.shape[1] - shift]
    else:
        moved[:, :shift] = trial[:, -shift:]
    return moved
