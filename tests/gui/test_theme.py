"""The themes' colours are distinguishable, also by colour-blind eyes."""

from itertools import combinations, product

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bci.quality.channel_quality import State
from gui.plots.confusion import _FAINT, _STRONG, ConfusionView
from gui.theme import DARK, LIGHT, Theme

# Least contrast by WCAG 2.2: of text (success criterion 1.4.3), and of shapes (1.4.11).
TEXT, SHAPE = 4.5, 3.0
# Least colour difference by CIE76. About 2.3 is just noticeable side by side; thin lines and small
# marks need several times that.
APART = 12.0
# Linear RGB as a dichromat sees it: Machado, Oliveira and Fernandes, "A Physiologically-based Model
# for Simulation of Color Vision Deficiency", IEEE Trans. Vis. Comput. Graph. 15 (2009) 1291-1298,
# severity 1.0.
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)
EYES = {"all cones": np.eye(3), "deuteranopia": DEUTERANOPIA, "protanopia": PROTANOPIA}
# Matrix from sRGB to XYZ, and its white point: IEC 61966-2-1.
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ.sum(axis=1)


def linear(colour: str) -> np.ndarray:
    """Return linear red, green and blue of ``#rrggbb``, from 0 to 1."""
    share = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours by WCAG, from 1 to 21."""
    low, high = sorted(float(XYZ[1] @ linear(colour)) + 0.05 for colour in (one, other))
    return high / low


def veil(colour: str, ground: str, share: float) -> str:
    """Return a colour of opacity ``share`` over its background ``ground``."""
    over, under = (np.array([int(c[k : k + 2], 16) for k in (1, 3, 5)]) for c in (colour, ground))
    return "#" + "".join(f"{round(v):02x}" for v in share * over + (1 - share) * under)


def lab(light: np.ndarray) -> np.ndarray:
    share = XYZ @ np.clip(light, 0, 1) / WHITE
    root = np.where(share > (6 / 29) ** 3, np.cbrt(share), share * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def apart(one: str, other: str, eyes: np.ndarray) -> float:
    """Return the difference of two colours for the vision ``eyes``."""
    return float(np.linalg.norm(lab(eyes @ linear(one)) - lab(eyes @ linear(other))))


def test_the_measures_give_what_is_published() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    np.testing.assert_allclose(lab(linear("#ff0000")), [53.24, 80.09, 67.20], atol=0.05)
    # Neutral stays neutral.
    for eyes in (DEUTERANOPIA, PROTANOPIA):
        np.testing.assert_allclose(eyes.sum(axis=1), 1.0, atol=1e-4)
    # A red and a green that look nearly the same with this deficiency.
    red, green = "#a05000", "#7a6a00"
    assert apart(red, green, DEUTERANOPIA) < apart(red, green, np.eye(3)) / 5


# Pairs of text colour and background.
WRITTEN = [
    *product(("text", "dim", "warning", "accent"), ("panel", "window")),
    ("text", "line"),
    ("text", "lost"),
    ("warning_text", "warning"),
    ("error_text", "error"),
    ("on_class", "accent"),
]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize(("ink", "ground"), WRITTEN)
def test_text_can_be_read_on_its_ground(theme: Theme, ink: str, ground: str) -> None:
    assert contrast(getattr(theme, ink), getattr(theme, ground)) >= TEXT


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_names_in_a_class_colour_and_on_it_can_be_read(theme: Theme) -> None:
    for colour in theme.classes:
        assert contrast(colour, theme.panel) >= TEXT, colour
        assert contrast(theme.on_class, colour) >= TEXT, colour


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_counts_can_be_read_on_the_cells_of_a_confusion_matrix(
    qtbot: QtBot, theme: Theme, share: float
) -> None:
    view = ConfusionView()
    qtbot.addWidget(view)
    view.theme = theme
    view.resize(300, 200)
    view.set_counts(("a", "b"), [[round(100 * share), round(100 - 100 * share)], [0, 1]])
    view.draw()
    cell = veil(theme.trace, theme.panel, _FAINT + (_STRONG - _FAINT) * share)
    assert contrast(view.right.shown[0].colour.name(), cell) >= TEXT


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_verdicts_and_the_record_button_can_be_read(theme: Theme) -> None:
    for state in State:
        assert contrast(theme.quality_colour(state).name(), theme.panel) >= TEXT, state
    assert contrast("#ffffff", theme.record) >= TEXT
    assert contrast(theme.trace, theme.panel) >= SHAPE


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("eyes", EYES)
def test_classes_and_qualities_are_distinguished_by_all_eyes(theme: Theme, eyes: str) -> None:
    for colours in (theme.classes, (*theme.quality, theme.trace)):
        for one, other in combinations(colours, 2):
            assert apart(one, other, EYES[eyes]) >= APART, (one, other)
