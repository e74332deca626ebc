"""Colours and type sizes: one visual language, dark and light, safe for colour-blind eyes."""

from dataclasses import dataclass

from PySide6.QtGui import QColor


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
    classes: tuple[str, ...]
    stages: tuple[str, str, str, str]

    def colour(self, name: str) -> QColor:
        return QColor(getattr(self, name))

    def class_colour(self, index: int) -> QColor:
        """The colour of a class, by its place in the list of classes."""
        return QColor(self.classes[index % len(self.classes)])

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
            QToolTip {{ background: {self.panel}; color: {self.text};
                        border: 1px solid {self.line}; }}
            QToolButton {{ background: {self.panel}; border: 1px solid {self.line};
                           border-radius: 4px; min-width: 20px; min-height: 18px; }}
            QToolButton:hover, QToolButton:focus {{ border-color: {self.dim}; }}
            QPushButton {{ background: {self.panel}; border: 1px solid {self.line};
                           border-radius: 5px; padding: 5px 14px; }}
            QPushButton:hover, QPushButton:focus {{ border-color: {self.dim}; }}
            QPushButton:disabled {{ color: {self.dim}; }}
            QPlainTextEdit {{ background: {self.panel}; border: 1px solid {self.line};
                              border-radius: 6px; font-family: monospace; font-size: 12px; }}
            QStatusBar {{ color: {self.dim}; }}
            QStatusBar QLabel {{ color: {self.dim}; padding: 0 6px; }}
        """


# The classes' colours are told apart with every common colour-vision deficiency: Okabe and Ito's
# palette ("Color Universal Design", 2008) on dark; darker shades of it on light, where the
# original has too little contrast for text. The stages are shades of one grey: no class.
DARK = Theme(
    name="dark", window="#15181c", panel="#1d2126", text="#e8eaed", dim="#9aa3ad", line="#343b43",
    trace="#b9c6d3", warning="#E69F00", warning_text="#1a1300", error="#8c2f10",
    error_text="#ffffff", lost="#5a2a1a", on_class="#101418",
    classes=("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#3D8FD1", "#D55E00"),
    stages=("#dfe5eb", "#a9b5c1", "#74818e", "#4b5661"),
)  # fmt: skip

LIGHT = Theme(
    name="light", window="#f4f5f7", panel="#ffffff", text="#1c2126", dim="#5b6670", line="#d3d8de",
    trace="#2f4257", warning="#9a5b00", warning_text="#ffffff", error="#b5400f",
    error_text="#ffffff", lost="#f6d3c6", on_class="#ffffff",
    classes=("#0066A8", "#B85000", "#007856", "#A6447A", "#6F6400", "#2F3FA0", "#8A2A1C"),
    stages=("#2b3947", "#5d6e7f", "#93a2b1", "#c3ced8"),
)  # fmt: skip
