"""The steps that an export of an einspace network without its head would give, made from its derivation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, final

from archenc.graph import Architecture
from archenc.spaces.einspace import DerivationNode, EinSpace, Inferred, Limits, Visit
from archenc.spaces.einspace.limits import DEEPEST
from archenc.spaces.einspace.tree import Path
from archenc.text.slim import SlimGraph, Step
from archenc.text.slim_cells import Tracer, window

if TYPE_CHECKING:
    from archenc.text.cell_modules import CellModule


_ANY_SIZE = EinSpace(Limits(DEEPEST, 1 << 20, 1 << 62, 1 << 62, 1 << 62))


def inferred(arch: Architecture) -> Inferred:
    """Return the derivation of an architecture with its shapes, however large its network is."""
    return _ANY_SIZE.infer(_ANY_SIZE.tree(arch), _ANY_SIZE.input_shape(arch))


def graphs(arch: Architecture) -> list[SlimGraph]:
    """Return the graph of the network, every copy of a branch written out; its shapes have a batch of 1."""
    found = inferred(arch)
    writing = _Writing({visit.path: visit for visit in found.visits})
    given = writing.tracer.enter(1, *found.visits[0].given[0].shape)
    output = writing.module(found.visits[0].node, (), given)
    return [_simplified(writing.tracer.graph(output))]


def modules(arch: Architecture) -> list[CellModule]:
    """Return the network without its head, with random weights."""
    from archenc.text.cell_modules import network_body

    return [network_body(arch, inferred(arch).visits[0].given[0].shape)]


@final
class _Writing:
    def __init__(self, visits: dict[Path, Visit]) -> None:
        self.visits, self.tracer = visits, Tracer()

    def module(self, node: DerivationNode, path: Path, x: str) -> str:
        """Write a node that takes a tensor; return the key of what it makes."""
        if node.op == "branching":
            return self._branching(node, path, x)
        if node.convolution is not None:
            width, (kernel, stride, padding) = node.convolution
            shape = self.visits[path].result.shape
            weights = ((width, self.tracer.shapes[x][1], kernel, kernel), (width,))
            attributes = window((kernel, kernel), stride, [padding] * 2) | {"dilations": [1, 1], "group": 1}
            return self.tracer.step("Conv", (x, *weights), attributes, (1, *shape), once=False)
        for step, child in enumerate(node.children):
            below = (*path, step)
            x = self.module(child, below, x) if child.children else self._terminal(self.visits[below], x)
        return x

    def _branching(self, node: DerivationNode, path: Path, x: str) -> str:
        factor, fork, join = node.args[0], node.children[0], node.children[-1]
        parts = [x] * factor
        if fork.op == "group":
            parts = self.tracer.split(x, fork.args[1], factor)
        inner = range(1, len(node.children) - 1)
        steps = [step for step in inner for _ in range(factor // len(inner))]
        ends = [
            self.module(node.children[step], (*path, step), part)
            for step, part in zip(steps, parts, strict=True)
        ]
        shape = (1, *self.visits[*path, len(node.children) - 1].result.shape)
        if join.op == "add":
            total = ends[0]
            for end in ends[1:]:
                total = self.tracer.add(total, end)
            return total
        if join.op == "cat":
            return self.tracer.step("Concat", tuple(ends), {"axis": join.args[1]}, shape)
        left, right = ends
        if join.op == "scaled_dot_product" and self.tracer.shapes[left][-1] != 1:
            left = self.tracer.step("Div", (left, ()), {}, self.tracer.shapes[left])
        return self.tracer.step("MatMul", (left, right), {}, shape)

    def _terminal(self, visit: Visit, x: str) -> str:
        tracer, given, shape = self.tracer, visit.given[0].shape, (1, *visit.result.shape)
        match visit.node.op, visit.node.args:
            case "linear", (width,):
                x = tracer.step("MatMul", (x, (given[-1], width)), {}, shape, once=False)
                return tracer.step("Add", (x, (width,)), {}, shape, once=False)
            case "norm", _ if len(given) == 3:
                attributes = {"epsilon": 1e-5, "momentum": 0.9}
                return tracer.step("BatchNormalization", (x, *[given[:1]] * 4), attributes, shape, once=False)
            case "norm", _:
                attributes = {"axis": -1, "epsilon": 1e-5, "stash_type": 1}
                return tracer.step(
                    "LayerNormalization", (x, *[given[-1:]] * 2), attributes, shape, once=False
                )
            case "relu", _:
                return tracer.relu(x)
            case "softmax", _:
                return tracer.step("Softmax", (x,), {"axis": -1}, shape)
            case "pos_enc", _:
                return tracer.step("Add", (x, given), {}, shape, once=False)
            case "perm", order:
                return tracer.transpose(x, order)
            case "im2col", (kernel, stride, padding):
                return self._patches(x, kernel, stride, padding)
            case "col2im", _:
                x = tracer.transpose(x, (0, 2, 1))
                return tracer.step("Reshape", (x, (4,)), {"allowzero": 1}, shape)
        return x

    def _patches(self, x: str, kernel: int, stride: int, padding: int) -> str:
        """Write what an exporter makes of im2col: rows and columns gathered by index."""
        tracer = self.tracer
        _, channels, height, width = tracer.shapes[x]
        high, wide = height + 2 * padding, width + 2 * padding
        rows, columns = ((size - kernel) // stride + 1 for size in (high, wide))
        x = tracer.step("Pad", (x, (8,)), {"mode": "constant"}, (1, channels, high, wide))
        shape = (1, channels, kernel, rows, wide)
        x = tracer.step("Gather", (x, (kernel, rows)), {"axis": 2}, shape)
        shape = (*shape[:4], kernel, columns)
        x = tracer.step("Gather", (x, (kernel, columns)), {"axis": 4}, shape)
        x = tracer.transpose(x, (0, 1, 2, 4, 3, 5))
        shape = (1, channels * kernel**2, rows * columns)
        x = tracer.step("Reshape", (x, (3,)), {"allowzero": 0}, shape)
        return tracer.transpose(x, (0, 2, 1))


def _simplified(graph: SlimGraph) -> SlimGraph:
    """Return the graph as an exporter leaves it.

    A norm is folded into the convolution before it, a ReLU behind a ReLU falls away, and of two
    transpositions in a row one is left, or none, where nothing else reads what is between.
    """
    readers = Counter(key for step in graph.steps for key in step.read) + Counter(graph.outputs)
    kept: dict[str, Step] = {}
    called: dict[str, str] = {}
    for raw in graph.steps:
        step = replace(
            raw, operands=tuple([called.get(o, o) if isinstance(o, str) else o for o in raw.operands])
        )
        key, source = next(iter(step.made)), step.read[0]
        before = kept.get(source)
        if before is None or readers[source] > 1:
            kept[key] = step
            continue
        match before.op, step.op:
            case ("Conv", "BatchNormalization") | ("Relu", "Relu"):
                called[key], readers[source] = source, readers[key]
            case "Transpose", "Transpose":
                del kept[source]
                order = [_order(before)[axis] for axis in _order(step)]
                if order == sorted(order):
                    called[key] = before.read[0]
                    readers[before.read[0]] += readers[key] - 1
                else:
                    kept[key] = replace(step, operands=before.operands, attributes={"perm": order})
            case _:
                kept[key] = step
    (output,) = (called.get(key, key) for key in graph.outputs)
    if output in graph.inputs:
        kept["same"] = Step("Identity", (output,), {}, {"same": graph.inputs[output]})
        output = "same"
    return SlimGraph(graph.inputs, tuple(kept.values()), (output,))


def _order(step: Step) -> list[int]:
    found = step.attributes["perm"]
    return [int(axis) for axis in found] if isinstance(found, Sequence) else []
