"""The operations of architectures that a grammar derives (einspace), as rows of the vocabulary.

A graph of such an architecture says where its parts begin and end: a fork is closed by a join, what enters a
route by what leaves it. `skip`, the identity of a computation, is an operation of other spaces too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

PERMUTATIONS = ((0, 2, 1), (0, 1, 3, 2), (0, 2, 1, 3), (0, 2, 3, 1), (0, 3, 1, 2), (0, 3, 2, 1))
"""Orders of the dimensions, the batch first: one for matrices, five for images."""
WINDOWS = ((1, 1, 0), (1, 2, 0), (3, 1, 1), (3, 2, 1), (4, 4, 0), (8, 8, 0), (16, 16, 0))
"""Kernel, stride and padding of the patches that an image is cut into."""
WIDTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)
"""Outputs of a linear layer."""
FACTORS = (2, 4, 8)
"""Branches of a fork."""
AXES = (1, 2, 3)
"""Dimensions along which features are split and put together; the batch is dimension 0."""


def rows() -> Iterator[dict[str, Any]]:
    """Yield name, kind and properties of every operation, in the order of the vocabulary."""
    yield {"name": "chain", "kind": "chain"}  # the next two parts are one, where brackets stand to the left
    for n in FACTORS:
        yield {"name": f"clone{n}", "kind": "clone", "branches": n}
        yield from ({"name": f"group{n}_dim{d}", "kind": "group", "branches": n, "axes": (d,)} for d in AXES)
    for n in FACTORS:
        yield {"name": f"add{n}", "kind": "add", "branches": n}
        yield from ({"name": f"cat{n}_dim{d}", "kind": "cat", "branches": n, "axes": (d,)} for d in AXES)
    yield {"name": "dot_product", "kind": "dot_product", "branches": 2}
    yield {"name": "scaled_dot_product", "kind": "scaled_dot_product", "branches": 2}
    for name in ("enter", "leave"):
        yield {"name": name, "kind": name}
        for order in PERMUTATIONS:
            yield {"name": f"{name}_{''.join(map(str, order))}", "kind": name, "axes": order}
    for kernel, stride, _ in WINDOWS:
        yield {
            "name": f"im2col{kernel}x{kernel}" + (f"_s{stride}" if stride != kernel else ""),
            "kind": "im2col",
            "kernel": (kernel, kernel),
            "stride": stride,
        }
    yield {"name": "col2im", "kind": "col2im"}
    yield from ({"name": f"linear{n}", "kind": "linear", "parametrised": True, "channels": n} for n in WIDTHS)
    yield {"name": "norm", "kind": "norm", "parametrised": True}
    yield {"name": "relu", "kind": "relu"}
    yield {"name": "softmax", "kind": "softmax"}
    yield {"name": "pos_enc", "kind": "position", "parametrised": True}
