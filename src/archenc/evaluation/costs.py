"""What scores cost that come from short trainings: a page of results must say it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archenc.evaluation.scores import score_names
from archenc.tables import BenchmarkTable, Metric


def training_costs(
    table: BenchmarkTable, scores: str | Sequence[str] | None, metric: str, reference: int
) -> list[str]:
    """Return a line for each score that takes a training of every architecture whose score is looked at.

    scores: as in `set_up`. metric: the labels, whose own training gives the cost in labels. reference: how
    many architectures without labels are looked at. The time is that of a column
    `{dataset}_training_seconds_{epochs}ep`; a line says so where the table has none. Raises UnknownName.
    """
    if scores is None:
        return []
    label = table.resolve(metric)
    found = [table.resolve(name) for name in score_names(table, scores, dataset=label.dataset)]
    return [_line(table, one, label, reference) for one in found if one.epochs is not None]


def _line(table: BenchmarkTable, score: Metric, label: Metric, reference: int) -> str:
    epochs = score.epochs or 0
    line = (
        f"- Cost of {score.name}: {reference:,} trainings of {epochs} epochs, {reference * epochs:,} epochs"
    )
    if label.epochs:
        worth = reference * epochs / label.epochs
        line += f", as many as {worth:,.0f} labels of {label.epochs} epochs take"
    column = f"{score.dataset}_training_seconds_{epochs}ep"
    if column not in table.metrics:
        return f"{line}; the table has no times of these trainings."
    hours = reference * float(np.nanmean(np.asarray(table.values(column), dtype=np.float64))) / 3600
    return f"{line}; {hours:,.1f} hours by the mean of {column}."
