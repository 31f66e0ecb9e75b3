"""Python files of the user's own that register spaces, encoders, proxies: named in $ARCHENC_PLUGINS."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from archenc.errors import DataError

ENVIRONMENT = "ARCHENC_PLUGINS"
"""Files, apart as in PATH. Processes that archenc starts inherit it, and so the registrations."""

_RUN: set[str] = set()


def run_plugins() -> None:
    """Run each file that $ARCHENC_PLUGINS names, once a process. Raises DataError, which names the file."""
    for name in filter(None, os.environ.get(ENVIRONMENT, "").split(os.pathsep)):
        path = Path(name).expanduser().resolve()
        if str(path) not in _RUN:
            _RUN.add(str(path))  # before it runs: what it imports may look names up
            _run(path)


def _run(path: Path) -> None:
    name = f"archenc_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path) if path.suffix == ".py" else None
    if spec is None or spec.loader is None or not path.is_file():
        raise DataError(f"{path}: no such Python file, yet ${ENVIRONMENT} or --plugin names it")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where pickle finds the classes of the file
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        said = (str(error).strip() or "no message").splitlines()[0]
        raise DataError(f"{path}: {type(error).__name__} while the plugin was run: {said}") from error
