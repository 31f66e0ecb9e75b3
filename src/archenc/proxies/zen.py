"""zen: how far apart a random network sends two inputs that are close (Lin et al., ICCV 2021)."""

from __future__ import annotations

from math import log

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from archenc.networks import Network
from archenc.proxies.base import Undefined
from archenc.proxies.session import Layer, Session
from archenc.proxies.shared_pass import outputs

_STEP = 0.01
_MOMENTUM = 0.1
"""Of the running variances that the score adds up; they start from 1 and see two batches."""


def zen_score(session: Session) -> float:
    """Return zen. The map is `Network.features`, or what enters the last AdaptiveAvgPool2d that is called.

    Weights of Conv2d and Linear layers are drawn from N(0, 1), norms reset. The data give only the shape.
    Raises Undefined: no such map, integer inputs, a map that does not change or is not finite, batch norms
    without running statistics.
    """
    given = session.inputs.x
    if not given.is_floating_point():
        raise Undefined(f"it needs inputs of floats, not of {given.dtype}")
    module = session.copy()
    generator = torch.Generator().manual_seed(session.seed)
    _draw(module, generator)
    near, noise = (session.place(torch.randn(given.shape, generator=generator)) for _ in range(2))
    with torch.no_grad(), session.randomness(session.seed):
        first = features(module, near)
        second = features(module, near + _STEP * noise)
    distance = float((first.double() - second.double()).abs().flatten(1).sum(1).mean())
    if distance == 0:
        raise Undefined("the map before the pooling does not depend on the input")
    if not distance < float("inf"):
        raise Undefined("the map before the pooling is not finite")
    return log(distance) + _log_scales(module)


def features(module: nn.Module, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b ..."]:
    """Return the map that a global pooling averages. Raises Undefined where no layer shows it."""
    if isinstance(module, Network):
        return module.features(x)
    seen: list[Tensor] = []
    handles = [
        part.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
        for part in module.modules()
        if isinstance(part, nn.AdaptiveAvgPool2d)
    ]
    try:
        outputs(module, x)
    finally:
        for handle in handles:
            handle.remove()
    if not seen:
        raise Undefined("the network calls no AdaptiveAvgPool2d, and no networks.Network says its map")
    return seen[-1]


def _draw(module: nn.Module, generator: torch.Generator) -> None:
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, Layer):
                part.weight.copy_(torch.randn(part.weight.shape, generator=generator))
                if part.bias is not None:
                    part.bias.zero_()
            elif isinstance(part, _BatchNorm):
                part.reset_parameters()
                part.momentum = _MOMENTUM
            elif isinstance(part, nn.GroupNorm):
                part.reset_parameters()


def _log_scales(module: nn.Module) -> float:
    total = 0.0
    for path, part in module.named_modules():
        if isinstance(part, nn.BatchNorm2d):
            if part.running_var is None:
                raise Undefined(f"batch norm {path!r} keeps no running statistics")
            variance = float(part.running_var.double().mean())
            if not 0 < variance < float("inf"):
                raise Undefined(f"the running variance of {path!r} is {variance}")
            total += log(variance) / 2
    return total
