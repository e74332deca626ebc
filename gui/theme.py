"""Colours and type: one visual language, dark and light, safe for colour-blind eyes."""

from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication

from bci.quality.channel_quality import State

# The smallest text. Its capitals are as high as normal sight resolves at two metres, 5 minutes
# of arc, on a screen with 0.28 mm a pixel.
CAPTION_PX = 14
_FOLDER = Path(__file__).parent
_STYLE, _TICKS = _FOLDER / "theme.qss", (_FOLDER / "calibration" / "tick").as_posix()
# The line of the style sheet from which on the rules are the calibration window's only.
_CALIBRATION = "/* calibration"


@dataclass(frozen=True)
class Theme:
    """Colours as hexadecimal strings."""

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
        """A colour by its name, of this opacity."""
        colour = QColor(getattr(self, name))
        colour.setAlpha(alpha)
        return colour

    def class_colour(self, index: int) -> QColor:
        """The colour of a class, by its place in the list of classes."""
        return QColor(self.classes[index % len(self.classes)])

    def quality_colour(self, state: State) -> QColor:
        """The colour of a channel's state; never shown without its symbol."""
        return self.colour("dim") if state == State.NOT_JUDGED else QColor(self.quality[state])

    @property
    def faint(self) -> str:
        """Text of what cannot be chosen: between dim and the ground."""
        pairs = zip(bytes.fromhex(self.dim[1:]), bytes.fromhex(self.panel[1:]), strict=True)
        return f"#{bytes((2 * dim + ground) // 3 for dim, ground in pairs).hex()}"

    def style_sheet(self, calibration: bool = False) -> str:
        """Return the Qt style sheet of a window; the calibration window's has more rules."""
        text = _STYLE.read_text(encoding="utf-8")
        if not calibration:
            text = text.split(_CALIBRATION)[0]
        return Template(text).substitute(
            asdict(self), faint=self.faint, caption=CAPTION_PX, ticks=_TICKS
        )


# The classes' colours differ for every common colour-vision deficiency: Okabe and Ito's
# palette ("Color Universal Design", 2008) on dark, its vermilion a little lighter to be read as
# text; darker shades of it on light, where the original has too little contrast for text. The
# stages are shades of one grey: no class.
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
    """Theme of the system; dark where it has no preference."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def font_problem() -> str:
    """Advice where no font is installed, so that all text is boxes; empty where one is.

    Qt lists families even then, but each of its boxes is as wide as any other.
    """
    metrics = QFontMetrics(QFont())
    if metrics.horizontalAdvance("i") != metrics.horizontalAdvance("W"):
        return ""
    return (
        "no font is installed, so all text is boxes; install one, for example with: "
        "apt install fonts-dejavu-core"
    )
