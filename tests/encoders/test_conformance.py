"""Every encoder, in each of its styles and on each kind of space, keeps the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from archenc.encoders import Adjacency, Encoder, GraphFeatures, Path, Scores, ZeroCost
from archenc.graph import Architecture
from archenc.spaces.nasbench201 import SPACE
from archenc.testing.encoder_kit import EncoderKit

from .cells import NB101_OPS, PAIR_OPS, nb101, nb201, pairs

ON_EDGES = nb201(60, seed=3)
ON_NODES = nb101(40, seed=3)
PAIRS = pairs(40, seed=3)
SEVEN: dict[str, Any] = {"ops": NB101_OPS, "slots": 7}
NAMES = ("params", "grasp", "synflow")
SCORES = Scores(
    [SPACE.format(arch) for arch in SPACE.architectures()],
    np.random.default_rng(0).lognormal(size=(SPACE.size or 0, len(NAMES))),
    NAMES,
)
DICTIONARY = dict(SCORES)


class OnEdges(EncoderKit):
    def architectures(self) -> Sequence[Architecture]:
        return ON_EDGES


class OnNodes(EncoderKit):
    def architectures(self) -> Sequence[Architecture]:
        return ON_NODES


class OfPairs(EncoderKit):
    def architectures(self) -> Sequence[Architecture]:
        return PAIRS


class TestAdjacencyOnEdges(OnEdges):
    def make_encoder(self) -> Encoder:
        return Adjacency()

    def grid(self) -> dict[str, list[Any]]:
        return {"style": ["onehot", "ordinal", "full"]}


class TestAdjacencyFullMatrix(OnEdges):
    def make_encoder(self) -> Encoder:
        return Adjacency("full", rewire=True)


class TestAdjacencyTruncated(OnEdges):
    def make_encoder(self) -> Encoder:
        return Adjacency("ordinal", trunc=4)


class TestAdjacencyOnNodes(OnNodes):
    def make_encoder(self) -> Encoder:
        return Adjacency(**SEVEN)

    def grid(self) -> dict[str, list[Any]]:
        return {
            "style": ["onehot", "categorical", "continuous", "ordinal", "full"],
            "published": [True, False],
        }


class TestAdjacencyCategorical(OnNodes):
    def make_encoder(self) -> Encoder:
        return Adjacency("categorical", width=9, **SEVEN)


class TestAdjacencyPublished(OnNodes):
    def make_encoder(self) -> Encoder:
        return Adjacency("continuous", published=True, **SEVEN)


class TestAdjacencyFullMatrixOfPairs(OfPairs):
    def make_encoder(self) -> Encoder:
        return Adjacency("full", ops=PAIR_OPS)


class TestPathOnEdges(OnEdges):
    def make_encoder(self) -> Encoder:
        return Path()

    def grid(self) -> dict[str, list[Any]]:
        return {
            "style": ["onehot", "count", "categorical"],
            "none": ["op", "removed"],
            "truncate": [None, 30],
        }


class TestPathWithoutNone(OnEdges):
    def make_encoder(self) -> Encoder:
        return Path("count", none="removed")


class TestPathOnNodes(OnNodes):
    def make_encoder(self) -> Encoder:
        return Path(truncate=40, **SEVEN)


class TestPathCategorical(OnNodes):
    def make_encoder(self) -> Encoder:
        return Path("categorical", **SEVEN)


class TestPathOfPairs(OfPairs):
    def make_encoder(self) -> Encoder:
        return Path("count", ops=PAIR_OPS)


class TestGraphFeaturesOnEdges(OnEdges):
    def make_encoder(self) -> Encoder:
        return GraphFeatures()

    def grid(self) -> dict[str, list[Any]]:
        return {"max_subset": [1, 2, None], "none": ["op", "removed", "pruned"]}


class TestGraphFeaturesPublished(OnEdges):
    def make_encoder(self) -> Encoder:
        return GraphFeatures(none="op", published=True)


class TestGraphFeaturesOnNodes(OnNodes):
    def make_encoder(self) -> Encoder:
        return GraphFeatures(**SEVEN)


class TestGraphFeaturesOfPairs(OfPairs):
    def make_encoder(self) -> Encoder:
        return GraphFeatures(max_subset=2, ops=PAIR_OPS)


class TestZeroCostRanks(OnEdges):
    def make_encoder(self) -> Encoder:
        return ZeroCost(SCORES)

    def grid(self) -> dict[str, list[Any]]:
        return {"scaling": ["rank", "standard", "paper"], "names": [NAMES, NAMES[:1]]}


class TestZeroCostFromADictionary(OnEdges):
    def make_encoder(self) -> Encoder:
        return ZeroCost(DICTIONARY, names=NAMES, missing="indicator")


class TestZeroCostOfAReference(OnEdges):
    def make_encoder(self) -> Encoder:
        return ZeroCost(SCORES, reference=ON_EDGES[::3], scaling="standard")


class TestZeroCostPublished(OnEdges):
    def make_encoder(self) -> Encoder:
        return ZeroCost(SCORES, scaling="paper")
