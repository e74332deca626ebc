"""A window that lists the keys of all windows."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QTextBrowser, QWidget

from gui.actions import TABLES, key_table
from gui.widgets.layouts import column_of
from gui.widgets.window_size import resize_within_screen


class KeyHelp(QDialog):
    """One table of keys per window; Esc closes the list."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys - bci")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QTextBrowser()
        self.text.setMarkdown(
            "\n\n".join(f"### {title}\n\n{key_table(table)}" for title, table in TABLES.items())
        )
        for table in self.text.document().rootFrame().childFrames():
            layout = table.frameFormat()
            layout.setBorder(0)
            table.setFrameFormat(layout)
        self.setLayout(column_of(self.text))
        resize_within_screen(self, QSize(640, 640))


def show_keys(parent: QWidget) -> None:
    """Show the list of all keys in front of ``parent``; make it unless it is open."""
    opened = parent.findChild(KeyHelp) or KeyHelp(parent)
    opened.show()
    opened.raise_()
    opened.activateWindow()
