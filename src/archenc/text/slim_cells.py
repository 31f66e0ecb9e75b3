"""The steps that an export of a cell would give, made from the library's graph without torch and onnx."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import final

from archenc.errors import InvalidArchitecture
from archenc.graph import Cell, Kind, Op
from archenc.networks.nb101_vertices import KERNELS, widths
from archenc.text.slim import Shape, SlimGraph, Step, Value


@final
class Tracer:
    """The steps so far. Methods take and give keys of tensors; equal steps without parameters are one."""

    def __init__(self) -> None:
        self.inputs: dict[str, Shape] = {}
        self.steps: list[Step] = []
        self.shapes: dict[str, Shape] = {}
        self._known: dict[Hashable, str] = {}

    def enter(self, *shape: int) -> str:
        """Return a new input."""
        key = f"input{len(self.inputs)}"
        self.inputs[key] = self.shapes[key] = shape
        return key

    def graph(self, output: str) -> SlimGraph:
        """Return the steps that the output needs; an input that leaves as it came passes an `Identity`."""
        if output in self.inputs:
            output = self.step("Identity", (output,), {}, self.shapes[output])
        needed, kept = {output}, []
        for step in reversed(self.steps):
            if needed & set(step.made):
                needed.update(step.read)
                kept.append(step)
        return SlimGraph(self.inputs, tuple(reversed(kept)), (output,))

    def zeros(self, *shape: int) -> str:
        """Return zeros."""
        return self.step("ConstantOfShape", ((len(shape),),), {}, shape)

    def relu(self, x: str) -> str:
        """Return the positive part."""
        return self.step("Relu", (x,), {}, self.shapes[x])

    def add(self, one: str, other: str) -> str:
        """Return a sum."""
        return self.step("Add", (one, other), {}, self.shapes[one])

    def transpose(self, x: str, order: Sequence[int]) -> str:
        """Return the tensor with its dimensions in another order."""
        shape = tuple([self.shapes[x][axis] for axis in order])
        return self.step("Transpose", (x,), {"perm": list(order)}, shape)

    def split(self, x: str, axis: int, parts: int) -> list[str]:
        """Return equal parts along a dimension."""
        shape = tuple([size // parts if at == axis else size for at, size in enumerate(self.shapes[x])])
        first = self.step("Split", (x,), {"axis": axis, "num_outputs": parts}, shape)
        made = [first, *(f"{first}.{part}" for part in range(1, parts))]
        at = next(at for at, step in enumerate(self.steps) if first in step.made)
        self.steps[at] = replace(self.steps[at], made=dict.fromkeys(made, shape))
        self.shapes |= self.steps[at].made
        return made

    def concat(self, parts: Sequence[str]) -> str:
        """Return maps joined along the channels."""
        if len(parts) == 1:
            return parts[0]
        batch, _, height, width = self.shapes[parts[0]]
        channels = sum(self.shapes[part][1] for part in parts)
        return self.step("Concat", tuple(parts), {"axis": 1}, (batch, channels, height, width))

    def narrow(self, x: str, channels: int) -> str:
        """Return the first channels."""
        batch, before, height, width = self.shapes[x]
        if channels == before:
            return x
        return self.step("Slice", (x, (1,), (1,), (1,), (1,)), {}, (batch, channels, height, width))

    def conv(
        self,
        x: str,
        channels: int,
        kernel: tuple[int, int] = (1, 1),
        stride: int = 1,
        *,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> str:
        """Return a convolution that changes the size by its stride only. bias: of a folded batch norm."""
        entering = self.shapes[x][1]
        padding = [dilation * (size - 1) // 2 for size in kernel]
        attributes: dict[str, Value] = {
            **window(kernel, stride, padding),
            "dilations": [dilation] * 2,
            "group": groups,
        }
        weights = ((channels, entering // groups, *kernel), *(((channels,),) if bias else ()))
        return self.step("Conv", (x, *weights), attributes, self._strided(x, channels, stride), once=False)

    def pool(self, x: str, op: Op, stride: int) -> str:
        """Return a pool."""
        own: dict[str, Value] = {"count_include_pad": 0}
        if op.kind is Kind.MAX_POOL:
            own = {"dilations": [1, 1], "storage_order": 0}
        attributes = window(op.kernel, stride, [size // 2 for size in op.kernel]) | own | {"ceil_mode": 0}
        name = "MaxPool" if op.kind is Kind.MAX_POOL else "AveragePool"
        return self.step(name, (x,), attributes, self._strided(x, self.shapes[x][1], stride))

    def factorized_reduction(self, x: str, channels: int) -> str:
        """Return a map of half the size: two 1x1 convolutions, one a pixel further, joined and normalised."""
        x = self.relu(x)
        batch, entering, height, width = self.shapes[x]
        here = self.conv(x, channels // 2, stride=2, bias=False)
        limits = ((1,), (1,), (1,), (1,))
        lower = self.step("Slice", (x, *limits), {}, (batch, entering, height - 1, width))
        beside = self.step("Slice", (lower, *limits), {}, (batch, entering, height - 1, width - 1))
        beside = self.conv(beside, channels - channels // 2, stride=2, bias=False)
        joined = self.concat([here, beside])
        norm: dict[str, Value] = {"epsilon": 1e-5, "momentum": 0.9}
        return self.step("BatchNormalization", (joined, *[(channels,)] * 4), norm, self.shapes[joined])

    def operation(self, op: Op, x: str, channels: int, stride: int = 1) -> str:
        """Return what the module of an operation gives, as `archenc.networks.operations` makes it."""
        if op.kind is Kind.IDENTITY:
            return x if stride == 1 else self.factorized_reduction(x, channels)
        if op.kind in (Kind.AVG_POOL, Kind.MAX_POOL):
            return self.pool(x, op, stride)
        if op.kind is not Kind.CONV or (op.repeats > 1 and not op.separable):
            raise InvalidArchitecture(f"operation {op.name!r}: there is no module for it")
        for turn in range(op.repeats):
            step = stride if turn == 0 else 1
            x = self.relu(x)
            if op.separable:
                deep = self.shapes[x][1]
                x = self.conv(x, deep, op.kernel, step, dilation=op.dilation, groups=deep, bias=False)
                x = self.conv(x, channels)
            else:
                x = self.conv(x, channels, op.kernel, step, dilation=op.dilation)
        return x

    def _strided(self, x: str, channels: int, stride: int) -> Shape:
        batch, _, height, width = self.shapes[x]
        return (batch, channels, -(-height // stride), -(-width // stride))

    def step(
        self,
        op: str,
        operands: tuple[str | Shape, ...],
        attributes: Mapping[str, Value],
        shape: Shape,
        *,
        once: bool = True,
    ) -> str:
        """Add an operation that makes one tensor; return it. once: take the one before, if it is equal."""
        known = (op, operands, repr(attributes), shape)
        if once and known in self._known:
            return self._known[known]
        key = f"made{len(self.steps)}"
        self.steps.append(Step(op, operands, attributes, {key: shape}))
        self.shapes[key] = shape
        self._known[known] = key
        return key


def window(kernel: tuple[int, int], stride: int, padding: list[int]) -> dict[str, Value]:
    """Return the attributes of what looks at a window of the image."""
    return {
        "auto_pad": "NOTSET",
        "kernel_shape": list(kernel),
        "pads": padding * 2,
        "strides": [stride, stride],
    }


def edge_graph(cell: Cell, channels: int, size: int) -> SlimGraph:
    """Return the graph of the live part of a cell with operations on its edges.

    The output of a disconnected cell is a constant.
    """
    tracer = Tracer()
    values = [tracer.enter(1, channels, size, size)]
    if not cell.is_connected:
        return tracer.graph(tracer.zeros(1, channels, size, size))
    cell = cell.prune()
    for node in range(1, cell.n_nodes):
        total = ""
        for source, target, op in cell.edges:
            if target == node:
                value = tracer.operation(op, values[source], channels)
                total = tracer.add(total, value) if total else value
        values.append(total)
    return tracer.graph(values[-1])


def darts_graph(cell: Cell, which: int, entering: int, channels: int, size: int) -> SlimGraph:
    """Return the graph of a DARTS cell behind cells that did not halve the image; which: 1 for reduction."""
    tracer = Tracer()
    stride = 1 + which
    last = cell.n_nodes - 1
    entered = [tracer.enter(1, entering, size, size) for _ in range(2)]
    values = [tracer.conv(tracer.relu(x), channels) for x in entered]
    for step in range(2, last):
        terms = [
            tracer.operation(edge.op, values[edge.source], channels, stride if edge.source < 2 else 1)
            for edge in cell.edges
            if edge.target == step
        ]
        total = terms[0]
        for term in terms[1:]:
            total = tracer.add(total, term)
        values.append(total)
    return tracer.graph(tracer.concat([values[edge.source] for edge in cell.edges if edge.target == last]))


def vertex_graph(cell: Cell, channels: int, size: int) -> SlimGraph:
    """Return the graph of a pruned NAS-Bench-101 cell that keeps the channels."""
    tracer = Tracer()
    x = tracer.enter(1, channels, size, size)
    wide = widths(cell, channels, channels)
    last = cell.n_nodes - 1
    values = {0: x}
    for vertex in range(1, last + 1):
        sources = [edge.source for edge in cell.edges if edge.target == vertex]
        if vertex < last:
            parts = [tracer.narrow(values[source], wide[vertex]) for source in sources if source]
        else:
            ends = [values[source] for source in sources if source]
            parts = [tracer.concat(ends)] if ends else []
        if 0 in sources:
            parts.append(tracer.relu(tracer.conv(x, wide[vertex])))
        total = parts[0]
        for part in parts[1:]:
            total = tracer.add(total, part)
        op = cell.nodes[vertex]
        if vertex < last and op in KERNELS:
            kernel = (KERNELS[op], KERNELS[op])
            total = tracer.relu(tracer.conv(total, wide[vertex], kernel))
        elif vertex < last:
            total = tracer.pool(total, op, 1)
        values[vertex] = total
    return tracer.graph(values[last])
