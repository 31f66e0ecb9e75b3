"""The two kinds of information of GATES++ in any predictor on graphs that has its parameters.

After Ning et al., IEEE TPAMI 45(7), 2023: what operations compute enters the gates (`op_features`), what
architectures cost enters the training (`aux_targets`). A predictor with these has the parameters that
`GatesPP` explains, and a network that takes features and, in training, gives scores of further targets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch
from archenc.predictors.checks import check_option
from archenc.predictors.flow import Parameters
from archenc.predictors.information.op_features import OpFeatures
from archenc.predictors.information.pool import features_of, targets_of, unlabelled
from archenc.predictors.information.pretraining import check_pretraining, pretrain, pretraining_schedule
from archenc.predictors.pure_network import PureNetwork


def check_information(predictor: Any) -> None:
    """Check the parameters of both kinds of information."""
    for name in ("op_features", "aux_targets", "guard"):
        check_option(name, getattr(predictor, name), (True, False))
    if predictor.saliencies is not None and not predictor.op_features:
        raise InvalidArgument("op_features=False makes no use of the saliencies that are given")
    check_pretraining(predictor)


def without_labels(predictor: Any, space_name: str) -> GraphBatch:
    """Return the architectures without labels that a predictor may look at."""
    return unlabelled(predictor.reference, space_name, predictor.pool, predictor.pretrain_seed)


def learned_features(predictor: Any, space_name: str) -> OpFeatures | None:
    """Return the features of operations on the scale of the architectures without labels, if wanted."""
    if not predictor.op_features:
        return None
    return features_of(without_labels(predictor, space_name), predictor.saliencies)


def scored_pool(predictor: Any, space_name: str) -> tuple[GraphBatch, Any]:
    """Return the architectures without labels that have a score, and their `Targets`."""
    return targets_of(without_labels(predictor, space_name), predictor.scores, predictor.names)


def pretrained(predictor: Any, network: Callable[[Any], PureNetwork]) -> list[Parameters]:
    """Return the parameters of each member of a prepared predictor after training on the scores of the pool.

    network: what a configuration with `auxiliary` targets builds; what it trains gives [b, 1 + targets].
    """
    pool, targets = scored_pool(predictor, predictor.space_)
    count = len(targets.names)
    config = replace(predictor.config_, auxiliary=count)
    main = np.full((len(pool), 1), np.nan)  # the output that scores has no label here
    values = np.concatenate([main, targets.values], axis=1)
    return pretrain(
        network(config),
        config,
        predictor._tensors(pool),
        [values] * predictor.members,
        [predictor.pretrain_seed * 1000 + member for member in range(predictor.members)],
        pretraining_schedule(predictor, weights=(0.0, *[1 / count] * count)),
        device=predictor.device,
        progress=predictor.progress,
        label=f"{type(predictor).__name__}, {count} targets",
    )


def warmed(starts: Sequence[Parameters], learned: Sequence[Parameters], last: str) -> list[Parameters]:
    """Return what was learned without labels, with fresh parameters under `last` and where there are others.

    starts: as drawn, in the order of `learned`. last: the layer that scores; what it reads is kept.
    """
    return [
        start | {k: v for k, v in one.items() if k in start and not k.startswith(last)}
        for start, one in zip(starts, learned, strict=True)
    ]
