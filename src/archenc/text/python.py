"""Lines of Python put together: a module class, its methods, calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_INDENT = "    "


def module_class(
    name: str,
    arguments: str,
    attributes: Iterable[str],
    forward: Sequence[str],
    takes: str = "x",
    methods: Iterable[str] = (),
) -> str:
    """Return the text of a class of modules.

    arguments: of `__init__`, behind self. attributes: its statements. forward: the statements of `forward`,
    which takes what `takes` says. methods: texts of further methods, made by `method`.
    """
    init = method("__init__", arguments, ["super().__init__()", *attributes])
    parts = [init, method("forward", takes, forward), *methods]
    return f"class {name}(nn.Module):\n" + "\n\n".join(indented(part) for part in parts)


def method(name: str, arguments: str, statements: Iterable[str]) -> str:
    """Return the text of a method, not indented."""
    taken = ", ".join(filter(None, ("self", arguments)))
    return f"def {name}({taken}):\n" + "\n".join(indented(statement) for statement in statements)


def call(function: str, *positional: object, **named: object) -> str:
    """Return the text of a call; None among the named arguments leaves one out."""
    given = [str(value) for value in positional]
    given += [f"{name}={value}" for name, value in named.items() if value is not None]
    return f"{function}({', '.join(given)})"


def sequential(*modules: str) -> str:
    """Return the text of modules in a row, on one line."""
    return call("nn.Sequential", *modules)


def tall(*modules: str) -> str:
    """Return the text of modules in a row, one a line."""
    return "nn.Sequential(\n" + "".join(f"{_INDENT}{module},\n" for module in modules) + ")"


def indented(text: str) -> str:
    """Return a text with every line moved to the right by one step; empty lines stay empty."""
    return "\n".join(_INDENT + line if line else line for line in text.split("\n"))
