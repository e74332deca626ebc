"""The theme of a page is passed on to the views inside."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.spectrum.spectrum_page import SpectrumPage
from gui.theme import DARK, LIGHT


class PluginView(QLabel):
    """A view of another package, with a theme and a method to draw again."""

    theme = DARK

    def refresh(self) -> None:
        self.setText(self.theme.name)


def test_a_theme_reaches_all_views_within_also_those_of_plug_ins(qtbot: QtBot) -> None:
    page = SpectrumPage()
    qtbot.addWidget(page)
    own = PluginView(page)
    page.theme = LIGHT
    assert page.view.theme is LIGHT
    assert page.spectrogram.theme is LIGHT
    assert own.text() == "light"
