"""From names to what `evaluate` takes: the pool, the scores and the methods of an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from archenc.errors import InvalidArgument
from archenc.evaluation.method import GRAPH, Method
from archenc.evaluation.scores import default_scores, score_names, scores_from
from archenc.evaluation.task import Direction, Task
from archenc.pipelines.by_name import RECOMMENDED, assemble, parse, reads_graphs, takes_scores
from archenc.tables import BenchmarkTable

Pool = Literal["complete", "all"]
SCORES = "zero_cost"
"""What the column `encoding` calls scores that a predictor takes in by itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A method by names: a predictor, and an encoder or none, each with its options ("path:truncate=30").

    everywhere: further options by name of predictor or encoder, which the tables do not repeat.
    """

    predictor: str
    encoder: str | None = None
    everywhere: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, str]:
        """Its method and encoding in the tables, but for the scores that "recommended" may take."""
        return self.predictor, self.encoder or GRAPH

    @property
    def specs(self) -> tuple[str, str | None]:
        """Its predictor and encoder with all options."""
        return self._whole(self.predictor), None if self.encoder is None else self._whole(self.encoder)

    def _whole(self, spec: str) -> str:
        known, parts = dict(self.everywhere), []
        for part in spec.split("+"):
            name, colon, own = part.strip().partition(":")
            parts.append(name + (f":{known[name]}" if name in known else "") + colon + own)
        return "+".join(parts)


def combine(predictors: Sequence[str], encoders: Sequence[str]) -> list[Wanted]:
    """Return every predictor with every encoder; without encoders, the predictors that need none.

    "graph" among the encoders stands for no encoder, where a predictor reads graphs. "recommended" takes
    none. Raises InvalidArgument for a predictor that would be left without an encoder, UnknownName.
    """
    wanted: list[Wanted] = []
    for predictor in predictors:
        name, _ = parse(predictor)
        alone = reads_graphs(predictor)
        if name == RECOMMENDED or (alone and not encoders):
            wanted.append(Wanted(predictor))
            continue
        mine = [None if encoder == GRAPH else encoder for encoder in encoders]
        if not alone:
            mine = [encoder for encoder in mine if encoder is not None]
        if not mine:
            assemble(predictor)  # says that an encoder is needed, and which there are
        wanted += [Wanted(predictor, encoder) for encoder in mine]
    return wanted


def set_up(
    table: BenchmarkTable,
    metric: str,
    wanted: Sequence[Wanted],
    *,
    scores: str | Sequence[str] | None = None,
    pool: Pool = "complete",
    direction: Direction | None = None,
) -> tuple[Task, list[Method]]:
    """Return the task and the methods, all on one pool, so that their trials are paired.

    scores: a named set ("13", "all") or metrics of the table, for the encoders that take scores and for
    "recommended"; by default the first set of the space, where an encoder needs one. pool: "complete" has the
    architectures with every score; "all" has every architecture, and encoders mark what is missing
    (`missing="indicator"`). Raises UnknownName, InvalidArgument, MissingScore.
    """
    if pool not in ("complete", "all"):
        raise InvalidArgument(f"pool={pool!r}: expected 'complete' or 'all'")
    needy = [one.encoder for one in wanted if one.encoder is not None and takes_scores(one.encoder)]
    if scores is None and needy:
        scores = default_scores(table, needy[0])
    columns = [] if scores is None else score_names(table, scores, dataset=table.resolve(metric).dataset)
    if table.resolve(metric).name in columns:
        raise InvalidArgument(
            f"scores: {metric!r} is the metric to predict; expected other metrics, or the labels of the test "
            f"architectures were read"
        )
    task = Task.from_table(table, metric, needs=columns if pool == "complete" else (), direction=direction)
    mapping = scores_from(table, columns) if columns else None
    missing = "raise" if pool == "complete" else "indicator"
    methods = []
    for one in wanted:
        method, encoding = one.names
        if mapping is not None and parse(one.predictor)[0] == RECOMMENDED:
            encoding = f"{GRAPH}+{SCORES}"
        estimator = assemble(*one.specs, scores=mapping, missing=missing)
        methods.append(Method(method, encoding, estimator))
    return task, methods
