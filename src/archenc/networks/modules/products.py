"""How many products each number of a matrix product sums: which operand is first, only the call knows."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

_FIRST = frozenset({"linear", "matmul", "mm", "bmm", "mv", "dot"})
_SECOND = frozenset({"addmm", "baddbmm", "addmv"})
"""Calls that add a product to their first operand."""


def summed(base: str, given: Sequence[Any]) -> int | None:
    """Return the products that each number of the result sums; None for a call that multiplies no matrices.

    base: name of the call as `naming.plain` spells it. given: its arguments by position, tensors as shapes.
    """
    if base == "einsum":
        operands = given[1] if len(given) == 2 and _is_many(given[1]) else given[1:]
        return _of_equation(given[0], operands) if isinstance(given[0], str) else None
    if base == "outer":
        return 1
    if base == "tensordot" and len(given) > 2:
        dims = given[2]
        axes = range(-dims, 0) if isinstance(dims, int) else dims[0] if _is_many(dims) else dims
        return prod(given[0][axis] for axis in axes)
    place = 0 if base in _FIRST else 1 if base in _SECOND else None
    if place is None or len(given) <= place or not given[place]:
        return None
    return int(given[place][-1])


def _is_many(given: Any) -> bool:
    return isinstance(given, Sequence) and bool(given) and not isinstance(given[0], int)


def _of_equation(equation: str, operands: Sequence[Sequence[int]]) -> int | None:
    """Return the sizes of all letters that the result of an einsum has not, multiplied."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    sizes: dict[str, int] = {}
    for letters, shape in zip(left.split(","), operands, strict=False):
        before, dots, after = letters.partition("...")
        sizes |= dict(zip(before, shape, strict=False))
        if dots and after:
            sizes |= dict(zip(after, shape[-len(after) :], strict=False))
    if not arrow:
        right = "".join(letter for letter in sizes if left.count(letter) == 1)
    return prod(size for letter, size in sizes.items() if letter not in right)
