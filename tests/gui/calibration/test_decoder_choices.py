"""The decoders and base models that a guided training offers, as in `bci calibrate`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bci.models.bundle import save_bundle
from bci.models.card import Card, PeopleCard, ScoreCard, describe_stream
from bci.profiles.profile import DecoderChoice, load_profile
from bci.signals import StreamInfo, Task
from bci.tasks.image_gallery import save_gallery
from bci.training.decoder_choices import DecoderOffer, class_choices, image_choices, word_choices
from devices.simulated.subject import SubjectSettings, simulate_run, simulated_gallery, write_run
from gui.calibration.model_result import read_result
from gui.calibration.pages.result import ResultPage
from gui.calibration.training_control import TrainingProcess
from gui.plots.line_with_band import CurveView
from tests.commands import BCI
from tests.signals import eeg_info

PROFILE = load_profile("motor-imagery")
INFO = eeg_info(3)
MADE = datetime(2026, 3, 1, tzinfo=UTC)
Keep = Callable[..., None]
_PEOPLE = PeopleCard(n=9, whole_folds=True)


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Return a function that stores a base model, a given number of days younger."""

    def kept(
        name: str,
        decoder: str,
        info: StreamInfo = INFO,
        days: int = 0,
        people: PeopleCard | None = _PEOPLE,
    ) -> None:
        score = ScoreCard(
            accuracy=0.7, low=0.6, high=0.8, trials=90, chance=0.5, p_value=0.001, kappa=0.4,
            confusion=[], folds="5 folds of whole people, 9 people",
        )  # fmt: skip
        names = tuple(channel.name for channel in info.channels)
        card = Card(
            kind="own" if people is None else "base", people=people,
            name=name, task="motor-imagery", created=MADE + timedelta(days=days), simulated=True,
            decoder=DecoderChoice(name=decoder), classes=("left", "right"),
            stream=describe_stream(info.sfreq, info.channels),
            pipeline=PROFILE.pipeline.model_copy(update={"channels": names}), group_delay_s=0.1,
            paradigm=PROFILE.paradigm, sources=(), score=score, versions={},
        )  # fmt: skip
        save_bundle(tmp_path / name, card, {})

    return kept


def offered(models: Path) -> dict[str, DecoderOffer]:
    return {level.name: level for level in class_choices(models, PROFILE, INFO)}


def test_each_decoder_continues_from_the_newest_base_of_its_own(keep: Keep, tmp_path: Path) -> None:
    keep("tangent-base", "tangent-space", days=3)
    keep("deep-base", "dbconformer", days=1)
    keep("older-deep-base", "dbconformer")
    found = offered(tmp_path)
    assert found["Fast"].base is None
    assert found["From other people"].base == tmp_path / "tangent-base"
    assert found["Deep"].base == tmp_path / "deep-base"
    assert found["Deep"].sentence.endswith("Fine-tunes deep-base.")


def test_a_base_of_another_network_is_fine_tuned_by_its_own_decoder(
    keep: Keep, tmp_path: Path
) -> None:
    keep("views", "mvcnet")
    keep("newer-views", "mvcnet", days=2)
    keep("small", "eegnet")
    keep("of-another-rate", "shallow", replace(INFO, sfreq=500.0))
    found = class_choices(tmp_path, PROFILE, INFO)
    assert [(level.decoder, level.base) for level in found[3:]] == [
        ("eegnet", tmp_path / "small"), ("mvcnet", tmp_path / "newer-views"),
    ]  # fmt: skip
    assert "Fine-tunes newer-views." in found[4].sentence
    training = TrainingProcess(BCI, "p", [], found[4], tmp_path / "me")
    arguments = training.command.argv
    assert f"--base={tmp_path / 'newer-views'}" in arguments
    assert "--decoder=mvcnet" in arguments


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
    keep("of-one-person", decoder, people=None)
    assert {level.base for level in offered(tmp_path).values()} == {None}
    keep("fits", decoder)
    assert tmp_path / "fits" in {level.base for level in offered(tmp_path).values()}


def test_a_base_of_other_electrodes_is_offered_after_one_of_the_same(
    keep: Keep, tmp_path: Path
) -> None:
    across = _PEOPLE.model_copy(update={"across_montages": True})
    keep("other", "dbconformer", eeg_info(4), days=5, people=across)
    assert offered(tmp_path)["Deep"].base == tmp_path / "other"
    keep("same", "dbconformer", people=across)
    assert offered(tmp_path)["Deep"].base == tmp_path / "same"


def test_words_and_images_are_learnt_by_the_decoders_of_their_task(tmp_path: Path) -> None:
    assert [level.decoder for level in word_choices()] == ["high-gamma-lda", "duin"]
    fast, deep = image_choices(tmp_path)
    assert (fast.decoder, deep.decoder) == ("image-ridge", "meg-images")
    assert fast.gallery == deep.gallery == tmp_path / "gallery.safetensors"
    assert str(fast.gallery) in fast.sentence


@pytest.mark.long
@pytest.mark.parametrize("task", ["images", "speech"])
def test_a_guided_training_of_words_or_images_ends_with_its_result(
    qtbot: QtBot, tmp_path: Path, task: Task
) -> None:
    settings = SubjectSettings(task=task, trials_per_class=3 if task == "speech" else 1)
    files = [tmp_path / f"sub-07_run-{run}_meg.fif" for run in (1, 2)]
    for run, file in enumerate(files, 1):
        write_run(simulate_run(settings, run), file)
    save_gallery(simulated_gallery([1, 2]), tmp_path / "gallery.safetensors")
    offered = word_choices() if task == "speech" else image_choices(tmp_path)
    training = TrainingProcess(BCI, task, files, offered[0], tmp_path / "models" / "me")
    with qtbot.waitSignal(training.finished, timeout=90_000) as finished:
        training.start()
    result = read_result(finished.args[0], tmp_path / "models", "07")
    assert result.card.decoder.name == offered[0].decoder
    assert result.card.score.accuracy > 2 * result.card.score.chance
    page, curve = ResultPage(), CurveView()
    qtbot.addWidget(page)
    page.show_result(result, curve)
    assert "Better than chance" in page.verdict.text()
