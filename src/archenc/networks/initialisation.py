"""Initial weights, drawn from a generator that is passed: the global ones are left alone.

A benchmark's numbers belong to the initialisation it trained with. Each function here fills every parameter
and buffer of a module, whatever was in them, in the order of the modules.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from archenc.errors import InvalidArgument

Drawn = nn.Conv2d | nn.ConvTranspose2d | nn.Linear
"""Layers whose weights are drawn."""

_WIDENING = 1 / 0.87962566103423978
"""One over the standard deviation of a standard normal that is cut off at -2 and 2."""


def torch_default(
    module: nn.Module, generator: torch.Generator, filled: tuple[type[nn.Module], ...] = ()
) -> None:
    """Draw what PyTorch's constructors draw: weights and biases uniform within 1 / sqrt(fan-in).

    filled: kinds of layers that the caller fills.
    """
    for layer in _layers(module, filled):
        _uniform(layer, generator)


def fan_out_normal(module: nn.Module, generator: torch.Generator, linear_std: float | None = None) -> None:
    """Draw convolutions from N(0, 2 / (k k C_out)), He's initialisation by fan-out (He et al., ICCV 2015).

    linear_std: linear layers are drawn from N(0, linear_std²), with biases of zero, as in NAS-Bench-101
    (0.01); None leaves them at PyTorch's default, as in TransNAS-Bench-101.
    """
    for layer in _layers(module):
        if isinstance(layer, nn.Linear) and linear_std is None:
            _uniform(layer, generator)
            continue
        fan_out = math.prod(layer.weight.shape) // layer.weight.shape[1]
        std = math.sqrt(2 / fan_out) if isinstance(layer, nn.Conv2d) else linear_std
        nn.init.normal_(layer.weight, 0, std or 0, generator=generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _uniform(layer: Drawn, generator: torch.Generator) -> None:
    bound = 1 / math.sqrt(layer.weight[0].numel())
    for values in (layer.weight, layer.bias):
        if values is not None:
            nn.init.uniform_(values, -bound, bound, generator=generator)


def variance_scaling(module: nn.Module, generator: torch.Generator) -> None:
    """Draw what TensorFlow's layers drew in NAS-Bench-101: variance 1 / fan-in for convolutions.

    Convolutions: a normal distribution cut off at two standard deviations, widened so that the variance after
    the cut is 1 / fan-in. Linear layers: uniform (Glorot & Bengio, AISTATS 2010). Biases are zero.
    """
    for layer in _layers(module):
        if isinstance(layer, nn.Conv2d):
            std = _WIDENING / math.sqrt(layer.weight[0].numel())
            nn.init.trunc_normal_(layer.weight, 0, std, -2 * std, 2 * std, generator=generator)
        else:
            nn.init.xavier_uniform_(layer.weight, generator=generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _layers(module: nn.Module, filled: tuple[type[nn.Module], ...] = ()) -> list[Drawn]:
    """Return the layers whose weights are drawn; reset the norms, which start from constants."""
    drawn: list[Drawn] = []
    for name, layer in module.named_modules():
        if isinstance(layer, Drawn):
            drawn.append(layer)
        elif isinstance(layer, nn.BatchNorm2d | nn.LayerNorm):
            layer.reset_parameters()
        elif not isinstance(layer, filled) and (own := _own(layer)):
            raise InvalidArgument(f"module {name!r}: {type(layer).__name__} has {own} and no initialisation")
    return drawn


def _own(layer: nn.Module) -> list[str]:
    kept: list[tuple[str, Tensor]] = [
        *layer.named_parameters(recurse=False),
        *layer.named_buffers(recurse=False),
    ]
    return [name for name, _ in kept]
