"""The network from features of an operation to what is added to its embedding."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from archenc.predictors.flow import Parameters
from archenc.predictors.layers import add_linear, mlp

HIDDEN = (64, 128)


def add_features(
    parameters: Parameters, features: int, width: int, generator: torch.Generator, *, zero: bool
) -> None:
    """Draw the network; `zero` lets it begin as nothing, so that what is not trained is as without it."""
    add_linear(parameters, "features", (features, *HIDDEN, width), generator)
    if zero:
        for name in ("weight", "bias"):
            parameters[f"features.{len(HIDDEN)}.{name}"].zero_()


def described(parameters: Parameters, features: Float[Tensor, "*b p"]) -> Float[Tensor, "*b o"]:
    """Return what is added to the embeddings of operations with these features."""
    return mlp(parameters, "features", features, len(HIDDEN) + 1)
