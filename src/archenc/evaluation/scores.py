"""From the columns of a table to what score encodings take."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from archenc.encoders.scores import Scores
from archenc.errors import InvalidArgument, UnknownName
from archenc.tables import BenchmarkTable


def scores_from(table: BenchmarkTable, metrics: Sequence[str]) -> Scores:
    """Return d metrics of a table by the key of its space, for `ZeroCost(scores=...)`; NaN where missing.

    Rows without any of them are left out. Raises UnknownName for a metric that the table lacks.
    """
    names = [table.resolve(name).name for name in metrics]
    columns = np.column_stack([np.asarray(table.values(name), dtype=np.float64) for name in names])
    rows = np.flatnonzero(~np.isnan(columns).all(axis=1))
    keys = table.keys
    return Scores([keys[row] for row in rows.tolist()], columns[rows], names)


def score_names(table: BenchmarkTable, wanted: str | Sequence[str], *, dataset: str) -> list[str]:
    """Return the metrics meant by a named set ("13", "all") or by a list of names.

    wanted: the name of a set, or metrics, as a sequence or separated by commas. dataset: whose scores a set
    means. Raises UnknownName for a set that this space has not, or a metric that the table lacks.
    """
    if isinstance(wanted, str):
        sets = _sets().get(table.space, {})
        if wanted in sets:
            wanted = [name.format(dataset=dataset) for name in sets[wanted]]
        elif wanted in {name for known in _sets().values() for name in known}:
            raise UnknownName(
                f"scores={wanted!r}: {table.space} has no such set; name metrics of the table instead"
            )
        else:
            wanted = [name.strip() for name in wanted.split(",") if name.strip()]
    try:
        return [table.resolve(name).name for name in wanted]
    except UnknownName as error:
        sets = " or ".join(map(repr, _sets().get(table.space, {})))
        raise UnknownName(f"scores: {error}" + (f"; or name a set, {sets}" if sets else "")) from error


def default_scores(table: BenchmarkTable, wanted: str) -> str:
    """Return the name of the first set of scores of a space, for the encoder `wanted` when none were named.

    Raises InvalidArgument for a space without a named set.
    """
    sets = _sets().get(table.space)
    if not sets:
        raise InvalidArgument(
            f"{wanted} needs scores: name metrics of the table of {table.space}, scores=a,b,c"
        )
    return next(iter(sets))


@cache
def _sets() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(
        files("archenc.evaluation").joinpath("data/score_sets.toml").read_text(encoding="utf-8")
    )
