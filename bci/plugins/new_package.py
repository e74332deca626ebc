"""A new plug-in package with a decoder, a filter or a device, written from templates."""

import re
from importlib.util import find_spec
from pathlib import Path
from string import Template

from bci.errors import PlaceError, PluginError
from bci.plugins.registry import plugins
from bci.profiles.pipeline_settings import did_you_mean

KINDS = ("decoder", "filter", "device")
_TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MAX_LETTERS = 40


def write_plugin(kind: str, name: str, folder: Path) -> Path:
    """Write the package ``bci-<name>`` into a new folder; return the folder.

    ``kind`` is one of `KINDS`.

    Raises `PluginError` if the kind or the name is invalid, or a plug-in of that name is installed.
    Raises `PlaceError` if the folder exists already or cannot be written.
    """
    if kind not in KINDS:
        raise PluginError(
            f"there is no kind {kind!r:.80}; choose one of {', '.join(KINDS)}"
            f"{did_you_mean(kind, KINDS)}"
        )
    _check_name(kind, name)
    made = folder / f"bci-{name}"
    if made.exists():
        raise PlaceError(f"{made} exists already; choose another name or --folder")
    words = _words(kind, name)
    files = {
        "pyproject.toml": _fill("pyproject.toml.txt", words),
        "README.md": _fill("README.md.txt", words | {"use": _fill(f"{kind}/use.txt", words)}),
        f"{words['module']}/__init__.py": _fill(f"{kind}/module.txt", words),
        f"tests/test_{words['module']}.py": _fill(f"{kind}/test.txt", words),
    }
    try:
        for path, text in files.items():
            file = made / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.rstrip() + "\n", encoding="utf-8")
    except OSError as error:
        raise PlaceError(f"{error.filename}: cannot be written ({error.strerror})") from error
    return made


def _check_name(kind: str, name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _MAX_LETTERS:
        raise PluginError(
            f"{name!r:.80} cannot be a name: use at most {_MAX_LETTERS} lower-case letters, "
            "digits and single hyphens, and begin with a letter"
        )
    installed = plugins(f"bci.{kind}s").get(name)
    if installed is not None:
        raise PluginError(f"there is a {kind} {name} already, of {installed.distribution}")
    module = _words(kind, name)["module"]
    if find_spec(module) is not None:
        raise PluginError(f"there is a Python module {module} already; choose another name")


def _words(kind: str, name: str) -> dict[str, str]:
    class_name = "".join(part.capitalize() for part in name.split("-"))
    # With the kind at its end, the class name cannot equal a name that the template imports.
    class_name = class_name.removesuffix(kind.capitalize()) + kind.capitalize()
    return {
        "kind": kind,
        "name": name,
        "distribution": f"bci-{name}",
        "module": f"bci_{name.replace('-', '_')}",
        "class_name": class_name,
    }


def _fill(template: str, words: dict[str, str]) -> str:
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    return Template(text).substitute(words)
