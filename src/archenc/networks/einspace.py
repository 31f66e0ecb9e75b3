"""The networks of einspace (Ericsson et al., NeurIPS 2024): a derivation and a linear head, no stem."""

from __future__ import annotations

from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.networks.base import Builder, Network
from archenc.networks.einspace_body import Body
from archenc.networks.einspace_layers import PositionalEncoding
from archenc.networks.initialisation import torch_default
from archenc.spaces.einspace import EinSpace, Limits
from archenc.spaces.einspace.limits import DEEPEST

HEADS: Final = ("original", "positions")
CONVOLUTIONS: Final = ("native", "patches")
TASKS: Final[dict[str, tuple[int, tuple[int, ...]]]] = {
    "own": (10, ()),
    "cifar10": (10, (3, 32, 32)),
    "cifar100": (100, (3, 32, 32)),
    "addnist": (20, (3, 28, 28)),
    "language": (10, (1, 24, 24)),
    "multnist": (10, (3, 28, 28)),
    "cifartile": (4, (3, 64, 64)),
    "gutenberg": (6, (1, 27, 18)),
    "isabella": (4, (1, 64, 128)),
    "geoclassing": (10, (3, 64, 64)),
    "chesseract": (3, (12, 18, 18)),
    "ninapro": (18, (1, 16, 52)),
    "spherical": (100, (3, 60, 60)),
    "fsd50k": (200, (1, 101, 96)),
    "darcyflow": (1, (1, 85, 85)),
    "psicov": (1, (57, 128, 128)),
    "cosmic": (1, (1, 128, 128)),
}
"""Task -> outputs, shape of an example; "own" takes the shape for which the architecture was derived."""
DENSE: Final = frozenset({"darcyflow", "psicov", "cosmic"})
"""Tasks whose output is a map of the size of the input."""
_DEFAULT = Limits()


@final
class EinSpaceNetwork(Network):
    """The network of a derivation.

    input_shape: of one example, (C, H, W) or (S, D); another than the architecture's own infers all shapes
    anew. head: behind a sequence [b, S, D], "original" takes the mean over the features, as published, and
    classifies by the S positions; "positions" takes the mean over the positions. Behind an image it is the
    mean over height and width. activation: "relu", or "leaky" as in the first generation. convolutions:
    "native" builds a route of patches through a linear layer as the convolution that it is, "patches" as it
    is written.
    max_params, max_activations, max_macs: see `archenc.spaces.einspace.Limits`; nothing is allocated beyond
    them. max_bytes: of the features of one forward pass, 4 bytes a number; larger batches are refused.

    Raises InvalidArchitecture, which says which node does not fit and why, for a derivation that is illegal
    on this input or too large; InvalidArgument.
    """

    def __init__(
        self,
        arch: Architecture,
        task: str,
        *,
        n_classes: int | None = None,
        input_shape: tuple[int, ...] | None = None,
        head: str = "original",
        activation: str = "relu",
        convolutions: str = "native",
        max_params: int = _DEFAULT.max_params,
        max_activations: int = _DEFAULT.max_activations,
        max_macs: int = _DEFAULT.max_macs,
        max_bytes: int = 1 << 32,
    ) -> None:
        super().__init__()
        for name, value, legal in (("head", head, HEADS), ("convolutions", convolutions, CONVOLUTIONS)):
            if value not in legal:
                raise InvalidArgument(f"{name}={value!r}; legal: {', '.join(legal)}")
        space = EinSpace(Limits(DEEPEST, 1 << 20, max_params, max_activations, max_macs))
        classes, shape = TASKS[task]
        self.n_classes = classes if n_classes is None else n_classes
        self.input_shape = input_shape or shape or space.input_shape(arch)
        inferred = space.infer(space.tree(arch), self.input_shape)
        self.activations, self.max_bytes = inferred.total.activations, max_bytes
        self.body = Body(inferred, activation, convolutions == "native")
        out = inferred.result.shape
        if task in DENSE:
            if len(self.input_shape) != 3:
                raise InvalidArgument(
                    f"input_shape={self.input_shape}: the task {task} maps images to images"
                )
            self.head: nn.Module = DenseHead(out[0] if len(out) == 3 else 1, self.input_shape[1:])
        else:
            mean = (2, 3) if len(out) == 3 else (2,) if head == "original" else (1,)
            width = out[-1] if head == "positions" and len(out) == 2 else out[0]
            self.head = MeanHead(mean, width, self.n_classes)

    def features(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b ..."]:
        """Return what enters the head: [b, c, h, w], or [b, s, d] of a sequence.

        Raises InvalidArgument for examples of another shape, or a batch that needs more than max_bytes.
        """
        if tuple(x.shape[1:]) != self.input_shape:
            raise InvalidArgument(f"x has the shape {tuple(x.shape)}; expected (batch, *{self.input_shape})")
        if (needed := 4 * len(x) * self.activations) > self.max_bytes:
            raise InvalidArgument(
                f"x: a batch of {len(x)} makes {needed:,} bytes of features; max_bytes={self.max_bytes:,} "
                f"allows {self.max_bytes // (4 * self.activations):,} examples"
            )
        return self.body(x)

    def forward(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b ..."]:
        """Return the logits [b, n_classes]; in dense tasks, [b, 1, h, w]."""
        return self.head(self.features(x))


@final
class MeanHead(nn.Module):
    """Mean over some dimensions, then a linear layer on what remains."""

    def __init__(self, mean: tuple[int, ...], width: int, n_classes: int) -> None:
        super().__init__()
        self.mean, self.classifier = mean, nn.Linear(width, n_classes)

    def forward(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b n"]:
        """Return the logits."""
        return self.classifier(x.mean(self.mean))


@final
class DenseHead(nn.Module):
    """Adaptive pooling to the size of the target, then a 1x1 convolution; a sequence is one channel."""

    def __init__(self, channels: int, size: tuple[int, ...]) -> None:
        super().__init__()
        self.size, self.output = (size[0], size[1]), nn.Conv2d(channels, 1, 1)

    def forward(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b 1 h w"]:
        """Return the map."""
        image = x if x.ndim == 4 else x[:, None]
        return self.output(F.adaptive_avg_pool2d(image, self.size))


def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Draw what PyTorch's layers draw; positional encodings from N(0, 0.02²), the library's choice."""
    torch_default(network, generator, filled=(PositionalEncoding,))
    for layer in network.modules():
        if isinstance(layer, PositionalEncoding):
            nn.init.normal_(layer.encoding, 0, 0.02, generator=generator)


BUILDER = Builder(tuple(TASKS), EinSpaceNetwork, initialise, ranks=(2, 3))
