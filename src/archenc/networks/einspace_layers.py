"""The terminals of einspace as layers, and what carries them together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import sqrt
from operator import add
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.spaces.einspace import Visit


@final
class PositionalEncoding(nn.Module):
    """Adds a learned parameter of the shape of one example."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.encoding = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b ..."]:
        """Return the sum."""
        return x + self.encoding


@final
class Permute(nn.Module):
    """Reorders dimensions, the batch first."""

    def __init__(self, order: tuple[int, ...]) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b ..."]:
        """Return the reordered features."""
        return x.permute(self.order)


@final
class ImageToPatches(nn.Module):
    """im2col: [b, C, H, W] -> [b, patches, C k k]."""

    def __init__(self, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        self.window = (kernel, stride, padding)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b s d"]:
        """Return the patches, row by row."""
        kernel, stride, padding = self.window
        return F.unfold(x, kernel, padding=padding, stride=stride).transpose(1, 2)


@final
class PatchesToImage(nn.Module):
    """col2im: [b, rows columns, D] -> [b, D, rows, columns]; patches that overlapped are not summed."""

    def __init__(self, grid: tuple[int, int]) -> None:
        super().__init__()
        self.grid = grid

    def forward(self, x: Float[Tensor, "b s d"]) -> Float[Tensor, "b d rows columns"]:
        """Return the image."""
        return x.transpose(1, 2).reshape(len(x), x.shape[2], *self.grid)


@final
class Fork(nn.Module):
    """Makes the inputs of branches: the same for each (axis None), or equal parts along a dimension."""

    def __init__(self, branches: int, axis: int | None) -> None:
        super().__init__()
        self.branches, self.axis = branches, axis

    def forward(self, x: Float[Tensor, "b ..."]) -> tuple[Tensor, ...]:
        """Return one tensor a branch."""
        return (x,) * self.branches if self.axis is None else x.chunk(self.branches, self.axis)


@final
class Join(nn.Module):
    """Puts branches together: sum, concatenation along a dimension, or product of two matrices."""

    def __init__(self, op: str, axis: int = 0) -> None:
        super().__init__()
        self.op, self.axis = op, axis

    def forward(self, branches: Sequence[Tensor]) -> Float[Tensor, "b ..."]:
        """Return one tensor."""
        if self.op == "add":
            return reduce(add, branches)
        if self.op == "cat":
            return torch.cat(tuple(branches), self.axis)
        left, right = branches
        scale = sqrt(left.shape[-1]) if self.op == "scaled_dot_product" else 1.0
        return left / scale @ right if scale != 1 else left @ right


@final
class Branching(nn.Module):
    """A fork, a module on each branch, a join."""

    def __init__(self, fork: nn.Module, branches: Sequence[nn.Module], join: nn.Module) -> None:
        super().__init__()
        self.fork, self.branches, self.join = fork, nn.ModuleList(branches), join

    def forward(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b ..."]:
        """Return what the join makes of the branches."""
        parts = self.fork(x)
        return self.join([branch(part) for branch, part in zip(self.branches, parts, strict=True)])


def layer_of(visit: Visit, activation: str) -> nn.Module:
    """Return the layer of a terminal. activation: what its relu is, "relu" or "leaky" (slope 0.01)."""
    node, given, result = visit.node, visit.given[0], visit.result
    match node.op, node.args:
        case "linear", (width,):
            return nn.Linear(given.shape[-1], width)
        case "norm", _:
            image = len(given.shape) == 3
            return nn.BatchNorm2d(given.shape[0]) if image else nn.LayerNorm(given.shape[-1])
        case "relu", _:
            return nn.LeakyReLU(0.01) if activation == "leaky" else nn.ReLU()
        case "softmax", _:
            return nn.Softmax(dim=-1)
        case "pos_enc", _:
            return PositionalEncoding(given.shape)
        case "perm", order:
            return Permute(order)
        case "im2col", (kernel, stride, padding):
            return ImageToPatches(kernel, stride, padding)
        case "col2im", _:
            return PatchesToImage((result.shape[1], result.shape[2]))
        case "clone", (branches,):
            return Fork(branches, None)
        case "group", (branches, axis):
            return Fork(branches, axis)
        case "cat", (_, axis):
            return Join("cat", axis)
        case (("add" | "dot_product" | "scaled_dot_product"), _):
            return Join(node.op)
    return nn.Identity()
