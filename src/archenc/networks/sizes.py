"""The options of a skeleton and the shape of an example, checked before a network is built or counted."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from archenc.errors import InvalidArgument, shown
from archenc.typing import integer, whole_number


def checked_options(
    construct: Callable[..., Any], options: Mapping[str, Any], space: str, ranks: tuple[int, ...] = (3, 4)
) -> dict[str, Any]:
    """Return the options of a skeleton, sizes as ints and the shape of an example as a tuple of ints.

    construct: of a `Builder`. Its annotations say what an option is: `int` a size, at least 1; `str` a word;
    `input_shape` is the shape of an example, of as many sizes as `ranks` says. None is legal where it is
    annotated. Raises InvalidArgument.
    """
    parameters = dict(list(inspect.signature(construct).parameters.items())[2:])
    checked: dict[str, Any] = {}
    for name, value in options.items():
        if name not in parameters:
            raise InvalidArgument(f"skeleton option {name!r}; legal for {space}: {', '.join(parameters)}")
        kind = parameters[name].annotation
        kinds = {part.strip() for part in getattr(kind, "__name__", str(kind)).split("|")}
        if value is None and "None" in kinds:
            pass
        elif name == "input_shape":
            value = example_shape(value)
            if len(value) not in ranks:
                also = " or (positions, features)" if 2 in ranks else ""
                raise InvalidArgument(f"input_shape={value}: expected (channels, height, width){also}")
        elif "int" in kinds:
            value = whole_number(name, value, 1)
        elif "str" in kinds and not isinstance(value, str):
            raise InvalidArgument(f"{name}={shown(value)}: expected a text")
        checked[name] = value
    return checked


def example_shape(value: object) -> tuple[int, ...]:
    """Return the shape of one example as ints. Raises InvalidArgument unless it is of integers >= 1."""
    given = [integer(size) for size in value] if isinstance(value, (tuple, list)) else []
    shape = tuple([size for size in given if size is not None and size >= 1])
    if not shape or len(shape) != len(given):
        raise InvalidArgument(
            f"input_shape={shown(value)}: expected a tuple of integers >= 1, such as (3, 32, 32)"
        )
    return shape
