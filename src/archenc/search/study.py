"""Algorithms compared on one table: many seeds, one journal, and a killed run ends as an undisturbed one."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from archenc.errors import InvalidArgument
from archenc.evaluation.scores import score_names, scores_from
from archenc.processes import in_processes
from archenc.progress import Bar, bar
from archenc.search.domain import Identity
from archenc.search.evaluators import signed
from archenc.search.pool import Pool
from archenc.search.recipes import Start
from archenc.search.simulation import Method, Problem, Run, curve, simulate
from archenc.search.strategies import DRAWN_BY_SPACE
from archenc.search.subset import Sizes
from archenc.search.whole_space import WholeSpace
from archenc.spaces import space
from archenc.store import Journal, content_key
from archenc.tables import BenchmarkTable
from archenc.typing import whole_number

JOURNAL = "journal.jsonl"
_VERSION = 2
_TOGETHER = 25


@dataclass(frozen=True)
class Task:
    """A table, a metric, and which architectures of it are one.

    metric: of the table, turned to "higher is better". identity: "key", the rows of the table, which trained
    isomorphic cells one by one; or "canonical", where an isomorphic cell is known already and costs nothing.
    scores: a named set, or metrics of the table, for encoders that take scores. where: which architectures,
    all by default.
    """

    table: BenchmarkTable
    metric: str
    identity: Identity = "key"
    direction: str | None = None
    scores: str | None = None
    where: Sizes | None = None

    def problem(self, budget: int) -> Problem:
        """Return what is searched: the whole space where every cell has a value, else the pool that has.

        Raises InvalidArgument for a metric without a value, or that is constant.
        """
        values = signed(self.table, self.metric, self.direction)
        rows = np.flatnonzero(~np.isnan(values))
        if len(rows) < 2 or np.ptp(values[rows]) == 0:
            raise InvalidArgument(
                f"metric={self.metric!r}: {len(rows)} values, or all equal: nothing to search"
            )
        member = space(self.table.space)
        archs = self.table.architectures(rows)
        if self.where is not None:
            kept = [arch in self.where for arch in archs]
            rows, archs = rows[kept], [arch for arch, inside in zip(archs, kept, strict=True) if inside]
            if len(archs) < 2:
                raise InvalidArgument(f"where={self.where}: {len(archs)} labelled architectures of this size")
        domain = Pool(archs, identity=self.identity)
        if member.size is not None and len(archs) == member.size:
            domain = WholeSpace(member, identity=self.identity)
        known = np.full(len(domain), np.nan)
        numbers = [domain.number(arch) for arch in archs]
        known[numbers[::-1]] = values[rows][::-1]  # of several that are one, the first counts
        return Problem(domain, known, whole_number("budget", budget, least=1))

    def scores_for(self, method: Method) -> Any:
        """Return the scores of the table, where the method's encoder takes some."""
        from archenc.pipelines.by_name import takes_scores

        reading = [one for one in method.encodings if one not in DRAWN_BY_SPACE and takes_scores(one)]
        if not reading:
            return None
        if self.scores is None:
            raise InvalidArgument(f"encoder={reading[0]!r} takes scores: name a set, or metrics")
        dataset = self.table.resolve(self.metric).dataset
        return scores_from(self.table, score_names(self.table, self.scores, dataset=dataset))

    def cost_of_scores(self, methods: Sequence[Method]) -> str:
        """Return a sentence on what scores cost that a method reads, for all rows; empty where none does."""
        from archenc.pipelines.by_name import takes_scores
        from archenc.search.evaluators import cost_of_scores

        reading = (text for one in methods for text in one.encodings if text not in DRAWN_BY_SPACE)
        if self.scores is None or not any(map(takes_scores, reading)):
            return ""
        names = score_names(self.table, self.scores, dataset=self.table.resolve(self.metric).dataset)
        seconds = cost_of_scores(self.table, names)
        cost = "the table does not say how long" if math.isnan(seconds) else f"{seconds / 3600:,.1f} hours"
        many = f"{len(names)} scores of all {len(self.table):,} architectures"
        return f"{many}, not counted as evaluations: {cost}"


@dataclass(frozen=True)
class Found:
    """What a study found: the histories of every method, in the order of the seeds."""

    problem: Problem
    methods: tuple[Method, ...]
    runs: dict[Method, list[Run]]
    resumed: int

    def curves(self, method: Method) -> Float64[np.ndarray, "seeds budget"]:
        """Return the best value so far after each evaluation, a row a seed."""
        return np.stack([curve(self.problem, run.numbers) for run in self.runs[method]])

    @property
    def ended(self) -> int:
        """The evaluations of the shortest search: fewer than the budget where the domain ended."""
        return min(len(run.numbers) for runs in self.runs.values() for run in runs)


def run_study(
    task: Task,
    methods: Sequence[Method],
    *,
    budget: int,
    seeds: int,
    first_seed: int = 0,
    out: str | Path | None = None,
    jobs: int = 1,
    together: int = _TOGETHER,
    progress: bool = False,
) -> Found:
    """Search with every method and every seed, in simulation on a table.

    Methods with one seed begin with the same random architectures. out: a folder for the journal of finished
    searches and the snapshots of those under way; given again, the run goes on, to the same histories.
    together: seeds whose models are trained at once. jobs: processes. progress: a bar on standard error.
    Raises InvalidArgument, UnknownName or DataError, before anything runs where that can be known then.
    """
    seeds = whole_number("seeds", seeds, least=1)
    jobs, together = whole_number("jobs", jobs, least=1), whole_number("together", together, least=1)
    listed = tuple(methods)
    if not listed or len({method.names for method in listed}) < len(listed):
        given = [" ".join(method.names) for method in listed]
        raise InvalidArgument(f"methods={given}: expected one at least, each with its own names")
    problem = task.problem(budget)
    plan = _Plan(problem, task, None if out is None else Path(out))
    for method in listed:  # refuses what cannot be made, before anything runs
        plan.begin(method)(problem.domain, seed=0)
    groups = [
        _Group(method, tuple(range(start, min(start + together, first_seed + seeds))))
        for method in listed
        for start in range(first_seed, first_seed + seeds, together)
    ]
    journal = None if plan.out is None else Journal(plan.out / JOURNAL)
    written = {} if journal is None else {record["key"]: record for record in journal}
    keys = {group: plan.key(group) for group in groups}
    done = {group: _runs(written[key]) for group, key in keys.items() if key in written}
    resumed = sum(len(runs) for runs in done.values())
    left = [group for group in groups if group not in done]
    total = len(listed) * seeds * problem.budget
    with bar("evaluations", progress, total=total, done=resumed * problem.budget) as shown:
        watch = _Watch(shown, resumed * problem.budget)
        found = (
            in_processes(_work, replace(plan, starts={}), left, jobs, kept="every finished search")
            if jobs > 1 and len(left) > 1
            else _here(plan, left, watch)
        )
        with closing(found):  # an interrupt ends the processes too
            for group, runs in found:
                done[group] = runs
                watch.finished(group, problem, runs)
                if journal is not None:
                    journal.append({"key": keys[group], "names": group.method.names, "runs": _plain(runs)})
    runs = {method: [r for g in groups if g.method is method for r in done[g]] for method in listed}
    return Found(problem, listed, runs, resumed)


@dataclass(frozen=True)
class _Group:
    """Seeds of one method that are searched with side by side."""

    method: Method
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class _Plan:
    """What every process needs."""

    problem: Problem
    task: Task
    out: Path | None
    starts: dict[Method, Start] = field(default_factory=dict)
    """What starts the searches of the method at work: made once, so that its seeds share their distances."""

    def key(self, group: _Group) -> str:
        problem = self.problem
        return content_key(
            _VERSION,
            [problem.domain.fingerprint, problem.values, problem.budget, self.task.scores],
            [*group.method.spelled, list(group.seeds)],
        )

    def run(self, group: _Group, watch: _Watch | None = None) -> list[Run]:
        snapshot = None if self.out is None else self.out / "under_way" / f"{self.key(group)}.json"
        on_round = None if watch is None else watch.of(group)
        return simulate(
            self.problem, self.begin(group.method), list(group.seeds), snapshot, on_round=on_round
        )

    def begin(self, method: Method) -> Start:
        """Return what starts the searches of a method. Raises as `Method.begin`."""
        if method not in self.starts:
            self.starts.clear()
            self.starts[method] = method.begin(self.task.scores_for(method))
        return self.starts[method]


class _Watch:
    """What is shown while searches go on: evaluations done, and how good the best are."""

    def __init__(self, shown: Bar, done: int) -> None:
        self._shown, self._done = shown, done

    def of(self, group: _Group) -> Any:
        label = " · ".join(group.method.names)
        seeds = f"seeds {group.seeds[0]}-{group.seeds[-1]}"

        def on_round(evaluations: int, best: float) -> None:
            self._shown(self._done + evaluations, note=f"{label}, {seeds}: best so far {best:.6g}")

        return on_round

    def finished(self, group: _Group, problem: Problem, runs: Sequence[Run]) -> None:
        self._done += len(group.seeds) * problem.budget
        best = float(np.mean([curve(problem, run.numbers)[-1] for run in runs]))
        self._shown(self._done, note=f"{' · '.join(group.method.names)}: best {best:.6g}")


def _here(plan: _Plan, groups: Sequence[_Group], watch: _Watch) -> Generator[tuple[_Group, list[Run]]]:
    for group in groups:
        yield group, plan.run(group, watch)


def _work(plan: _Plan, group: _Group) -> tuple[_Group, list[Run]]:
    return group, plan.run(group)


def _plain(runs: Sequence[Run]) -> list[dict[str, Any]]:
    return [{"seed": run.seed, "numbers": run.numbers, "seconds": round(run.seconds, 3)} for run in runs]


def _runs(record: dict[str, Any]) -> list[Run]:
    return [Run(one["seed"], one["numbers"], one["seconds"]) for one in record["runs"]]
