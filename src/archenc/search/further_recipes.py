"""Algorithms that lean on more than labels: scores, another table, another library."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from archenc.errors import InvalidArgument
from archenc.pipelines.by_name import encoders
from archenc.search.acquisition import acquisition as acquisition_called
from archenc.search.algorithms.model_guided import ModelGuided
from archenc.search.recipes import FLAN_SIZES, Start
from archenc.search.strategies import as_features
from archenc.search.surrogates.botorch_process import BotorchProcess
from archenc.search.surrogates.process import Process
from archenc.search.surrogates.scored import ScorePrior


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
    from archenc.pipelines.by_name import assemble
    from archenc.search.transferred import Source, TransferredRounds

    if source is None or (isinstance(source, str) and not metric):
        raise InvalidArgument(
            "source, metric: needed, the table that the predictor learns on first and the metric of it"
        )
    if isinstance(source, str):
        from archenc.tables import BenchmarkTable

        unfitted = assemble(predictor) if isinstance(predictor, str) else predictor
        source = Source.of_table(BenchmarkTable.open(source), metric, unfitted, labels, source_seed)
    return TransferredRounds(source, sizes, epochs=epochs, lr=lr)
