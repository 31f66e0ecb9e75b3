"""Search: ask for architectures, tell what they are worth. Each name is imported when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.search.base import Searcher as Searcher
    from archenc.search.loop import History as History
    from archenc.search.loop import search as search
    from archenc.search.predictor_guided import PredictorGuided as PredictorGuided
    from archenc.search.random import RandomSearch as RandomSearch

_HOMES = {
    "History": "loop",
    "PredictorGuided": "predictor_guided",
    "RandomSearch": "random",
    "Searcher": "base",
    "search": "loop",
}

__all__ = ["History", "PredictorGuided", "RandomSearch", "Searcher", "search"]

__getattr__, __dir__ = lazy(__name__, _HOMES)
