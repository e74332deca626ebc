"""The training loop: a resumed training ends with the same weights."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import decoders
from bci.cli.pretrain import pretrain
from bci.errors import BundleError, ProfileError
from bci.interfaces import TrainingStep
from bci.models.bundle import load_bundle
from bci.profiles.profile import load_profile
from decoders.neural.aligned_network import cross_entropy
from decoders.neural.training import Loss, TrainingSettings, train
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.decoders.own_networks import NETWORKS
from tests.streams import wait_until

WINDOWS = np.random.default_rng(0).normal(size=(50, 4, 192)).astype(np.float32)
CLASSES = np.resize(np.array([0, 1, 1]), 50)
GROUPS = np.repeat(np.arange(5), 10)
PLAIN = TrainingSettings(epochs=4, batch=16)


def stopping(after: int) -> Loss:
    """Return a cross-entropy loss that stops the training after some batches."""
    asked = iter(range(after))

    def loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        if next(asked, None) is None:
            raise KeyboardInterrupt
        return cross_entropy(model, x, y)

    return loss


def trained(
    settings: TrainingSettings,
    checkpoint: Path | None = None,
    loss: Loss = cross_entropy,
    name: str = "eegnet",
    windows: np.ndarray = WINDOWS,
    on_epoch: Callable[[TrainingStep], None] | None = None,
) -> tuple[dict[str, bytes], list[TrainingStep]]:
    torch.manual_seed(1)
    model = NETWORKS[name](4, 192, 128.0, 2)
    history = train(model, windows, CLASSES, GROUPS, settings, loss, on_epoch, checkpoint)
    return {k: v.numpy().tobytes() for k, v in model.state_dict().items()}, history


@pytest.mark.parametrize(
    "settings",
    [PLAIN, TrainingSettings(epochs=9, batch=16, patience=5)],
    ids=["plain", "early stop"],
)
def test_a_stopped_training_ends_with_the_very_weights_of_one_that_was_not(
    settings: TrainingSettings, tmp_path: Path
) -> None:
    whole = trained(settings)
    kept = tmp_path / "kept"
    for batches in (3, 6, 13):  # with four or five per epoch
        with pytest.raises(KeyboardInterrupt):
            trained(settings, kept, stopping(batches))
    told: list[TrainingStep] = []
    assert repr(trained(settings, kept, on_epoch=told.append)) == repr(whole)
    assert told[0].step > 1
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]


def test_a_training_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=30, batch=16, patience=2)
    first = trained(settings, tmp_path / "kept")
    assert len(first[1]) < 30
    assert repr(trained(settings, tmp_path / "kept", stopping(0))) == repr(first)


def test_a_checkpoint_of_anything_else_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    trained(PLAIN, kept)
    for other in (
        {"settings": TrainingSettings(epochs=5, batch=16)},
        {"name": "shallow"},
        {"windows": WINDOWS + np.float32(1e-6)},
    ):
        with pytest.raises(BundleError, match="other recordings or settings"):
            trained(**{"settings": PLAIN, "checkpoint": kept, **other})
    kept.write_bytes(kept.read_bytes()[:-100])
    with pytest.raises(BundleError, match="damaged checkpoint"):
        trained(PLAIN, kept)


@pytest.mark.parametrize(
    ("key", "wrong", "said"),
    [
        ("epochs", 2.5, "a whole number"), ("epochs", 0, "above 0"), ("epochs", True, "whole"),
        ("batch", 0.5, "a whole number"), ("batch", -1, "above 0"), ("lr", 0.0, "above 0"),
        ("lr", float("nan"), "a number"), ("lr", "fast", "a number"),
        ("weight_decay", -1, "0 or more"), ("weight_decay", True, "a number"),
        ("patience", "x", "a whole number"), ("patience", -1, "0 or more"),
        ("seed", -1, "0 or more"), ("seed", 1.5, "a whole number"), ("seed", 2**64, "at most"),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_named(key: str, wrong: object, said: str) -> None:
    for name in ("eegnet", "duin", "histn", "fleeg"):
        with pytest.raises(ProfileError, match=rf"{name}: {key} = .* must be .*{said}"):
            decoders.create(name, {key: wrong})


def test_settings_that_make_sense_are_taken() -> None:
    given = {"epochs": 3, "batch": 8, "lr": 1, "weight_decay": 0, "patience": 0, "seed": 2**64 - 1}
    made = decoders.create("eegnet", given)
    assert made.settings == TrainingSettings(3, 8, 1, 0, 1.0, 0, 2**64 - 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "key"), [("duin", "channels"), ("high-gamma-lda", "bins")])
def test_what_is_counted_is_whole(name: str, key: str) -> None:
    for wrong in (2.5, "x", 0):
        with pytest.raises(ProfileError, match=f"{key} = {wrong} must be a whole number from 1"):
            decoders.create(name, {key: wrong})


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("tangent-space", "align"),
        ("tangent-space", "balanced"),
        ("csp-lda", "balanced"),
        ("log-power", "balanced"),
        ("histn", "align"),
        ("duin", "sigmoid"),
    ],
)
def test_what_is_true_or_false_is_nothing_else(name: str, key: str) -> None:
    for wrong in ("perhaps", 1, None):
        with pytest.raises(ProfileError, match=f"{key} = {wrong!r} must be true or false"):
            decoders.create(name, {key: wrong})


@pytest.mark.long
def test_ctrl_c_ends_a_pretraining_and_the_same_command_continues(
    tmp_path: Path,
) -> None:
    for person in (1, 2):
        (tmp_path / f"people/{person}").mkdir(parents=True)
        run = simulate_run(SubjectSettings(person, trials_per_class=4), 1)
        write_run(run, tmp_path / f"people/{person}/run_raw.fif")
    profile = load_profile("motor-imagery").model_dump(mode="json", exclude_none=True)
    profile["pipeline"] |= {"channels": ["C3", "Cz", "C4"], "window_s": 1.0, "hop_s": 0.5}
    # So long that the training is stopped before its end.
    profile["decoder"] = {"name": "shallow", "params": {"epochs": 60}}
    (tmp_path / "profile.yaml").write_text(json.dumps(profile))
    command = [
        sys.executable, "-m", "bci", "pretrain", str(tmp_path / "profile.yaml"),
        str(tmp_path / "people"), "--out", str(tmp_path / "base"),
    ]  # fmt: skip
    stopped = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    unfinished = tmp_path / "base.unfinished"
    try:
        wait_until(lambda: (unfinished / "fold-1.safetensors").exists(), 120)
        stopped.send_signal(signal.SIGINT)
        assert stopped.wait(30) == 130
    finally:
        stopped.kill()
        stopped.wait(5)
    assert stopped.stderr is not None
    assert "the same command resumes" in stopped.stderr.read()
    assert not (tmp_path / "base").exists()
    for name in ("base", "whole"):
        pretrain(str(tmp_path / "profile.yaml"), tmp_path / "people", tmp_path / name,
                          folds=2)  # fmt: skip
    assert not unfinished.exists()
    (card, arrays), (other_card, others) = (load_bundle(tmp_path / n) for n in ("base", "whole"))
    assert card.score == other_card.score
    weights = [key for key in arrays if key.startswith("weights.")]
    assert all(arrays[key].tobytes() == others[key].tobytes() for key in weights)
