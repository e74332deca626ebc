"""Colours and type sizes: one visual language, dark and light, safe for colour-blind eyes."""

from dataclasses import dataclass

from PySide6.QtGui import QColor

# Okabe and Ito's palette ("Color Universal Design", 2008): told apart with every common
# colour-vision deficiency, on dark and on light.
CLASS_COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00")


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

    def colour(self, name: str) -> QColor:
        return QColor(getattr(self, name))

    def style_sheet(self) -> str:
        """The Qt style sheet of the whole window."""
        return f"""
            QWidget {{ background: {self.window}; color: {self.text}; font-size: 13px; }}
            QFrame#panel {{ background: {self.panel}; border: 1px solid {self.line};
                            border-radius: 6px; }}
            QFrame#panel QLabel {{ background: transparent; }}
            QLabel#title {{ font-size: 16px; font-weight: 600; }}
            QLabel#dim {{ color: {self.dim}; }}
            QLabel#badge {{ background: {self.warning}; color: {self.warning_text};
                            font-weight: 700; padding: 3px 10px; border-radius: 4px; }}
            QFrame#banner {{ background: {self.error}; border-radius: 6px; }}
            QFrame#banner QLabel {{ background: transparent; color: {self.error_text}; }}
            QPushButton {{ background: {self.panel}; border: 1px solid {self.line};
                           border-radius: 5px; padding: 5px 14px; }}
            QPushButton:hover, QPushButton:focus {{ border-color: {self.dim}; }}
            QPushButton:disabled {{ color: {self.dim}; }}
            QPlainTextEdit {{ background: {self.panel}; border: 1px solid {self.line};
                              border-radius: 6px; font-family: monospace; font-size: 12px; }}
            QStatusBar {{ color: {self.dim}; }}
            QStatusBar QLabel {{ color: {self.dim}; padding: 0 6px; }}
        """


DARK = Theme(
    name="dark", window="#15181c", panel="#1d2126", text="#e8eaed", dim="#9aa3ad", line="#343b43",
    trace="#b9c6d3", warning="#E69F00", warning_text="#1a1300", error="#8c2f10",
    error_text="#ffffff", lost="#5a2a1a",
)  # fmt: skip

LIGHT = Theme(
    name="light", window="#f4f5f7", panel="#ffffff", text="#1c2126", dim="#5b6670", line="#d3d8de",
    trace="#2f4257", warning="#E69F00", warning_text="#1a1300", error="#b5400f",
    error_text="#ffffff", lost="#f6d3c6",
)  # fmt: skip


def class_colour(index: int) -> QColor:
    """The colour of a class, by its place in the list of classes."""
    return QColor(CLASS_COLOURS[index % len(CLASS_COLOURS)])
