"""Module features: how large, how deep and of which operations a module is, whatever its family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np

from archenc.encoders.base import Encoder, Population
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, GraphBatch, architectures
from archenc.spaces.modules import SPACE

_GROUPS = {
    "conv": (
        "conv3x3", "conv", "conv2x2", "conv4x4", "conv5x5", "conv7x7", "conv1d", "conv3d", "transposed_conv",
    ),
    "pointwise": ("conv1x1",),
    "depthwise": ("depthwise", "depthwise3x3", "depthwise5x5", "depthwise7x7", "grouped", "grouped3x3"),
    "linear": ("linear", "recurrent"),
    "attention": ("attention", "matmul"),
}  # fmt: skip
"""Shares of the multiply-accumulates."""
_COUNTED = {
    "add": ("add",),
    "cat": ("cat",),
    "gate": ("multiply", "sigmoid"),
    "batch_norm": ("batch_norm",),
    "other_norm": ("layer_norm", "group_norm"),
    "relu": ("relu",),
    "smooth": ("gelu", "silu"),
    "bounded": ("tanh",),
    "pool": ("avg_pool", "avg_pool3x3", "max_pool", "max_pool3x3", "max_pool5x5", "max_pool7x7"),
    "attention_layers": ("attention", "softmax"),
    "recurrent": ("recurrent",),
}
"""Numbers of operations, for each layer of the longest way."""
NAMES = (
    "log_params", "log_macs", "log_layers", "log_operations", "log_width", "log_widest", "log_activations",
    "log_reuse", "log_places", "log_last_places",
    *(f"share_{name}" for name in _GROUPS),
    *(f"rate_{name}" for name in _COUNTED),
)  # fmt: skip


@final
class ModuleFeatures(Encoder):
    """Numbers that networks of any family have, of architectures that `archenc.networks.from_module` made.

    Logarithms (base 10, of 1 + x) of weights, multiply-accumulates, layers on the longest way, operations,
    mean and largest number of channels of layers, numbers in all maps, multiply-accumulates a weight, places
    (pixels, tokens) of the average layer and of the last before the classifier; the share of the
    multiply-accumulates that each kind of layer has; and how many operations of other kinds there are for
    each layer of the longest way.
    """

    @property
    def injective(self) -> bool:
        """False: the features are a summary."""
        return False

    @property
    def iso_invariant(self) -> bool:
        """False: which layer is the last hangs on the order of running."""
        return False

    def _learn(self, X: Population) -> None:  # noqa: ARG002 - nothing is learned but that it is of modules
        if self.space_ != SPACE.name:
            raise InvalidArgument(
                f"X is of the space {self.space_!r}; module_features are of {SPACE.name!r}, the "
                "architectures that archenc.networks.from_module makes"
            )

    def _encode(self, X: Population) -> np.ndarray:
        archs = architectures(X) if isinstance(X, GraphBatch) else X
        rows = [_row(SPACE.parse(arch)) for arch in archs]
        return np.array(rows, dtype=np.float32).reshape(-1, len(NAMES))

    def _feature_names(self) -> list[str]:
        return list(NAMES)


def _row(arch: Architecture) -> list[float]:
    cell, known = arch.cells[0], dict(arch.attributes)
    names = [node.name for node in cell.nodes[cell.n_inputs : -1]]

    def measured(name: str) -> np.ndarray:
        found = (known[f"{name}_{node:03d}"] for node in range(cell.n_inputs, cell.n_nodes - 1))
        return np.array([float(value) for value in found])

    channels, size, macs = measured("channels"), measured("size"), measured("macs")
    layers = max(float(known["layers"]), 1.0)
    wide = np.flatnonzero(macs > 0) if (macs > 0).any() else np.arange(len(names))
    logs = [
        float(known["params"]),
        float(known["macs"]),
        layers,
        measured("parts").sum(),
        channels[wide].mean(),
        channels[wide].max(),
        (channels * size).sum(),
        float(known["macs"]) / max(float(known["params"]), 1.0),
        size[wide].mean(),
        size[wide[-1]] if len(wide) == 1 else size[wide[-2]],
    ]
    shares = [_of(names, group, macs) / max(macs.sum(), 1.0) for group in _GROUPS.values()]
    rates = [_of(names, group, np.ones(len(names))) / layers for group in _COUNTED.values()]
    return [*np.log10(1 + np.array(logs)).tolist(), *shares, *rates]


def _of(names: Sequence[str], group: Sequence[str], values: np.ndarray) -> float:
    return float(sum(value for name, value in zip(names, values, strict=True) if name in group))
