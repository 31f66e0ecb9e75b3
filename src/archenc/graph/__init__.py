"""What an architecture is: operations, cells, canonical forms, dense batches. Needs numpy only."""

from __future__ import annotations

from archenc.graph.architecture import Architecture
from archenc.graph.batch import GraphBatch, View, as_batch, connected
from archenc.graph.cell import Cell, Edge
from archenc.graph.forms import forms
from archenc.graph.ops import Kind, Op, op, vocabulary
from archenc.graph.population import canonical_text, canonical_texts, class_labels, ids
from archenc.graph.renumbering import canonical_cells, renumbered
from archenc.graph.rewire import Rewire
from archenc.graph.unbatch import architectures
from archenc.graph.views import op_on_edge, op_on_node

__all__ = [
    "Architecture",
    "Cell",
    "Edge",
    "GraphBatch",
    "Kind",
    "Op",
    "Rewire",
    "View",
    "architectures",
    "as_batch",
    "canonical_cells",
    "canonical_text",
    "canonical_texts",
    "class_labels",
    "connected",
    "forms",
    "ids",
    "op",
    "op_on_edge",
    "op_on_node",
    "renumbered",
    "vocabulary",
]
