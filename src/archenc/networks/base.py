"""What every network offers, and what a space says so that its architectures can be built."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArgument
from archenc.graph import Architecture


class CellCopy(nn.Module, ABC):
    """One of the stacked copies of a cell.

    which: number of the cell in `Architecture.cells`.
    """

    which: int

    @abstractmethod
    def operation_modules(self) -> Mapping[int, tuple[str, ...]]:
        """Return the paths, from this module, of the submodules of each operation.

        Operations are numbered in the order of the operation nodes of the `op_on_node` view, from 0; each
        has a key, and one without a module has no paths.
        """


class Network(nn.Module, ABC):
    """The network of an architecture.

    arch: the architecture. task: the data set or task it is built for. input_shape: shape of one example,
    (C, H, W), or (tiles, C, H, W) in the jigsaw task. n_classes: length of the output; in dense tasks, its
    channels.
    """

    arch: Architecture
    task: str
    input_shape: tuple[int, ...]
    n_classes: int

    @abstractmethod
    def features(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b c h w"]:
        """Return what enters the global pooling, [b, c, h, w]; in dense tasks, the last convolution."""

    @abstractmethod
    def forward(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b n_classes ..."]:
        """Return the output of a batch, [b, n_classes]; in dense tasks, [b, n_classes, h, w]."""


Construct = Callable[..., Network]
Alike = Mapping[tuple[int, int], Hashable]
"""For each operation, by (number of the cell, number of the operation): what decides its cost."""
Initialise = Callable[[Any, torch.Generator], None]


@dataclass(frozen=True, slots=True)
class Builder:
    """How the architectures of one space become networks.

    tasks: names of the data sets or tasks; the first is the default. construct: called as
    `construct(arch, task, **skeleton)` under the meta device, so that no weight is drawn; it sets the
    attributes of `Network`. initialise: fills every parameter and buffer of a module from a generator.
    alike: says what decides the cost of each operation that is built by default, so that one network counts
    for many; operations that are left out cost nothing. None: all of the architecture decides. ranks: how
    many sizes the option `input_shape` may have.
    """

    tasks: tuple[str, ...]
    construct: Construct
    initialise: Initialise
    alike: Callable[[Architecture], Alike] | None = None
    ranks: tuple[int, ...] = (3, 4)

    def make(self, arch: Architecture, task: str | None, skeleton: Mapping[str, Any]) -> Network:
        """Return the network on the meta device. Raises InvalidArgument for an unknown task or option."""
        task = self.tasks[0] if task is None else task
        if task not in self.tasks:
            raise InvalidArgument(f"task={task!r}; legal for {arch.space}: {', '.join(self.tasks)}")
        with torch.device("meta"):
            network = self.construct(arch, task, **skeleton)
        network.arch, network.task = arch, task
        return network


def operation_paths(module: nn.Module) -> dict[tuple[int, int], tuple[str, ...]]:
    """Return the module paths of each operation of an architecture, in all stacked copies of its cells.

    The keys are (number of the cell in `arch.cells`, number of the operation), operations counted from 0 in
    the order of the operation nodes of the `op_on_node` view; every operation has a key, and one without
    weights has no paths. `module.get_submodule(path)` gives the submodule.
    Raises InvalidArgument if no part of the module is a `CellCopy`.
    """
    paths: dict[tuple[int, int], tuple[str, ...]] = {}
    for name, copy in module.named_modules():
        if isinstance(copy, CellCopy):
            for number, below in copy.operation_modules().items():
                full = tuple(
                    f"{name}.{path}" if name else path
                    for path in below
                    if any(True for _ in copy.get_submodule(path).parameters())
                )
                paths[copy.which, number] = paths.get((copy.which, number), ()) + full
    if not paths:
        raise InvalidArgument(f"module: {type(module).__name__} has no cells; build it with networks.build")
    return dict(sorted(paths.items()))
