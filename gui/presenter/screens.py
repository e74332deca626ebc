"""The screens that stimuli can be shown on."""

from PySide6.QtGui import QGuiApplication, QScreen


def screen_titles() -> dict[str, str]:
    """Return a readable title by the name of each screen, the main screen first."""
    return {screen.name(): _title(screen) for screen in _screens()}


def screen_named(name: str) -> QScreen:
    """Return the screen ``name``; the main screen if no screen has this name."""
    screens = _screens()
    return next((screen for screen in screens if screen.name() == name), screens[0])


def _screens() -> list[QScreen]:
    main = QGuiApplication.primaryScreen()
    return [main, *(screen for screen in QGuiApplication.screens() if screen is not main)]


def _title(screen: QScreen) -> str:
    size = screen.geometry().size() * screen.devicePixelRatio()
    main = ", main screen" if screen == QGuiApplication.primaryScreen() else ""
    shape = f"{size.width()} x {size.height()}, {screen.refreshRate():.0f} Hz"
    return f"{screen.name()} ({shape}{main})"
