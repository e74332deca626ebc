"""The advice in the terminal on a machine without fonts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gui.theme import font_problem

CODE = (
    "from PySide6.QtGui import QGuiApplication; from gui.theme import font_problem; "
    "app = QGuiApplication([]); print(font_problem())"
)


def test_where_there_is_a_font_nothing_is_reported(qapp: object) -> None:
    assert font_problem() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="fonts are found by fontconfig on Linux alone")
def test_a_missing_font_is_reported_with_what_to_install(tmp_path: Path) -> None:
    config = tmp_path / "fonts.conf"
    config.write_text("<fontconfig></fontconfig>")
    environment = os.environ | {"FONTCONFIG_FILE": str(config), "QT_QPA_PLATFORM": "offscreen"}
    told = subprocess.run(
        (sys.executable, "-c", CODE), env=environment, capture_output=True, text=True, check=True
    )
    assert "apt install" in told.stdout
