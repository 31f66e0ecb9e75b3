"""The operations that a traced `torch.nn.Module` is made of, as rows of the vocabulary.

An operation says what is computed; how many channels there are, and how large the map is, differs from node
to node and stands among the attributes of the architecture. A size
that is not listed has the row without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WINDOWS = {"conv": (2, 4, 5, 7), "depthwise": (3, 5, 7), "grouped": (3,)}
"""Square kernels that have a row of their own; `conv1x1` and `conv3x3` are operations of other spaces too."""


def rows() -> Iterator[dict[str, Any]]:
    """Yield name, kind and properties of every operation, in the order of the vocabulary."""
    for kind, sizes in WINDOWS.items():
        yield {"name": kind, "kind": kind, "parametrised": True}
        for k in sizes:
            yield {"name": f"{kind}{k}x{k}", "kind": kind, "kernel": (k, k), "parametrised": True}
    for kind in (
        "linear", "conv1d", "conv3d", "transposed_conv", "recurrent", "embedding",
        "batch_norm", "layer_norm", "group_norm", "other_weighted",
    ):  # fmt: skip
        yield {"name": kind, "kind": kind, "parametrised": True}
    for kind in (
        "avg_pool", "max_pool", "global_pool", "resize", "add", "cat", "multiply", "matmul", "attention",
        "gelu", "silu", "sigmoid", "tanh", "activation", "reorder", "other",
    ):  # fmt: skip
        yield {"name": kind, "kind": kind}
