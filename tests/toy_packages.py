"""Packages with plug-ins, installed for one test: a folder on the path with their metadata."""

from pathlib import Path

import pytest

from bci.plugins import registry as plugins
from bci.profiles.profile import shipped_profiles


class Packages:
    """A folder of installed packages that Python finds first."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        patch.syspath_prepend(str(folder))

    def add(self, distribution: str, module: str, source: str, **entries: dict[str, str]) -> None:
        """Install a package of one module; ``entries`` are names and attributes by kind."""
        (self.folder / f"{module}.py").write_text(source, encoding="utf-8")
        info = self.folder / f"{distribution.replace('-', '_')}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n", encoding="utf-8"
        )
        lines = []
        for kind, names in entries.items():
            lines += [f"[bci.{kind}s]", *(f"{name} = {module}:{at}" for name, at in names.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        plugins.forget()


def profile_with(folder: Path, *lines: str) -> Path:
    """The shipped profile of motor imagery with other filters."""
    text = shipped_profiles()["motor-imagery"].read_text(encoding="utf-8")
    before, _, after = text.partition("  filters:\n")
    rest = after[after.index("  window_s") :]
    file = folder / "own.yaml"
    file.write_text(before + "  filters:\n" + "".join(f"    - {each}\n" for each in lines) + rest)
    return file
