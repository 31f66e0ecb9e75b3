"""Encoders: fixed-width vectors of architectures. scikit-learn, or torch, is loaded at the first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.encoders.adjacency import Adjacency
    from archenc.encoders.base import Encoder
    from archenc.encoders.cole.bag_of_tokens import BagOfTokens
    from archenc.encoders.cole.encoder import COLE
    from archenc.encoders.graph_features import GraphFeatures
    from archenc.encoders.learned.arch2vec.encoder import Arch2Vec
    from archenc.encoders.learned.cate.encoder import CATE
    from archenc.encoders.learned.unified.encoders import UnifiedArch2Vec, UnifiedCATE
    from archenc.encoders.module_features import ModuleFeatures
    from archenc.encoders.path import Path
    from archenc.encoders.scores import Scores
    from archenc.encoders.sizes import Sizes
    from archenc.encoders.totals import Totals
    from archenc.encoders.zero_cost import ZeroCost

__all__ = [
    "CATE",
    "COLE",
    "Adjacency",
    "Arch2Vec",
    "BagOfTokens",
    "Encoder",
    "GraphFeatures",
    "ModuleFeatures",
    "Path",
    "Scores",
    "Sizes",
    "Totals",
    "UnifiedArch2Vec",
    "UnifiedCATE",
    "ZeroCost",
]

_HOME = {
    "CATE": "learned.cate.encoder",
    "COLE": "cole.encoder",
    "Adjacency": "adjacency",
    "Arch2Vec": "learned.arch2vec.encoder",
    "BagOfTokens": "cole.bag_of_tokens",
    "Encoder": "base",
    "GraphFeatures": "graph_features",
    "ModuleFeatures": "module_features",
    "Path": "path",
    "Scores": "scores",
    "Sizes": "sizes",
    "Totals": "totals",
    "UnifiedArch2Vec": "learned.unified.encoders",
    "UnifiedCATE": "learned.unified.encoders",
    "ZeroCost": "zero_cost",
}

__getattr__, __dir__ = lazy(__name__, _HOME)
