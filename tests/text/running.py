"""Texts that the library wrote, run; and a module compared with a module of the networks room."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from archenc.graph import Architecture
from archenc.text import render
from archenc.text.rendering import _renderer
from archenc.text.style import Style


def classes(text: str) -> dict[str, Any]:
    """Run a text where `torch` and `nn` are known, and return what it defines."""
    scope: dict[str, Any] = {"torch": torch, "nn": nn}
    exec(compile(text, "<text of an architecture>", "exec"), scope)  # noqa: S102
    return scope


def run(arch: Architecture, **choices: Any) -> dict[str, Any]:
    """Return what the text of an architecture defines; helpers that it leaves out are put in scope."""
    text = render(arch, **choices)
    if choices.get("form", "exclude_helper") == "exclude_helper":
        style = Style(**(choices | {"form": "helper"}))
        text = "\n\n\n".join([*_renderer(arch.space).helpers(arch, style), text])
    return classes(text)


def with_weights_of(module: nn.Module, other: nn.Module, seed: int = 0) -> None:
    """Fill both modules with the same weights and statistics, tensor by tensor in their order."""
    generator = torch.Generator().manual_seed(seed)
    mine, theirs = module.state_dict(), other.state_dict()
    assert [tensor.shape for tensor in mine.values()] == [tensor.shape for tensor in theirs.values()]
    for left, right in zip(mine.values(), theirs.values(), strict=True):
        if left.dtype.is_floating_point:
            left.copy_(0.5 + torch.rand(left.shape, generator=generator) - (0.5 if left.dim() > 1 else 0))
            right.copy_(left)


def same(module: nn.Module, other: nn.Module, *inputs: torch.Tensor) -> None:
    """Assert equal numbers of parameters and, under the same weights, equal outputs, training and not."""
    module, other = module.double(), other.double()
    with_weights_of(module, other)
    assert count(module) == count(other)
    for training in (False, True):
        module.train(training)
        other.train(training)
        with torch.no_grad():
            torch.testing.assert_close(module(*inputs), other(*inputs), rtol=1e-9, atol=1e-9)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def batch(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
