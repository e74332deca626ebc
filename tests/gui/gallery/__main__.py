"""Command ``python -m tests.gui.gallery``: lists views, shows one, or saves pictures."""

import argparse
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from gui.theme import DARK, LIGHT
from tests.gui.gallery.frame import framed
from tests.gui.gallery.screenshots import take
from tests.gui.gallery.views import VIEWS


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.gui.gallery",
        description="Each view of the dashboard alone, with simulated data.",
        epilog="Example: python -m tests.gui.gallery scope --light",
    )
    parser.add_argument("name", nargs="?", choices=VIEWS, help="the view to show; none lists them")
    parser.add_argument("--light", action="store_true", help="in the light theme")
    parser.add_argument(
        "--screenshots", type=Path, metavar="FOLDER", help="save each view there, dark and light"
    )
    parser.add_argument(
        "--animation", type=Path, metavar="FILE.gif", help="save some seconds of the running demo"
    )
    wanted = parser.parse_args()
    if wanted.animation is not None:
        # Pillow comes with the extra "images".
        from tests.gui.gallery.animation import film

        film(wanted.animation)
        print(f"{wanted.animation} ({wanted.animation.stat().st_size / 1000:.0f} kB)")
        return 0
    if wanted.name is None and wanted.screenshots is None:
        print("\n".join(VIEWS))
        return 0
    application = QApplication(sys.argv[:1])
    if wanted.screenshots is not None:
        for file in take(wanted.screenshots, (wanted.name,) if wanted.name else tuple(VIEWS)):
            print(f"{file} ({file.stat().st_size / 1000:.0f} kB)")
        return 0
    view = framed(wanted.name, LIGHT if wanted.light else DARK)
    view.show()
    return int(application.exec())


if __name__ == "__main__":
    sys.exit(main())
