"""Know how good a neural network is before anyone trains it.

The public names, each imported from its room when it is first used: `import archenc` loads nothing heavy.
Everything else that is public is in the rooms: `archenc.graph`, `archenc.spaces`, `archenc.tables`, ...
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.encoders import CATE as CATE
    from archenc.encoders import Adjacency as Adjacency
    from archenc.encoders import Arch2Vec as Arch2Vec
    from archenc.encoders import Encoder as Encoder
    from archenc.encoders import GraphFeatures as GraphFeatures
    from archenc.encoders import Path as Path
    from archenc.encoders import ZeroCost as ZeroCost
    from archenc.errors import ArchencError as ArchencError
    from archenc.evaluation import compare as compare
    from archenc.evaluation import evaluate as evaluate
    from archenc.evaluation import kendall_tau as kendall_tau
    from archenc.graph import Architecture as Architecture
    from archenc.graph import Cell as Cell
    from archenc.graph import GraphBatch as GraphBatch
    from archenc.graph import Op as Op
    from archenc.pipelines import recommended as recommended
    from archenc.predictors import FLAN as FLAN
    from archenc.predictors import MLP as MLP
    from archenc.predictors import ExtraTrees as ExtraTrees
    from archenc.predictors import GaussianProcess as GaussianProcess
    from archenc.predictors import Predictor as Predictor
    from archenc.predictors import Ridge as Ridge
    from archenc.predictors import XGBoost as XGBoost
    from archenc.report import write_report as write_report
    from archenc.spaces import space as space
    from archenc.tables import BenchmarkTable as BenchmarkTable
    from archenc.tables import Metric as Metric
    from archenc.tables import digits201 as digits201

_ROOMS = {
    "errors": ["ArchencError"],
    "graph": ["Architecture", "Cell", "GraphBatch", "Op"],
    "spaces": ["space"],
    "tables": ["BenchmarkTable", "Metric", "digits201"],
    "encoders": ["CATE", "Adjacency", "Arch2Vec", "Encoder", "GraphFeatures", "Path", "ZeroCost"],
    "predictors": ["FLAN", "MLP", "ExtraTrees", "GaussianProcess", "Predictor", "Ridge", "XGBoost"],
    "pipelines": ["recommended"],
    "evaluation": ["compare", "evaluate", "kendall_tau"],
    "report": ["write_report"],
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__version__ = version("archenc")
__all__ = sorted([*_HOME, "__version__"])  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__, __dir__ = lazy(__name__, _HOME)
