"""From operations on edges to operations on nodes: every operation becomes a node of its own."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class LineGraph(NamedTuple):
    """The node form of one topology.

    op_edges: the edges that become nodes, in their order (by target, then source). links: (source, target)
    in the numbering inputs, operations, output.
    """

    op_edges: tuple[tuple[int, int], ...]
    links: tuple[tuple[int, int], ...]


@lru_cache(maxsize=65536)
def line_graph(n_nodes: int, n_inputs: int, edges: tuple[tuple[int, int, bool], ...]) -> LineGraph:
    """Turn a topology into its node form.

    edges: (source, target, is_link), sorted by target, then source. Who produces the value of a state links
    to whoever consumes it; sums disappear, and so do links, which only pass their source's producers on.
    """
    producers: list[list[int]] = [[node] for node in range(n_inputs)]
    producers += [[] for _ in range(n_inputs, n_nodes)]
    op_edges: list[tuple[int, int]] = []
    links: set[tuple[int, int]] = set()
    for source, target, is_link in edges:
        if is_link:
            producers[target] += producers[source]
            continue
        node = n_inputs + len(op_edges)
        op_edges.append((source, target))
        links.update((producer, node) for producer in producers[source])
        producers[target].append(node)
    output = n_inputs + len(op_edges)
    links.update((producer, output) for producer in producers[n_nodes - 1])
    return LineGraph(tuple(op_edges), tuple(sorted(links, key=lambda link: (link[1], link[0]))))
