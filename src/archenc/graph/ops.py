"""Operations: described by what they compute, named once for all search spaces."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from archenc.errors import UnknownName
from archenc.graph import grammar_ops, module_ops


class Kind(StrEnum):
    """What an operation is, whatever its kernel."""

    INPUT = "input"
    OUTPUT = "output"
    SUM = "sum"
    LINK = "link"
    PADDING = "padding"
    NONE = "none"
    IDENTITY = "identity"
    CONV = "conv"
    AVG_POOL = "avg_pool"
    MAX_POOL = "max_pool"
    RESIDUAL = "residual"
    CHAIN = "chain"
    CLONE = "clone"
    GROUP = "group"
    ADD = "add"
    CAT = "cat"
    DOT_PRODUCT = "dot_product"
    SCALED_DOT_PRODUCT = "scaled_dot_product"
    ENTER = "enter"
    LEAVE = "leave"
    IM2COL = "im2col"
    COL2IM = "col2im"
    LINEAR = "linear"
    NORM = "norm"
    RELU = "relu"
    SOFTMAX = "softmax"
    POSITION = "position"
    DEPTHWISE = "depthwise"
    GROUPED = "grouped"
    CONV1D = "conv1d"
    CONV3D = "conv3d"
    TRANSPOSED_CONV = "transposed_conv"
    RECURRENT = "recurrent"
    EMBEDDING = "embedding"
    BATCH_NORM = "batch_norm"
    LAYER_NORM = "layer_norm"
    GROUP_NORM = "group_norm"
    OTHER_WEIGHTED = "other_weighted"
    GLOBAL_POOL = "global_pool"
    RESIZE = "resize"
    MULTIPLY = "multiply"
    MATMUL = "matmul"
    ATTENTION = "attention"
    GELU = "gelu"
    SILU = "silu"
    SIGMOID = "sigmoid"
    TANH = "tanh"
    ACTIVATION = "activation"
    REORDER = "reorder"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Op:
    """One operation, by its properties.

    name: the project's spelling, `kind` + kernel. kernel: height and width in pixels, (0, 0) where there is
    none; an asymmetric kernel with repeats=2 is followed by its transpose. stride, dilation: pixels.
    separable: a depthwise convolution followed by a pointwise one. parametrised: has weights to train.
    repeats: how many times the convolution is stacked. widening: factor on the number of channels.
    expansion: factor on the channels inside an inverted residual. squeeze: whether it weights those channels
    anew by squeeze and excitation. channels: of its output, 0 where the network decides. branches: that a
    fork opens or a join closes. axes: the dimension that is split or joined, or the order of all of them.
    """

    name: str
    kind: Kind
    kernel: tuple[int, int] = (0, 0)
    stride: int = 1
    dilation: int = 1
    separable: bool = False
    parametrised: bool = False
    repeats: int = 1
    widening: int = 1
    expansion: int = 1
    squeeze: bool = False
    channels: int = 0
    branches: int = 1
    axes: tuple[int, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"op({self.name!r})"

    @property
    def index(self) -> int:
        """Position in the vocabulary: stable, because the vocabulary only ever grows at its end."""
        return _index_of()[self.name]


def _conv(
    name: str, height: int, width: int, *, dilation: int = 1, separable: bool = False, repeats: int = 1
) -> Op:
    return Op(name, Kind.CONV, (height, width), 1, dilation, separable, True, repeats)


def _residual(name: str, *, stride: int = 1, widening: int = 1) -> Op:
    """Two basic blocks of ResNet, two 3x3 convolutions each; the first changes resolution and channels."""
    return Op(name, Kind.RESIDUAL, (3, 3), stride=stride, parametrised=True, repeats=4, widening=widening)


def _inverted(expansion: int, kernel: int, squeeze: bool = False) -> Op:
    """MobileNetV2's block: 1x1 convolution to `expansion` times the channels, depthwise one, 1x1 back."""
    name = f"mbconv{expansion}_{kernel}x{kernel}{'_se' if squeeze else ''}"
    described = {"separable": True, "parametrised": True, "expansion": expansion, "squeeze": squeeze}
    return Op(name, Kind.RESIDUAL, (kernel, kernel), **described)


def _wide(channels: int) -> Op:
    return Op(f"conv3x3_c{channels}", Kind.CONV, (3, 3), parametrised=True, channels=channels)


# Append only: the position of an operation is stored in tensors, tables and models.
_VOCABULARY = (
    Op("input", Kind.INPUT),
    Op("output", Kind.OUTPUT),
    Op("sum", Kind.SUM),  # adds what arrives; carries no operation of its own
    Op("link", Kind.LINK),  # an edge that only connects: operations sit on the nodes
    Op("padding", Kind.PADDING),  # reserved id of a slot that holds nothing
    Op("none", Kind.NONE),
    Op("skip", Kind.IDENTITY),
    _conv("conv1x1", 1, 1),
    _conv("conv3x3", 3, 3),
    Op("avg_pool3x3", Kind.AVG_POOL, (3, 3)),
    Op("max_pool3x3", Kind.MAX_POOL, (3, 3)),
    Op("max_pool5x5", Kind.MAX_POOL, (5, 5)),
    Op("max_pool7x7", Kind.MAX_POOL, (7, 7)),
    _conv("sep_conv3x3", 3, 3, separable=True, repeats=2),
    _conv("sep_conv5x5", 5, 5, separable=True, repeats=2),
    _conv("sep_conv7x7", 7, 7, separable=True, repeats=2),
    _conv("dil_conv3x3", 3, 3, dilation=2, separable=True),
    _conv("dil_conv5x5", 5, 5, dilation=2, separable=True),
    _conv("dil_sep_conv3x3", 3, 3, dilation=2, separable=True, repeats=2),
    _conv("conv3x1_1x3", 3, 1, repeats=2),
    _conv("conv7x1_1x7", 7, 1, repeats=2),
    _residual("residual3x3"),
    _residual("residual3x3_double", widening=2),
    _residual("residual3x3_halve", stride=2),
    _residual("residual3x3_double_halve", stride=2, widening=2),
    _inverted(3, 3),
    *(
        _inverted(expansion, kernel, squeeze)
        for expansion in (1, 4, 6)
        for kernel in (3, 5)
        for squeeze in (False, True)
    ),
    *(_wide(channels) for channels in range(8, 65, 8)),
    *(Op(row.pop("name"), Kind(row.pop("kind")), **row) for row in grammar_ops.rows()),
    *(Op(row.pop("name"), Kind(row.pop("kind")), **row) for row in module_ops.rows()),
)


def vocabulary() -> tuple[Op, ...]:
    """Return every operation of every space, in the order of `Op.index`."""
    return _VOCABULARY


@cache
def _by_name() -> dict[str, Op]:
    return {member.name: member for member in _VOCABULARY}


@cache
def _index_of() -> dict[str, int]:
    return {member.name: position for position, member in enumerate(_VOCABULARY)}


def op(name: str) -> Op:
    """Return the operation called `name`. Raises UnknownName, which lists near names."""
    found = _by_name().get(name)
    if found is None:
        near = difflib.get_close_matches(name, list(_by_name()), n=3)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise UnknownName(
            f"operation {name!r} is not in the vocabulary; {hint}known: {', '.join(_by_name())}"
        )
    return found


def is_known(member: Op) -> bool:
    """Say whether the vocabulary holds exactly this operation."""
    return _by_name().get(member.name) == member
