"""How good is a predictor: rank metrics, protocols, resumable runs, paired comparison, published figures.

Each name is imported when first used, since scipy and scikit-learn take their time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.evaluation.comparison import Comparison as Comparison
    from archenc.evaluation.comparison import compare as compare
    from archenc.evaluation.corrected import corrected_t_test as corrected_t_test
    from archenc.evaluation.corrected import holm as holm
    from archenc.evaluation.intervals import Summary as Summary
    from archenc.evaluation.intervals import summarise as summarise
    from archenc.evaluation.method import Method as Method
    from archenc.evaluation.metrics import kendall_tau as kendall_tau
    from archenc.evaluation.metrics import kendall_tau_in_top as kendall_tau_in_top
    from archenc.evaluation.metrics import metric as metric
    from archenc.evaluation.metrics import n_at_k as n_at_k
    from archenc.evaluation.metrics import precision_at_bottom as precision_at_bottom
    from archenc.evaluation.metrics import precision_at_top as precision_at_top
    from archenc.evaluation.metrics import regret_at_k as regret_at_k
    from archenc.evaluation.metrics import spearman as spearman
    from archenc.evaluation.protocols import Protocol as Protocol
    from archenc.evaluation.protocols import preset as preset
    from archenc.evaluation.publications import PublishedFigure as PublishedFigure
    from archenc.evaluation.publications import published as published
    from archenc.evaluation.results import results_table as results_table
    from archenc.evaluation.results import write_csv as write_csv
    from archenc.evaluation.run import Evaluation as Evaluation
    from archenc.evaluation.run import evaluate as evaluate
    from archenc.evaluation.scores import scores_from as scores_from
    from archenc.evaluation.task import Task as Task

_HOMES = {
    "comparison": ["Comparison", "compare"],
    "corrected": ["corrected_t_test", "holm"],
    "intervals": ["Summary", "summarise"],
    "method": ["Method"],
    "metrics": [
        "kendall_tau", "kendall_tau_in_top", "metric", "n_at_k", "precision_at_bottom", "precision_at_top",
        "regret_at_k", "spearman",
    ],
    "protocols": ["Protocol", "preset"],
    "publications": ["PublishedFigure", "published"],
    "pages": ["write_markdown"],
    "results": ["results_table", "write_csv"],
    "run": ["Evaluation", "evaluate"],
    "scores": ["scores_from"],
    "task": ["Task"],
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__, __dir__ = lazy(__name__, _HOME)
