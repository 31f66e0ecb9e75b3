"""The gated flow: information runs along the edges of a cell, and operations are soft gates on it.

One kernel serves operations on nodes, on edges, and on several edges between two nodes. An operation sits at
a *place*: `gather` says which node states come together there, the gate lets part of their sum pass, and
`scatter` says into which nodes it goes on. For operations on edges a place is an edge, with one source and
one target, and parallel edges are places of their own. For operations on nodes a place is a node, gathered
from its predecessors, and there is nothing to scatter: a sum of equally gated messages is the gated sum.

Shapes: b cells, V nodes, U places, o width of an operation embedding, d width of a node state.
Ning et al., "A generic graph-based neural architecture encoding scheme for predictor-based NAS", ECCV 2020
(arXiv 2004.01899).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from archenc.predictors.flow import Parameters, linear, uniform

Residual = Literal["all"] | int
WIDE_OPEN = 1e4  # added before the sigmoid: exactly 1 in float32, and no gradient


def flow(
    states: Float[Tensor, "b V d"],
    gather: Float[Tensor, "b U V"],
    gate: Float[Tensor, "b U d"],
    scatter: Float[Tensor, "b V U"] | None,
) -> tuple[Float[Tensor, "b V d"], Float[Tensor, "b U d"]]:
    """Return what the nodes receive, and the messages that leave the places.

    gather, scatter: 0 and 1, or other weights; a place of zeros carries nothing. scatter: None where places
    are the nodes.
    """
    message = gate * torch.bmm(gather, states)
    return (message if scatter is None else torch.bmm(scatter, message)), message


@dataclass(frozen=True, slots=True)
class GatedStack:
    """Layers `widths[0] -> widths[1] -> ...` with ReLU between them, not after the last.

    gate_width: width of what makes the gates, an operation embedding and what stands beside it. residual:
    "all" nodes keep their own transformed state S, or the first k only, or with `backward` the last k. bias:
    whether a layer adds one. gated: without it, what makes the gates is drawn as ever, and all of them are 1.
    """

    widths: Sequence[int]
    gate_width: int
    residual: Residual = "all"
    bias: bool = True
    backward: bool = False
    gated: bool = True

    def init(self, generator: torch.Generator) -> Parameters:
        """Draw W and b from U(-1/sqrt(d_out), 1/sqrt(d_out)), as published, and the gates by fan-in."""
        gates = sum(self.widths[1:])
        parameters = {
            "gate.weight": uniform((self.gate_width, gates), self.gate_width, generator),
            "gate.bias": uniform((gates,), self.gate_width, generator),
        }
        for i, (d_in, d_out) in enumerate(pairwise(self.widths)):
            parameters[f"{i}.weight"] = uniform((d_in, d_out), d_out, generator)
            if self.bias:
                parameters[f"{i}.bias"] = uniform((d_out,), d_out, generator)
        return parameters

    def gates(
        self, parameters: Parameters, ops: Float[Tensor, "*b o"], open_: Float[Tensor, "*b 1"] | None = None
    ) -> Float[Tensor, "*b g"]:
        """Return the gates of all layers side by side, in (0, 1); exactly 1 where `open_` is 1."""
        if not self.gated:
            return ops.new_ones(*ops.shape[:-1], sum(self.widths[1:]))
        weight = parameters["gate.weight"]
        if open_ is not None:  # one column more in the product: a second pass over all gates costs more
            ops = torch.cat([ops, open_], dim=-1)
            weight = torch.cat([weight, torch.full_like(weight[:1], WIDE_OPEN)])
        return torch.sigmoid(linear(ops, weight, parameters["gate.bias"]))

    def enter(self, parameters: Parameters, x: Float[Tensor, "*b d"]) -> Float[Tensor, "*b e"]:
        """Transform node states by the first layer's weights; equal rows need it only once."""
        return linear(x, parameters["0.weight"])

    def run(
        self,
        parameters: Parameters,
        entered: Float[Tensor, "b V e"],
        gather: Float[Tensor, "b U V"],
        scatter: Float[Tensor, "b V U"] | None,
        gates: Float[Tensor, "b U g"],
    ) -> tuple[Float[Tensor, "b V d"], Float[Tensor, "b U d"]]:
        """Run the layers on states that `enter` transformed; also return the messages of the last layer."""
        kept = self._kept(entered.shape[-2], entered)
        x, message = entered, entered
        for i, gate in enumerate(gates.split(list(self.widths[1:]), dim=-1)):
            if i:
                x = linear(torch.relu(x), parameters[f"{i}.weight"])
            received, message = flow(x, gather, gate, scatter)
            x = received + x if kept is None else torch.addcmul(received, x, kept)
            if self.bias:
                x = x + parameters[f"{i}.bias"]
        return x, message

    def _kept(self, nodes: int, like: Tensor) -> Float[Tensor, "V 1"] | None:
        """Which nodes keep their own state; None for all."""
        if self.residual == "all":
            return None
        kept = torch.zeros(nodes, 1, dtype=like.dtype, device=like.device)
        rows = slice(nodes - self.residual, None) if self.backward else slice(self.residual)
        kept[rows] = 1.0
        return kept
