"""The network of CATE: a graph encoder for each cell of a pair, a cross encoder over both, a head.

Yan et al., "Computation-aware Neural Architecture Encoding with Transformers", ICML 2021. Codes are read off
the graph encoder; the cross encoder and the head only serve the task it is trained on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.encoders.learned.cate.layers import Stack
from archenc.encoders.learned.cate.noise import Noise, noise, silent
from archenc.errors import InvalidArgument

Direction = Literal["succ", "pred", "both"]
DIRECTIONS: tuple[Direction, ...] = ("succ", "pred", "both")


@dataclass(frozen=True, slots=True)
class Size:
    """Sizes of the network. graph, cross: layers; graph_inner, cross_inner: of their feed-forward parts.

    half: train with products in bfloat16. The defaults are those of the published code; its paper prints 64
    for both inner widths.
    """

    width: int = 64
    heads: int = 8
    graph: int = 12
    graph_inner: int = 128
    cross: int = 24
    cross_inner: int = 256
    dropout: float = 0.1
    half: bool = False


@final
class GraphEncoder(nn.Module):
    """Tokens of a cell -> a state a token: embeddings, then self-attention along the paths of the cell."""

    def __init__(self, n_tokens: int, size: Size, *, spare_norms: bool = False) -> None:
        super().__init__()
        if size.width % size.heads:
            raise InvalidArgument(f"width={size.width}: expected a multiple of heads={size.heads}")
        self.embedding = nn.Parameter(torch.randn(n_tokens, size.width) / math.sqrt(size.width))
        how = {"spare_norms": spare_norms, "half": size.half}
        self.layers = Stack(size.graph, size.width, size.heads, size.graph_inner, **how)
        self.dropout = size.dropout

    def forward(
        self, tokens: Int[Tensor, "b n"], allowed: Float[Tensor, "b h n n"], drop: Noise = silent
    ) -> Float[Tensor, "b n d"]:
        """Return the states, [b, n, width]. allowed: see `along_paths`."""
        x = F.embedding(tokens, self.embedding) * math.sqrt(self.embedding.shape[1])
        return self.layers(drop(x), allowed, drop)


@final
class CateNetwork(nn.Module):
    """Two cells, some tokens hidden -> the log-probability of every token where one was hidden.

    spare_norms: as published, each layer owns a closing LayerNorm; 1,610,821 parameters for five tokens.
    """

    def __init__(self, n_tokens: int, size: Size, *, spare_norms: bool = False) -> None:
        super().__init__()
        width = size.width
        self.graph = GraphEncoder(n_tokens, size, spare_norms=spare_norms)
        self.segments = nn.Parameter(torch.randn(2, width) / math.sqrt(width))
        how = {"spare_norms": spare_norms, "half": size.half}
        self.cross = Stack(size.cross, width, size.heads, size.cross_inner, **how)
        self.hidden = nn.Linear(width, width)
        self.head = nn.Linear(width, n_tokens)
        self.dropout = size.dropout
        self.register_load_state_dict_pre_hook(_keep_what_only_trains)

    def forward(
        self,
        tokens: Int[Tensor, "two b n"],
        allowed: Float[Tensor, "two b h n n"],
        present: Float[Tensor, "b 1 1 m"] | None,
        scored: Bool[Tensor, "two b n"],
    ) -> Float[Tensor, "k v"]:
        """Return the log-probabilities at the scored tokens, in the order of `scored`.

        tokens: of both cells, corrupted. allowed: along their paths. present: 0 at padding, m = 2 n.
        """
        drop = noise(self.dropout, tokens.device) if self.training else silent
        two, b, n = tokens.shape
        states = self.graph(tokens.flatten(0, 1), allowed.flatten(0, 1), drop).view(two, b, n, -1)
        states = states + self.segments[:, None, None] * math.sqrt(states.shape[-1])
        joint = states.transpose(0, 1).reshape(b, two * n, -1)
        joint = self.cross(joint, present, drop)
        chosen = joint[scored.transpose(0, 1).reshape(b, two * n)]
        return F.log_softmax(self.head(drop(torch.tanh(self.hidden(chosen)))), dim=-1)


def _keep_what_only_trains(network: nn.Module, tensors: dict[str, Tensor], prefix: str, *_: object) -> None:
    """Let weights be loaded whose cross encoder and head are absent, or of another size: ours stay then."""
    rest = {f"{prefix}{k}": v for k, v in network.state_dict().items() if not k.startswith("graph.")}
    if not tensors.keys() & rest.keys() or any(
        name in tensors and tensors[name].shape != own.shape for name, own in rest.items()
    ):
        tensors.update(rest)


def along_paths(
    reach: Bool[Tensor, "*b n n"], heads: int, direction: Direction, *, self_loop: bool
) -> Float[Tensor, "*b h n n"]:
    """Say by 1 and 0 which token may attend to which: reach[i, j] says whether a path leads i -> j.

    direction: "succ", a node attends to what it leads to, as published; "pred", to what leads to it; "both",
    half the heads each, which gives h = heads, else h = 1. self_loop: a node attends to itself, too.
    """
    if self_loop:
        reach = reach | torch.eye(reach.shape[-1], dtype=torch.bool, device=reach.device)
    back = reach.transpose(-1, -2)
    ways = {"succ": [reach], "pred": [back], "both": [reach] * (heads // 2) + [back] * (heads - heads // 2)}
    return torch.stack(ways[direction], dim=-3).to(torch.float32)


def smoothed_loss(
    log_p: Float[Tensor, "k v"],
    labels: Int[Tensor, " k"],
    legal: Bool[Tensor, " v"],
    smoothing: float = 0.1,
) -> Float[Tensor, ""]:
    """Return KL(target || prediction), the mean over k tokens.

    The target gives 1 - smoothing to the label and shares the rest among the other legal tokens; 0 if met.
    Every label must be legal.
    """
    others = int(legal.sum()) - 1
    rest = smoothing / others
    least = (1 - smoothing) * math.log(1 - smoothing) + smoothing * math.log(rest)
    at_label = log_p.gather(1, labels[:, None].long()).mean()
    at_all = log_p[:, legal].sum(dim=1).mean()
    return least - (1 - smoothing - rest) * at_label - rest * at_all
