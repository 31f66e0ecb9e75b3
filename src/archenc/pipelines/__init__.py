"""Encoder and predictor put together: what a user asks for by name. Each name is imported when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archenc.pipelines.by_name import assemble as assemble
    from archenc.pipelines.graph_and_scores import Recommended as Recommended
    from archenc.pipelines.graph_and_scores import recommended as recommended

_HOMES = {"assemble": "by_name", "Recommended": "graph_and_scores", "recommended": "graph_and_scores"}

__all__ = ["Recommended", "assemble", "recommended"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        # kept, for importing the module `recommended` puts it in the place of the function
        globals()[name] = getattr(import_module(f"archenc.pipelines.{_HOMES[name]}"), name)
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
