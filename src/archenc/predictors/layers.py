"""Parameters by name: adding, finding and applying the linear layers of a network."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from archenc.predictors.flow import Parameters, init_linear, linear


def mlp(
    parameters: Parameters, name: str, x: Tensor, layers: int, keep: Sequence[Tensor | None] | None = None
) -> Tensor:
    """Linear layers with ReLU (and dropout multipliers) between them."""
    for i in range(layers):
        x = linear(x, parameters[f"{name}.{i}.weight"], parameters[f"{name}.{i}.bias"])
        if i < layers - 1:
            x = torch.relu(x)
            mask = keep[i] if keep is not None else None
            if mask is not None:
                x = x * mask
    return x


def add_linear(parameters: Parameters, name: str, widths: Sequence[int], generator: torch.Generator) -> None:
    """Draw linear layers `widths[0] -> widths[1] -> ...` and add them under `name`."""
    for i, (d_in, d_out) in enumerate(pairwise(widths)):
        parameters[f"{name}.{i}.weight"], parameters[f"{name}.{i}.bias"] = init_linear(d_in, d_out, generator)


def add(parameters: Parameters, name: str, part: Parameters) -> None:
    """Add the parameters of a part under its name."""
    parameters.update({f"{name}.{k}": v for k, v in part.items()})


def part(parameters: Parameters, name: str) -> Parameters:
    """Return what `add` added under `name`."""
    return {k[len(name) + 1 :]: v for k, v in parameters.items() if k.startswith(name + ".")}


def count(parameters: Parameters, *, frozen: Sequence[str] = ()) -> int:
    """Count stored numbers, those of `frozen` parameters left out."""
    return sum(v.numel() for k, v in parameters.items() if k not in frozen)
