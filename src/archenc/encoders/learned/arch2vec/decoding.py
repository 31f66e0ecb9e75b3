"""From what a decoder says of nodes and links back to architectures, where there is one."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64

from archenc.encoders.learned.vocabulary import RESERVED, TokenFrame
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell, Edge, Kind, Op, op
from archenc.spaces import space


class Decoded(NamedTuple):
    """m cells as decided: token of every slot, links i -> j above the diagonal."""

    tokens: Int64[np.ndarray, "m N"]
    links: Bool[np.ndarray, "m N N"]


class Reader:
    """Reads decided cells of one space; a cell of all N slots, for none of them is decided to be a pad.

    Where the operations of a space sit on nodes, nodes and links are the cell. Where they sit on edges, slot
    after slot is an operation whose target is known (that of the space's cells); its source is the state
    whose producers are exactly the slots that link to it. Several cells of an architecture are made alike.
    """

    def __init__(self, frame: TokenFrame) -> None:
        self.frame = frame
        self.space = space(frame.space)

    def architecture(self, tokens: Int64[np.ndarray, " N"], links: Bool[np.ndarray, "N N"]) -> Architecture:
        """Return the architecture of one decided cell.

        Raises InvalidArchitecture if slots of inputs and output are not that, others are, or the space does
        not contain the cell.
        """
        nodes = self._nodes(tokens)
        if self._template.ops_on == "nodes":
            link = op("link")
            edges = tuple(Edge(int(i), int(j), link) for j, i in np.argwhere(links.T))
            cell = Cell(nodes, edges)
        else:
            cell = self._on_edges(nodes, links)
        return self.space.parse(Architecture(self.space.name, (cell,) * self.frame.n_cells))

    def ids(self, decoded: Decoded) -> list[str | None]:
        """Return the canonical id of each decided cell, None where it is no cell of the space."""
        known: dict[bytes, str | None] = {}
        found = []
        for tokens, links in zip(*decoded, strict=True):
            key = tokens.tobytes() + links.tobytes()
            if key not in known:
                try:
                    known[key] = self.architecture(tokens, links).id()
                except InvalidArchitecture:
                    known[key] = None
            found.append(known[key])
        return found

    def published_ids(self, decoded: Decoded) -> list[str | None]:
        """Judge as the published code does; the text that stands for a cell need not be one of the space.

        Cells with operations on nodes: as strictly as here. With operations on edges, all from the same pairs
        of nodes: no link is looked at, nor the operation of the first slot after the input, and cells are
        told apart by their operations. Raises InvalidArgument for the choice of sources (DARTS), whose
        published check is not known to us.
        """
        if self._template.ops_on == "nodes":
            return self.ids(decoded)
        if self.frame.n_cells > 1:
            raise InvalidArgument(
                f"validity='published': not known for {self.frame.space}; legal there: 'strict'"
            )
        names = np.array(self.frame.tokens)[decoded.tokens]
        inner = names[:, 2:-1]
        legal = (names[:, 0] == "input") & (names[:, -1] == "output")
        legal &= ((inner != "input") & (inner != "output")).all(1)
        return [",".join(row) if good else None for row, good in zip(names, legal, strict=True)]

    @cached_property
    def _template(self) -> Cell:
        return self.space.sample(1, 0)[0].cells[0]

    @cached_property
    def _slots(self) -> list[Edge]:
        """Return the edges of the template that carry an operation, slot by slot of the node form."""
        return [edge for edge in self._template.edges if edge.op.kind is not Kind.LINK]

    def _nodes(self, tokens: Int64[np.ndarray, " N"]) -> tuple[Op, ...]:
        names = [self.frame.tokens[token] for token in tokens]
        inputs = [name for name in self.frame.tokens if name.startswith("input")]
        count = self.frame.inputs
        inner = names[count:-1]
        if names[:count] != inputs or names[-1] != "output" or {*inputs, *RESERVED, "output"} & set(inner):
            raise InvalidArchitecture(
                f"the slots are {', '.join(names)}; expected {', '.join(inputs)}, operations, output"
            )
        return (*[op("input")] * count, *map(op, inner), op("output"))

    def _on_edges(self, nodes: tuple[Op, ...], links: Bool[np.ndarray, "N N"]) -> Cell:
        template, count = self._template, self.frame.inputs
        if links[:, :count].any():
            raise InvalidArchitecture("an input is fed by another slot")
        producers: list[set[int]] = [{number} for number in range(count)]
        producers += [set() for _ in range(template.n_nodes - count)]
        edges = []
        for slot, (given, carried) in enumerate(zip(self._slots, nodes[count:-1], strict=True)):
            node, target = count + slot, given.target
            cut = self.frame.rewire and carried.kind is Kind.NONE
            from_slots = set(np.flatnonzero(links[:, node]).tolist())
            sources = [given.source, *range(target)]
            sources = [s for s in sources if from_slots == (set() if cut else producers[s])]
            if not sources:
                raise InvalidArchitecture(
                    f"slot {node} is fed by {sorted(from_slots)}, which is what no node before it adds up"
                )
            edges.append(Edge(sources[0], target, carried))
            if not cut:
                producers[target].add(node)
        for edge in template.edges:
            if edge.op.kind is Kind.LINK:
                producers[edge.target] |= producers[edge.source]
                edges.append(edge)
        if set(np.flatnonzero(links[:, -1]).tolist()) != producers[-1]:
            raise InvalidArchitecture(f"the output is not fed by {sorted(producers[-1])}")
        return Cell(template.nodes, tuple(edges))
