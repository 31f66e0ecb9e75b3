"""The vertices of a NAS-Bench-101 cell: their widths, the order in which the cell was trained, its weights.

Widths go by the order of the vertices: where the channels of a module do not divide evenly among the vertices
wired to the output, the first ones get one more. For 53,908 of the 423,624 cells, isomorphic spellings
therefore differ in their number of parameters, by up to 1.4 %. The published number belongs to the spelling
that was trained (Ying et al., ICML 2019).
"""

from __future__ import annotations

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Cell, Edge, op

KERNELS = {op("conv3x3"): 3, op("conv1x1"): 1}
OPS = (op("conv3x3"), op("conv1x1"), op("max_pool3x3"))
"""Operations in the order of the benchmark's own labels 0, 1, 2."""


def as_trained(cell: Cell) -> tuple[Cell, tuple[int, ...]]:
    """Return the isomorphic cell that was trained, and for each of its nodes the node of the given cell.

    Dead nodes are pruned. The benchmark went through all matrices of a size, the edges being the bits of a
    growing number, column by column, the first vertex lowest; for each through all labels, the last vertex
    fastest; and kept the first cell of each isomorphism class. Raises InvalidArchitecture for a disconnected
    cell, or an operation that the benchmark lacks.
    """
    live = _checked(cell)
    pairs = [(edge.source, edge.target) for edge in live.edges]
    labels = [OPS.index(member) for member in live.nodes[1:-1]]
    met = []
    for order in orders(live):
        position = {node: rank for rank, node in enumerate(order)}
        places = [(position[source], position[target]) for source, target in pairs]
        bits = sum([1 << (source + target * (target - 1) // 2) for source, target in places])
        met.append((bits, [labels[node - 1] for node in order[1:-1]], order))
    return _reordered(cell, live, min(met)[-1])


def as_given(cell: Cell) -> tuple[Cell, tuple[int, ...]]:
    """Return the live part of a cell in its own order, and for each of its nodes the node of the given cell.

    Raises InvalidArchitecture as `as_trained` does.
    """
    live = _checked(cell)
    return _reordered(cell, live, tuple(range(live.n_nodes)))


def orders(cell: Cell) -> list[tuple[int, ...]]:
    """Return every order of the nodes of a pruned cell: sources before targets, input first, output last."""
    before: list[set[int]] = [set() for _ in cell.nodes]
    for edge in cell.edges:
        before[edge.target].add(edge.source)
    found = [(0,)]
    for _ in range(cell.n_nodes - 1):
        found = [
            (*order, node)
            for order in found
            for node in range(1, cell.n_nodes)
            if node not in order and before[node] <= set(order)
        ]
    return found


def widths(cell: Cell, entering: int, leaving: int) -> tuple[int, ...]:
    """Return the channels of every node of a pruned cell: of the input, the vertices, the output.

    The vertices wired to the output share `leaving` channels, the remainder going to the first ones; any
    other vertex is as wide as the widest one it feeds. Raises InvalidArgument for too few channels.
    """
    last = cell.n_nodes - 1
    after: list[list[int]] = [[] for _ in cell.nodes]
    for edge in cell.edges:
        after[edge.source].append(edge.target)
    ends = [vertex for vertex in range(1, last) if last in after[vertex]]
    if len(ends) > leaving:
        raise InvalidArgument(
            f"{leaving} channels cannot be shared by the {len(ends)} vertices that are wired to the output; "
            f"expected channels >= {len(ends)}"
        )
    found = [0] * cell.n_nodes
    found[0], found[last] = entering, leaving
    for rank, vertex in enumerate(ends):
        found[vertex] = leaving // len(ends) + (rank < leaving % len(ends))
    for vertex in range(last - 1, 0, -1):
        if last not in after[vertex]:
            found[vertex] = max(found[target] for target in after[vertex])
    return tuple(found)


def stages(channels: int, stacks: int, modules: int) -> list[list[tuple[int, int]]]:
    """Return the channels (entering, leaving) of every module, stack by stack.

    The channels double from stack to stack, in the first module of each.
    """
    leaving = [channels << stack for stack in range(stacks)]
    entering = [channels, *leaving]
    return [
        [(before, after)] + [(after, after)] * (modules - 1)
        for before, after in zip(entering, leaving, strict=False)
    ]


def parameters(
    cell: Cell,
    channels: int = 128,
    stacks: int = 3,
    modules: int = 3,
    n_classes: int = 10,
    colours: int = 3,
) -> int:
    """Return the trainable parameters of the network of a pruned cell, in closed form.

    Equal to what `count` finds in the built network, thousands of times faster. channels: of the first stack.
    modules: copies of the cell in a stack. colours: channels of the image.
    """
    total = _convolution(3, colours, channels) + ((channels << (stacks - 1)) + 1) * n_classes
    for entering, leaving in (pair for stack in stages(channels, stacks, modules) for pair in stack):
        width = widths(cell, entering, leaving)
        for edge in cell.edges:
            if edge.source == 0:  # a projection
                total += _convolution(1, entering, width[edge.target])
        for vertex, member in enumerate(cell.nodes):
            if member in KERNELS:
                total += _convolution(KERNELS[member], width[vertex], width[vertex])
    return total


def _checked(cell: Cell) -> Cell:
    """Return the live part of a cell that NAS-Bench-101 could hold, whatever its size."""
    if cell.n_inputs != 1:
        raise InvalidArchitecture(f"the cell has {cell.n_inputs} inputs; a NAS-Bench-101 cell has one")
    for position, member in enumerate(cell.nodes[1:-1], 1):
        if member not in OPS:
            raise InvalidArchitecture(
                f"node {position} carries {member.name!r}; legal in NAS-Bench-101: "
                f"{', '.join(known.name for known in OPS)}"
            )
    return cell.prune()


def _convolution(kernel: int, entering: int, leaving: int) -> int:
    """Return the parameters of a convolution without bias and of the batch norm behind it."""
    return kernel * kernel * entering * leaving + 2 * leaving


def _reordered(cell: Cell, live: Cell, order: tuple[int, ...]) -> tuple[Cell, tuple[int, ...]]:
    position = {node: place for place, node in enumerate(order)}
    edges = tuple(Edge(position[edge.source], position[edge.target], edge.op) for edge in live.edges)
    kept = sorted(cell.live | {0})
    return Cell(tuple(live.nodes[node] for node in order), edges), tuple(kept[node] for node in order)
