"""Parameters of a network carried to another space: operations by what they are, the rest by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from archenc.errors import InvalidArgument
from archenc.graph import Kind, Op, op
from archenc.predictors.flow import Parameters

Mapping = Literal["meaning", "tiled", "none"]
MAPPINGS: tuple[Mapping, ...] = ("meaning", "tiled", "none")

_RELATED = ((Kind.AVG_POOL, Kind.MAX_POOL), (Kind.CONV, Kind.RESIDUAL))


def related(wanted: Op, known: Sequence[Op]) -> list[int]:
    """Return the positions among `known` of what is nearest to an operation; none where nothing is related.

    The operation itself; else all of its kind; else all of a related kind: pooling of either sort,
    convolutions and blocks of them.
    """
    same = [i for i, one in enumerate(known) if one == wanted]
    kind = [i for i, one in enumerate(known) if one.kind == wanted.kind]
    family = next((kinds for kinds in _RELATED if wanted.kind in kinds), ())
    return same or kind or [i for i, one in enumerate(known) if one.kind in family]


def carry_rows(
    learned: Float[Tensor, "m d"],
    known: Sequence[str],
    drawn: Float[Tensor, "k d"],
    wanted: Sequence[str],
    mapping: Mapping,
) -> Float[Tensor, "k d"]:
    """Return a table of operations for `wanted`, the first rows of `drawn`, from the rows for `known`.

    "meaning": the row of the same operation, else the mean of the nearest ones (`related`), else as drawn.
    "tiled": the rows of the source again and again, in order, whatever they are (Akhauri & Abdelfattah, ICML
    2024). "none": as drawn. Rows of zeros stay zero: they are fixed.
    """
    table = drawn.clone()
    for row, name in enumerate(wanted):
        if mapping == "meaning":
            sources = related(op(name), [op(one) for one in known])
        else:
            sources = [row % len(known)] if mapping == "tiled" else []
        if sources and table[row].any():
            table[row] = learned[sources].mean(0)
    return table


def carry(
    learned: Parameters, drawn: Parameters, cells: tuple[int, int], *, table: str
) -> tuple[Parameters, list[str]]:
    """Return the parameters of a network of another space, and the names of those that stay as drawn.

    learned: of the source. drawn: of the target, whose `table` has its final rows. cells: of an architecture,
    in the source and in the target. Equal names and shapes are copied. What reads several cells side by side
    reads the mean of what it learned to read, so that an architecture with equal cells scores the same.
    Raises InvalidArgument for parameters of another shape that mean something else.
    """
    carried: Parameters = {}
    left: list[str] = []
    for name, start in drawn.items():
        if name in (table, "update.mask") or (
            name == "symmetry.noise" and name in learned and learned[name].shape != start.shape
        ):  # what the target's operations and places decide
            carried[name] = start
        elif name == "node.inputs" and name not in learned:  # further inputs start as the first
            carried[name] = learned["node.input"].expand(start.shape).clone()
        elif name not in learned:
            carried[name] = start
            left.append(name)
        else:
            fitting = _fit(name, learned[name], start.shape, cells)
            if fitting is None:
                raise InvalidArgument(
                    f"{name} has shape {tuple(learned[name].shape)} in the source and {tuple(start.shape)} "
                    f"on the target: expected inputs of one width on both (supplement, saliencies, read_out)"
                )
            carried[name] = fitting.clone()
    return carried, left


def _fit(name: str, value: Tensor, shape: torch.Size, cells: tuple[int, int]) -> Tensor | None:
    """Return a learned parameter in another shape, None where there is no such thing."""
    if value.shape == shape:
        return value
    if name.startswith(("node.input", "node.other")):  # [cells, inputs, width] or [inputs, width]
        for axis, size in enumerate(shape[:-1]):
            value = value.index_select(axis, torch.arange(size, device=value.device) % value.shape[axis])
        return value
    if name.startswith("f2b."):  # all cells at once in and out: cells become blocks
        return _blocks(value, cells) if _blocks(value, cells).shape == shape else None
    fitting = _repeat(value, cells)
    return fitting if fitting.shape == shape else None


def _repeat(weight: Tensor, cells: tuple[int, int]) -> Tensor:
    """Let a first axis that reads c cells side by side read k, each as the mean of what was learned."""
    source, target = cells
    one = weight.reshape(source, -1, *weight.shape[1:]).sum(0) / target
    return one.repeat(target, *[1] * (weight.ndim - 1))


def _blocks(value: Tensor, cells: tuple[int, int]) -> Tensor:
    """Turn a map of c cells side by side into one of k, which do not hear each other."""
    source, target = cells
    if value.ndim == 1:
        return value.reshape(source, -1).mean(0).repeat(target)
    width, out = value.shape[0] // source, value.shape[1] // source
    blocks = value.reshape(source, width, source, out)
    one = torch.stack([blocks[i, :, i] for i in range(source)]).mean(0)
    return torch.block_diag(*[one] * target)
