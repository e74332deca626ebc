"""Check for a font to write with."""

from PySide6.QtGui import QFont, QFontMetrics


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
