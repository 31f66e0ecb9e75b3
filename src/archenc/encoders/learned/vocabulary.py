"""Cells as tokens: one a node, of a vocabulary with two reserved ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
from jaxtyping import Bool, Int, UInt8

from archenc.encoders.base import Population
from archenc.encoders.frame import registered_space, resized
from archenc.errors import InvalidArgument
from archenc.graph import Rewire, as_batch, op, vocabulary

PAD, MASK = 0, 1
RESERVED = ("<pad>", "<mask>")
"""Names of the ids that no operation has."""

_DRAWN_FOR_WIDTH = 64


@dataclass(frozen=True, eq=False)
class TokenGraphs:
    """m cells, operations on nodes. tokens: ids, PAD where a cell has no node. links[a, i, j]: i -> j."""

    tokens: UInt8[np.ndarray, "m N"]
    links: Bool[np.ndarray, "m N N"]

    @property
    def real(self) -> Bool[np.ndarray, "m N"]:
        """Mark the slots that hold a node."""
        return self.tokens != PAD

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, rows: slice | Int[np.ndarray, " k"]) -> TokenGraphs:
        return TokenGraphs(self.tokens[rows], self.links[rows])


@dataclass(frozen=True, slots=True)
class TokenFrame:
    """How the cells of one space become tokens.

    tokens: names by id, the reserved ones first, then the `node_ops` of the space; where a cell has several
    inputs they are "input", "input_1", ... width: node slots N; smaller cells get PAD before the output.
    rewire: what becomes of the links of `none` and `skip`, see `GraphBatch`.
    """

    space: str
    tokens: tuple[str, ...]
    width: int
    n_cells: int
    inputs: int
    rewire: Rewire = "none"

    @classmethod
    def of(cls, space_name: str, rewire: Rewire = "none") -> Self:
        """Return the frame of a registered space. Raises InvalidArgument for another."""
        member = registered_space(space_name)
        some = as_batch(member.sample(min(_DRAWN_FOR_WIDTH, member.size or _DRAWN_FOR_WIDTH), 0))
        nodes = some.to_view("op_on_node").n_nodes
        width = max(nodes, member.max_nodes) if (some.edge_ops[:, 0] >= 0).any() else nodes
        names = [*RESERVED]
        for one in member.node_ops:
            names += _input_names(some.inputs) if one.name == "input" else [one.name]
        return cls(member.name, tuple(names), width, some.n_cells, some.inputs, rewire)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Undo `to_dict`."""
        return cls(**{**given, "tokens": tuple(given["tokens"])})

    def to_dict(self) -> dict[str, Any]:
        """Return the frame as plain values."""
        return {
            "space": self.space,
            "tokens": list(self.tokens),
            "width": self.width,
            "n_cells": self.n_cells,
            "inputs": self.inputs,
            "rewire": self.rewire,
        }

    @property
    def cut(self) -> int | None:
        """Return the id of `none` where it has no links in this frame, else None."""
        return self.tokens.index("none") if self.rewire and "none" in self.tokens else None

    @property
    def n_tokens(self) -> int:
        """Number of ids, the reserved ones included."""
        return len(self.tokens)

    def graphs(self, X: Population) -> TokenGraphs:
        """Return the cells of a population, architecture by architecture.

        Raises InvalidArgument for another space, a wider cell, or an operation without a token.
        """
        batch = as_batch(X)
        if (batch.space, batch.n_cells, batch.inputs) != (self.space, self.n_cells, self.inputs):
            raise InvalidArgument(
                f"X is of {batch.space} with {batch.n_cells} cells of {batch.inputs} inputs; the tokens are "
                f"of {self.space} with {self.n_cells} of {self.inputs}"
            )
        batch = batch.to_view("op_on_node", self.rewire)
        batch = resized(batch, self.width)
        ops = batch.ops.reshape(-1, self.width)
        tokens = _table(self.tokens)[ops]
        for number, name in enumerate(_input_names(self.inputs)[1:], start=1):
            tokens[:, number] = self.tokens.index(name)
        foreign = np.argwhere((tokens == PAD) & (ops >= 0))
        if len(foreign):
            row, slot = foreign[0]
            raise InvalidArgument(
                f"X[{row // self.n_cells}]: operation {vocabulary()[ops[row, slot]].name!r} has no token; "
                f"known: {', '.join(self.tokens[len(RESERVED) :])}"
            )
        return TokenGraphs(tokens, batch.adjacency.reshape(-1, self.width, self.width).astype(bool))


def _input_names(inputs: int) -> list[str]:
    """Inputs are different values, so that a cell that swaps them is another cell."""
    return ["input", *[f"input_{number}" for number in range(1, inputs)]]


@lru_cache(maxsize=64)
def _table(tokens: tuple[str, ...]) -> UInt8[np.ndarray, " v"]:
    """Return the token of each index of the vocabulary; PAD where it has none, also for index -1."""
    table = np.zeros(len(vocabulary()) + 1, dtype=np.uint8)
    for number, name in enumerate(tokens):
        if not name.startswith(("<", "input_")):  # reserved, or the output of another space
            table[op(name).index] = number
    return table
