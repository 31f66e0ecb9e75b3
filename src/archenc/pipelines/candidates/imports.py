"""Which files of its folder a Python file imports, read from its text: nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def imported(path: Path) -> list[Path]:
    """Return the other files of the folder that a file imports, itself or through them, by name.

    A package counts with all its files. Imports that are no statements, such as by `importlib`, are not seen.
    """
    found: dict[Path, None] = {}
    waiting = [path]
    while waiting:
        for name in _modules(waiting.pop()):
            fresh = [one for one in _files(path.parent, name) if one != path and one not in found]
            found.update(dict.fromkeys(fresh))
            waiting += fresh
    return sorted(found)


def _modules(path: Path) -> Iterator[str]:
    """Yield the outermost names of what a file imports; nothing of a file that does not parse."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def _files(folder: Path, name: str) -> Iterator[Path]:
    if (module := folder / f"{name}.py").is_file():
        yield module
    if (package := folder / name).is_dir():
        yield from package.rglob("*.py")
