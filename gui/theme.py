"""Colours and type sizes: one visual language, dark and light, safe for colour-blind eyes."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication

from bci.quality.channel_quality import State

# The smallest text. Its capitals are as high as normal sight tells apart at two metres, 5 minutes
# of arc, on a screen with 0.28 mm a pixel.
CAPTION_PX = 14


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

    def colour(self, name: str) -> QColor:
        return QColor(getattr(self, name))

    def class_colour(self, index: int) -> QColor:
        """The colour of a class, by its place in the list of classes."""
        return QColor(self.classes[index % len(self.classes)])

    def quality_colour(self, state: State) -> QColor:
        """The colour of a channel's state; never shown without its symbol."""
        return self.colour("dim") if state == State.NOT_JUDGED else QColor(self.quality[state])

    def style_sheet(self) -> str:
        """The Qt style sheet of the whole window."""
        return f"""
            QWidget {{ background: {self.window}; color: {self.text};
                       font-size: {CAPTION_PX}px; }}
            QFrame#panel {{ background: {self.panel}; border: 1px solid {self.line};
                            border-radius: 6px; }}
            QFrame#docked {{ background: {self.panel}; border: 1px solid {self.line};
                             border-left: none; border-top-right-radius: 6px;
                             border-bottom-right-radius: 6px; }}
            QWidget#grip {{ background: {self.panel}; color: {self.dim};
                            border: 1px solid {self.line}; border-right: none;
                            border-top-left-radius: 6px; border-bottom-left-radius: 6px; }}
            QFrame#panel QLabel, QFrame#docked QLabel {{ background: transparent; }}
            QLabel#title {{ font-size: 16px; font-weight: 600; }}
            QLabel#dim {{ color: {self.dim}; }}
            QLabel#badge {{ background: {self.warning}; color: {self.warning_text};
                            font-weight: 700; padding: 3px 10px; border-radius: 4px; }}
            QFrame#banner {{ background: {self.error}; border-radius: 6px; }}
            QFrame#banner QLabel {{ background: transparent; color: {self.error_text};
                                    font-size: 15px; }}
            QLabel#alarm {{ color: {self.warning}; font-weight: 700; }}
            QFrame#notice {{ background: {self.panel}; border: 1px solid {self.warning};
                             border-radius: 6px; }}
            QLabel#noticetext {{ background: transparent; color: {self.warning};
                                 font-weight: 600; }}
            QToolTip {{ background: {self.panel}; color: {self.text};
                        border: 1px solid {self.line}; }}
            QToolButton {{ background: {self.panel}; border: 1px solid {self.line};
                           border-radius: 4px; min-width: 18px; min-height: 18px;
                           padding: 1px 5px; }}
            QToolButton#step {{ padding: 1px; }}
            QToolButton:hover {{ border-color: {self.dim}; }}
            QToolButton:focus {{ border-color: {self.text}; }}
            QPushButton {{ background: {self.panel}; border: 1px solid {self.line};
                           border-radius: 5px; padding: 5px 14px; }}
            QPushButton:hover {{ border-color: {self.dim}; }}
            QPushButton:focus {{ border-color: {self.text}; }}
            QPushButton:disabled {{ color: {self.dim}; }}
            QPushButton#narrow {{ padding: 5px 6px; }}
            QPushButton#band {{ padding: 3px 10px; }}
            QPushButton#tab {{ background: transparent; border: none; border-radius: 0;
                               border-bottom: 2px solid transparent; padding: 4px 10px;
                               color: {self.dim}; }}
            QPushButton#tab:hover, QPushButton#tab:focus {{ color: {self.text}; }}
            QPushButton#tab:checked {{ background: transparent; color: {self.text};
                                       border-bottom-color: {self.accent}; }}
            QToolButton:checked, QPushButton:checked {{ background: {self.accent};
                                                       color: {self.on_class};
                                                       border-color: {self.accent}; }}
            QToolButton:checked:focus, QPushButton:checked:focus {{ border-color: {self.text}; }}
            QPushButton#record {{ background: {self.record}; color: #ffffff; font-weight: 700;
                                  border: 1px solid {self.record}; min-width: 86px; }}
            QPushButton#record:hover, QPushButton#record:focus {{ border-color: {self.text}; }}
            QPushButton#record:disabled {{ background: {self.panel}; color: {self.dim};
                                           border-color: {self.line}; }}
            QLabel#heading {{ font-weight: 600; }}
            QLabel#problem {{ color: {self.dim}; }}
            QLabel#problem[wrong="true"] {{ color: {self.warning}; }}
            QLabel#recording {{ font-size: 16px; font-weight: 600; }}
            QLineEdit, QComboBox {{ background: {self.window}; border: 1px solid {self.line};
                                    border-radius: 4px; padding: 3px 6px; min-height: 18px; }}
            QLineEdit:focus, QComboBox:focus {{ border-color: {self.accent}; }}
            QLineEdit[wrong="true"] {{ border: 2px solid {self.warning}; padding: 2px 5px; }}
            QLineEdit:disabled, QComboBox:disabled {{ color: {self.dim}; }}
            QComboBox QAbstractItemView {{ background: {self.panel}; color: {self.text};
                                           selection-background-color: {self.line};
                                           selection-color: {self.text}; }}
            QComboBox {{ combobox-popup: 0; }}
            QComboBox::drop-down {{ border: none; width: 18px; }}
            QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; border: none; }}
            QScrollBar::handle:vertical {{ background: {self.line}; border-radius: 4px;
                                           min-height: 24px; }}
            QScrollBar::handle:vertical:hover {{ background: {self.dim}; }}
            QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
            QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
            QListWidget, QTreeWidget {{ background: {self.window}; border: 1px solid {self.line};
                                        border-radius: 4px; outline: none;
                                        selection-background-color: {self.line};
                                        selection-color: {self.text}; }}
            QTreeWidget::item {{ padding: 3px 6px; }}
            QTreeWidget::item:selected {{ background: {self.line}; color: {self.text}; }}
            QTreeWidget::item:disabled {{ color: {self.dim}; }}
            QListWidget:focus {{ border-color: {self.accent}; }}
            QFrame#panel QScrollArea, QFrame#panel QScrollArea > QWidget > QWidget,
            QFrame#docked QScrollArea, QFrame#docked QScrollArea > QWidget > QWidget,
            QFrame#panel QWidget#plain, QFrame#docked QWidget#plain {{ background: transparent; }}
            QPlainTextEdit {{ background: {self.panel}; border: 1px solid {self.line};
                              border-radius: 6px; font-family: monospace; }}
            QFrame#docked QPlainTextEdit {{ border: none; }}
            QTableWidget {{ background: {self.panel}; border: none; outline: none;
                            selection-background-color: {self.line};
                            selection-color: {self.text}; }}
            QHeaderView, QHeaderView::section {{ background: {self.panel}; color: {self.dim};
                                                 border: none; padding: 3px 3px; }}
            QProgressBar {{ background: {self.window}; border: 1px solid {self.line};
                            border-radius: 4px; text-align: center; min-height: 18px; }}
            QProgressBar::chunk {{ background: {self.line}; border-radius: 3px; }}
            QMenuBar {{ background: {self.window}; color: {self.dim}; padding: 0 4px; }}
            QMenuBar::item {{ background: transparent; padding: 1px 8px; border-radius: 4px; }}
            QMenuBar::item:selected {{ background: {self.line}; color: {self.text}; }}
            QMenu {{ background: {self.panel}; border: 1px solid {self.line}; padding: 4px; }}
            QMenu::item {{ background: transparent; padding: 4px 22px 4px 26px; }}
            QMenu::item:selected {{ background: {self.line}; }}
            QMenu::item:disabled {{ color: {self.dim}; }}
            QMenu::separator {{ height: 1px; background: {self.line}; margin: 4px 8px; }}
            QMainWindow::separator {{ background: transparent; width: 5px; height: 5px; }}
            QMainWindow::separator:hover {{ background: {self.line}; }}
            QStatusBar {{ color: {self.dim}; }}
            QStatusBar::item {{ border: none; }}
            QStatusBar QLabel {{ color: {self.text}; padding: 0 6px; }}
        """


# The classes' colours are told apart with every common colour-vision deficiency: Okabe and Ito's
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


def theme_named(name: str) -> Theme | None:
    """The theme of that name; None if there is none."""
    return {theme.name: theme for theme in (DARK, LIGHT)}.get(name)


def system_theme() -> Theme:
    """The theme that the system asks for; dark where it asks for none."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK
