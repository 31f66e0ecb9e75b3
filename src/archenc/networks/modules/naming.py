"""What a call is in the vocabulary: by the name that ATen, `torch.nn.functional` or `torch.nn` has for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

from archenc.graph import op
from archenc.graph.module_ops import WINDOWS

Shape = tuple[int, ...]

TRANSPARENT = frozenset(
    """
    alias alphadropout asstrided assertmetadata channelslast chunk clone constantpadnd contiguous copy detach
    dropout droppath expand expandas featuredropout flatten float getitem half identity liftfreshcopy movedim
    narrow nativedropout pad permute reflectionpad repeat replicationpad reshape select slice split
    splitwithsizes squeeze stack stochasticdepth swapaxes t tensorsplit to tocopy transpose type typeas unbind
    unflatten unsafeview unsqueeze view viewas zeropad
    """.split()  # noqa: SIM905
)
"""Calls that move numbers about, or do nothing in evaluation: they are no nodes."""

CONSTANT = frozenset(
    "zeroslike oneslike fulllike emptylike randlike randnlike newzeros newones newfull newempty".split()  # noqa: SIM905
)
"""Calls that read of their operand no more than its shape: what they make hangs on no data."""

_NAMED = {
    "linear": "linear addmm",
    "matmul": "matmul mm bmm baddbmm einsum mv dot outer addmv tensordot",
    "recurrent": "lstm gru rnn rnntanh rnnrelu lstmcell grucell rnncell rnntanhcell rnnrelucell",
    "embedding": "embedding embeddingbag",
    "batch_norm": "batchnorm nativebatchnorm syncbatchnorm nativebatchnormlegitnotraining",
    "layer_norm": "layernorm nativelayernorm rmsnorm",
    "group_norm": "groupnorm nativegroupnorm instancenorm localresponsenorm",
    "resize": "upsample upsamplenearest upsamplebilinear upsamplebicubic interpolate",
    "add": "add sub iadd isub rsub",
    "cat": "cat concat concatenate",
    "multiply": "mul div imul truediv addcmul",
    "attention": "scaleddotproductattention multiheadattention nativemultiheadattention",
    "relu": "relu relu6",
    "gelu": "gelu",
    "silu": "silu hardswish swish mish",
    "sigmoid": "sigmoid hardsigmoid",
    "tanh": "tanh hardtanh",
    "softmax": "softmax logsoftmax safesoftmax",
    "activation": "leakyrelu elu selu celu prelu softplus softsign logsigmoid glu threshold clamp clampmin",
    "reorder": "pixelshuffle pixelunshuffle channelshuffle nativechannelshuffle roll flip unfold im2col fold "
    "col2im",
}  # fmt: skip
_OP_OF = {call: name for name, calls in _NAMED.items() for call in calls.split()}
_MEANS = frozenset({"mean", "amax", "sum", "adaptiveavgpool", "adaptivemaxpool"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its name, and what its meaning hangs on. Shapes are without the batch.

    weight: shape of the first weight, if it has one. weighted: whether any weight is read. window: kernel of
    a pooling. inputs: shapes of the maps that it reads. summed: of a product of matrices, the products that
    each number of it sums.
    """

    name: str
    out: Shape
    inputs: tuple[Shape, ...]
    weight: Shape | None = None
    weighted: bool = False
    groups: int = 1
    window: tuple[int, ...] = ()
    summed: int | None = None


def plain(name: str) -> tuple[str, int]:
    """Return a name as the tables here spell it, and its dimensions: BatchNorm2d, batch_norm -> batchnorm."""
    small = name.lower().replace("_", "").removesuffix("default")
    found = re.fullmatch(r"(.*?)([123])d(withindices|vec|input)?", small)
    return (found[1], int(found[2])) if found else (small, 0)


def operation(call: Call) -> str | None:
    """Return the name in the vocabulary; None for a call that is no node."""
    base, dims = plain(call.name)
    if base in ("conv", "convolution"):
        return _convolution(call, dims or len(call.weight or (0, 0, 0, 0)) - 2)
    if base == "convtranspose":
        return "transposed_conv"
    if base in ("maxpool", "avgpool"):
        return _sized("max_pool" if base == "maxpool" else "avg_pool", call.window)
    if base in _MEANS:
        return _pooled(base, call)
    if base == "stack" and len(call.inputs) > 1:
        return "cat"
    if base in TRANSPARENT:
        return None
    name = _OP_OF.get(base)
    if name == "matmul" and call.weighted:
        return "linear"
    if name in ("add", "multiply") and len(call.inputs) < 2 and not call.weighted:
        return None  # by a number: nothing that an architecture chose
    return name or ("other_weighted" if call.weighted else "other")


def macs(name: str, call: Call) -> int:
    """Return the multiply-accumulates of one example."""
    weight, out = call.weight, prod(call.out)
    if name.startswith(("conv", "depthwise", "grouped")) and weight:
        return out * prod(weight[1:])
    if name == "transposed_conv" and weight and call.inputs:
        return prod(call.inputs[0]) * prod(weight[1:])
    if name in ("linear", "matmul"):
        return out * (call.summed or 0)
    if name == "attention" and call.inputs:  # one input: queries, keys and values are one tensor
        return 2 * prod(call.inputs[0]) * call.inputs[min(1, len(call.inputs) - 1)][-2]
    return 0


def _convolution(call: Call, dims: int) -> str:
    if dims != 2:
        return f"conv{dims}d"
    weight = call.weight or (1, 1, 0, 0)
    kind = "conv"
    if call.groups > 1:
        kind = "depthwise" if weight[1] == 1 else "grouped"
    return _sized(kind, weight[2:])


def _sized(kind: str, window: tuple[int, ...]) -> str:
    """Return the row of a kind with a square window, or the one for any other window."""
    square = window[0] if window and len(set(window)) == 1 else 0
    known = {"conv": {1, 3}, "avg_pool": {3}, "max_pool": {3, 5, 7}}.get(kind, set()) | set(
        WINDOWS.get(kind, ())
    )
    return op(f"{kind}{square}x{square}").name if square in known else kind


def _pooled(base: str, call: Call) -> str | None:
    """Return what a mean over a map is: it takes all of it, or the places of one."""
    if not call.inputs:
        return None
    left = prod(call.out) / max(prod(call.inputs[0]), 1)
    if left >= 1:
        return None
    channels = call.inputs[0][0] if len(call.inputs[0]) == 3 else call.inputs[0][-1]
    if prod(call.out) <= max(channels, 1) or len(call.out) < 2:
        return "global_pool"
    return "avg_pool" if base in ("adaptiveavgpool", "mean", "sum") else "max_pool"
