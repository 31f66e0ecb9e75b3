"""Algorithms that lean on more than labels: scores, another table, another library."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

from archenc.errors import InvalidArgument
from archenc.pipelines.by_name import encoders
from archenc.search.acquisition import acquisition as acquisition_called
from archenc.search.algorithms.model_guided import ModelGuided
from archenc.search.recipes import FLAN_SIZES, Start
from archenc.search.strategies import as_features
from archenc.search.surrogates.botorch_process import BotorchProcess
from archenc.search.surrogates.process import Process
from archenc.search.surrogates.scored import ScorePrior

if TYPE_CHECKING:
    from archenc.search.transferred import Source


def botorch_process(
    *, encoder: Any = None, acquisition: str = "ei", initial: int = 10, size: int = 1
) -> Start:
    """Bayesian optimisation with BoTorch's Gaussian process; needs the extra `botorch`."""
    return partial(
        ModelGuided,
        surrogate=BotorchProcess(as_features(encoder, "adjacency")),
        initial=initial,
        size=size,
        acquisition=acquisition_called(acquisition),
    )


def score_prior(
    *,
    encoder: Any = None,
    features: Any = None,
    weight: float = 0.5,
    initial: int = 1,
    size: int = 1,
    acquisition: str = "ei",
) -> Start:
    """A Gaussian process that learns what zero-cost scores leave unexplained: see `ScorePrior`.

    encoder: of the scores, "zero_cost"; their cost stands beside the results. features: what the process
    reads, one-hot codes and graph features by default. Raises InvalidArgument without scores.
    """
    if encoder is None:
        raise InvalidArgument("encoder: score_prior needs the encoder of the scores, such as zero_cost")
    process = Process(as_features(features, "adjacency+graph_features"), target="raw")
    return partial(
        ModelGuided,
        surrogate=ScorePrior(process, encoders(encoder) if isinstance(encoder, str) else encoder, weight),
        initial=initial,
        size=size,
        acquisition=acquisition_called(acquisition),
    )


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
