"""What a benchmark of one's own trains: which cells, how, and in which portions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import numpy as np

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.networks.datasets import Dataset
from archenc.networks.training import Recipe
from archenc.spaces import space
from archenc.store import content_key

_VERSION = 1
"""Of the computation: a change that alters results counts it up, and old shards are not continued."""


@final
@dataclass(frozen=True, slots=True)
class Shard:
    """The unit of work and of resumption: some cells, trained together with one seed."""

    number: int
    seed: int
    rows: tuple[int, ...]


@final
@dataclass(frozen=True)
class Plan:
    """Trainings to be done.

    space: name. archs: native spellings, the rows of the table. data, recipe: what is trained on, and how.
    seeds: each row is trained with the first, `repeated` rows with all. skeleton: options of
    `networks.build`. task: likewise, where a space has several heads. shard_size: cells trained together;
    part of the plan, since it decides how sums round.
    Work is done in a random order of the rows, so that an unfinished benchmark is a random sample, and the
    repeated rows are one. Raises InvalidArgument.
    """

    space: str
    archs: tuple[str, ...]
    data: Dataset
    recipe: Recipe = field(default_factory=Recipe)
    seeds: tuple[int, ...] = (0,)
    repeated: int | None = None
    skeleton: Mapping[str, Any] = field(default_factory=dict)
    shard_size: int = 64
    task: str | None = None

    def __post_init__(self) -> None:
        if not self.archs or not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise InvalidArgument("archs, seeds: at least one of each, and no seed twice")
        if min(self.seeds) < 0 or self.shard_size < 1 or not 0 <= self.n_repeated <= len(self.archs):
            raise InvalidArgument(
                f"seeds={self.seeds}, shard_size={self.shard_size}, repeated={self.repeated}: expected seeds "
                f"of at least 0, a size of at least 1 and at most {len(self.archs)} repeated"
            )
        if clash := {"input_shape", "n_classes"} & set(self.skeleton):
            raise InvalidArgument(f"skeleton: {min(clash)} follows from the data set")

    @property
    def n_repeated(self) -> int:
        """Rows that are trained with every seed."""
        return len(self.archs) if self.repeated is None else self.repeated

    @cached_property
    def key(self) -> str:
        """Return the digest of everything that results follow from."""
        return content_key(_VERSION, list(self.archs), self.data.key, self.description)

    @property
    def description(self) -> dict[str, Any]:
        """Return the plan without its cells and images, as plain values."""
        return {
            "space": space(self.space).name,
            "cells": len(self.archs),
            "dataset": {"name": self.data.name, **self.data.source},
            "recipe": self.recipe.to_dict(),
            "skeleton": dict(self.skeleton),
            "seeds": list(self.seeds),
            "repeated": self.n_repeated,
            "shard_size": self.shard_size,
        } | ({} if self.task is None else {"task": self.task})

    @cached_property
    def shards(self) -> tuple[Shard, ...]:
        """Return all portions of work, in the order in which they are begun."""
        order = np.random.default_rng(0x0A4C).permutation(len(self.archs)).tolist()
        portions: list[tuple[int, Sequence[int]]] = []
        for number, seed in enumerate(self.seeds):
            rows = order if number == 0 else order[: self.n_repeated]
            starts = range(0, len(rows), self.shard_size)
            portions += [(seed, rows[start : start + self.shard_size]) for start in starts]
        return tuple(Shard(number, seed, tuple(rows)) for number, (seed, rows) in enumerate(portions))

    def architectures(self, shard: Shard) -> list[Architecture]:
        """Return the architectures of a shard."""
        member = space(self.space)
        return [member.parse(self.archs[row]) for row in shard.rows]
