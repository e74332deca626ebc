"""The table of models to compare a new one with: those of the same subject."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import decoders
from bci.models.bundle import save_bundle
from bci.models.card import Card, FederationCard, MeasureCard
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.training.calibrate import calibrate
from bci.training.class_patterns import ClassPattern, pattern_arrays
from devices.simulated.subject import write_subject
from gui.calibration.model_result import is_of, read_result
from gui.calibration.pages.models_table import ModelsTable
from gui.calibration.window import CalibrationWindow
from gui.main_window import MainWindow
from gui.plots.pattern_view import PatternView
from gui.theme import DARK
from tests.gui.gallery.calibrated import calibration
from tests.gui.guided import LONG, QUICK
from tests.gui.keys import press

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
    """Return a function that stores a model, some days older, trained on given files."""
    card, arrays = trained

    def kept(name: str, files: tuple[str, ...], days: int = 0, **more: object) -> Path:
        # The weights depend on the age, so that a drawn map shows which model it belongs to.
        weights = np.array([1.0, -1.0 - days], dtype=np.float32)
        patterns = [ClassPattern(label, ("C3", "C4"), weights) for label in card.classes]
        (source,) = card.sources
        sources = tuple(source.model_copy(update={"file": file}) for file in files)
        created = card.created - timedelta(days=days)
        told = {"name": name, "sources": sources, "created": created} | more
        save_bundle(
            tmp_path / name, card.model_copy(update=told), arrays | pattern_arrays(patterns)
        )
        return tmp_path / name

    return kept


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_model_that_names_no_recording_is_nobody_s(trained: Trained) -> None:
    card, _ = trained
    assert not is_of(card.model_copy(update={"sources": ()}), "07")


def test_what_a_model_began_with_and_what_is_simulated_is_reported(
    keep: Keep, qtbot: QtBot, tmp_path: Path
) -> None:
    new = keep("new", (OURS,), simulated=False)
    keep("begun", (OURS,), days=1, base="many-people")
    together = FederationCard(name="clinics", rounds=2, partners=3, accuracies=(), accuracy=0.7)
    keep("together", (OURS,), days=2, federation=together)
    table = ModelsTable()
    qtbot.addWidget(table)
    table.set_result(read_result(new, tmp_path, "07"))
    rows = [[_text(table, row, column) for column in (1, 2)] for row in range(3)]
    assert [when.endswith(", simulated") for when, _ in rows] == [False, True, True]
    assert [decoder for _, decoder in rows] == [
        "tangent-space", "tangent-space from many-people", "tangent-space with other sites",
    ]  # fmt: skip


def test_a_model_of_flashes_is_listed_with_its_auc_and_no_cell_is_cut_off(qtbot: QtBot) -> None:
    page, profile = calibration(DARK), load_profile("p300")
    qtbot.addWidget(page)
    page.resize(1120, 700)
    page.show()
    assert page.result is not None
    auc = MeasureCard(name="AUC", value=0.87, chance=0.5, p_value=0.001)
    card = page.result.card
    card = card.model_copy(update={
        "classes": ("nontarget", "target"), "simulated": True,
        "pipeline": profile.pipeline, "paradigm": profile.paradigm,
        "decoder": card.decoder.model_copy(update={"name": "erp-lda"}),
        "score": card.score.model_copy(update={"measures": (auc,)}),
    })  # fmt: skip
    folder = Path("0102-20261130-134154")
    page.table.set_result(replace(page.result, folder=folder, card=card, earlier=()))
    assert [_text(page.table, 0, column) for column in (3, 4, 6)] == [
        "nontarget, target", "AUC 0.87", "0.50",
    ]  # fmt: skip
    table = page.table
    qtbot.waitUntil(
        lambda: all(
            table.columnWidth(column) >= table.sizeHintForColumn(column)
            for column in range(table.columnCount())
        )
    )


def test_an_earlier_model_is_looked_at_by_the_keyboard_without_any_run(
    keep: Keep, open_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    models = tmp_path / "recordings" / "models"
    keep("models/new", (OURS,))
    keep("models/of-another", ("S007R04.edf",), days=3)
    (tmp_path / "recordings").mkdir()
    (tmp_path / "models").rename(models)
    (tmp_path / "quick.yaml").write_text(QUICK)
    main = open_window(profile=str(tmp_path / "quick.yaml"))
    main.header.buttons["calibrate"].click()
    window = main.calibrating.window
    assert window is not None
    press(qtbot, window, "Ctrl+M")
    qtbot.waitUntil(lambda: shown(window) == "new", timeout=LONG)
    assert window.pages.stack.currentWidget() is window.result
    table = window.result.table
    assert [_text(table, row, 0) for row in range(2)] == ["new", "of-another"]
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown(window) == "of-another", timeout=LONG)
    # The rows keep their order, and each map is that of the shown model.
    assert [_text(table, row, 0) for row in range(2)] == ["new", "of-another"]
    assert [p.label for p in window.result.patterns.patterns] == ["left", "right"]
    assert [p.weights[1] for p in window.result.patterns.patterns] == [-4.0, -4.0]
    with qtbot.waitSignal(window.use_wanted) as wanted:
        window.result.use.click()
    assert wanted.args[0] == models / "of-another"
    window.result.back.click()
    assert window.pages.stack.currentWidget() is window.setup


def test_a_missing_model_is_reported(open_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    main = open_window()
    main.header.buttons["calibrate"].click()
    window = main.calibrating.window
    assert window is not None
    window.setup.models.click()
    qtbot.waitUntil(lambda: "no model in" in window.setup.problem.text(), timeout=LONG)
    assert window.pages.stack.currentWidget() is window.setup


def test_a_model_that_needs_another_profile_is_not_handed_on_but_reported(
    keep: Keep, open_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    keep("new", (OURS,))
    (tmp_path / "recordings" / "models").mkdir(parents=True)
    (tmp_path / "new").rename(tmp_path / "recordings" / "models" / "new")
    main = open_window(profile="motor-imagery")
    main.header.buttons["calibrate"].click()
    window = main.calibrating.window
    assert window is not None
    press(qtbot, window, "Ctrl+M")
    qtbot.waitUntil(lambda: shown(window) == "new", timeout=LONG)
    handed: list[Path] = []
    window.use_wanted.connect(lambda folder, _profile: handed.append(folder))
    window.result.use.click()
    assert window.result.message.text().startswith("Not with the profile motor-imagery: ")
    assert not handed


@pytest.mark.parametrize(("n", "said"), [(5, ""), (8, ""), (9, "(first 8 of 9 classes)")])
def test_the_map_of_every_class_is_shown_or_the_missing_ones_counted(
    qtbot: QtBot, n: int, said: str
) -> None:
    view = PatternView()
    qtbot.addWidget(view)
    view.resize(640, 340)
    weights = np.array([1.0, -1.0], dtype=np.float32)
    patterns = tuple(ClassPattern(f"class {k}", ("C3", "C4"), weights) for k in range(n))
    view.set_patterns(patterns[:-1])
    fewer = view.grab().toImage()
    view.set_patterns(patterns)
    assert view.grab().toImage() != fewer
    assert view.legend.endswith(said or "falls")


def shown(window: CalibrationWindow) -> str:
    """Return the name of the model on the result page."""
    return window.result.result.folder.name if window.result.result else ""


def _text(table: ModelsTable, row: int, column: int) -> str:
    item = table.item(row, column)
    assert item is not None
    return item.text()
