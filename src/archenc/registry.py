"""Look-up by name: one registry a kind of member, fed by entry points."""

from __future__ import annotations

import difflib
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from archenc.errors import ArchencError, UnknownName, shown
from archenc.plugins import run_plugins


class DuplicateName(ArchencError, ValueError):
    """Two different members claim one name."""


class Registry:
    """Members of one kind ("spaces", "encoders", ...) by name, from the entry-point group `archenc.<kind>`.

    An alias is an entry point of its own with the same target. A name claimed by two different targets
    raises DuplicateName at first use; nothing is imported before it is asked for. Members that a user's own
    files register (`archenc.plugins`) are there when a name is not known otherwise, and in `names`.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._added: dict[str, Any] = {}

    @cached_property
    def _points(self) -> dict[str, EntryPoint]:
        points: dict[str, EntryPoint] = {}
        for point in entry_points(group=f"archenc.{self.kind}"):
            known = points.setdefault(point.name, point)
            if known.value != point.value:
                raise DuplicateName(
                    f"{self.kind}: {point.name!r} is claimed by {known.value} and {point.value}"
                )
        return points

    def names(self) -> list[str]:
        """Return every name and alias, sorted."""
        run_plugins()
        return sorted({*self._points, *self._added})

    def add(self, name: str, member: Any) -> None:
        """Register a member at run time (a user's own space, say). Raises DuplicateName."""
        if name in self._added or name in self._points:
            raise DuplicateName(f"{self.kind}: {name!r} is registered already")
        self._added[name] = member

    def get(self, name: str) -> Any:
        """Return the member called `name`. Raises UnknownName, which lists near names."""
        if isinstance(name, str):  # for a dictionary asks for the hash, which a list has not
            if name not in self._added and name not in self._points:
                run_plugins()
            if name in self._added:
                return self._added[name]
            if name in self._points:
                return self._points[name].load()
        near = difflib.get_close_matches(shown(name).strip("'"), self.names(), n=3)
        hint = f"did you mean {', '.join(near)}? " if near else ""
        raise UnknownName(f"{self.kind}: no {shown(name)}; {hint}known: {', '.join(self.names())}")

    def name_of(self, member: Any) -> str | None:
        """Return the name (the first of several) under which a class or function is registered, or None."""
        where = f"{getattr(member, '__module__', '')}:{getattr(member, '__qualname__', '')}"
        names = [name for name, point in self._points.items() if point.value == where]
        names += [name for name, added in self._added.items() if added is member]
        return min(names, default=None)
