"""`archenc predict`: learn from what a table holds and rank architectures that it does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archenc.cli.printing import Format
from archenc.errors import InvalidArgument

if TYPE_CHECKING:
    from archenc.graph import Architecture
    from archenc.tables import BenchmarkTable


def predict(
    space: Annotated[str, typer.Option(help="Table: the name of an imported space, or a table file.")],
    metric: Annotated[str, typer.Option(help="Metric to predict.")],
    archs: Annotated[
        Path | None,
        typer.Option(
            help="Architectures to predict, one a line; default those of the table without a value."
        ),
    ] = None,
    sample: Annotated[int, typer.Option(min=0, help="Instead, so many drawn from the space.")] = 0,
    predictor: Annotated[str, typer.Option(help="recommended, flan, ridge:..., ...")] = "recommended",
    encoder: Annotated[str, typer.Option(help="For predictors that read rows: adjacency, path, ...")] = "",
    direction: Annotated[
        str, typer.Option(help="max or min, for a metric of which the table does not say.")
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the predictor and of what is drawn.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="Print at most so many.")] = 20,
    output: Annotated[Format, typer.Option("--format", help="How the ranking is printed.")] = Format.TABLE,
) -> None:
    """Fit a predictor to every measured architecture of a table and rank others, the best first.

    Scores order architectures; whether they carry the unit of the metric is said by each predictor.
    """
    import numpy as np

    from archenc.cli.printing import print_rows
    from archenc.evaluation.task import Task
    from archenc.pipelines.by_name import assemble
    from archenc.spaces import space as find
    from archenc.tables import BenchmarkTable

    table = BenchmarkTable.open(space)
    wanted: Any = direction or None
    task = Task.from_table(table, metric, direction=wanted)
    others = _others(table, metric, archs, sample, seed)
    model = assemble(predictor, encoder or None, seed=seed)
    model.fit(task.X, task.y)
    scores = model.predict(others)
    member = find(table.space)
    order = np.argsort(-scores, kind="stable")[:limit].tolist()
    rows = [
        {"rank": place, "architecture": member.format(others[row]), "score": round(float(scores[row]), 5)}
        for place, row in enumerate(order, 1)
    ]
    print_rows(rows, output)


def _others(
    table: BenchmarkTable, metric: str, path: Path | None, sample: int, seed: int
) -> list[Architecture]:
    from archenc.cli.encoder_options import architectures
    from archenc.spaces import space as find

    if path is not None and sample:
        raise InvalidArgument("--archs, --sample: choose one of them")
    if path is not None:
        return architectures(table.space, path)
    if sample:
        return find(table.space).sample(sample, seed)
    measured = set(table.select(metric).tolist())
    rows = [row for row in range(len(table)) if row not in measured]
    if not rows:
        raise InvalidArgument(
            f"--archs or --sample: needed, for every architecture of the table has a value of {metric}"
        )
    return table.architectures(rows)
