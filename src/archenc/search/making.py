"""A searcher by name."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.pipelines.by_name import parse
from archenc.registry import Registry
from archenc.search.base import Searcher
from archenc.search.domain import Domain
from archenc.search.recipes import Start
from archenc.spaces import SearchSpace
from archenc.typing import Seed

_REGISTRY = Registry("searchers")


def searchers() -> list[str]:
    """Return the names of all registered algorithms, sorted."""
    return _REGISTRY.names()


def start(name: str, **options: Any) -> Start:
    """Return what starts searches with an algorithm: `start("bananas")("nasbench201", seed=1)`.

    Searchers that one start has made share codes and models' work: see `ask_together`. name: of the entry
    points `archenc.searchers`; options may follow, "bananas:preset=cole". options: of the algorithm; None
    leaves one at its default. Raises UnknownName, InvalidArgument.
    """
    bare, spelled = parse(name)
    recipe = _REGISTRY.get(bare)
    given = {**spelled, **{key: value for key, value in options.items() if value is not None}}
    legal = list(inspect.signature(recipe).parameters)
    if foreign := sorted(set(given) - set(legal)):
        raise InvalidArgument(
            f"algorithm {bare!r} has no {', '.join(foreign)}; it has {', '.join(legal) or 'no option'}"
        )
    return recipe(**given)


def make(
    name: str,
    domain: Domain | SearchSpace | str | Sequence[Architecture],
    *,
    seed: Seed = 0,
    objectives: int = 1,
    **options: Any,
) -> Searcher:
    """Return a searcher by the name of its algorithm: `make("bananas", "nasbench201", encoder="path")`.

    options: of the algorithm (`archenc.search.recipes`). Raises UnknownName, InvalidArgument.
    """
    return start(name, **options)(domain, seed=seed, objectives=objectives)
