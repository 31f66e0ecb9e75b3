"""What a recipe is: strategies made once, from which searchers of any domain and seed are started."""

from __future__ import annotations

from collections.abc import Callable

from archenc.search.base import Searcher

Start = Callable[..., Searcher]
"""(domain, seed=..., objectives=...) -> a searcher."""
