"""synflow: how much the weights carry from an input of ones to the output (Tanaka et al., NeurIPS 2020)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from archenc.proxies.base import PerLayer, Undefined
from archenc.proxies.session import Session, numbers, some_layers, weights
from archenc.proxies.shared_pass import outputs


def synaptic_flow(session: Session) -> PerLayer:
    """Return for each layer the sum of |W dR/dW|, R the sum of the outputs.

    Weights and buffers are their absolute values, batch norm is the identity, the input is one example of
    ones, and all is in float64: products of hundreds of positive factors overflow float32.
    Raises Undefined without layers, without trainable ones, for integer inputs, for complex weights, if R is
    not finite, or if all shares are 0.
    """
    x = session.inputs.x
    if not x.is_floating_point():
        raise Undefined(f"it needs inputs of floats, not of {x.dtype}")
    module = session.copy().double()
    layers = some_layers(weights(module))
    trainable = {path: weight for path, weight in layers.items() if weight.requires_grad}
    if not trainable:
        raise Undefined("every Conv2d and Linear layer is frozen")
    with torch.no_grad():
        for tensor in [*module.parameters(), *module.buffers()]:
            if tensor.is_complex():
                raise Undefined(f"it has no absolute values for weights of {tensor.dtype}")
            if tensor.dtype != torch.bool:
                tensor.abs_()
    for part in module.modules():
        if isinstance(part, _BatchNorm):
            part.__dict__["forward"] = _same
        elif isinstance(part, nn.modules.dropout._DropoutNd):
            part.eval()
    ones = torch.ones((1, *x.shape[1:]), dtype=torch.float64, device=session.device)
    with session.randomness(session.seed):
        total = outputs(module, ones).sum()
    if not torch.isfinite(total):
        raise Undefined("the sum of the outputs is not finite, even in float64")
    if not total.requires_grad:
        raise Undefined("the output does not depend on the weight of any layer")
    found = torch.autograd.grad(total, list(trainable.values()), allow_unused=True)
    with torch.no_grad():
        shares = numbers(
            {
                path: (weight * gradient).abs().sum()
                for (path, weight), gradient in zip(trainable.items(), found, strict=True)
                if gradient is not None
            }
        )
    if not any(shares.values()):
        raise Undefined("no weight reaches the output: the sum is 0 and has no logarithm")
    return shares


def _same(x: Tensor) -> Tensor:
    return x
