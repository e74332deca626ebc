"""Du-IN's training without labels: its resumption, and the use of the base model."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import decoders
from bci.errors import BundleError, MismatchError
from bci.models.bundle import load_bundle, save_bundle
from bci.models.card import Card
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import DecoderChoice, Profile, load_profile
from bci.recording.read import read_recording
from bci.signals import Signal
from bci.training.calibrate import check_base
from bci.training.epochs import cut_epochs
from decoders.networks.duin import SMALL, DuinSettings
from decoders.neural.duin_base import make_base
from decoders.neural.duin_pretraining import (
    Pretrained,
    PretrainingSettings,
    PretrainingStep,
    Stopped,
    _set_rate,
    pretrain_duin,
)
from devices.simulated.subject import SubjectSettings, simulate_run, write_run

TINY = DuinSettings(
    n_spatial=4, widths=(8, 8, 2), n_blocks=1, n_heads=2, head_width=8, n_codes=8, code_width=8,
    n_decoder_blocks=1,
)  # fmt: skip
SHORT = PretrainingSettings(unit_epochs=2, masked_epochs=2, batch=16)


def windows(n: int = 40) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 3, 300)).astype(np.float32)


def pretrained(
    checkpoint: Path, after: int | None = None, data: str = "a"
) -> tuple[Pretrained, list[PretrainingStep]]:
    """Train until a number of batches was requested, or to the end."""
    steps: list[PretrainingStep] = []
    asked = iter(range(1000))
    made = pretrain_duin(
        [windows()], 1000.0, TINY, SHORT, checkpoint, data,
        lambda: after is not None and next(asked) >= after, steps.append,
    )  # fmt: skip
    return made, steps


def test_a_stopped_pretraining_continues_and_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole, steps = pretrained(tmp_path / "whole")
    assert [(step.stage, step.epoch) for step in steps] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert all(1 <= step.perplexity <= TINY.n_codes for step in steps)
    for batches in (4, 4):  # three per epoch: it stops in the second epoch, then in the third
        with pytest.raises(Stopped):
            pretrained(tmp_path / "stopped", batches)
    again, left = pretrained(tmp_path / "stopped")
    assert [(step.stage, step.epoch) for step in left] == [(2, 1), (2, 2)]
    assert all(again.encoder[k].tobytes() == v.tobytes() for k, v in whole.encoder.items())


@pytest.mark.slow
def test_units_of_one_signal_describe_it_up_to_their_bound(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    # Each patch is loud or quiet: one bit, in the power and not in the signal.
    loud = rng.integers(0, 2, (200, 1, 3, 1))
    x = (0.1 + 3 * loud) * rng.normal(size=(200, 3, 3, 100))
    given = x.reshape(200, 3, 300).astype(np.float32)
    settings = PretrainingSettings(unit_epochs=12, masked_epochs=1, lr=3e-3)
    sizes = replace(TINY, published=False)

    explained = {}
    for target in ("power", "signal"):
        made = pretrain_duin(
            [given], 1000.0, sizes, replace(settings, target=target), tmp_path / target, "a",
            lambda: False, lambda _step: None,
        )  # fmt: skip
        assert made.bound < 1
        explained[target] = made.explained

    assert explained["power"] > 0.5
    assert explained["signal"] < 0.1


def test_a_base_of_several_people_serves_another_with_other_channels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    others = [rng.normal(size=(30, n, 300)).astype(np.float32) for n in (3, 5)]
    made = pretrain_duin(
        others, 1000.0, SMALL, SHORT, tmp_path / "kept", "a", lambda: False, lambda _step: None
    )
    trunk = {k: v for k, v in made.encoder.items() if not k.startswith("spatial.")}
    base = {f"weights.encoder.{key}": value for key, value in trunk.items()}
    base |= {"given": np.array([3, 300])}
    windows, labels = rng.normal(size=(8, 7, 300)).astype(np.float32), np.array(["a", "b"] * 4)

    decoder = decoders.create("duin", {"epochs": 1, "lr": 1e-12}, base)
    decoder.fit(windows, labels, signal=Signal(1000.0, ()))

    arrays = decoder.arrays()
    assert len(arrays["chosen"]) == 7
    key = "weights.encoder.transformer.blocks.1.projection.weight"
    np.testing.assert_allclose(arrays[key], base[key], atol=1e-6)
    longer = decoders.create("duin", {"epochs": 1}, base | {"given": np.array([3, 400])})
    with pytest.raises(MismatchError, match="7 x 300"):
        longer.fit(windows, labels, signal=Signal(1000.0, ()))


def test_a_checkpoint_of_other_data_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    pretrained(tmp_path / "kept")
    with pytest.raises(BundleError, match="other recordings or settings"):
        pretrained(tmp_path / "kept", data="b")
    (tmp_path / "kept").write_bytes(b"no arrays")
    with pytest.raises(BundleError, match="damaged checkpoint"):
        pretrained(tmp_path / "kept")


def test_the_rate_rises_over_a_tenth_and_falls_as_a_cosine() -> None:
    settings = PretrainingSettings(lr=1e-2, least_lr=1e-3)
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.AdamW([parameter], settings.lr)
    rates = []
    for epoch in range(40):
        _set_rate(optimizer, settings, epoch, 40)
        rates.append(optimizer.param_groups[0]["lr"])

    plain = [1e-3 + 9e-3 * (k + 1) / 4 for k in range(4)]
    plain += [1e-3 + 9e-3 * (1 + math.cos(math.pi * k / 36)) / 2 for k in range(36)]
    assert rates == pytest.approx(plain)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a simulated run to pretrain on, and one to calibrate on."""
    folder = tmp_path_factory.mktemp("speech")
    paths = folder / "one_raw.fif", folder / "two_raw.fif"
    for run, path in enumerate(paths, 1):
        write_run(simulate_run(SubjectSettings(1, "speech", trials_per_class=2), run), path)
    return paths


def based(file: Path, folder: Path) -> tuple[Profile, Card, dict[str, np.ndarray]]:
    choice = DecoderChoice(name="duin", params={"epochs": 1})
    profile = load_profile("speech").model_copy(update={"decoder": choice})
    settings = PretrainingSettings(unit_epochs=1, masked_epochs=1)
    card, arrays, described = make_base(
        {"": [read_recording(file)]}, profile, "base", settings, folder / "kept", lambda: False,
        lambda _step: None,
    )  # fmt: skip
    assert described.explained < 1
    assert 0 < described.bound < 1
    save_bundle(folder / "base", card, arrays)
    return profile, *load_bundle(folder / "base")


@pytest.mark.slow
def test_a_base_serves_calibration_on_other_runs_only(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    profile, card, arrays = based(files[0], tmp_path)
    assert (card.classes, card.without_labels, card.simulated) == ((), True, True)
    with pytest.raises(BundleError, match="knows no words yet"):
        decoders.load("duin", {}, ("yes", "no"), arrays)

    read = [read_recording(file) for file in files]
    pipeline = Pipeline(profile.pipeline, read[1].info)
    check_base(card, profile, read[1:])
    with pytest.raises(MismatchError, match="was trained on one_raw"):
        check_base(card, profile, read[:1])
    epochs = cut_epochs(read[1:], profile.pipeline, profile.paradigm)
    signal = Signal(pipeline.chain.sfreq, pipeline.chain.channels)
    decoder = decoders.create("duin", {"epochs": 1, "lr": 1e-12}, arrays)
    decoder.fit(epochs.windows, epochs.labels, groups=epochs.runs, signal=signal)
    made = decoder.arrays()
    assert made["chosen"].tolist() == arrays["chosen"].tolist()
    key = "weights.encoder.transformer.blocks.0.projection.weight"
    np.testing.assert_allclose(made[key], arrays[key], atol=1e-6)
    with pytest.raises(MismatchError, match="size"):
        decoders.create("duin", {"size": "full"}, arrays).fit(
            epochs.windows, epochs.labels, signal=signal
        )
