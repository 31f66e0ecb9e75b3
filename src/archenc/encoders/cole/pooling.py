"""From the hidden states of a text to one vector: the poolings, by name."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from archenc.errors import InvalidArgument, shown

POOLINGS = ("mean", "max", "cls", "last_token", "avg_all", "multi_layer", "echo")
"""Names without a number; `layer:K` is the mean of one layer, 0 being the embeddings and -1 the last."""

EVERY = 4
_LAYER = re.compile(r"layer:(-?\d+)")
_LAST_ONLY = frozenset({"mean", "max", "cls", "last_token", "echo"})


def check_pooling(pooling: object) -> str:
    """Return the name of a pooling. Raises InvalidArgument for another."""
    if isinstance(pooling, str) and (pooling in POOLINGS or _LAYER.fullmatch(pooling)):
        return pooling
    raise InvalidArgument(f"pooling={shown(pooling)}; legal: {', '.join(POOLINGS)}, layer:K such as layer:4")


def needs_layers(poolings: Sequence[str]) -> bool:
    """Say whether some pooling reads other layers than the last."""
    return any(pooling not in _LAST_ONLY for pooling in poolings)


def pool(
    pooling: str,
    states: Sequence[Float[Tensor, "b t d"]],
    read: Bool[Tensor, "b t"],
    counted: Bool[Tensor, "b t"],
) -> Float[Tensor, "b k d"]:
    """Return k vectors a text, in float32: one, but for `multi_layer`, which has one a layer.

    states: hidden states of every layer, the embeddings first, the last one after the final norm; or of the
    last layer alone, for poolings that read no other. read: which tokens are text and not padding; counted:
    which of them a mean counts. mean, max: over counted tokens of the last layer. cls, last_token: its first
    and last token read. avg_all: mean over tokens, then over layers. multi_layer: mean over tokens of every
    fourth layer, counted back from the last. echo: `mean`, of a text written twice. Raises InvalidArgument
    for a layer that the model has not.
    """
    last = states[-1].float()
    if pooling in ("mean", "echo"):
        return _mean(last, counted)[:, None]
    if pooling == "max":
        return last.masked_fill(~counted[..., None], -torch.inf).amax(dim=1)[:, None]
    if pooling == "cls":
        return last[:, :1]
    if pooling == "last_token":
        return last[torch.arange(len(last), device=last.device), read.sum(dim=1) - 1][:, None]
    chosen = [_mean(states[layer].float(), counted) for layer in layers_of(pooling, len(states))]
    stacked = torch.stack(chosen, dim=1)
    return stacked if pooling == "multi_layer" else stacked.mean(dim=1, keepdim=True)


def layers_of(pooling: str, n: int) -> list[int]:
    """Return which of n hidden states, the embeddings among them, a pooling reads. Raises InvalidArgument."""
    if pooling == "avg_all":
        return list(range(n))
    if pooling == "multi_layer":
        return list(range(n - 1, 0, -EVERY))[::-1]
    if found := _LAYER.fullmatch(pooling):
        layer = int(found[1])
        if not -n <= layer < n:
            raise InvalidArgument(f"pooling={pooling!r}: the model has the layers 0 (embeddings) to {n - 1}")
        return [layer % n]
    return [n - 1]


def _mean(states: Float[Tensor, "b t d"], counted: Bool[Tensor, "b t"]) -> Float[Tensor, "b d"]:
    if bool(counted.all()):
        return states.mean(dim=1)
    weight = counted[..., None].to(states.dtype)
    return (states * weight).sum(dim=1) / weight.sum(dim=1)
