"""A folder of Python files as candidate networks: the code of every file is run."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, final

import torch
from torch import nn

from archenc.errors import ArchencError, DataError, InvalidArgument, shown

HELPER = "_"
"""A file whose name begins so holds no candidates; the others may import it."""
TABLE = "CANDIDATES"
ALONE = "model"


class NoCandidate(ArchencError):
    """A file, a function or a module that gives no candidate; the text says why."""


@final
@dataclass(frozen=True, slots=True)
class Candidate:
    """A network that a file offers. make: builds it with weights drawn from the global generator of torch."""

    name: str
    file: Path
    make: Callable[..., Any]

    def build(self, seed: int = 0, options: Mapping[str, Any] | None = None) -> nn.Module:
        """Return the module; torch's global generators are left as they were.

        options: keyword arguments, such as num_classes; a callable gets those that it names, or takes as
        **kwargs. Raises NoCandidate.
        """
        try:
            given = _accepted(self.make, options or {})
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(seed)
                module = self.make(**given)
        except Exception as error:
            raise NoCandidate(f"{type(error).__name__} while it was built: {_line(error)}") from error
        if not isinstance(module, nn.Module):
            raise NoCandidate(f"it made a {type(module).__name__}, not a torch.nn.Module")
        return module


def python_files(folder: str | Path) -> list[Path]:
    """Return the files of a folder that may hold candidates, by name. Raises DataError."""
    place = Path(folder)
    if not place.is_dir():
        raise DataError(f"{place}: no such folder; expected one of Python files that define networks")
    found = sorted(path for path in place.glob("*.py") if not path.name.startswith(HELPER))
    if not found:
        raise DataError(f"{place}: holds no .py file (files whose names begin with '_' are helpers)")
    return found


def load(path: str | Path) -> list[Candidate]:
    """Run a file and return its candidates, by the first of these rules that applies.

    1. `CANDIDATES`, a mapping from names to callables: one each, named FILE.NAME.
    2. `model`, a function or a class: one, named FILE.
    3. Every public function of the file that needs no argument and is annotated to return a class of modules;
       if there is none, every public class of modules that needs no argument. `__all__` narrows both. They
       are named FILE.NAME, or FILE where there is only one.

    FILE is the name without .py. Other files of the folder can be imported. Raises NoCandidate.
    """
    path = Path(path)
    module = _run(path)
    table = getattr(module, TABLE, None)
    if table is not None:
        if not isinstance(table, Mapping) or not all(
            isinstance(name, str) and callable(make) for name, make in table.items()
        ):
            raise NoCandidate(f"{TABLE} is {shown(table)}; expected a mapping from names to callables")
        return [Candidate(f"{path.stem}.{name}", path, make) for name, make in table.items()]
    if callable(alone := getattr(module, ALONE, None)):
        return [Candidate(path.stem, path, alone)]
    offered = list(_offered(module))
    if not offered:
        raise NoCandidate(
            f"it defines no candidate; expected a mapping {TABLE}, a function or class named {ALONE!r}, "
            "functions without required arguments annotated to return a torch.nn.Module, or module classes"
        )
    if len(offered) == 1:
        return [Candidate(path.stem, path, offered[0][1])]
    return [Candidate(f"{path.stem}.{name}", path, make) for name, make in offered]


def named(path: str | Path, name: str) -> Candidate:
    """Return one candidate of a file. Raises NoCandidate."""
    for one in load(path):
        if one.name == name:
            return one
    raise NoCandidate(f"{path} no longer defines {name!r}")


def _run(path: Path) -> ModuleType:
    """Run a file as a module of its own, while its folder is where imports look first."""
    name = f"archenc_candidates_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise NoCandidate(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    with _importable(path.parent):
        sys.modules[name] = module  # dataclasses and inspect look classes up there
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            where = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            raise NoCandidate(
                f"{type(error).__name__}{where} while the file was run: {_line(error)}"
            ) from error
    return module


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let imports find the files of a folder; what was imported from there is forgotten afterwards."""
    place, before = str(folder.resolve()), set(sys.modules)
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.path.remove(place)
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).parent == Path(place) and not name.startswith("archenc_candidates_"):
                del sys.modules[name]


def _offered(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    own = {
        name: member
        for name, member in vars(module).items()
        if not name.startswith("_") and getattr(member, "__module__", None) == module.__name__
    }
    if isinstance(public := getattr(module, "__all__", None), list | tuple):
        own = {name: member for name, member in own.items() if name in public}
    functions = {
        name: member
        for name, member in own.items()
        if inspect.isfunction(member) and _free(member) and _returns_module(member, module)
    }
    classes = {
        name: member
        for name, member in own.items()
        if inspect.isclass(member) and issubclass(member, nn.Module) and _free(member)
    }
    yield from (functions or classes).items()


def _free(make: Callable[..., Any]) -> bool:
    """Say whether a callable needs no argument."""
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return False
    loose = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(one.default is not one.empty or one.kind in loose for one in parameters)


def _returns_module(function: Callable[..., Any], module: ModuleType) -> bool:
    """Say whether the annotation of a function names a class of modules; texts are looked up, not run."""
    said = getattr(function, "__annotations__", {}).get("return")
    if isinstance(said, str):
        said = _looked_up(said, module)
    return inspect.isclass(said) and issubclass(said, nn.Module)


def _looked_up(text: str, module: ModuleType) -> Any:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    found = getattr(module, node.id, None)
    for name in reversed(names):
        found = getattr(found, name, None)
    return found


def _accepted(make: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    if not options:
        return {}
    try:
        parameters = inspect.signature(make).parameters
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"options: {make!r} does not say which arguments it takes") from error
    anything = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())
    return {name: value for name, value in options.items() if anything or name in parameters}


def _line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
