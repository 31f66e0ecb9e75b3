"""Search: ask for architectures, tell what they are worth. Each name is imported when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.search.algorithms.evolution import RegularisedEvolution as RegularisedEvolution
    from archenc.search.algorithms.local import LocalSearch as LocalSearch
    from archenc.search.algorithms.model_guided import ModelGuided as ModelGuided
    from archenc.search.algorithms.model_guided import ask_together as ask_together
    from archenc.search.algorithms.random import RandomSearch as RandomSearch
    from archenc.search.base import Searcher as Searcher
    from archenc.search.domain import Domain as Domain
    from archenc.search.loop import History as History
    from archenc.search.loop import search as search
    from archenc.search.making import make as make
    from archenc.search.making import searchers as searchers
    from archenc.search.making import start as start
    from archenc.search.pareto import hypervolume as hypervolume
    from archenc.search.pareto import pareto_front as pareto_front
    from archenc.search.pool import Pool as Pool
    from archenc.search.whole_space import WholeSpace as WholeSpace

_HOMES = {
    "Domain": "domain",
    "History": "loop",
    "LocalSearch": "algorithms.local",
    "ModelGuided": "algorithms.model_guided",
    "Pool": "pool",
    "RandomSearch": "algorithms.random",
    "RegularisedEvolution": "algorithms.evolution",
    "Searcher": "base",
    "WholeSpace": "whole_space",
    "ask_together": "algorithms.model_guided",
    "hypervolume": "pareto",
    "make": "making",
    "pareto_front": "pareto",
    "search": "loop",
    "searchers": "making",
    "start": "making",
}

__all__ = [
    "Domain",
    "History",
    "LocalSearch",
    "ModelGuided",
    "Pool",
    "RandomSearch",
    "RegularisedEvolution",
    "Searcher",
    "WholeSpace",
    "ask_together",
    "hypervolume",
    "make",
    "pareto_front",
    "search",
    "searchers",
    "start",
]

__getattr__, __dir__ = lazy(__name__, _HOMES)
