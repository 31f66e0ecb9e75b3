"""Every encoder keeps the contract on every registered space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from archenc.encoders import Adjacency, Encoder, GraphFeatures, Path, Scores, ZeroCost
from archenc.graph import Architecture
from archenc.spaces import space
from archenc.testing.encoder_kit import EncoderKit

NAMES = ("flops", "grasp", "synflow")


@cache
def sample(name: str) -> list[Architecture]:
    return space(name).sample(24, 5)


@cache
def scores(name: str) -> Scores:
    keys = [space(name).key(arch) for arch in sample(name)]
    return Scores(keys, np.random.default_rng(0).lognormal(size=(len(keys), len(NAMES))), NAMES)


def kit(name: str, make: Callable[[], Encoder]) -> type[EncoderKit]:
    """Return the kit for one encoder on one space."""

    class Kit(EncoderKit):
        can_be_renumbered = name != "tnb101_macro"

        def make_encoder(self) -> Encoder:
            return make()

        def architectures(self) -> Sequence[Architecture]:
            return sample(name)

        def grid(self) -> dict[str, list[Any]]:
            return {}

    return Kit


TestAdjacencyNB101 = kit("nb101", Adjacency)
TestAdjacencyFullNB101 = kit("nb101", lambda: Adjacency("full"))
TestPathNB101 = kit("nb101", Path)
TestGraphFeaturesNB101 = kit("nb101", GraphFeatures)
TestZeroCostNB101 = kit("nb101", lambda: ZeroCost(scores("nb101"), scaling="paper"))

TestAdjacencyNB301 = kit("nb301", Adjacency)
TestAdjacencyOrdinalNB301 = kit("nb301", lambda: Adjacency("ordinal"))
TestAdjacencyPublishedNB301 = kit("nb301", lambda: Adjacency(published=True))
TestAdjacencyFullNB301 = kit("nb301", lambda: Adjacency("full", rewire=True))
TestPathNB301 = kit("nb301", lambda: Path("count", truncate=57))
TestGraphFeaturesNB301 = kit("nb301", lambda: GraphFeatures(max_subset=2))
TestZeroCostNB301 = kit("nb301", lambda: ZeroCost(scores("nb301")))

TestAdjacencyTNB101 = kit("tnb101", Adjacency)
TestAdjacencyFullTNB101 = kit("tnb101", lambda: Adjacency("full", rewire=True))
TestPathTNB101 = kit("tnb101", Path)
TestGraphFeaturesTNB101 = kit("tnb101", GraphFeatures)
TestZeroCostTNB101 = kit("tnb101", lambda: ZeroCost(scores("tnb101"), scaling="paper"))

TestAdjacencyMacro = kit("tnb101_macro", Adjacency)
TestPathMacro = kit("tnb101_macro", lambda: Path(truncate=85))
TestGraphFeaturesMacro = kit("tnb101_macro", GraphFeatures)
TestZeroCostMacro = kit("tnb101_macro", lambda: ZeroCost(scores("tnb101_macro"), scaling="standard"))
