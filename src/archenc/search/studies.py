"""Studies as data: what `archenc search --study NAME` runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from archenc.evaluation.definitions import named, read_definitions
from archenc.search.domain import Identity
from archenc.search.simulation import Method


@dataclass(frozen=True, slots=True)
class Study:
    """One table, one metric, methods with paired seeds."""

    name: str
    title: str
    table: str
    metric: str
    budget: int
    seeds: int
    methods: tuple[Method, ...]
    identity: Identity = "key"
    scores: str | None = None


def studies() -> dict[str, Study]:
    """Return every packaged study by name."""
    return dict(_studies())


def study(name: str) -> Study:
    """Return the study called `name`. Raises UnknownName, which lists them."""
    return named("studies", name, _studies())


@cache
def _studies() -> dict[str, Study]:
    return read_definitions("studies.toml", _study, room="archenc.search")


def _study(name: str, fields: dict[str, Any]) -> Study:
    methods = tuple(
        Method(one["algorithm"], one.get("encoder"), one.get("label", "")) for one in fields["methods"]
    )
    return Study(**{**fields, "name": name, "methods": methods})
