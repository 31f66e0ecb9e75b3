"""Read the data in a pickle without executing it.

A pickle is a program for a stack machine whose instructions may import and call anything. The machine of
this package has the instructions that build numbers, texts and containers, and no other. The name of a class
or function is looked up in a list of our own; where the pickle calls it, a stand-in of ours is called, which
keeps or converts its arguments. No module is imported, whatever the name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BufferedIOBase
from typing import Any

from archenc.tables.unpickling.containers import CONTAINERS
from archenc.tables.unpickling.machine import Kept, Machine, Refused, Shrink, keep
from archenc.tables.unpickling.names import COLLECTIONS, NUMPY, array, expect, records
from archenc.tables.unpickling.scalars import SCALARS


def machine(
    stream: BufferedIOBase,
    names: Mapping[str, Callable[..., Any]],
    *,
    persistent: Callable[[Any], Any] | None = None,
    shrink: Shrink | None = None,
) -> Machine:
    """Return a machine for the pickles in a stream; see `Machine`."""
    return Machine(stream, names, {**SCALARS, **CONTAINERS}, persistent=persistent, shrink=shrink)


__all__ = [
    "COLLECTIONS",
    "NUMPY",
    "Kept",
    "Machine",
    "Refused",
    "Shrink",
    "array",
    "expect",
    "keep",
    "machine",
    "records",
]
