"""Known networks as derivations: where a search may begin.

Each takes the shape of an input and gives a derivation, which a space checks on that input. The published
residual networks with max-pooling are not here, for the grammar has no pooling; those without are. Widths and
depths are the published ones, the nesting of sequences is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from archenc.errors import InvalidArgument
from archenc.spaces.einspace.grammar import WIDTHS
from archenc.spaces.einspace.limits import refuse_shape
from archenc.spaces.einspace.shapes import Shape, input_features
from archenc.spaces.einspace.tree import DerivationNode

_T = DerivationNode


def resnet18(input_shape: Shape) -> DerivationNode:
    """ResNet-18 without max-pooling (He et al., CVPR 2016): 64 to 512 channels, two blocks a stage."""
    return _resnet(input_shape, (2, 2, 2, 2))


def resnet34(input_shape: Shape) -> DerivationNode:
    """ResNet-34 without max-pooling: 3, 4, 6 and 3 blocks. Needs larger limits than the default."""
    return _resnet(input_shape, (3, 4, 6, 3))


def resnet10(input_shape: Shape) -> DerivationNode:
    """ResNet-10 without max-pooling: one block a stage."""
    return _resnet(input_shape, (1, 1, 1, 1))


def wide_resnet16_4(input_shape: Shape) -> DerivationNode:
    """WideResNet-16-4 (Zagoruyko & Komodakis, BMVC 2016): 64, 128, 256 channels, norm and relu come first."""
    _image(input_shape)
    parts, channels = [conv(16, 3, 1, 1)], 16
    for stage, width in enumerate((64, 128, 256)):
        for block in range(2):
            stride = 2 if stage and not block else 1
            parts.append(_pre_activated(channels, width, stride))
            channels = width
    return chain([*parts, layer("norm"), layer("relu")])


def transformer(input_shape: Shape, blocks: int = 4, width: int = 256) -> DerivationNode:
    """A transformer encoder on patches (Dosovitskiy et al., ICLR 2021): attention of 4 heads, MLP of 4 times.

    An image is cut into patches of 4x4; a sequence is taken as it is.
    """
    body = chain([layer("linear", width), layer("pos_enc"), *[_encoder(width) for _ in range(blocks)]])
    return _patched(input_shape, body)


def mlp_mixer(input_shape: Shape, blocks: int = 4, width: int = 256) -> DerivationNode:
    """MLP-Mixer on patches of 4x4 (Tolstikhin et al., NeurIPS 2021).

    It mixes positions by a linear layer of as many outputs, so that their number must be 16, 32, ... 2048: 64
    for images of 32x32. Raises InvalidArgument for another.
    """
    input_shape = input_features(input_shape).shape
    positions = input_shape[0] if len(input_shape) == 2 else (input_shape[1] // 4) * (input_shape[2] // 4)
    if positions not in WIDTHS:
        legal = ", ".join(map(str, WIDTHS))
        raise InvalidArgument(f"input_shape={input_shape}: it gives {positions} positions; legal: {legal}")
    body = chain([layer("linear", width), *[_mixer(width, positions) for _ in range(blocks)]])
    return _patched(input_shape, body)


def residual_block(input_shape: Shape, width: int = 64) -> DerivationNode:
    """One basic residual block with a projection beside it."""
    _image(input_shape)
    return _basic(input_shape[0], width, 1)


def attention(input_shape: Shape, width: int = 64) -> DerivationNode:
    """A scaled dot-product attention of one head, on patches of 4x4 of an image."""
    return _patched(input_shape, _head(width))


MIXED = (resnet18, wide_resnet16_4, transformer, mlp_mixer)
"""The mixed population from which the published search begins."""


def _resnet(input_shape: Shape, blocks: Sequence[int]) -> DerivationNode:
    _image(input_shape)
    stem = [conv(64, 3, 1, 1), layer("norm"), layer("relu")]
    stages, channels = [], 64
    for stage, (count, width) in enumerate(zip(blocks, (64, 128, 256, 512), strict=True)):
        stages.append(chain([_basic(channels, width, 2 if stage else 1), *_rest(count - 1, width)]))
        channels = width
    return chain([*stem, *stages])


def _rest(count: int, width: int) -> list[DerivationNode]:
    return [_basic(width, width, 1) for _ in range(count)]


def _basic(channels: int, width: int, stride: int) -> DerivationNode:
    """Two 3x3 convolutions beside the input, or beside a 1x1 convolution where the shape changes."""
    way = chain([
        conv(width, 3, stride, 1), layer("norm"), layer("relu"), conv(width, 3, 1, 1), layer("norm"),
    ])  # fmt: skip
    plain = channels == width and stride == 1
    beside = layer("identity") if plain else chain([conv(width, 1, stride, 0), layer("norm")])
    return chain([_sum(way, beside), layer("relu")])


def _pre_activated(channels: int, width: int, stride: int) -> DerivationNode:
    way = chain(
        [
            conv(width, 3, stride, 1),
            layer("norm"),
            layer("relu"),
            conv(width, 3, 1, 1),
        ]
    )
    if channels == width and stride == 1:
        return _sum(chain([layer("norm"), layer("relu"), way]), layer("identity"))
    return chain([layer("norm"), layer("relu"), _sum(way, conv(width, 1, stride, 0))])


def _encoder(width: int) -> DerivationNode:
    heads = _T("branching", (4,), (_T("clone", (4,)), _head(width // 4), _T("cat", (4, 2))))
    attends = chain([layer("norm"), heads, layer("linear", width)])
    return chain([_sum(attends, layer("identity")), _sum(_mlp(4 * width, width), layer("identity"))])


def _mixer(width: int, positions: int) -> DerivationNode:
    turn = _T("perm", (0, 2, 1))
    across = chain([layer("linear", 256), layer("relu"), layer("linear", positions)])
    tokens = chain([layer("norm"), _T("routing", (), (turn, across, turn))])
    return chain([_sum(tokens, layer("identity")), _sum(_mlp(4 * width, width), layer("identity"))])


def _mlp(inner: int, outer: int) -> DerivationNode:
    return chain([layer("norm"), layer("linear", inner), layer("relu"), layer("linear", outer)])


def _head(width: int) -> DerivationNode:
    """softmax(Q K' / sqrt(width)) V, each a linear layer of its own on the same input."""
    same, turn = _T("identity"), _T("perm", (0, 2, 1))
    keys = _T("routing", (), (same, layer("linear", width), turn))
    fork, linear = _T("clone", (2,)), layer("linear", width)
    scores = _T("branching", (2,), (fork, linear, keys, _T("scaled_dot_product")))
    weights = chain([scores, layer("softmax")])
    return _T("branching", (2,), (fork, weights, linear, _T("dot_product")))


def _patched(input_shape: Shape, body: DerivationNode) -> DerivationNode:
    if len(input_features(input_shape).shape) == 2:
        return body
    return _T("routing", (), (_T("im2col", (4, 4, 0)), body, _T("identity")))


def conv(width: int, kernel: int, stride: int, padding: int) -> DerivationNode:
    """Return a convolution, as the grammar expresses it: patches through a linear layer."""
    patches = _T("im2col", (kernel, stride, padding))
    return _T("routing", (), (patches, layer("linear", width), _T("col2im")))


def _sum(one: DerivationNode, other: DerivationNode) -> DerivationNode:
    return _T("branching", (2,), (_T("clone", (2,)), one, other, _T("add", (2,))))


def layer(op: str, *args: int) -> DerivationNode:
    """Return a terminal as a module: `layer("linear", 32)`."""
    return _T("computation", (), (_T(op, args),))


def chain(parts: Sequence[DerivationNode]) -> DerivationNode:
    """Return one module or more in a row, nested to the right."""
    tree = parts[-1]
    for part in reversed(parts[:-1]):
        tree = _T("sequential", (), (part, tree))
    return tree


def _image(input_shape: Shape) -> None:
    if len(input_features(input_shape).shape) != 3:
        raise refuse_shape(input_shape)
