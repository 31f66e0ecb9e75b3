"""The text `chain_slim` of a graph of tensor operations, after ONNX-Net (arXiv 2510.04938).

Operations that follow one another stand on one line. A tensor that more than one operation reads, or that an
operation of several tensors makes or reads, ends its line and gets a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

Shape = tuple[int, ...]
Value = int | float | str | Sequence[int | float | str] | None


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One operation: its name, what it reads, its attributes, and what it makes with its shape.

    operands: a text is the key of a tensor, a shape that of a parameter. An attribute that is None is a
    tensor or graph, which is not written down.
    """

    op: str
    operands: tuple[str | Shape, ...]
    attributes: Mapping[str, Value]
    made: Mapping[str, Shape]

    @property
    def read(self) -> tuple[str, ...]:
        """Keys of the tensors it reads."""
        return tuple(operand for operand in self.operands if isinstance(operand, str))


@final
@dataclass(frozen=True, slots=True)
class SlimGraph:
    """inputs: key and shape of what enters. steps: operations, each behind those it reads. outputs: keys."""

    inputs: Mapping[str, Shape]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]


def chain_slim(graph: SlimGraph, *, legacy: bool = False) -> str:
    """Return the text of a graph, one line a chain of operations.

    The input is called by its shape (with a number in front where there are several), a parameter is
    `Param[shape]`, the output is `Out`, the tensor before is `prev`, any other is `Value1`, `Value2`, ... in
    the order in which the lines end. Attributes stand in the order of their names; equal integers collapse
    to one, tensors are `<BLOB>`. legacy: leave out attributes that are no lists, as the published text does,
    so that convolutions of different groups, say, look alike.
    """
    writer = _Writer(graph, legacy)
    for step in graph.steps:
        writer.write(step)
    return writer.text()


class _Writer:
    """The lines so far, the names of the tensors, and the tensor at the end of the unfinished line."""

    def __init__(self, graph: SlimGraph, legacy: bool) -> None:
        self.legacy = legacy
        self.lines: list[str] = []
        self.line = ""
        self.running: tuple[str, Shape] | None = None
        several = len(graph.inputs) > 1
        self.names = {
            key: f"Input{number}:{_sizes(shape)}" if several else _sizes(shape)
            for number, (key, shape) in enumerate(graph.inputs.items(), 1)
        }
        outs = list(dict.fromkeys(graph.outputs))
        self.outs = {key: f"Out{n}" if len(outs) > 1 else "Out" for n, key in enumerate(outs, 1)}
        self.readers = Counter(key for step in graph.steps for key in step.read)
        self.numbered = 0

    def write(self, step: Step) -> None:
        """Write one operation, on the line before if it reads nothing but the tensor there."""
        goes_on = self.running is not None and step.read == (self.running[0],)
        if not goes_on:
            self.close()
        operands = [
            f"Param[{_sizes(operand)}]" if not isinstance(operand, str) else self._called(operand)
            for operand in step.operands
        ]
        attributes = [
            f"{name}={_shown(value)}"
            for name, value in sorted(step.attributes.items())
            if not self.legacy or isinstance(value, (list, tuple))
        ]
        text = f"{step.op}({', '.join(operands)})" + (f"({', '.join(attributes)})" if attributes else "")
        self.line = f"{self.line} --> {text}" if goes_on else text
        key, shape = next(iter(step.made.items()))
        if len(step.made) > 1 or len(step.read) != 1:
            made = ", ".join(self._named(key, shape) for key, shape in step.made.items())
            self._end(made)
            return
        self.running = (key, shape)
        if key in self.outs or self.readers[key] != 1:
            self.close()

    def close(self) -> None:
        """End the unfinished line, if there is one, with the name of its tensor."""
        if self.running is not None:
            self._end(self._named(*self.running))

    def text(self) -> str:
        """Return all lines."""
        self.close()
        return "\n".join(self.lines) + "\n"

    def _end(self, made: str) -> None:
        self.lines.append(f"{self.line} --> {made}")
        self.line, self.running = "", None

    def _called(self, key: str) -> str:
        return "prev" if self.running is not None and key == self.running[0] else self.names[key]

    def _named(self, key: str, shape: Shape) -> str:
        if key in self.outs:
            self.names[key] = self.outs[key]
        else:
            self.numbered += 1
            self.names[key] = f"Value{self.numbered}"
        return f"{self.names[key]}:{_sizes(shape)}"


def _sizes(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "scalar"


def _shown(value: Value) -> str:
    if value is None:
        return "<BLOB>"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(item, int) and item == value[0] for item in value):
            return str(value[0])
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return str(value)
