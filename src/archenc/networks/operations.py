"""One operation of a cell as a module, made from its description."""

from __future__ import annotations

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.errors import InvalidArgument
from archenc.graph import Kind, Op


def operation(
    op: Op,
    channels_in: int,
    channels_out: int,
    stride: int = 1,
    *,
    affine: bool = True,
    pool_norm: bool = False,
) -> nn.Module:
    """Return the module of an operation, [b, channels_in, h, w] -> [b, channels_out, ceil(h / stride), ...].

    A convolution is ReLU, convolution, batch norm; a separable one is ReLU, depthwise, pointwise, batch norm;
    either is repeated as the operation says, and only the first strides. A pool averages over what lies
    inside the image. An identity that changes the shape is a `FactorizedReduction`.
    affine: whether batch norms have weights. pool_norm: whether a pool is followed by a batch norm.
    Raises InvalidArgument for `none`, for an operation that no benchmark builds, and for a pool that should
    change the number of channels.
    """
    if op.kind is Kind.IDENTITY:
        same = channels_in == channels_out and stride == 1
        return (
            nn.Identity() if same else FactorizedReduction(channels_in, channels_out, stride, affine=affine)
        )
    if op.kind in (Kind.AVG_POOL, Kind.MAX_POOL):
        return _pool(op, channels_in, channels_out, stride, affine, pool_norm)
    if op.kind is not Kind.CONV or (op.repeats > 1 and not op.separable):
        raise InvalidArgument(f"op={op!r}: there is no module for it")
    layers: list[nn.Module] = []
    for repeat in range(op.repeats):
        last = repeat == op.repeats - 1
        width = channels_out if last else channels_in
        step = stride if repeat == 0 else 1
        layers += _convolution(op, channels_in, width, step, affine)
    return nn.Sequential(*layers)


def _convolution(op: Op, channels_in: int, channels_out: int, stride: int, affine: bool) -> list[nn.Module]:
    """ReLU, convolution (or depthwise and pointwise), batch norm."""
    padding = (op.dilation * (op.kernel[0] - 1) // 2, op.dilation * (op.kernel[1] - 1) // 2)
    window = {"kernel_size": op.kernel, "stride": stride, "padding": padding, "dilation": op.dilation}
    if op.separable:
        convs: list[nn.Module] = [
            nn.Conv2d(channels_in, channels_in, groups=channels_in, bias=False, **window),
            nn.Conv2d(channels_in, channels_out, 1, bias=False),
        ]
    else:
        convs = [nn.Conv2d(channels_in, channels_out, bias=False, **window)]
    return [nn.ReLU(), *convs, nn.BatchNorm2d(channels_out, affine=affine)]


def _pool(op: Op, channels_in: int, channels_out: int, stride: int, affine: bool, norm: bool) -> nn.Module:
    if channels_in != channels_out:
        raise InvalidArgument(f"op={op!r}: a pool cannot turn {channels_in} channels into {channels_out}")
    padding = op.kernel[0] // 2
    if op.kind is Kind.MAX_POOL:
        pool: nn.Module = nn.MaxPool2d(op.kernel, stride, padding)
    else:
        pool = nn.AvgPool2d(op.kernel, stride, padding, count_include_pad=False)
    return nn.Sequential(pool, nn.BatchNorm2d(channels_out, affine=affine)) if norm else pool


@final
class FactorizedReduction(nn.Module):
    """Change stride and channels without losing pixels: two 1x1 convolutions, the second one pixel further.

    [b, channels_in, h, w] -> [b, channels_out, ceil(h / stride), ceil(w / stride)].
    """

    def __init__(self, channels_in: int, channels_out: int, stride: int = 2, *, affine: bool = True) -> None:
        super().__init__()
        half = channels_out // 2
        self.stride = stride
        self.relu = nn.ReLU()
        self.here = nn.Conv2d(channels_in, half, 1, stride, bias=False)
        self.beside = nn.Conv2d(channels_in, channels_out - half, 1, stride, bias=False)
        self.norm = nn.BatchNorm2d(channels_out, affine=affine)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return the reduced map."""
        x = self.relu(x)
        # A row and a column of zeros behind the image; where the size divides, no window would reach them.
        beyond = (0, int(x.shape[3] % self.stride != 0), 0, int(x.shape[2] % self.stride != 0))
        beyond = (0, 1, 0, 1) if self.stride == 1 else beyond
        beside = F.pad(x, beyond) if any(beyond) else x
        return self.norm(torch.cat([self.here(x), self.beside(beside[:, :, 1:, 1:])], dim=1))
