"""Flow layers: information runs along the edges of a cell, and operations are soft gates on it.

Two kinds of layer, as pure functions of tensors: the dense graph flow (DGF) of GATES (Ning et al., ECCV 2020,
arXiv 2004.01899) and the gated graph attention (GAT) that FLAN adds (Akhauri & Abdelfattah, ICML 2024,
arXiv 2403.02484). A stack holds the parameters of all its layers in a few fused matrices, since the graphs
are small and the cost is in the number of kernel calls: the gates of all layers are one product, and both
branches of a layer share another.

Shapes: b graphs, V nodes, o width of an operation embedding, d width of a node state. `predecessors[i, j] =
1` iff there is an edge j -> i; for the backward flow the caller passes the transpose.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

Branch = Literal["dgf", "gat", "ensemble"]
Mask = Literal["mult", "neg_inf"]
Parameters = dict[str, Tensor]

LEAK = 0.01  # slope of the LeakyReLU on attention logits


def dgf(
    states: Float[Tensor, "b V d"],
    predecessors: Float[Tensor, "b V V"],
    gate: Float[Tensor, "b V d"],
    bias: Float[Tensor, " d"],
) -> Float[Tensor, "b V d"]:
    """Dense graph flow: `gate * (A S) + S + b` for transformed states S = X W.

    gate: in (0, 1), of the receiving node. The added S is a residual for every node.
    """
    return torch.addcmul(states, gate, torch.bmm(predecessors, states)) + bias


def attention(
    states: Float[Tensor, "b V d"], predecessors: Float[Tensor, "b V V"], a: Float[Tensor, " d"], mask: Mask
) -> Float[Tensor, "b V V"]:
    """Attention of every node over the others.

    mask: "mult" multiplies logits by the adjacency, so a stranger keeps logit 0 and a share of the attention
    (as published); "neg_inf" gives strangers none, and a node without predecessors an all-zero row.
    """
    logits = F.leaky_relu(torch.bmm(states * a, states.transpose(1, 2)), LEAK)
    if mask == "mult":
        return torch.softmax(logits * predecessors, dim=-1)
    # A large finite number instead of -inf: a row without predecessors must not become NaN.
    return torch.softmax(logits.masked_fill(predecessors == 0, -1e9), dim=-1) * predecessors


def gat(
    states: Float[Tensor, "b V d"],
    predecessors: Float[Tensor, "b V V"],
    gate: Float[Tensor, "b V d"],
    a: Float[Tensor, " d"],
    mask: Mask = "mult",
) -> Float[Tensor, "b V d"]:
    """Gated graph attention before its layer norm: `gate * (alpha H)` for transformed states H = X W."""
    return gate * torch.bmm(attention(states, predecessors, a, mask), states)


@dataclass(frozen=True, slots=True)
class FlowStack:
    """Layers `widths[0] -> widths[1] -> ...` with ReLU between them, not after the last.

    branch: which layer kinds; "ensemble" is the mean of both. heads: attention heads, averaged.
    op_width: width of the operation embeddings that make the gates.
    """

    widths: Sequence[int]
    op_width: int
    branch: Branch = "ensemble"
    heads: int = 1
    mask: Mask = "mult"

    @property
    def _dgf(self) -> int:
        return int(self.branch != "gat")

    @property
    def _gat(self) -> int:
        return self.heads if self.branch != "dgf" else 0

    @property
    def copies(self) -> int:
        """Number of parallel transforms in a layer: one for DGF, one an attention head."""
        return self._dgf + self._gat

    def init(self, generator: torch.Generator) -> Parameters:
        """Draw the parameters: DGF as published, U(-1/sqrt(d_out), 1/sqrt(d_out)); the rest by fan-in."""
        gates = self.copies * sum(self.widths[1:])
        parameters = {
            "gate.weight": uniform((self.op_width, gates), self.op_width, generator),
            "gate.bias": uniform((gates,), self.op_width, generator),
        }
        for i, (d_in, d_out) in enumerate(pairwise(self.widths)):
            blocks = [uniform((d_in, d_out), d_out, generator)] * self._dgf
            blocks += [uniform((d_in, d_out), d_in, generator) for _ in range(self._gat)]
            parameters[f"{i}.weight"] = torch.cat(blocks, dim=1)
            if self._dgf:
                parameters[f"{i}.bias"] = uniform((d_out,), d_out, generator)
            if self._gat:
                parameters[f"{i}.a"] = uniform((self._gat, d_out), d_out, generator)
                parameters[f"{i}.norm.weight"] = torch.ones(self._gat, d_out)
                parameters[f"{i}.norm.bias"] = torch.zeros(self._gat, d_out)
        return parameters

    def gates(self, parameters: Parameters, ops: Float[Tensor, "*b o"]) -> Float[Tensor, "*b g"]:
        """Gates of all layers side by side, in (0, 1), from operation embeddings."""
        return torch.sigmoid(linear(ops, parameters["gate.weight"], parameters["gate.bias"]))

    def enter(self, parameters: Parameters, x: Float[Tensor, "*b d"]) -> Float[Tensor, "*b e"]:
        """Transform node states by the first layer's weights; equal rows need it only once."""
        return linear(x, parameters["0.weight"])

    def run(
        self,
        parameters: Parameters,
        entered: Float[Tensor, "b V e"],
        predecessors: Float[Tensor, "b V V"],
        gates: Float[Tensor, "b V g"],
    ) -> Float[Tensor, "b V d"]:
        """Run the layers on states that `enter` has transformed, with the gates that `gates` gave."""
        parts = gates.split([d for d in self.widths[1:] for _ in range(self.copies)], dim=-1)
        x = entered
        for i in range(len(self.widths) - 1):
            if i:
                x = linear(torch.relu(x), parameters[f"{i}.weight"])
            x = self._layer(parameters, i, x, parts[i * self.copies : (i + 1) * self.copies], predecessors)
        return x

    def apply(
        self,
        parameters: Parameters,
        x: Float[Tensor, "b V d"],
        predecessors: Float[Tensor, "b V V"],
        ops: Float[Tensor, "b V o"],
    ) -> Float[Tensor, "b V e"]:
        """Run the whole stack: node states x, operation embeddings ops -> states after the last layer."""
        return self.run(parameters, self.enter(parameters, x), predecessors, self.gates(parameters, ops))

    def _layer(
        self, parameters: Parameters, i: int, states: Tensor, gates: Sequence[Tensor], predecessors: Tensor
    ) -> Float[Tensor, "b V d"]:
        branches = states.chunk(self.copies, dim=-1)
        outputs = []
        if self._dgf:
            outputs.append(dgf(branches[0], predecessors, gates[0], parameters[f"{i}.bias"]))
        if self._gat:
            attended = [
                F.layer_norm(gat(h, predecessors, gate, a, self.mask), a.shape, weight, bias)
                for h, gate, a, weight, bias in zip(
                    branches[self._dgf :],
                    gates[self._dgf :],
                    parameters[f"{i}.a"].unbind(),
                    parameters[f"{i}.norm.weight"].unbind(),
                    parameters[f"{i}.norm.bias"].unbind(),
                    strict=True,
                )
            ]
            outputs.append(torch.stack(attended).mean(0) if self._gat > 1 else attended[0])
        return outputs[0] if len(outputs) == 1 else torch.lerp(outputs[0], outputs[1], 0.5)


def linear(
    x: Float[Tensor, "*b i"], weight: Float[Tensor, "i o"], bias: Float[Tensor, " o"] | None = None
) -> Float[Tensor, "*b o"]:
    """Return x W + b, flattened to one matrix product.

    Under vmap with stacked weights a product over more than two dimensions would copy the weights once a
    graph.
    """
    flat = x.reshape(-1, x.shape[-1])
    out = flat @ weight if bias is None else torch.addmm(bias, flat, weight)
    return out.reshape(*x.shape[:-1], weight.shape[-1])


def uniform(shape: tuple[int, ...], fan: int, generator: torch.Generator) -> Tensor:
    """Draw from U(-1/sqrt(fan), 1/sqrt(fan))."""
    bound = 1.0 / math.sqrt(fan)
    return torch.rand(shape, generator=generator) * (2 * bound) - bound


def init_linear(d_in: int, d_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Weight [d_in, d_out] and bias [d_out] in the framework's default distribution."""
    return uniform((d_in, d_out), d_in, generator), uniform((d_out,), d_in, generator)
