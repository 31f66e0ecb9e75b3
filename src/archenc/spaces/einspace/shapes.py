"""What each terminal makes of features, by their shape alone: no tensor is touched.

Features are images (C, H, W) or sequences (S, D), the batch left out; the number of sizes tells which.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from archenc.errors import InvalidArchitecture
from archenc.spaces.einspace.grammar import spelled
from archenc.spaces.einspace.limits import refuse_shape
from archenc.spaces.einspace.tree import DerivationNode
from archenc.typing import integer

Shape = tuple[int, ...]


class Features(NamedTuple):
    """What flows between terminals. grid: rows and columns of the patches of the last im2col on the way."""

    shape: Shape
    grid: tuple[int, int] | None = None


class Cost(NamedTuple):
    """Parameters; for one example, numbers that are made, and multiply-accumulates."""

    params: int = 0
    activations: int = 0
    macs: int = 0

    def times(self, copies: int) -> Cost:
        """Return the cost of so many copies."""
        return Cost(self.params * copies, self.activations * copies, self.macs * copies)

    def plus(self, other: Cost) -> Cost:
        """Return the sum of two costs."""
        return Cost(self.params + other.params, self.activations + other.activations, self.macs + other.macs)


class Misfit(InvalidArchitecture):
    """A terminal that cannot take the features which arrive; the message says why."""


FREE = Cost()
_JOINS = frozenset({"add", "cat", "dot_product", "scaled_dot_product"})


def input_features(shape: object) -> Features:
    """Return the features of an input. Raises InvalidArgument unless it has two or three sizes >= 1."""
    if not isinstance(shape, (tuple, list)) or len(shape) not in (2, 3):
        raise refuse_shape(shape)
    sizes = tuple([integer(size) or 0 for size in shape])
    if min(sizes) < 1:
        raise refuse_shape(shape)
    return Features(sizes)


@lru_cache(maxsize=1 << 16)
def through(node: DerivationNode, given: tuple[Features, ...]) -> tuple[Features, Cost]:
    """Return what leaves a terminal, of a fork on one branch, and what it costs. Raises Misfit.

    given: what arrives, of a join one entry a branch.
    """
    result = joined(node, given) if node.op in _JOINS else after(node, given[0])
    return result, cost(node, given[0], result)


def after(node: DerivationNode, given: Features) -> Features:
    """Return the features behind a terminal that takes one input; of a fork, those of one branch.

    Raises Misfit.
    """
    shape, grid = given
    image = len(shape) == 3
    match node.op, node.args:
        case (("identity" | "clone" | "relu" | "softmax" | "norm" | "pos_enc"), _):
            return given
        case "linear", (width,):
            return Features((*shape[:-1], width), grid)
        case "group", (parts, axis):
            if axis > len(shape):
                raise _misfit(node, given, f"a sequence has no dimension {axis}")
            if shape[axis - 1] % parts:
                raise _misfit(node, given, f"{shape[axis - 1]} is not divisible by {parts}")
            return Features((*shape[: axis - 1], shape[axis - 1] // parts, *shape[axis:]), grid)
        case "perm", order:
            if len(order) != len(shape) + 1:
                raise _misfit(node, given, f"it reorders {len(order) - 1} dimensions")
            return Features(tuple([shape[axis - 1] for axis in order[1:]]), grid)
        case "im2col", (kernel, stride, padding):
            if not image:
                raise _misfit(node, given, "it needs an image")
            if kernel > min(shape[1:]):
                raise _misfit(node, given, f"the patches of {kernel}x{kernel} are larger")
            rows, columns = ((size + 2 * padding - kernel) // stride + 1 for size in shape[1:])
            return Features((rows * columns, shape[0] * kernel**2), (rows, columns))
        case "col2im", _:
            if image:
                raise _misfit(node, given, "it needs a sequence of patches")
            if grid is None:
                raise _misfit(
                    node, given, "no im2col, or a different one on each branch, has cut the patches"
                )
            if prod(grid) != shape[0]:
                raise _misfit(node, given, f"im2col had cut {grid[0]}x{grid[1]} patches")
            return Features((shape[1], *grid))
    raise _misfit(node, given, "it is no terminal with one input")


def joined(node: DerivationNode, branches: Sequence[Features]) -> Features:
    """Return the features behind a terminal that joins branches. Raises Misfit."""
    first = branches[0].shape
    grid = branches[0].grid if len({features.grid for features in branches}) == 1 else None
    shapes = [features.shape for features in branches]
    if len({len(shape) for shape in shapes}) > 1:
        raise _unjoined(node, shapes, "an image and a sequence")
    match node.op, node.args:
        case "add", _:
            if len(set(shapes)) > 1:
                raise _unjoined(node, shapes, "different shapes")
            return Features(first, grid)
        case "cat", (_, axis):
            if axis > len(first):
                raise _unjoined(node, shapes, f"sequences have no dimension {axis}")
            if len({(*shape[: axis - 1], *shape[axis:]) for shape in shapes}) > 1:
                raise _unjoined(node, shapes, f"shapes that differ outside dimension {axis}")
            total = sum(shape[axis - 1] for shape in shapes)
            return Features((*first[: axis - 1], total, *first[axis:]), grid)
        case (("dot_product" | "scaled_dot_product"), _):
            second = shapes[1]
            if first[-1] != second[-2] or first[:-2] != second[:-2]:
                raise _unjoined(node, shapes, f"{first[-1]} columns, {second[-2]} rows")
            return Features((*first[:-1], second[-1]), grid)
    raise _unjoined(node, shapes, "it joins nothing")


def cost(node: DerivationNode, given: Features, result: Features) -> Cost:
    """Return what a terminal costs that makes `result` of `given` (of a join: of its first branch)."""
    made, last = prod(result.shape), given.shape[-1]
    match node.op:
        case "identity" | "clone" | "group":
            return FREE
        case "linear":
            width = result.shape[-1]
            return Cost(last * width + width, made, made * last)
        case "norm":
            return Cost(2 * (given.shape[0] if len(given.shape) == 3 else last), made)
        case "pos_enc":
            return Cost(made, made)
        case "dot_product" | "scaled_dot_product":
            return Cost(0, made, made * last)
    return Cost(0, made)


def _misfit(node: DerivationNode, given: Features, why: str) -> Misfit:
    return Misfit(f"{spelled(node.op, node.args)} cannot take features of shape {given.shape}: {why}")


def _unjoined(node: DerivationNode, shapes: Sequence[Shape], why: str) -> Misfit:
    several = " and ".join(map(str, shapes[:2]))
    return Misfit(f"{spelled(node.op, node.args)} cannot join features of shapes {several}: {why}")
