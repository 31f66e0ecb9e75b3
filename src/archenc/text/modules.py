"""Modules of users' own as source code, from their graph: every operation a line, with its channels.

The text describes; it is not the user's code (`module_source`) and need not run: strides, paddings and what
only moves numbers about are not in the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archenc.graph import Architecture, Kind, Op
from archenc.text.python import call, module_class
from archenc.text.rendering import Renderer
from archenc.text.style import Style

_CONV = {Kind.CONV: "nn.Conv2d", Kind.DEPTHWISE: "nn.Conv2d", Kind.GROUPED: "nn.Conv2d"}
_LAYERS = {
    Kind.LINEAR: "nn.Linear",
    Kind.CONV1D: "nn.Conv1d",
    Kind.CONV3D: "nn.Conv3d",
    Kind.TRANSPOSED_CONV: "nn.ConvTranspose2d",
    Kind.RECURRENT: "nn.GRU",
    Kind.OTHER_WEIGHTED: "Weighted",
}
_NORMS = {
    Kind.BATCH_NORM: "nn.BatchNorm2d",
    Kind.LAYER_NORM: "nn.LayerNorm",
    Kind.GROUP_NORM: "nn.GroupNorm",
    Kind.EMBEDDING: "nn.Embedding",
}
_FUNCTIONS = {
    Kind.CAT: "torch.cat([{}], dim=1)",
    Kind.ATTENTION: "F.scaled_dot_product_attention({})",
    Kind.MATMUL: "torch.matmul({})",
    Kind.RELU: "torch.relu({})",
    Kind.GELU: "F.gelu({})",
    Kind.SILU: "F.silu({})",
    Kind.SIGMOID: "torch.sigmoid({})",
    Kind.TANH: "torch.tanh({})",
    Kind.SOFTMAX: "torch.softmax({}, dim=-1)",
    Kind.ACTIVATION: "F.activation({})",
    Kind.GLOBAL_POOL: "F.adaptive_avg_pool2d({}, 1)",
    Kind.RESIZE: "F.interpolate({})",
    Kind.REORDER: "reorder({})",
    Kind.OTHER: "other({})",
}


def cells(arch: Architecture, style: Style) -> list[str]:
    """Return one class; style changes nothing."""
    del style
    cell, known = arch.cells[0], dict(arch.attributes)
    taken = ["x"] if cell.n_inputs == 1 else [f"x{number}" for number in range(cell.n_inputs)]
    values, last = [*taken], cell.n_nodes - 1
    channels = ["in_channels"] * cell.n_inputs
    made: list[str] = []
    forward: list[str] = []
    reads: list[list[int]] = [[] for _ in cell.nodes]
    for edge in cell.edges:
        reads[edge.target].append(edge.source)
    for node in range(cell.n_inputs, last):
        member, given = cell.nodes[node], [values[source] for source in reads[node]]
        width = str(known.get(f"channels_{node:03d}", "channels"))
        entering = channels[reads[node][0]] if reads[node] else width
        made_of = _module(member, entering, width)
        if made_of is not None:
            made.append(f"self.op_{node} = {made_of}")
            value = call(f"self.op_{node}", *given)
        else:
            value = _expression(member, given)
        values.append(f"h{node}")
        channels.append(width)
        forward.append(f"h{node} = {value}")
    forward.append("return " + (", ".join(values[source] for source in reads[last]) or taken[0]))
    return [module_class("Network", "in_channels", made, forward, takes=", ".join(taken))]


def _module(member: Op, entering: str, width: str) -> str | None:
    """Return the text of the module of an operation, None for one that needs none."""
    if member.kind in _CONV:
        groups = {Kind.DEPTHWISE: entering, Kind.GROUPED: "groups"}.get(member.kind)
        return call(_CONV[member.kind], entering, width, kernel_size=_kernel(member), groups=groups)
    if member.kind in _LAYERS:
        return call(_LAYERS[member.kind], entering, width)
    if member.kind in _NORMS:
        return call(_NORMS[member.kind], width)
    if member.kind in (Kind.AVG_POOL, Kind.MAX_POOL):
        return call("nn.AvgPool2d" if member.kind is Kind.AVG_POOL else "nn.MaxPool2d", _kernel(member))
    return None


def _kernel(member: Op) -> str:
    return str(member.kernel[0]) if member.kernel[0] else "kernel_size"


def _expression(member: Op, given: Sequence[str]) -> str:
    joined: dict[Kind, Callable[[], str]] = {
        Kind.ADD: lambda: " + ".join(given) if len(given) > 1 else f"{given[0]} + self.weight",
        Kind.MULTIPLY: lambda: " * ".join(given) if len(given) > 1 else f"{given[0]} * self.weight",
    }
    if member.kind in joined:
        return joined[member.kind]()
    return _FUNCTIONS.get(member.kind, "other({})").format(", ".join(given))


def helpers(arch: Architecture, style: Style) -> list[str]:
    """Return nothing: the text calls PyTorch alone."""
    del arch, style
    return []


def as_given(archs: Sequence[Architecture]) -> list[Architecture]:
    """Return architectures as they are: what is measured belongs to the nodes as they are numbered."""
    return list(archs)


RENDERER = Renderer(cells, helpers, as_given)
