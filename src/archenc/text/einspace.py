"""einspace as source code: a line a step of the derivation, an attribute a layer, numbers written out.

The inner module of a branching of 4 or 8 is a class of its own, of which there are so many; everything else
stands in one class. A route of patches through a linear layer is written as the convolution that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from archenc.graph import Architecture
from archenc.spaces.einspace import Inferred, Visit
from archenc.spaces.einspace.tree import Path
from archenc.text.python import call, module_class
from archenc.text.rendering import Renderer, SlimCells
from archenc.text.slim_einspace import graphs, inferred, modules
from archenc.text.style import Style

_ENCODING = "PositionalEncoding"


def cells(arch: Architecture, style: Style) -> list[str]:
    """Return the classes of copied branches, `Branch_3` and the like, and `Cell`, all but the head."""
    writing = _Writing(inferred(arch), style)
    writing.close("Cell", writing.module((), "x"))
    return writing.classes


def helpers(arch: Architecture, style: Style) -> list[str]:
    """Return the class of a positional encoding where the network has one; "inline" spells it out."""
    used = any(node.name == "pos_enc" for node in arch.cells[0].nodes)
    return [_POSITIONS] if used and not style.inline else []


@final
@dataclass(slots=True)
class _Class:
    """A class that is being written. values: how many there are in `forward`."""

    attributes: list[str] = field(default_factory=list)
    forward: list[str] = field(default_factory=list)
    values: int = 0


@final
class _Writing:
    def __init__(self, inferred: Inferred, style: Style) -> None:
        self.at = {visit.path: visit for visit in inferred.visits}
        self.number = {visit.path: number for number, visit in enumerate(inferred.visits)}
        self.inline, self.classes, self.open = style.inline, [], [_Class()]

    def close(self, name: str, value: str) -> None:
        """End the innermost class, which returns a value."""
        done = self.open.pop()
        self.classes.append(module_class(name, "", done.attributes, [*done.forward, f"return {value}"]))

    def module(self, path: Path, value: str) -> str:
        """Write a module that takes a value; return the name of what it makes."""
        visit = self.at[path]
        match visit.node.op:
            case "branching":
                return self._branching(visit, value)
            case "routing" if (found := self._convolution(visit, value)) is not None:
                return found
        for step, child in enumerate(visit.node.children):
            below = (*path, step)
            value = self.module(below, value) if child.children else self._terminal(self.at[below], value)
        return value

    def _branching(self, visit: Visit, value: str) -> str:
        factor, path = visit.node.args[0], visit.path
        fork, join = visit.node.children[0], self.at[*path, len(visit.node.children) - 1]
        cut = f"{value}.chunk({factor}, dim={fork.args[1]})" if fork.op == "group" else ""
        if factor == 2:
            sides = (value, value)
            if cut:
                sides = (self._name(), self._name())
                self._line(f"{', '.join(sides)} = {cut}")
            ends = [self.module((*path, step), side) for step, side in enumerate(sides, 1)]
            return self._made(_joined(join, *ends))
        name = f"Branch_{self.number[path]}"
        self.open.append(_Class())
        self.close(name, self.module((*path, 1), "x"))
        branches = f"self.branches_{self.number[path]}"
        self.open[-1].attributes.append(f"{branches} = nn.ModuleList([{name}() for _ in range({factor})])")
        each = f"[branch(part) for branch, part in zip({branches}, {cut})]"
        each = each if cut else f"[branch({value}) for branch in {branches}]"
        return self._made(f"sum({each})" if join.node.op == "add" else _cat(join, each))

    def _convolution(self, visit: Visit, value: str) -> str | None:
        """Write a route that is a convolution."""
        if visit.node.convolution is None:
            return None
        width, (kernel, stride, padding) = visit.node.convolution
        sizes = {"kernel_size": kernel, "stride": stride, "padding": padding}
        channels = visit.given[0].shape[0]
        return self._layer("conv", visit, call("nn.Conv2d", channels, width, **sizes), value)

    def _terminal(self, visit: Visit, value: str) -> str:
        node, shape = visit.node, visit.given[0].shape
        match node.op, node.args:
            case "identity", _:
                return self._made(value) if visit.slot == "compute" else value
            case "linear", (width,):
                return self._layer("linear", visit, call("nn.Linear", shape[-1], width), value)
            case "norm", _:
                image = len(shape) == 3
                made = call("nn.BatchNorm2d", shape[0]) if image else call("nn.LayerNorm", shape[-1])
                return self._layer("norm", visit, made, value)
            case "pos_enc", _:
                sizes = ", ".join(map(str, shape))
                if not self.inline:
                    return self._layer("position", visit, f"{_ENCODING}({sizes})", value)
                name = f"self.position_{self.number[visit.path]}"
                self.open[-1].attributes.append(f"{name} = nn.Parameter(torch.zeros({sizes}))")
                return self._made(f"{value} + {name}")
            case "relu", _:
                return self._made(f"torch.relu({value})")
            case "softmax", _:
                return self._made(f"torch.softmax({value}, dim=-1)")
            case "perm", order:
                return self._made(f"{value}.permute({', '.join(map(str, order))})")
            case "im2col", (kernel, stride, padding):
                sizes = {"kernel_size": kernel, "stride": stride, "padding": padding}
                return self._made(call("nn.functional.unfold", value, **sizes) + ".transpose(1, 2)")
        sizes = ", ".join(map(str, visit.result.shape))  # col2im
        return self._made(f"{value}.transpose(1, 2).reshape(-1, {sizes})")

    def _layer(self, kind: str, visit: Visit, made: str, value: str) -> str:
        name = f"self.{kind}_{self.number[visit.path]}"
        self.open[-1].attributes.append(f"{name} = {made}")
        return self._made(f"{name}({value})")

    def _made(self, expression: str) -> str:
        name = self._name()
        self._line(f"{name} = {expression}")
        return name

    def _name(self) -> str:
        self.open[-1].values += 1
        return f"h{self.open[-1].values}"

    def _line(self, statement: str) -> None:
        self.open[-1].forward.append(statement)


def _joined(join: Visit, left: str, right: str) -> str:
    match join.node.op:
        case "add":
            return f"{left} + {right}"
        case "dot_product":
            return f"{left} @ {right}"
        case "scaled_dot_product":
            return f"{left} @ {right} / {join.given[0].shape[-1]} ** 0.5"
    return _cat(join, f"[{left}, {right}]")


def _cat(join: Visit, values: str) -> str:
    return f"torch.cat({values}, dim={join.node.args[1]})"


def _unchanged(archs: Sequence[Architecture]) -> list[Architecture]:
    """Return the architectures: a derivation numbers its nodes itself, and nothing in it is dead."""
    return list(archs)


_POSITIONS = module_class(
    _ENCODING,
    "*sizes",
    ["self.encoding = nn.Parameter(torch.zeros(sizes))"],
    ["return x + self.encoding"],
)

RENDERER = Renderer(cells, helpers, _unchanged, slim=SlimCells(graphs, modules))
