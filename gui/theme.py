"""Colours and font sizes of both themes, safe for colour-blind eyes."""

from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication

from bci.quality.channel_quality import State

# Height of the smallest text. On a screen with 0.28 mm per pixel its capitals span 5 minutes of
# arc at a distance of 2 m, which is the least that normal sight reads.
CAPTION_PX = 14
_FOLDER = Path(__file__).parent
_STYLE, _TICKS = _FOLDER / "theme.qss", (_FOLDER / "calibration" / "tick").as_posix()
# The rules of the style sheet after this line are for the calibration window only.
_CALIBRATION = "/* calibration"


@dataclass(frozen=True)
class Theme:
    """The colours of a theme, as hexadecimal strings such as ``#15181c``."""

    name: str
    window: str
    panel: str
    text: str
    dim: str
    line: str
    trace: str
    warning: str
    warning_text: str
    error: str
    error_text: str
    lost: str
    on_class: str
    accent: str
    record: str
    quality: tuple[str, str, str]
    classes: tuple[str, ...]
    stages: tuple[str, str, str, str]

    def colour(self, name: str, alpha: int = 255) -> QColor:
        """Return the colour of the field ``name``; ``alpha`` is the opacity, 0-255."""
        colour = QColor(getattr(self, name))
        colour.setAlpha(alpha)
        return colour

    def class_colour(self, index: int) -> QColor:
        """Return the colour of a class; ``index`` is its place in the list of classes."""
        return QColor(self.classes[index % len(self.classes)])

    def quality_colour(self, state: State) -> QColor:
        """Return the colour of a channel's quality; show it only with its symbol."""
        return self.colour("dim") if state == State.NOT_JUDGED else QColor(self.quality[state])

    @property
    def faint(self) -> str:
        """The text colour of disabled choices, between ``dim`` and ``panel``."""
        pairs = zip(bytes.fromhex(self.dim[1:]), bytes.fromhex(self.panel[1:]), strict=True)
        return f"#{bytes((2 * dim + ground) // 3 for dim, ground in pairs).hex()}"

    def style_sheet(self, calibration: bool = False) -> str:
        """Return the Qt style sheet; with ``calibration``, that of the calibration window."""
        text = _STYLE.read_text(encoding="utf-8")
        if not calibration:
            text = text.split(_CALIBRATION)[0]
        return Template(text).substitute(
            asdict(self), faint=self.faint, caption=CAPTION_PX, ticks=_TICKS
        )


# The classes' colours differ for every common colour-vision deficiency. The dark theme has
# Okabe and Ito's palette ("Color Universal Design", 2008), with a lighter vermilion so that text
# in it is readable. The light theme has darker shades, since the original has too little
# contrast for text. The stages of the latency are shades of one grey, unlike any class.
DARK = Theme(
    name="dark", window="#15181c", panel="#1d2126", text="#e8eaed", dim="#9aa3ad", line="#343b43",
    trace="#b9c6d3", warning="#E69F00", warning_text="#1a1300", error="#8c2f10",
    error_text="#ffffff", lost="#5a2a1a", on_class="#101418",
    accent="#56B4E9", record="#c2321e", quality=("#2bb58c", "#E69F00", "#ff7043"),
    classes=("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#3D8FD1", "#DE660A"),
    stages=("#dfe5eb", "#a9b5c1", "#74818e", "#4b5661"),
)  # fmt: skip

LIGHT = Theme(
    name="light", window="#f4f5f7", panel="#ffffff", text="#1c2126", dim="#5b6670", line="#d3d8de",
    trace="#2f4257", warning="#9a5b00", warning_text="#ffffff", error="#b5400f",
    error_text="#ffffff", lost="#f6d3c6", on_class="#ffffff",
    accent="#0066A8", record="#b3261e", quality=("#007856", "#9a5b00", "#961400"),
    classes=("#0066A8", "#B85000", "#007856", "#A6447A", "#564900", "#2F3FA0", "#9C3933"),
    stages=("#2b3947", "#5d6e7f", "#93a2b1", "#c3ced8"),
)  # fmt: skip


THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def system_theme() -> Theme:
    """Return the theme that the system prefers; dark if it has no preference."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def font_problem() -> str:
    """Return advice if no font is installed; empty text if one is.

    Without a font Qt draws each letter as a box. It lists font families even then, but all
    boxes have the same width.
    """
    metrics = QFontMetrics(QFont())
    if metrics.horizontalAdvance("i") != metrics.horizontalAdvance("W"):
        return ""
    return (
        "no font is installed, so all text is boxes; install one, for example with: "
        "apt install fonts-dejavu-core"
    )
