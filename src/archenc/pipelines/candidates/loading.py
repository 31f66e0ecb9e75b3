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
_PACKAGE = "archenc_candidates"
"""The package that the files of a folder are while one of them runs."""
_OWN = f"{_PACKAGE}.candidate_"
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


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
            with torch.random.fork_rng(devices=[]), _importable(self.file.parent):
                torch.default_generator.manual_seed(seed)
                module = self.make(**given)
        except Exception as error:
            raise NoCandidate(f"{type(error).__name__} while it was built: {_line(error)}") from error
        if not isinstance(module, nn.Module):
            raise NoCandidate(f"it made a {type(module).__name__}, not a torch.nn.Module")
        return module

    def parameters(self) -> tuple[list[str], bool]:
        """Return the names of the keyword arguments that it takes, and whether it takes any others."""
        try:
            found = inspect.signature(self.make).parameters
        except (TypeError, ValueError):
            return [], False
        kinds = {name: one.kind for name, one in found.items()}
        named = [name for name, kind in kinds.items() if kind in _BY_NAME]
        return named, inspect.Parameter.VAR_KEYWORD in kinds.values()


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

    FILE is the name without .py. Other files of the folder can be imported, by their names or as those of one
    package. Raises NoCandidate.
    """
    path = Path(path)
    module = _run(path)
    table = getattr(module, TABLE, None)
    if table is not None:
        if not isinstance(table, Mapping) or not all(
            isinstance(name, str) and callable(make) for name, make in table.items()
        ):
            raise NoCandidate(f"{TABLE} is {shown(table)}; expected a mapping from names to callables")
        if not table:
            raise NoCandidate(f"{TABLE} is empty; expected a mapping from names to callables")
        for name, make in table.items():
            _refuse_built(f"{TABLE}[{name!r}]", make)
        return [Candidate(f"{path.stem}.{name}", path, make) for name, make in table.items()]
    if callable(alone := getattr(module, ALONE, None)):
        _refuse_built(ALONE, alone)
        return [Candidate(path.stem, path, alone)]
    offered = list(_offered(module))
    if not offered:
        needy = [f"; {name} needs {', '.join(asked)}" for name, asked in _needy(module)]
        raise NoCandidate(
            f"it defines no candidate; expected a mapping {TABLE}, a function or class named {ALONE!r}, "
            "functions without required arguments annotated to return a torch.nn.Module, or module classes "
            f"without required arguments{''.join(needy)}"
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
    name = f"{_OWN}{path.stem.replace('.', '_')}"
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
    """Let imports find the files of a folder, by name or from the package (`from .parts import Block`).

    What was imported from there is forgotten afterwards: another folder may have files of the same names.
    """
    place, before = str(folder.resolve()), set(sys.modules)
    package = ModuleType(_PACKAGE)
    package.__path__ = [place]
    sys.modules[_PACKAGE] = package
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.path.remove(place)
        fresh = [name for name in set(sys.modules) - before if not name.startswith(_OWN)]
        for name in [name for name in fresh if _lies_in(name, Path(place))]:
            del sys.modules[name]
        sys.modules.pop(_PACKAGE, None)


def _lies_in(name: str, folder: Path) -> bool:
    """Say whether a module, or the outermost package around it, lies in a folder itself, not further down."""
    outermost, _, inner = name.partition(".")
    if outermost == _PACKAGE:
        return bool(inner)
    module = sys.modules.get(outermost)
    places = [*getattr(module, "__path__", ())] or [getattr(module, "__file__", None)]
    return any(place is not None and Path(place).parent == folder for place in places)


def _refuse_built(what: str, make: object) -> None:
    """Raise NoCandidate for a module, which is callable, too, but on data."""
    if isinstance(make, nn.Module):
        raise NoCandidate(
            f"{what} is a {type(make).__name__} that has been built; expected a function or class that "
            "builds it, so that its weights hang on the seed"
        )


def _offered(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    functions, classes = (
        {name: make for name, make in found.items() if _required(make) == []} for found in _makers(module)
    )
    yield from (functions or classes).items()


def _needy(module: ModuleType) -> Iterator[tuple[str, list[str]]]:
    """Yield what would be offered if it needed no arguments, and which it needs."""
    for found in _makers(module):
        for name, make in found.items():
            if asked := _required(make):
                yield name, asked


def _makers(module: ModuleType) -> tuple[dict[str, Callable[..., Any]], dict[str, Callable[..., Any]]]:
    """Return the public functions of a file that return modules, and its public classes of modules."""
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
        if inspect.isfunction(member) and _returns_module(member, module)
    }
    classes = {
        name: member
        for name, member in own.items()
        if inspect.isclass(member) and issubclass(member, nn.Module)
    }
    return functions, classes


def _required(make: Callable[..., Any]) -> list[str] | None:
    """Return the names of the arguments that a callable cannot do without; None where it does not say."""
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return None
    loose = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [one.name for one in parameters if one.default is one.empty and one.kind not in loose]


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
