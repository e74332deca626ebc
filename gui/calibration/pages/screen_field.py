"""Field for the screen that shows the cues."""

from PySide6.QtGui import QGuiApplication, QScreen

from gui.presenter.screens import screen_titles
from gui.widgets.combo_box import ComboBox


class ScreenField(ComboBox):
    """A list of the screens; hidden while there is only one."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setToolTip("The subject's screen. The dashboard can stay on another one.")
        self.setAccessibleName("Screen for the cues")
        self._fill(name)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.screenAdded.connect(self._refill)
        application.screenRemoved.connect(self._refill)

    @property
    def name(self) -> str:
        """Name of the chosen screen; empty for the main one."""
        return str(self.currentData() or "") if self.count() > 1 else ""

    def _refill(self, _screen: QScreen) -> None:
        self._fill(str(self.currentData() or ""))

    def _fill(self, chosen: str) -> None:
        self.clear()
        for name, title in screen_titles().items():
            self.addItem(title, name)
        self.setCurrentIndex(max(0, self.findData(chosen)))
        if self.count() < 2:
            self.hide()
        elif self.parentWidget() is not None:
            self.show()
