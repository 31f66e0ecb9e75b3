"""Networks as users have them, made ready: layers without a shape filled in, one output of several chosen."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

MAIN = ("logits", "out")
"""Keys under which dictionaries keep what is classified, in the libraries that return them."""


def fill_lazy(module: nn.Module, x: Tensor, seed: int) -> None:
    """Run a module with lazy layers once, so that they have weights; one that does not run stays as it is."""
    if any(is_lazy(one) for one in (*module.parameters(), *module.buffers())):
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            _tried(module, x)


def answering(module: nn.Module, x: Tensor) -> nn.Module:
    """Return a module of one output: itself, or its first tensor of floats, of a dictionary that of `MAIN`.

    What counts is train mode, in which some networks give more. One that does not run comes back as it is.
    """
    try:
        trial = copy.deepcopy(module).train()
    except Exception:  # who copies it next says why it cannot be
        return module
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        given = _tried(trial, x)
    return module if isinstance(given, Tensor) or main_output(given) is None else _Answering(module)


def main_output(given: object) -> Tensor | None:
    """Return the tensor of floats that a network is judged by; None where it gives none."""
    if isinstance(given, Mapping):
        found: Iterable[object] = [*(given[key] for key in MAIN if key in given), *given.values()]
    else:
        found = given if isinstance(given, tuple | list) else (given,)
    return next((one for one in found if isinstance(one, Tensor) and one.is_floating_point()), None)


def _tried(module: nn.Module, x: Tensor) -> object:
    """Return what a user's module gives of two examples, which batch norm needs, or nothing if it fails."""
    try:
        return module(x[:2])
    except Exception:  # its forward pass may raise anything; whoever runs it in earnest says what
        return None


class _Answering(nn.Module):
    """A module that gives the main one of its outputs."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor | None:
        return main_output(self.module(x))
