"""The recipe whose predictor learned on another table first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from archenc.errors import InvalidArgument
from archenc.search.recipes.base import Start
from archenc.search.recipes.predictors import FLAN_SIZES

if TYPE_CHECKING:
    from archenc.search.transferred import Source


def flan_transfer(
    *,
    source: Any = None,
    metric: str = "",
    predictor: Any = "flan",
    labels: int = 256,
    source_seed: int = 0,
    sizes: Sequence[int] = (4, *FLAN_SIZES),
    epochs: int = 5,
    lr: float = 1e-4,
) -> Start:
    """FLAN's rounds with a predictor that learned on another table, which costs `labels` evaluations there.

    source: the name of a table, such as transnasbench101, with its `metric`; or a `transferred.Source`.
    Every search begins with what the source ranks first, and each round fine-tunes the source's own weights.
    """
    from archenc.search.transferred import TransferredRounds

    if source is None or (isinstance(source, str) and not metric):
        raise InvalidArgument(
            "source, metric: needed, the table that the predictor learns on first and the metric of it"
        )

    @cache
    def rounds() -> TransferredRounds:  # opens no table before a search begins
        learn = _learned if isinstance(predictor, str) else _learned.__wrapped__
        given = learn(source, metric, predictor, labels, source_seed) if isinstance(source, str) else source
        return TransferredRounds(given, sizes, epochs=epochs, lr=lr)

    return lambda domain, **given: rounds()(domain, **given)


@lru_cache(maxsize=4)
def _learned(table: str, metric: str, predictor: Any, labels: int, seed: int) -> Source:
    """Fit a predictor on a table, once in a process however many searches it begins."""
    from archenc.pipelines.by_name import assemble
    from archenc.search.transferred import Source
    from archenc.tables import BenchmarkTable

    unfitted = assemble(predictor) if isinstance(predictor, str) else predictor
    return Source.of_table(BenchmarkTable.open(table), metric, unfitted, labels, seed)
