"""What the dashboard remembers from one start to the next."""

import json
from pathlib import Path

from PySide6.QtCore import QSettings


class DashboardSettings:
    """Choices by key; a file that is broken is set aside and everything begins anew.

    Parameters
    ----------
    file : Path, optional
        Default: where the system keeps settings.
    """

    def __init__(self, file: Path | None = None) -> None:
        if file is None:
            standard = QSettings(
                QSettings.Format.IniFormat, QSettings.Scope.UserScope, "bci", "dashboard"
            )
            file = Path(standard.fileName())
        self.set_aside: Path | None = None
        if _is_broken(file):
            self.set_aside = file.with_suffix(".broken")
            file.replace(self.set_aside)
        self._settings = QSettings(str(file), QSettings.Format.IniFormat)

    def text(self, key: str, default: str = "") -> str:
        value = self._settings.value(key, default)
        return value if isinstance(value, str) else default

    def flag(self, key: str, default: bool) -> bool:
        return self.text(key, "yes" if default else "no") == "yes"

    def number(self, key: str, default: float) -> float:
        """The default where there is none or it is damaged."""
        try:
            return float(self.text(key, str(default)))
        except ValueError:
            return default

    def table(self, key: str) -> dict[str, str]:
        """Text by text; empty where there is none or it is damaged."""
        try:
            stored = json.loads(self.text(key, "{}"))
        except ValueError:
            return {}
        if not isinstance(stored, dict):
            return {}
        return {str(name): value for name, value in stored.items() if isinstance(value, str)}

    def keep(self, key: str, value: str | bool | float | dict[str, str]) -> None:
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, float):
            value = repr(value)
        self._settings.setValue(key, json.dumps(value) if isinstance(value, dict) else value)

    def store(self) -> None:
        """Write it all into the file now; Qt does so by itself, but later."""
        self._settings.sync()


def _is_broken(file: Path) -> bool:
    """Whether it is no text, or Qt cannot read it; Qt takes any bytes for text."""
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError:
        return True
    except OSError:
        return False
    status = QSettings(str(file), QSettings.Format.IniFormat).status()
    return "\0" in text or status == QSettings.Status.FormatError
