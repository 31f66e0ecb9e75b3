"""The 13 proxies one at a time, each written as its definition reads, with a forward pass of its own."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


def layers(network: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]


def ready(network: nn.Module) -> nn.Module:
    return copy.deepcopy(network).train()


def backward(network: nn.Module, x: Tensor, y: Tensor) -> None:
    network.zero_grad()
    F.cross_entropy(network(x), y).backward()


def params(network: nn.Module, x: Tensor, y: Tensor) -> float:
    return sum(weight.numel() for weight in network.parameters()) / 1e6


def l2_norm(network: nn.Module, x: Tensor, y: Tensor) -> float:
    return sum(math.sqrt(float((layer.weight.detach() ** 2).sum())) for layer in layers(network))


def grad_norm(network: nn.Module, x: Tensor, y: Tensor) -> float:
    network = ready(network)
    backward(network, x, y)
    return sum(math.sqrt(float((layer.weight.grad**2).sum())) for layer in layers(network))


def snip(network: nn.Module, x: Tensor, y: Tensor) -> float:
    network = ready(network)
    backward(network, x, y)
    return sum(float((layer.weight.grad * layer.weight.detach()).abs().sum()) for layer in layers(network))


def plain(network: nn.Module, x: Tensor, y: Tensor) -> float:
    network = ready(network)
    backward(network, x, y)
    return sum(float((layer.weight.grad * layer.weight.detach()).sum()) for layer in layers(network))


def grasp(network: nn.Module, x: Tensor, y: Tensor) -> float:
    """-W H g with two forward passes, one for g and one for H g."""
    network = ready(network)
    chosen = [layer.weight for layer in layers(network)]
    g = torch.autograd.grad(F.cross_entropy(network(x), y), chosen)
    again = torch.autograd.grad(F.cross_entropy(network(x), y), chosen, create_graph=True)
    network.zero_grad()
    sum((a * b).sum() for a, b in zip(g, again, strict=True)).backward()
    return sum(float((-weight.detach() * weight.grad).sum()) for weight in chosen)


def fisher(network: nn.Module, x: Tensor, y: Tensor) -> float:
    """Image by image, channel by channel."""
    network = ready(network)
    kept: list[tuple[nn.Module, Tensor]] = []
    for layer in layers(network):
        layer.register_forward_hook(lambda layer, _, out: (out.retain_grad(), kept.append((layer, out)))[1])
    backward(network, x, y)
    total = 0.0
    for layer, activation in kept:
        product = activation.detach() * activation.grad
        for channel in range(product.shape[1]):
            sums = [float(image[channel].sum()) for image in product]
            total += 0.5 * sum(value**2 for value in sums) / len(sums) * layer.weight[0].numel()
    return total


def synflow(network: nn.Module, x: Tensor, y: Tensor) -> float:
    network = ready(network).double()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.forward = lambda value: value
    with torch.no_grad():
        for tensor in [*network.parameters(), *network.buffers()]:
            tensor.copy_(tensor.abs())
    network(torch.ones(1, *x.shape[1:], dtype=torch.float64)).sum().backward()
    return math.log(
        sum(float((layer.weight.detach() * layer.weight.grad).abs().sum()) for layer in layers(network))
    )


def jacobian(network: nn.Module, x: Tensor) -> np.ndarray:
    network, x = ready(network), x.clone().requires_grad_()
    network(x).backward(torch.ones_like(network(x)))
    return x.grad.reshape(len(x), -1).numpy().astype(np.float64)


def jacov(network: nn.Module, x: Tensor, y: Tensor) -> float:
    values, _ = np.linalg.eig(np.corrcoef(jacobian(network, x)))
    values = values.real
    return -float(np.sum(np.log(values + 1e-5) + 1 / (values + 1e-5)))


def nwot(network: nn.Module, x: Tensor, y: Tensor) -> float:
    network = ready(network)
    kernel = np.zeros((len(x), len(x)))

    def code(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        bits = (arguments[0].reshape(len(x), -1) > 0).numpy()
        for i in range(len(x)):
            for j in range(len(x)):
                kernel[i, j] += np.sum(bits[i] == bits[j])

    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_pre_hook(code)
    with torch.no_grad():
        network(x)
    return float(np.linalg.slogdet(kernel)[1])


def epe_nas(network: nn.Module, x: Tensor, y: Tensor, n_classes: int = 10) -> float:
    rows, found = jacobian(network, x), {}
    for label in sorted(set(y.tolist())):
        own = np.atleast_2d(np.corrcoef(rows[y.numpy() == label]))
        total = sum(math.log(abs(value) + 1e-5) for value in own.ravel())
        if n_classes <= 100:
            found[label] = total
        elif len(own) > 1:
            found[label] = total / len(own)
    if n_classes <= 100:
        return sum(abs(value) for value in found.values())
    return sum(abs(a - b) for a in found.values() for b in found.values()) / len(found)


GRADIENTS = {"grad_norm": grad_norm, "snip": snip, "plain": plain, "grasp": grasp, "fisher": fisher}
WITH_IMAGES = {"synflow": synflow, "jacov": jacov, "nwot": nwot, "epe_nas": epe_nas}
TWINS = {"params": params, "l2_norm": l2_norm, **GRADIENTS, **WITH_IMAGES}
