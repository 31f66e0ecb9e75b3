"""The graph of a module: traced, drawn together where it is large, and turned into an architecture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from archenc.errors import InvalidArgument, shown
from archenc.graph import Architecture
from archenc.networks.modules.steps import Step
from archenc.networks.modules.tracing import steps_of
from archenc.spaces.modules import MAX_NODES, from_nodes
from archenc.typing import integer, whole_number

Example = Tensor | Sequence[Tensor] | tuple[int, ...]


@final
@dataclass(frozen=True)
class ModuleGraph:
    """What a module computes in evaluation: its operations in the order in which they run.

    steps: operations; `sources` numbers the inputs first, then the steps. outputs: numbers that the module
    returns. tracer: "export" or "fx". input_shape: of one example of the first input.
    """

    steps: tuple[Step, ...]
    n_inputs: int
    outputs: tuple[int, ...]
    tracer: str
    input_shape: tuple[int, ...]

    @property
    def params(self) -> int:
        """Weights that learn and are read."""
        return sum(step.params for step in self.steps)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one example: convolutions, linear layers, products, attention."""
        return sum(step.macs for step in self.steps)

    def coarsened(self, max_nodes: int) -> ModuleGraph:
        """Return the graph with at most `max_nodes` nodes, inputs and output counted.

        Neighbours in the order of running that lie in one part of the module are drawn together: parts as
        deep in the module as fit. Where no depth does, runs of equally many operations are. A run is named by
        its operation with the most multiply-accumulates, else with the most weights; what it makes is what
        its last operation makes. Raises InvalidArgument for fewer than one node besides inputs and output.
        """
        room = whole_number("max_nodes", max_nodes, self.n_inputs + 2) - self.n_inputs - 1
        if len(self.steps) <= room:
            return self
        paths = [step.path.split(".") if step.path else [] for step in self.steps]
        for depth in range(max(map(len, paths)), 0, -1):
            labels = [tuple(path[:depth]) for path in paths]
            fresh = [labels[row] != labels[row - 1] for row in range(1, len(labels))]
            runs = np.concatenate([[0], np.cumsum(fresh)])
            if runs[-1] < room:
                return self._drawn_together(runs)
        return self._drawn_together(np.arange(len(self.steps)) * room // len(self.steps))

    def architecture(self) -> Architecture:
        """Return one cell with the operations on its nodes, and what is measured of them as attributes."""
        return from_nodes(
            [step.op for step in self.steps],
            [step.sources for step in self.steps],
            self.outputs,
            self.n_inputs,
            {
                "channels": [step.channels for step in self.steps],
                "size": [step.size for step in self.steps],
                "params": [step.params for step in self.steps],
                "macs": [step.macs for step in self.steps],
                "parts": [step.parts for step in self.steps],
            },
        )

    def _drawn_together(self, runs: np.ndarray) -> ModuleGraph:
        place = {self.n_inputs + row: self.n_inputs + int(run) for row, run in enumerate(runs)}
        place |= {number: number for number in range(self.n_inputs)}
        steps = []
        for run in range(int(runs[-1]) + 1):
            members = [self.steps[row] for row in np.flatnonzero(runs == run)]
            sources = (place[source] for member in members for source in member.sources)
            main = max(members, key=lambda step: (step.macs, step.params))
            steps.append(
                Step(
                    main.op,
                    main.path,
                    tuple(dict.fromkeys(source for source in sources if source != self.n_inputs + run)),
                    members[-1].channels,
                    members[-1].size,
                    sum(step.params for step in members),
                    sum(step.macs for step in members),
                    sum(step.parts for step in members),
                )
            )
        outputs = tuple(dict.fromkeys(place[number] for number in self.outputs))
        return ModuleGraph(tuple(steps), self.n_inputs, outputs, self.tracer, self.input_shape)


def trace(
    module: nn.Module, example: Example, *, max_nodes: int | None = MAX_NODES, how: str = "auto"
) -> ModuleGraph:
    """Return the graph of any module, followed by torch.export, or by torch.fx where that fails.

    example: a batch that the module takes, several for several inputs, or the shape of one example, such as
    (3, 32, 32), which becomes zeros. max_nodes: larger graphs are drawn together, see
    `ModuleGraph.coarsened`; None keeps every operation. how: "auto", "export" or "fx". The module is left as
    it was. Raises InvalidArgument: no module, weights without values, or one that cannot be followed, with
    the reason of each tracer.
    """
    if not isinstance(module, nn.Module):
        raise InvalidArgument(f"module={shown(module)}: expected a torch.nn.Module")
    named = (*module.named_parameters(), *module.named_buffers())
    if lazy := [name for name, tensor in named if nn.parameter.is_lazy(tensor)]:
        raise InvalidArgument(f"module: {lazy[0]!r} has no shape yet; run the module once on an example")
    examples = _examples(module, example)
    steps, outputs, tracer = steps_of(module, examples, how)
    if not steps:
        raise InvalidArgument(f"module={type(module).__name__}: it has no operation, so no architecture")
    graph = ModuleGraph(tuple(steps), len(examples), outputs, tracer, tuple(examples[0].shape[1:]))
    return graph if max_nodes is None else graph.coarsened(max_nodes)


def from_module(
    module: nn.Module, example: Example, *, max_nodes: int | None = MAX_NODES, how: str = "auto"
) -> Architecture:
    """Return any module as an architecture of the space `modules`; arguments and errors as `trace`."""
    return trace(module, example, max_nodes=max_nodes, how=how).architecture()


def _examples(module: nn.Module, example: Example) -> list[Tensor]:
    if isinstance(example, Tensor):
        found = [example]
    elif isinstance(example, Sequence) and example and all(isinstance(one, Tensor) for one in example):
        found = [one for one in example if isinstance(one, Tensor)]
    elif (
        isinstance(example, tuple | torch.Size)
        and example
        and all((integer(size) or 0) > 0 for size in example)
    ):
        like = next((weight for weight in module.parameters() if weight.is_floating_point()), None)
        kind = {} if like is None else {"dtype": like.dtype, "device": like.device}
        found = [torch.zeros((1, *(integer(size) or 0 for size in example)), **kind)]
    else:
        raise InvalidArgument(
            f"example={shown(example)}: expected a batch, several batches, or the shape of one example, "
            "such as (3, 32, 32)"
        )
    if any(one.dim() < 2 or not len(one) for one in found):
        raise InvalidArgument(
            f"example: batches of shape {', '.join(str(tuple(one.shape)) for one in found)}; expected two "
            "dimensions at least, the batch first, with an example in it"
        )
    return found
