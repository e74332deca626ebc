"""The keys of all windows, in one window."""

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from gui.actions import TABLES
from gui.widgets.window_size import resize_within_screen


class KeyHelp(QDialog):
    """A table a window; closed by Esc."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys - bci")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QTextBrowser()
        self.text.setHtml(_tables())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.text)
        resize_within_screen(self, QSize(640, 640))


def _tables() -> str:
    parts = []
    for title, table in TABLES.items():
        rows = "".join(
            f"<tr><td width='130'>{escape(a.key_name)}</td><td>{escape(a.help)}</td></tr>"
            for a in table
            if a.key
        )
        parts.append(f"<h3>{title}</h3><table cellpadding='2'>{rows}</table>")
    return "".join(parts)
