"""Which base models a guided training offers to go on from: those that `bci calibrate` takes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bci.bundle import Card, ScoreCard, describe_stream, save_bundle
from bci.profile import DecoderChoice, load_profile
from bci.types import StreamInfo
from gui.calibration.training import Level, levels
from tests.signals import eeg_info

PROFILE = load_profile("motor-imagery")
INFO = eeg_info(3)
MADE = datetime(2026, 3, 1, tzinfo=UTC)
Keep = Callable[..., None]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Keeps a base model of several people, that many days younger than the first."""

    def kept(name: str, decoder: str, info: StreamInfo = INFO, days: int = 0, **more: str) -> None:
        score = ScoreCard(
            accuracy=0.7, low=0.6, high=0.8, trials=90, chance=0.5, p_value=0.001, kappa=0.4,
            confusion=[], folds=more.get("folds", "5 folds of whole people"),
        )  # fmt: skip
        names = tuple(channel.name for channel in info.channels)
        card = Card(
            name=name, task="motor imagery", created=MADE + timedelta(days=days), simulated=True,
            decoder=DecoderChoice(name=decoder), classes=("left", "right"),
            stream=describe_stream(info.sfreq, info.channels),
            pipeline=PROFILE.pipeline.model_copy(update={"channels": names}), group_delay_s=0.1,
            paradigm=PROFILE.paradigm, sources=(), score=score, versions={},
        )  # fmt: skip
        save_bundle(tmp_path / name, card, {})

    return kept


def offered(models: Path) -> dict[str, Level]:
    return {level.name: level for level in levels(models, PROFILE, INFO)}


def test_each_decoder_goes_on_from_the_newest_base_of_its_own(keep: Keep, tmp_path: Path) -> None:
    keep("tangent-base", "tangent-space", days=3)
    keep("deep-base", "dbconformer", days=1)
    keep("older-deep-base", "dbconformer")
    found = offered(tmp_path)
    assert found["Fast"].base is None
    assert found["From other people"].base == tmp_path / "tangent-base"
    assert found["Deep"].base == tmp_path / "deep-base"
    assert found["Deep"].sentence.endswith("Goes on from deep-base.")


def test_without_a_base_the_network_starts_from_nothing(tmp_path: Path) -> None:
    found = offered(tmp_path)
    assert found["Deep"].base is None
    assert "Goes on" not in found["Deep"].sentence
    assert "bci pretrain" in found["From other people"].lacks


@pytest.mark.parametrize("decoder", ["tangent-space", "dbconformer"])
def test_a_base_that_would_be_refused_is_not_offered(
    keep: Keep, tmp_path: Path, decoder: str
) -> None:
    keep("of-another-rate", decoder, replace(INFO, sfreq=500.0))
    keep("of-more-channels", decoder, eeg_info(4))
    keep("of-other-channels", decoder, replace(INFO, channels=INFO.channels[::-1]))
    keep("of-one-person", decoder, folds="2 runs")
    assert {level.base for level in offered(tmp_path).values()} == {None}
    keep("fits", decoder)
    assert tmp_path / "fits" in {level.base for level in offered(tmp_path).values()}
