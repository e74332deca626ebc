"""Properties of a class, read from its source without importing it.

A list of decoders would otherwise import PyTorch and run the code of every installed package.
"""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

# Largest number of steps through base classes and names imported from another module.
_DEEPEST = 8


def class_attributes(value: str) -> dict[str, object]:
    """Return the attributes of a class and its bases whose values are literals.

    ``value`` is ``module:class``. The key ``__doc__`` has the docstring; a function has this key
    only. Empty if no source is found.
    """
    module, _, name = value.partition(":")
    return _attributes(module, name, 0)


def _attributes(module: str, name: str, depth: int) -> dict[str, object]:
    if depth > _DEEPEST or (tree := _tree(module)) is None:
        return {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _of_class(module, node, depth)
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return {"__doc__": ast.get_docstring(node) or ""}
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return _attributes(node.module, alias.name, depth + 1)
    return {}


def _of_class(module: str, node: ast.ClassDef, depth: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for base in reversed(node.bases):
        if isinstance(base, ast.Name):
            found |= _attributes(module, base.id, depth + 1)
    found["__doc__"] = ast.get_docstring(node) or ""
    for each in node.body:
        targets: list[ast.expr] = []
        if isinstance(each, ast.Assign):
            targets = each.targets
        elif isinstance(each, ast.AnnAssign):
            targets = [each.target]
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and each.value is not None:
                try:
                    found[target.id] = ast.literal_eval(each.value)
                except ValueError:
                    found.pop(target.id, None)
    return found


@cache
def _tree(module: str) -> ast.Module | None:
    try:
        path = _file(module)
        return None if path is None else ast.parse(path.read_bytes())
    except (ImportError, OSError, SyntaxError, ValueError):
        return None


def _file(module: str) -> Path | None:
    # find_spec of a top-level package imports nothing.
    top, *rest = module.split(".")
    spec = find_spec(top)
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None
    for folder in spec.submodule_search_locations or ():
        place = Path(folder, *rest)
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None
