"""Modules of users' own as a space: graphs of described operations, which nobody lists or draws.

`archenc.networks.from_module` makes architectures of it. Their cell has the operations on its nodes; what is
measured of node k are the attributes channels_k, size_k (places of a channel: pixels, tokens), params_k,
macs_k and parts_k (operations that were drawn together), k with three digits. params, macs and layers
(convolutions, linear and recurrent layers on the longest way) are those of the whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NoReturn, final

from archenc.errors import InvalidArchitecture, InvalidArgument, shown
from archenc.graph import Architecture, Cell, Edge, Kind, Op, op
from archenc.graph.module_ops import rows
from archenc.spaces.arguments import an_architecture
from archenc.typing import Seed

NAME = "modules"
MAX_NODES = 64
"""Nodes of an architecture, inputs and output counted, unless one is asked for with more."""
MEASURED = ("channels", "size", "params", "macs", "parts")
TOTALS = ("params", "macs", "layers")

OPS = tuple(
    op(name)
    for name in (
        "conv1x1", "conv3x3", "avg_pool3x3", "max_pool3x3", "max_pool5x5", "max_pool7x7", "relu", "softmax",
        *(row["name"] for row in rows()),
    )
)  # fmt: skip
NORMS = frozenset({Kind.BATCH_NORM, Kind.LAYER_NORM, Kind.GROUP_NORM})
_IN, _OUT, _LINK = op("input"), op("output"), op("link")
_LEGAL = "legal: the JSON text of such an architecture, which archenc.networks.from_module makes of a module"


def from_nodes(
    ops: Sequence[str],
    sources: Sequence[Sequence[int]],
    outputs: Sequence[int],
    n_inputs: int,
    measured: Mapping[str, Sequence[int]],
) -> Architecture:
    """Return the architecture of a graph.

    ops: operations in the order of running. sources: what each reads, by number: the inputs come first, then
    the operations. outputs: what is returned. measured: a number an operation, for each name of `MEASURED`.
    Raises InvalidArchitecture.
    """
    nodes = (*[_IN] * n_inputs, *(op(name) for name in ops), _OUT)
    last = len(nodes) - 1
    edges = [(source, n_inputs + row) for row, read in enumerate(sources) for source in read]
    edges += [(source, last) for source in outputs]
    cell = Cell(nodes, tuple(Edge(source, target, _LINK) for source, target in dict.fromkeys(edges)))
    attributes: dict[str, int] = {
        f"{name}_{n_inputs + row:03d}": int(value)
        for name, values in measured.items()
        for row, value in enumerate(values)
    }
    attributes |= {name: sum(int(value) for value in measured[name]) for name in ("params", "macs")}
    attributes["layers"] = _longest(cell)
    return Architecture(NAME, (cell,), tuple(attributes.items()))


def attribute_names(cell: Cell) -> list[str]:
    """Return the names of all that is measured of a module with such a cell."""
    nodes = range(cell.n_inputs, cell.n_nodes - 1)
    return [*TOTALS, *(f"{name}_{node:03d}" for name in MEASURED for node in nodes)]


def _longest(cell: Cell) -> int:
    """Return the layers on the longest way through a cell: operations with weights that are no norm."""
    depth = [0] * cell.n_nodes
    for edge in cell.edges:  # by target, so a source is settled before it is read
        here = cell.nodes[edge.target]
        layer = here.parametrised and here.kind not in NORMS
        depth[edge.target] = max(depth[edge.target], depth[edge.source] + layer)
    return depth[-1]


@final
@dataclass(frozen=True)
class Modules:
    """The networks that `from_module` makes: every graph of the operations `ops` is one."""

    name: ClassVar[str] = NAME
    aliases: ClassVar[tuple[str, ...]] = ("module",)
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = (_OUT, _IN, *OPS)
    styles: ClassVar[tuple[str, ...]] = ("native",)
    size: ClassVar[int | None] = None
    max_nodes: ClassVar[int] = MAX_NODES
    drawn: ClassVar[bool] = False

    def parse(self, native: object) -> Architecture:
        """Read the JSON text or dictionary of an architecture, or take one. Raises InvalidArchitecture."""
        if isinstance(native, Architecture):
            arch = native
        elif isinstance(native, str):
            arch = Architecture.from_json(native)
        elif isinstance(native, Mapping):
            arch = Architecture.from_dict(native)
        else:
            raise InvalidArchitecture(f"{type(native).__name__} {shown(native)} is no architecture; {_LEGAL}")
        return self._own(arch)

    def format(self, arch: Architecture, style: str = "native") -> str:
        """Return the JSON text. Raises InvalidArgument for another style."""
        if style != "native":
            raise InvalidArgument(f"style={shown(style)}; legal: native")
        return json.dumps(self._own(arch).to_dict(), separators=(",", ":"))

    def key(self, arch: Architecture) -> str:
        """Return 32 hexadecimal digits: of the graph as it is numbered, and of everything measured of it."""
        return self._own(arch).id("raw-v1")

    def sample(self, n: int, rng: Seed) -> list[Architecture]:  # noqa: ARG002 - of the protocol
        """Raise InvalidArgument: nobody knows which modules there are."""
        _unlisted("drawn")

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:  # noqa: ARG002 - of the protocol
        """Raise InvalidArgument: what a change of a graph does to shapes is not known."""
        _unlisted("changed")

    def enumerate(self) -> Iterator[Architecture]:
        """Raise InvalidArgument: the space has no end."""
        _unlisted("listed")

    def _own(self, arch: object) -> Architecture:
        found = an_architecture(arch, NAME)
        if found.space != NAME or len(found.cells) != 1:
            raise InvalidArchitecture(
                f"expected an architecture of {NAME!r} with one cell, got one of {found.space!r} with "
                f"{len(found.cells)}; {_LEGAL}"
            )
        for node in found.cells[0].nodes:
            if node not in self.node_ops:
                raise InvalidArchitecture(f"{node.name!r} is no operation of a module; {_LEGAL}")
        known = dict(found.attributes)
        for name in attribute_names(found.cells[0]):
            if not isinstance(known.get(name), int | float):
                raise InvalidArchitecture(f"{name} is {shown(known.get(name))}; expected a number; {_LEGAL}")
        return found


def _unlisted(what: str) -> NoReturn:
    raise InvalidArgument(
        f"space={NAME!r}: its architectures are modules of users' own and cannot be {what}; make them with "
        "archenc.networks.from_module"
    )


SPACE = Modules()
