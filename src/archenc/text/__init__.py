"""Text: an architecture as source code that runs, as a string of a grammar, as the text of an ONNX graph.

`render` writes the PyTorch class of a cell, alone or with the network around it; `texts` does so for many.
`routing` is the short string of a cell's operations. `onnx_text` exports a module and writes its ONNX graph
down; `graph_text` writes the same without onnx. `module_source` and `exported_source` give the code of a
module of the user's own. A space has one renderer, under its name in the entry points `archenc.text`; other
spaces are written by a renderer for any graph of operations. torch is loaded only by what takes a module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.text.rendering import Renderer as Renderer
    from archenc.text.rendering import datasets as datasets
    from archenc.text.rendering import render as render
    from archenc.text.rendering import texts as texts
    from archenc.text.style import Style as Style

_HOMES = {
    "Renderer": "rendering",
    "Style": "style",
    "datasets": "rendering",
    "render": "rendering",
    "texts": "rendering",
}

__all__ = ["Renderer", "Style", "datasets", "render", "texts"]

__getattr__, __dir__ = lazy(__name__, _HOMES)
