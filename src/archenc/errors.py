"""The errors of archenc: each says what was wrong, where, and what would be right."""

from __future__ import annotations

from reprlib import Repr

_REPR = Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 120
_REPR.maxlist = _REPR.maxtuple = 12
_REPR.maxlevel = 4
_LONGEST = 200


class ArchencError(Exception):
    """Base of every error that archenc raises on purpose."""


class InvalidArchitecture(ArchencError, ValueError):
    """An architecture that its space does not contain; the message shows a legal form."""


class InvalidArgument(ArchencError, ValueError):
    """An argument outside its legal range; the message names argument, value and legal form."""


class UnknownName(ArchencError, KeyError):
    """A name that a registry, table or vocabulary does not hold; the message lists near ones."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class DataError(ArchencError):
    """A data file that is missing, truncated, altered or not of the expected layout."""


class MissingScore(ArchencError, ValueError):
    """An architecture without a value that the caller needs; nothing is imputed silently."""


class MissingExtra(ArchencError, ImportError):
    """An optional dependency that is not installed; the message gives the command."""


class IncompatibleModel(ArchencError):
    """A saved model that is damaged, or that another version of archenc wrote."""


def shown(value: object) -> str:
    """Show any value in a message: cut where it is long, deep, or cannot show itself."""
    text = _REPR.repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def require(module: str, extra: str) -> object:
    """Import an optional dependency, or say which extra brings it.

    module: dotted name of the module. extra: name of the extra in `pip install "archenc[extra]"`.
    Raises MissingExtra.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f"this needs the package {module!r}: install it with  pip install 'archenc[{extra}]'"
        ) from error
