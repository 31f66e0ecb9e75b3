"""Text: an architecture as source code that runs, as a string of a grammar, as the text of an ONNX graph.

`render` writes the PyTorch class of a cell, alone or with the network around it; `texts` does so for many.
`routing` is the short string of a cell's operations. `onnx_text` exports a module and writes its ONNX graph
down; `slim_text` writes the same of an architecture, without onnx. `module_source` and `exported_source` give
the code of a module of the user's own. A space has one renderer, under its name in the entry points
`archenc.text`; other spaces are written by a renderer for any graph of operations. torch is loaded only by
what takes a module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.text.cell_modules import onnx_text as onnx_text
    from archenc.text.grammar import derivation as derivation
    from archenc.text.grammar import routing as routing
    from archenc.text.rendering import Renderer as Renderer
    from archenc.text.rendering import datasets as datasets
    from archenc.text.rendering import render as render
    from archenc.text.rendering import slim_text as slim_text
    from archenc.text.rendering import texts as texts
    from archenc.text.slim import chain_slim as chain_slim
    from archenc.text.source import exported_source as exported_source
    from archenc.text.source import module_source as module_source
    from archenc.text.style import Style as Style

_HOMES = {
    "Renderer": "rendering",
    "Style": "style",
    "chain_slim": "slim",
    "derivation": "grammar",
    "datasets": "rendering",
    "exported_source": "source",
    "module_source": "source",
    "onnx_text": "cell_modules",
    "render": "rendering",
    "routing": "grammar",
    "slim_text": "rendering",
    "texts": "rendering",
}

__all__ = [
    "Renderer",
    "Style",
    "chain_slim",
    "datasets",
    "derivation",
    "exported_source",
    "module_source",
    "onnx_text",
    "render",
    "routing",
    "slim_text",
    "texts",
]

__getattr__, __dir__ = lazy(__name__, _HOMES)
