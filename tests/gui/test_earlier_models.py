"""Which models a new one is compared with: those of the same subject, and what is told of each."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

import decoders
from bci.bundle import Card, FederationCard, save_bundle
from bci.calibration import calibrate
from bci.profile import load_profile
from bci.recording.reading import read_recording
from devices.simulated_subject import write_subject
from gui.calibration.earlier_table import EarlierTable
from gui.calibration.result import is_of, read_result
from tests.gui.guided import QUICK

Keep = Callable[..., Path]
Trained = tuple[Card, dict[str, NDArray[np.generic]]]
OURS = "sub-07_ses-1_task-motorimagery_run-01_eeg.xdf"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("subject")
    profile = folder / "quick.yaml"
    profile.write_text(QUICK)
    recordings = [read_recording(file) for file in write_subject(folder, seed=1, n_runs=1)]
    made = calibrate(
        recordings, load_profile(profile), lambda: decoders.create("tangent-space"), "model"
    )
    return made.card, made.decoder.arrays()


@pytest.fixture
def keep(trained: Trained, tmp_path: Path) -> Keep:
    """Keeps a model that is so many days older than the new one, learnt from these files."""
    card, arrays = trained

    def kept(name: str, files: tuple[str, ...], days: int = 0, **more: object) -> Path:
        (source,) = card.sources
        sources = tuple(source.model_copy(update={"file": file}) for file in files)
        created = card.created - timedelta(days=days)
        told = {"name": name, "sources": sources, "created": created} | more
        save_bundle(tmp_path / name, card.model_copy(update=told), arrays)
        return tmp_path / name

    return kept


def test_a_model_is_compared_with_those_of_its_subject_alone_newest_first(
    keep: Keep, tmp_path: Path
) -> None:
    new = keep("new", (OURS,))
    keep("old", ("sub-07_task-motorimagery_run-01_eeg.xdf", OURS), days=9)
    keep("newer", (OURS,), days=2, base="many-people")
    keep("of-another", ("sub-070_task-motorimagery_run-01_eeg.xdf",), days=1)
    keep("of-several", (OURS, "sub-08_task-motorimagery_run-01_eeg.xdf"), days=1)
    keep("of-nobody", (), days=1)
    keep("of-a-file-that-names-nobody", ("S007R04.edf",), days=1)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "card.yaml").write_text("{")
    earlier = read_result(new, tmp_path, "07").earlier
    assert [folder.name for folder, _ in earlier] == ["newer", "old"]


def test_a_model_that_names_no_recording_is_nobody_s(trained: Trained) -> None:
    card, _ = trained
    assert not is_of(card.model_copy(update={"sources": ()}), "07")


def test_what_a_model_began_with_and_what_is_simulated_is_told(
    keep: Keep, qtbot: QtBot, tmp_path: Path
) -> None:
    new = keep("new", (OURS,), simulated=False)
    keep("begun", (OURS,), days=1, base="many-people")
    together = FederationCard(name="clinics", rounds=2, partners=3, accuracies=(), accuracy=0.7)
    keep("together", (OURS,), days=2, federation=together)
    table = EarlierTable()
    qtbot.addWidget(table)
    table.set_result(read_result(new, tmp_path, "07"))
    rows = [[_text(table, row, column) for column in (0, 1)] for row in range(3)]
    assert [when.endswith(", simulated") for when, _ in rows] == [False, True, True]
    assert [decoder for _, decoder in rows] == [
        "tangent-space", "tangent-space from many-people", "tangent-space with other sites",
    ]  # fmt: skip


def _text(table: EarlierTable, row: int, column: int) -> str:
    item = table.item(row, column)
    assert item is not None
    return item.text()
