"""A derivation as nested modules: sequences, branchings with a module a branch, routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, final

from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArgument
from archenc.networks.base import CellCopy
from archenc.networks.einspace_layers import Branching, layer_of
from archenc.spaces.einspace import DerivationNode, Inferred
from archenc.spaces.einspace.graphs import cell_of
from archenc.spaces.einspace.tree import Path

ACTIVATIONS: Final = ("relu", "leaky")
"""What the terminal relu is: of the second generation of the published code, and of the first."""


@final
class Body(CellCopy):
    """The network of a derivation without its head.

    inferred: the derivation with its shapes. activation: see `ACTIVATIONS`. convolutionise: build a route
    [im2col, linear, col2im] as the convolution that it is; the function and the number of weights are the
    same. Copied branches have weights of their own. Raises InvalidArgument.
    """

    def __init__(self, inferred: Inferred, activation: str = "relu", convolutionise: bool = True) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise InvalidArgument(f"activation={activation!r}; legal: {', '.join(ACTIVATIONS)}")
        self.which = 0
        tree = inferred.visits[0].node
        plan = _Plan(inferred, activation, convolutionise)
        self.root = plan.module(tree, ())
        self._numbers = plan.numbers
        self._operations = cell_of(tree).n_nodes - 2

    def operation_modules(self) -> Mapping[int, tuple[str, ...]]:
        """Return the paths of the layers of each terminal, in all its copies; chains have none."""
        found: dict[int, tuple[str, ...]] = dict.fromkeys(range(self._operations), ())
        for path, layer in self.named_modules():
            if layer in self._numbers:
                found[self._numbers[layer]] += (path,)
        return found

    def forward(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b ..."]:
        """Return the features."""
        return self.root(x)


@final
class _Plan:
    def __init__(self, inferred: Inferred, activation: str, convolutionise: bool) -> None:
        self.visits = {visit.path: visit for visit in inferred.visits}
        self.activation, self.convolutionise = activation, convolutionise
        nodes = cell_of(inferred.visits[0].node).nodes[1:-1]
        places = [number for number, node in enumerate(nodes) if node.name != "chain"]
        ends = [visit.path for visit in inferred.visits if not visit.node.children]
        self.number_at = dict(zip(ends, places, strict=True))
        self.numbers: dict[nn.Module, int] = {}

    def module(self, node: DerivationNode, path: Path) -> nn.Module:
        """Return the module of a node that has parts."""
        below = [(child, (*path, step)) for step, child in enumerate(node.children)]
        if node.op == "branching":
            (_, fork), *inner, (_, join) = below
            copies = node.args[0] // len(inner)
            branches = [self.module(*part) for part in inner for _ in range(copies)]
            return Branching(self.layer(fork), branches, self.layer(join))
        if self.convolutionise and node.convolution is not None:
            width, (kernel, stride, padding) = node.convolution
            conv = nn.Conv2d(self.visits[path].given[0].shape[0], width, kernel, stride, padding)
            self.numbers[conv] = self.number_at[(*path, 1, 0)]
            return conv
        modules = [self.module(*part) if part[0].children else self.layer(part[1]) for part in below]
        return modules[0] if len(modules) == 1 else nn.Sequential(*modules)

    def layer(self, path: Path) -> nn.Module:
        """Return a new layer of a terminal, and remember whose it is."""
        layer = layer_of(self.visits[path], self.activation)
        self.numbers[layer] = self.number_at[path]
        return layer
