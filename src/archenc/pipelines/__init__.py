"""Encoder and predictor put together: what a user asks for by name. Each name is imported when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.pipelines.by_name import assemble as assemble
    from archenc.pipelines.graph_and_scores import GraphAndScores as GraphAndScores
    from archenc.pipelines.recommendation import Recommended as Recommended
    from archenc.pipelines.recommendation import recommended as recommended

_HOMES = {
    "GraphAndScores": "graph_and_scores",
    "Recommended": "recommendation",
    "assemble": "by_name",
    "recommended": "recommendation",
}

__all__ = ["GraphAndScores", "Recommended", "assemble", "recommended"]

__getattr__, __dir__ = lazy(__name__, _HOMES)
