"""Convolutions and batch norms of several networks, their channels side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


@final
class Conv(nn.Module):
    """k convolutions without bias as one grouped convolution: [b, k c, h, w] -> [b, k out, h, w].

    shared_input: all read the same [b, c, h, w].
    """

    def __init__(self, convs: Sequence[nn.Conv2d], *, shared_input: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.cat([conv.weight.detach() for conv in convs]))
        self.stride, self.padding = convs[0].stride, convs[0].padding
        self.groups = 1 if shared_input else len(convs)

    def forward(self, x: Float[Tensor, "b kc h w"]) -> Float[Tensor, "b out rows columns"]:
        """Convolve."""
        return F.conv2d(x, self.weight, None, self.stride, self.padding, 1, self.groups)


@final
class Norm(nn.Module):
    """k batch norms as one over the channels of all."""

    mean: Tensor
    var: Tensor

    def __init__(self, norms: Sequence[nn.BatchNorm2d]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.cat([norm.weight.detach() for norm in norms]))
        self.bias = nn.Parameter(torch.cat([norm.bias.detach() for norm in norms]))
        self.register_buffer("mean", torch.cat([norm.running_mean for norm in norms]))  # pyright: ignore
        self.register_buffer("var", torch.cat([norm.running_var for norm in norms]))  # pyright: ignore
        self.momentum, self.eps = norms[0].momentum or 0.0, norms[0].eps

    def forward(self, x: Float[Tensor, "b kc h w"]) -> Float[Tensor, "b kc h w"]:
        """Normalise, by the batch or by what earlier batches left."""
        return F.batch_norm(
            x, self.mean, self.var, self.weight, self.bias, self.training, self.momentum, self.eps
        )


def pool_matrix(height: int, width: int, like: Tensor) -> Float[Tensor, "hw hw"]:
    """Return the 3x3 average pool of stride 1, over what lies inside the image, as a matrix.

    A flattened image times the matrix is the pooled image: on a few pixels much faster than a pool.
    """
    rows, columns = (_neighbours(size, like) for size in (height, width))
    matrix = torch.kron(rows, columns)
    return (matrix / matrix.sum(1, keepdim=True)).T.contiguous()


def _neighbours(size: int, like: Tensor) -> Tensor:
    places = torch.arange(size)
    return ((places[:, None] - places).abs() <= 1).to(like.dtype)
