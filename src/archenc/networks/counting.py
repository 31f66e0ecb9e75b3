"""Parameters, FLOPs and activations of a module, counted from shapes: no layer is computed.

Two conventions, both for one forward pass of one example, in single operations:

* `suite_zero` reproduces the columns `params` and `flops` of NAS-Bench-Suite-Zero (Krishnakumar et al.,
  NeurIPS 2022 Datasets and Benchmarks). A multiply-accumulate counts once; batch norm and layer norm count 2
  an element (1 without affine parameters), ReLU and a positional encoding 1, a pooling window its area, the
  global average pool C (H+1) (W+1), the bias of a convolution 1 an element; additions, concatenations,
  identities, the bias of a linear layer and transposed convolutions are free.
  A module that is called several times counts once, in activations, too.
* `macs`: multiply-accumulates of convolutions, transposed ones too, and linear layers, at every call.

Activations are the elements that convolutions, transposed ones too, and linear layers put out, which say more
than FLOPs of how long a network takes where memory is slow (Radosavovic et al., CVPR 2020, section 3.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from archenc.errors import ArchencError, InvalidArgument, shown
from archenc.networks.base import Network
from archenc.networks.einspace_layers import PositionalEncoding
from archenc.networks.sizes import example_shape

CONVENTIONS = ("suite_zero", "macs")
Shape = tuple[int, ...]


class Counts(NamedTuple):
    """params: trainable parameters. flops, activations: of one forward pass of one example."""

    params: int
    flops: int
    activations: int

    def plus(self, other: Counts) -> Counts:
        """Return the sum, count by count; `+` would join the tuples."""
        return Counts(*(mine + its for mine, its in zip(self, other, strict=True)))


class _Cost(NamedTuple):
    """Output shape of a leaf module, and what one item of its batch costs in the two conventions."""

    out: Shape
    suite_zero: int
    macs: int = 0

    @property
    def activations(self) -> int:
        """Elements put out for one item, of a layer that multiplies."""
        return prod(self.out[1:]) if self.macs else 0


class LeafCost(NamedTuple):
    """What a layer adds to the counts of its network, besides parameters, by the convention "suite_zero"."""

    flops: int
    activations: int


def count(module: nn.Module, input_shape: Shape | None = None, convention: str = "suite_zero") -> Counts:
    """Return the trainable parameters, the FLOPs and the activations of a module, exact integers.

    input_shape: shape of one example, without the batch; by default `module.input_shape`. convention:
    "suite_zero" or "macs", see above. The module may be on any device, "meta" included, and is left as it
    was; while it is being counted it must not be used elsewhere. Raises InvalidArgument for an unknown
    convention, a missing shape, one that the module cannot take, or a layer with weights and without a rule.
    """
    if not isinstance(module, nn.Module):
        raise InvalidArgument(f"module={shown(module)}: expected a torch.nn.Module")
    if convention not in CONVENTIONS:
        raise InvalidArgument(f"convention={convention!r}; legal: {', '.join(CONVENTIONS)}")
    costs, at_every_call = _measure(module, input_shape)
    params = sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
    total = at_every_call
    if convention == "suite_zero":
        total = LeafCost(sum(c.flops for c in costs.values()), sum(c.activations for c in costs.values()))
    return Counts(params, *total)


def leaf_costs(module: nn.Module, input_shape: Shape | None = None) -> dict[nn.Module, LeafCost]:
    """Return what each layer that was called adds to `count`, convention "suite_zero".

    Arguments and errors are those of `count`.
    """
    return _measure(module, input_shape)[0]


def _measure(module: nn.Module, input_shape: Shape | None) -> tuple[dict[nn.Module, LeafCost], LeafCost]:
    """Return the cost of each called leaf by the first convention, and the total by the second."""
    if input_shape is None and isinstance(module, Network):
        input_shape = module.input_shape
    if input_shape is None:
        raise InvalidArgument("input_shape=None: needed for a module that has no input_shape of its own")
    shape = example_shape(input_shape)
    own = module.input_shape if isinstance(module, Network) else None
    if own is not None and (len(shape), *shape[:-2]) != (len(own), *own[:-2]):
        raise InvalidArgument(f"input_shape={shape}: the network takes examples like {own}")
    costs: dict[nn.Module, LeafCost] = {}
    total = LeafCost(0, 0)

    def record(leaf: nn.Module, cost: _Cost) -> None:
        nonlocal total
        costs.setdefault(leaf, LeafCost(cost.suite_zero, cost.activations))
        items = cost.out[0]
        total = LeafCost(total.flops + cost.macs * items, total.activations + cost.activations * items)

    with _shapes_only(module, record), torch.no_grad():
        try:
            module(torch.zeros((1, *shape)))
        except ArchencError:
            raise
        except (ValueError, TypeError, RuntimeError) as error:
            raise InvalidArgument(
                f"input_shape={shape}: {type(module).__name__} cannot take such an example ({error})"
            ) from error
    return costs, total


@contextmanager
def _shapes_only(module: nn.Module, record: Callable[[nn.Module, _Cost], None]) -> Iterator[None]:
    """Let every leaf of a module answer with a tensor of the right shape, and record what it would cost."""
    replaced = []
    try:
        for name, leaf in module.named_modules():
            rule = _rule(leaf)
            if rule is not None:
                replaced.append((leaf, leaf.__dict__.get("forward")))
                leaf.__dict__["forward"] = partial(_answer, leaf, rule, record)
            elif any(True for _ in leaf.parameters(recurse=False)):
                raise InvalidArgument(
                    f"module {name!r}: {type(leaf).__name__} has weights and no counting rule; there are "
                    f"rules for {', '.join(kind.__name__ for kind in _RULES)}"
                )
        yield
    finally:
        for leaf, before in replaced:
            if before is None:
                del leaf.__dict__["forward"]
            else:
                leaf.__dict__["forward"] = before


def _answer(
    leaf: nn.Module,
    rule: Callable[[Any, Shape], _Cost],
    record: Callable[[nn.Module, _Cost], None],
    x: Tensor,
) -> Tensor:
    cost = rule(leaf, tuple(x.shape))
    if min(cost.out) < 1:
        raise InvalidArgument(
            f"input_shape: the example is too small, for {type(leaf).__name__} makes {tuple(x.shape)} into "
            f"{cost.out}"
        )
    record(leaf, cost)
    return torch.zeros(cost.out)  # where a module adds, quicker than the meta device


def _rule(leaf: nn.Module) -> Callable[[Any, Shape], _Cost] | None:
    return next((_RULES[kind] for kind in type(leaf).__mro__ if kind in _RULES), None)


def _conv(layer: nn.Conv2d, shape: Shape) -> _Cost:
    batch, _, height, width = shape
    out_height, out_width = (
        _extent(size, *(_pair(value)[axis] for value in _window(layer)))
        for axis, size in enumerate((height, width))
    )
    area = out_height * out_width
    macs = prod(layer.kernel_size) * layer.in_channels * (layer.out_channels // layer.groups) * area
    bias = 0 if layer.bias is None else layer.out_channels * area
    return _Cost((batch, layer.out_channels, out_height, out_width), macs + bias, macs)


def _window(layer: nn.Conv2d) -> tuple[Any, Any, Any, Any]:
    padding = layer.padding
    if isinstance(padding, str):
        whole = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True)]
        # "same" pads unevenly where the window is even; an extent needs the sum of both sides only
        padding = tuple(0.5 * size if padding == "same" else 0 for size in whole)
    return layer.kernel_size, layer.stride, padding, layer.dilation


def _transposed(layer: nn.ConvTranspose2d, shape: Shape) -> _Cost:
    batch, _, *sizes = shape
    if isinstance(layer.padding, str):
        raise InvalidArgument(f"{layer}: no counting rule for padding={layer.padding!r}")
    window = (layer.kernel_size, layer.stride, layer.padding, layer.output_padding, layer.dilation)
    out = [
        (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + beyond + 1
        for size, kernel, stride, padding, beyond, dilation in zip(sizes, *window, strict=True)
    ]
    macs = prod(layer.kernel_size) * layer.in_channels * (layer.out_channels // layer.groups) * prod(sizes)
    return _Cost((batch, layer.out_channels, *out), 0, macs)


def _pool(layer: nn.AvgPool2d | nn.MaxPool2d, shape: Shape) -> _Cost:
    batch, channels, height, width = shape
    if layer.ceil_mode:
        raise InvalidArgument(f"{layer}: no counting rule for ceil_mode")
    window = (layer.kernel_size, layer.stride, layer.padding, getattr(layer, "dilation", 1))
    out_height, out_width = (
        _extent(size, *(_pair(value)[axis] for value in window)) for axis, size in enumerate((height, width))
    )
    out = (batch, channels, out_height, out_width)
    return _Cost(out, prod(_pair(layer.kernel_size)) * prod(out[1:]))


def _global_pool(layer: nn.AdaptiveAvgPool2d, shape: Shape) -> _Cost:
    batch, channels, height, width = shape
    if _pair(layer.output_size) != (1, 1):
        raise InvalidArgument(f"{layer}: the only adaptive pooling with a counting rule is the one to 1 x 1")
    return _Cost((batch, channels, 1, 1), channels * (height + 1) * (width + 1))  # the tool's own "+ 1"


def _batch_norm(layer: nn.BatchNorm2d, shape: Shape) -> _Cost:
    return _Cost(shape, (2 if layer.affine else 1) * prod(shape[1:]))


def _layer_norm(layer: nn.LayerNorm, shape: Shape) -> _Cost:
    return _Cost(shape, (2 if layer.elementwise_affine else 1) * prod(shape[1:]))


def _elementwise(_: nn.Module, shape: Shape) -> _Cost:
    return _Cost(shape, prod(shape[1:]))


def _linear(layer: nn.Linear, shape: Shape) -> _Cost:
    macs = layer.in_features * layer.out_features * prod(shape[1:-1])
    return _Cost((*shape[:-1], layer.out_features), macs, macs)


def _pair(value: Any) -> tuple[Any, Any]:
    return value if isinstance(value, tuple) else (value, value)


def _extent(size: int, kernel: int, stride: int, padding: float, dilation: int) -> int:
    return int((size + 2 * padding - dilation * (kernel - 1) - 1) // stride) + 1


_RULES: dict[type[nn.Module], Callable[[Any, Shape], _Cost]] = {
    nn.Conv2d: _conv,
    nn.ConvTranspose2d: _transposed,
    nn.Linear: _linear,
    nn.BatchNorm2d: _batch_norm,
    nn.LayerNorm: _layer_norm,
    PositionalEncoding: _elementwise,
    nn.ReLU: _elementwise,
    nn.LeakyReLU: _elementwise,
    nn.AvgPool2d: _pool,
    nn.MaxPool2d: _pool,
    nn.AdaptiveAvgPool2d: _global_pool,
}
