"""The variational graph isomorphism auto-encoder of arch2vec (Yan et al., NeurIPS 2020)."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, final

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn


class Latent(NamedTuple):
    """One normal distribution a node. s: the logarithm of its standard deviation."""

    mu: Float[Tensor, "B N z"]
    s: Float[Tensor, "B N z"]


class Decoded(NamedTuple):
    """Logits of independent yes/no questions: which operation a node has, which two nodes are linked."""

    ops: Float[Tensor, "B N V"]
    links: Float[Tensor, "B N N"]


@final
class Arch2VecNetwork(nn.Module):
    """Graph isomorphism layers with batch norm, two linear heads, a decoder by inner products.

    n_ops: V, operations with input and output. latent: z, width of the code of a node. At the published
    sizes NAS-Bench-101 has 122,617 parameters.
    """

    def __init__(
        self, n_ops: int, latent: int = 16, hidden: int = 128, layers: int = 4, dropout: float = 0.3
    ) -> None:
        super().__init__()
        widths = [n_ops] + [hidden] * layers
        self.layers = nn.ModuleList(_GINLayer(a, b) for a, b in pairwise(widths))
        self.mu = nn.Linear(hidden, latent)
        self.s = nn.Linear(hidden, latent)
        self.ops = nn.Linear(latent, n_ops)
        self.dropout = nn.Dropout(dropout)

    def encode(
        self,
        ops: Float[Tensor, "B N V"],
        links: Float[Tensor, "B N N"],
        real: Bool[Tensor, "B N"] | None = None,
    ) -> Latent:
        """Return the latent distributions of the nodes.

        ops: one-hot, all 0 at a pad. links: both ways, none at a pad. real: nodes that count in the batch
        statistics, all by default; at the others the result means nothing.
        """
        B, N, _ = ops.shape
        counted = None
        if self.training and real is not None and not bool(real.all()):
            counted = real.flatten().nonzero().squeeze(1)
        x = ops.flatten(0, 1) if counted is None else ops.flatten(0, 1)[counted]
        for layer in self.layers:
            x = layer(x, links, counted)
        wide = _spread(x, counted, B * N).view(B, N, -1)
        return Latent(self.mu(wide), self.s(wide))

    def decode(self, z: Float[Tensor, "B N z"]) -> Decoded:
        """Return what the codes of the nodes say of the cell."""
        z = self.dropout(z)
        return Decoded(self.ops(z), z @ z.mT)

    def forward(
        self,
        ops: Float[Tensor, "B N V"],
        links: Float[Tensor, "B N N"],
        real: Bool[Tensor, "B N"] | None = None,
    ) -> tuple[Decoded, Latent]:
        """Encode, draw (in training mode; else take the mean), decode."""
        latent = self.encode(ops, links, real)
        z = latent.mu
        if self.training:
            z = z + latent.s.exp() * torch.randn_like(z)
        return self.decode(z), latent


@final
class _GINLayer(nn.Module):
    """(1 + eps) x + sum over neighbours, then a perceptron of two layers, each with batch norm."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.eps = nn.Parameter(torch.zeros(()))
        self.first = nn.Linear(width_in, width)
        self.first_norm = nn.BatchNorm1d(width)
        self.second = nn.Linear(width, width)
        self.norm = nn.BatchNorm1d(width)

    def forward(
        self, x: Float[Tensor, "r d"], links: Float[Tensor, "B N N"], counted: Int64[Tensor, " r"] | None
    ) -> Float[Tensor, "r h"]:
        B, N, _ = links.shape
        near = (links @ _spread(x, counted, B * N).view(B, N, -1)).flatten(0, 1)
        near = near if counted is None else near[counted]
        u = torch.addcmul(x + near, x, self.eps)
        u = self.first_norm(self.first(u)).relu()
        return self.norm(self.second(u)).relu()


def _spread(x: Float[Tensor, "r d"], counted: Int64[Tensor, " r"] | None, n: int) -> Float[Tensor, "n d"]:
    """Put the rows that count in their places among n, 0 elsewhere."""
    if counted is None:
        return x
    return x.new_zeros(n, x.shape[1]).index_copy(0, counted, x)
