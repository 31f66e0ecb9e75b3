"""What a traced module does, step by step, and the writing of steps while a tracer's graph is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import final

from archenc.graph import op
from archenc.networks.modules.naming import CONSTANT, Call, Shape, macs, operation, plain

_LAST = frozenset({"linear", "layer_norm", "embedding", "recurrent", "softmax", "matmul"})
_FIRST = frozenset({"batch_norm", "group_norm", "global_pool", "conv1d", "conv3d", "transposed_conv"})


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a module, or several that were drawn together.

    op: name in the vocabulary. path: of the module that it is part of. sources: what it reads, by number: the
    inputs of the module come first, then the steps. channels, size: of what it makes: channels, and places
    (pixels, tokens) of each. params: weights that it is the first to read. macs: multiply-accumulates for one
    example. parts: operations in it.
    """

    op: str
    path: str
    sources: tuple[int, ...]
    channels: int
    size: int
    params: int
    macs: int
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Value:
    """What a name of a traced graph stands for: steps or inputs, weights by name, and a shape if a tensor."""

    producers: tuple[int, ...] = ()
    weights: tuple[str, ...] = ()
    shape: Shape | None = None


@final
@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a module.

    numel: size of each by name, 0 for buffers and for weights that do not learn. first: the first name of
    each, under which one of several names is counted.
    """

    numel: Mapping[str, int]
    first: Mapping[str, str]

    def of(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the first names of weights, each once."""
        return tuple(dict.fromkeys(self.first.get(name, name) for name in names))


@final
@dataclass
class Writer:
    """Steps in the making.

    weights: what the module learns. batch: examples that it is followed on; what it makes of all of them,
    divided by their number, is what it makes of one, on whichever axis they stand.
    """

    n_inputs: int
    weights: Weights
    batch: int
    steps: list[Step] = field(default_factory=list)
    _read: set[str] = field(default_factory=set)

    def call(
        self,
        name: str,
        path: str,
        given: Sequence[Value],
        out: Shape | None,
        *,
        weight: Shape | None = None,
        groups: int = 1,
        window: tuple[int, ...] = (),
        weights: Iterable[str] = (),
        summed: int | None = None,
    ) -> Value:
        """Write a call down and return its value. out: shape with the batch, None for what is no tensor.

        given: its operands. weights: names of weights that a module has of its own. summed: see `Call`.
        """
        if plain(name)[0] in CONSTANT:
            return Value((), (), out)
        producers = tuple(dict.fromkeys(number for one in given for number in one.producers))
        named = self.weights.of([*(name for one in given for name in one.weights), *weights])
        maps = tuple(one.shape[1:] for one in given if one.producers and one.shape is not None)
        if out is None or not producers:  # computed from weights and constants alone: no operation on data
            return Value(producers, named, out)
        call = Call(name, out[1:], maps, weight, bool(named), groups, window, summed)
        found = operation(call)
        if found is None:
            return Value(producers, named, out)
        channels, size = self._layout(found, out, producers, weight)
        own = [weight for weight in named if weight not in self._read]
        self._read.update(own)
        numel = self.weights.numel
        params = sum(numel[weight] for weight in own)
        cost = macs(found, call) * max(out[:1], default=1) // self.batch
        if found == "recurrent":  # every weight once a place of the sequence
            cost = sum(numel[weight] for weight in named) * size
        self.steps.append(Step(op(found).name, path, producers, channels, size, params, cost))
        return Value((self.n_inputs + len(self.steps) - 1,), (), out)

    def _layout(
        self, name: str, out: Shape, producers: tuple[int, ...], weight: Shape | None
    ) -> tuple[int, int]:
        """Return channels and places of what a step makes: which axis is which, only the operation knows."""
        rest = out[1:] or (1,)
        whole = max(prod(out) // self.batch, 1)
        if name == "attention" and len(rest) == 3:
            channels = rest[0] * rest[2]
        elif name == "linear" and weight:  # a weight may multiply from the left, too
            channels = next((size for size in reversed(rest) if size in weight), rest[-1])
        elif name in _LAST or len(rest) == 1:
            channels = rest[-1]
        elif name in _FIRST or name.startswith(("conv", "depthwise", "grouped")):
            channels = rest[0]
        else:
            channels = self._inherited(producers, rest)
        channels = max(channels, 1)
        return channels, max(whole // channels, 1)

    def _inherited(self, producers: tuple[int, ...], rest: Shape) -> int:
        """Return the channels of what is read where the map has as many, else those of the usual axis."""
        for number in producers:
            if number >= self.n_inputs and self.steps[number - self.n_inputs].channels in rest:
                return self.steps[number - self.n_inputs].channels
        return rest[0] if len(rest) == 3 else rest[-1]


def without_loose_ends(
    steps: Sequence[Step], outputs: tuple[int, ...], n_inputs: int
) -> tuple[list[Step], tuple[int, ...]]:
    """Leave out steps that no output hangs on and that cost nothing, such as a mean of attention weights.

    Steps with weights or multiply-accumulates stay: the module has, and computes, them. Returns the steps and
    the outputs, numbered anew.
    """
    needed = {*range(n_inputs), *outputs}
    for number in reversed(range(len(steps))):
        step = steps[number]
        if n_inputs + number in needed or step.params or step.macs:
            needed |= {n_inputs + number, *step.sources}
    place = {number: row for row, number in enumerate(sorted(needed))}
    kept = [
        replace(step, sources=tuple([place[source] for source in step.sources]))
        for number, step in enumerate(steps, n_inputs)
        if number in needed
    ]
    return kept, tuple([place[number] for number in outputs])
