"""Canonical texts, ids and isomorphism classes of a whole population in one pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from archenc.errors import InvalidArgument
from archenc.graph.architecture import Architecture, id_of_text
from archenc.graph.batch import GraphBatch, as_batch
from archenc.graph.forms import cells_text, dense_texts


def canonical_text(arch: Architecture, form: str) -> str:
    """Return the text of one architecture in a canonical form, several cells joined by " / ".

    Raises UnknownName for an unknown form, InvalidArchitecture where the form does not apply.
    """
    return cells_text(arch.cells, form)


def canonical_texts(X: Sequence[Architecture] | GraphBatch, form: str) -> np.ndarray:
    """Return the canonical texts of n architectures: an object array [n] of str, equal to `canonical_text`.

    X: a non-empty sequence, or a native batch. Raises as `canonical_text`, and InvalidArgument for a batch in
    another view.
    """
    batch = _native(X)
    return dense_texts(batch.ops, batch.edge_ops, batch.inputs, form)


def class_labels(X: Sequence[Architecture] | GraphBatch, form: str) -> Int[np.ndarray, " n"]:
    """Return the isomorphism class of each architecture, numbered 0..k-1 by first occurrence.

    Two architectures share a class if their canonical texts and their attributes are equal; labels of
    different calls are unrelated, unless the populations are the same. Raises as `canonical_texts`.
    """
    batch = _native(X)
    keys = dense_texts(batch.ops, batch.edge_ops, batch.inputs, form).tolist()
    if batch.attribute_names:
        keys = [(text, row.tobytes()) for text, row in zip(keys, batch.attributes, strict=True)]
    number: dict[object, int] = {}
    return np.array([number.setdefault(key, len(number)) for key in keys], dtype=np.int64)


def ids(archs: Sequence[Architecture], form: str) -> np.ndarray:
    """Return the id of each architecture in one form: an object array [n], equal to `Architecture.id`."""
    texts = canonical_texts(archs, form)
    made = [id_of_text(form, text, arch.attributes) for text, arch in zip(texts, archs, strict=True)]
    return np.array(made, dtype=object)


def _native(X: Sequence[Architecture] | GraphBatch) -> GraphBatch:
    batch = as_batch(X) if not isinstance(X, GraphBatch) else X
    if batch.view != "native":
        raise InvalidArgument(f"canonical forms need a batch in the view 'native', got {batch.view!r}")
    return batch
