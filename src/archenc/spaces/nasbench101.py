"""NAS-Bench-101: up to seven nodes, nine edges, three operations, 423,624 cells (Ying et al., ICML 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Cell, Edge, Kind, Op, op
from archenc.graph.nb101_hash import cell_hash
from archenc.spaces import nb101_cells as cells
from archenc.spaces import nb101_spelling as spelling
from archenc.spaces.arguments import an_architecture
from archenc.spaces.nb101_moves import moves
from archenc.spaces.nb101_wiring import MAX_NODES, OP_NAMES, Spec, bits_of, canonical, edges, prune
from archenc.typing import Seed

NAME = "nasbench101"
OPS = tuple(op(name) for name in OP_NAMES)

_POSITION = {member.name: position for position, member in enumerate(OPS)}
_INPUT, _OUTPUT, _LINK = op("input"), op("output"), op("link")


@dataclass(frozen=True)
class NasBench101:
    """The search space of NAS-Bench-101: one cell, operations on its nodes.

    A cell may hold nodes on no path from the input to the output: `parse` keeps them, so that a spelling
    round-trips, and the hash, the key and the networks drop them. What is left must be connected and have at
    most nine edges. Cells that differ in the numbering of their nodes are one to the benchmark: `sample`,
    `neighbours` and `enumerate` yield the one that `canonical` returns.
    """

    name: ClassVar[str] = NAME
    aliases: ClassVar[tuple[str, ...]] = ("nb101",)
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = tuple(
        op(name) for name in ("input", "conv1x1", "conv3x3", "max_pool3x3", "output")
    )
    styles: ClassVar[tuple[str, ...]] = spelling.STYLES
    size: ClassVar[int | None] = cells.SIZE
    max_nodes: ClassVar[int] = MAX_NODES

    def parse(self, native: object) -> Architecture:
        """Read any public spelling of a cell.

        native: ours, `110-01-1|c3,mp` (the rows of the upper triangle, then the inner operations); the
        official dictionary {"matrix", "ops"}, the pair of the two, or an object that has both, such as the
        official ModelSpec; the flat numbers of the score files; `raw_adjacency|raw_operations` of the
        official files; the numeric rows of the published tables ("operations", "adjacency"); or an
        architecture of this space. Raises InvalidArchitecture, which shows the legal forms.
        """
        spec = self.spec(native) if isinstance(native, Architecture) else spelling.read(native)
        prune(spec)
        return from_spec(spec)

    def format(self, arch: Architecture, style: str = "native") -> str:
        """Write an architecture in one of the spellings; `parse` reads each of them back but "hash".

        style: "native"; "naslib", the flat numbers; "matrix", raw_adjacency|raw_operations; "spec", the
        official dictionary as JSON; "codes", the numeric table row, padded to seven nodes, as JSON; "hash",
        the benchmark's identity key of the pruned cell. Raises InvalidArgument for another style.
        """
        spec = self.spec(arch)
        return _hash(prune(spec)) if style == "hash" else spelling.write(spec, style)

    def key(self, arch: Architecture) -> str:
        """Return the benchmark's hash of the pruned cell: isomorphic cells were trained once."""
        return _hash(prune(self.spec(arch)))

    def canonical(self, arch: Architecture) -> Architecture:
        """Return the cell that stands for all with the same key; equal keys give equal architectures.

        It is pruned and numbered as the benchmark trained it, and as its files list it; see `nb101_wiring`.
        """
        return from_spec(canonical(prune(self.spec(arch))))

    def spec(self, arch: Architecture) -> Spec:
        """Return an architecture as integers, see `nb101_wiring`; `from_spec` is the inverse.

        Raises InvalidArchitecture for an architecture of another space.
        """
        arch = an_architecture(arch, NAME)
        inputs = [cell.n_inputs for cell in arch.cells]
        if arch.space != NAME or inputs != [1] or arch.attributes:
            raise InvalidArchitecture(
                f"expected an architecture of {NAME!r}: one cell with one input, no attributes; got one of "
                f"{arch.space!r}, inputs of its cells {inputs}, attributes {dict(arch.attributes)}"
            )
        cell = arch.cells[0]
        if cell.n_nodes > MAX_NODES:
            raise InvalidArchitecture(f"the cell has {cell.n_nodes} nodes; {NAME} has at most {MAX_NODES}")
        foreign = next((edge for edge in cell.edges if edge.op.kind is not Kind.LINK), None)
        if foreign is not None:
            raise InvalidArchitecture(
                f"edge {foreign.source}->{foreign.target} carries {foreign.op.name!r}; {NAME} has its "
                "operations on the nodes, so an edge is a plain link"
            )
        try:
            ops = tuple([_POSITION[node.name] for node in cell.nodes[1:-1]])
        except KeyError as error:
            raise InvalidArchitecture(
                f"operation {error.args[0]!r} is not in {NAME}; legal: {', '.join(OP_NAMES)}"
            ) from error
        return Spec(bits_of(cell.n_nodes, [edge[:2] for edge in cell.edges]), ops)

    def sample(
        self,
        n: int,
        rng: Seed,
        by: Literal["class", "spec"] = "class",
        replace: bool = False,
    ) -> list[Architecture]:
        """Draw n architectures.

        by: "class" is uniform over the 423,624 cells. "spec" is the benchmark's own way: seven nodes, each of
        21 edges with probability 1/2, each operation 1/3, until the cell is valid; this favours cells with
        many numberings. Without replacement no cell occurs twice. Raises InvalidArgument.
        """
        return [from_spec(spec) for spec in cells.sample(n, rng, by, replace)]

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        """Yield the cells one change away, each once, never the cell itself.

        A change is another operation, an edge more or less, or a node more or less that has one edge in and
        one out; every node must stay live, with at most nine edges and seven nodes. The relation is symmetric
        up to isomorphism, and exactly so between canonical cells.
        """
        for spec in moves(prune(self.spec(arch))):
            yield from_spec(spec)

    def enumerate(self) -> Iterator[Architecture]:
        """Yield the 423,624 cells in the order in which the benchmark met them; see `nb101_cells`."""
        for spec in cells.specs():
            yield from_spec(spec)


SPACE = NasBench101()


def from_spec(spec: Spec) -> Architecture:
    """Return the architecture of a cell given as integers."""
    nodes = (_INPUT, *[OPS[k] for k in spec.ops], _OUTPUT)
    return Architecture(NAME, (Cell(nodes, _links(spec.n, spec.bits)),))


@lru_cache(maxsize=65536)
def _links(n: int, bits: int) -> tuple[Edge, ...]:
    return tuple(Edge(source, target, _LINK) for source, target in edges(n, bits))


@lru_cache(maxsize=65536)
def _hash(pruned: Spec) -> str:
    return cell_hash([-1, *pruned.ops, -2], edges(pruned.n, pruned.bits))
