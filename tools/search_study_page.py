"""The page of the search study, from its table.

    python tools/search_study_page.py docs/results/search-study

reads NAME.csv and NAME-curves.csv, as `tools/search_study.py` writes them, and writes NAME.md and NAME.svg.
Methods with fewer seeds than the others are compared with them on those seeds alone, in a table of their own.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import plot_search
from jaxtyping import Float64

from archenc.evaluation.intervals import interval_of_mean
from archenc.search.average_ranks import average_ranks
from archenc.store import write_text

AT = (5, 10, 20, 40)
BESIDE = (("recommended", "default"), ("gaussian_process", "graph_features"), ("evolution", "default"))
BESIDE += (("local", "default"), ("random", "default"))
BESIDE_DEAR = (*BESIDE, ("gaussian_process", "adjacency"), ("score_prior", "zero_cost"))
Name = tuple[str, str]


@dataclass(frozen=True)
class Study:
    """Rows by table and method: the areas of its seeds, and its mean regrets after `AT` evaluations."""

    areas: dict[tuple[str, Name], Float64[np.ndarray, " seeds"]]
    regrets: dict[tuple[str, Name], Float64[np.ndarray, " at"]]
    scores: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> Study:
        """Read a table as `search_study` writes it."""
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        keys = [(row["table"], (row["method"], row["encoding"])) for row in rows]
        areas = [np.array(row["areas"].split(), dtype=float) for row in rows]
        regrets = [np.array([float(row[f"regret_at_{at}"]) for at in AT]) for row in rows]
        scores = {row["table"]: row["scores"] for row in rows if row["scores"]}
        return cls(dict(zip(keys, areas, strict=True)), dict(zip(keys, regrets, strict=True)), scores)

    def of(
        self, names: Sequence[Name], seeds: int, tables: Sequence[str]
    ) -> Float64[np.ndarray, "tables methods seeds"]:
        """Return the areas of some methods on some tables for the first seeds, which all have."""
        return np.array([[self.areas[table, name][:seeds] for name in names] for table in tables])

    @cached_property
    def tables(self) -> list[str]:
        """All of them, in their order."""
        return list(dict.fromkeys(table for table, _ in self.areas))

    @cached_property
    def names(self) -> list[Name]:
        """All methods, in their order."""
        return list(dict.fromkeys(name for _, name in self.areas))

    @cached_property
    def seeds(self) -> int:
        """The most that a method has."""
        return max(map(len, self.areas.values()))

    @cached_property
    def common(self) -> list[Name]:
        """The methods with so many seeds on every table."""
        return [
            name
            for name in self.names
            if all(len(self.areas.get((table, name), ())) == self.seeds for table in self.tables)
        ]

    @property
    def encodings(self) -> list[str]:
        """Those that several methods read."""
        read = [encoding for _, encoding in self.common]
        return [one for one in dict.fromkeys(read) if one != "default" and read.count(one) > 1]

    @property
    def readers(self) -> list[str]:
        """The algorithms that read every one of these."""
        methods = dict.fromkeys(method for method, _ in self.common)
        return [one for one in methods if all((one, encoding) in self.common for encoding in self.encodings)]


def page(study: Study) -> str:
    """Return the page."""
    areas, seeds = study.of(study.common, study.seeds, study.tables), study.seeds
    ranks = average_ranks(areas.mean(axis=2))
    lines = [
        "# Every algorithm with every encoding",
        "",
        f"{len(study.tables)} tables, 40 evaluations, {seeds} paired seeds: `python tools/search_study.py "
        f"runs/search-study docs/results/search-study {seeds}`, then `tools/search_study_page.py`. Area: "
        "the mean over the evaluations of the regret, as a share of the distance from the best to the median "
        "architecture, at most 1; of all tables, with its 95 % interval over the seeds. Rank: by area on "
        f"each table, averaged, of {len(study.common)} methods. The recommended search never knew the table "
        "it searches: on a task of TransNAS none of that table.",
        "",
        *_matrix(study, areas),
        "",
        *_table(study, _alone(study), ranks.average, areas),
        "",
        f"Friedman's test that all are alike: p = {ranks.p:.1g}. Average ranks differ at 5 % from "
        f"{ranks.critical:.1f} on (Nemenyi).",
        "",
        "![Regret against evaluations](search-study.svg)",
        "",
        "## Encodings alone",
        "",
        *_of_encodings(study, areas),
        "",
        "## Each table",
        "",
        *_winners(study, areas),
        "",
        "## All methods",
        "",
        *_table(study, study.common, ranks.average, areas),
        "",
        *_dear(study),
        "## Scores",
        "",
        "`zero_cost` and `score_prior` read what a table has for all of its architectures; a score that is "
        "missing for one (a cell without a path) is marked, or taken for the middle.",
        "",
        "| table | scores |",
        "|---|---|",
        *(f"| {table} | {scores} |" for table, scores in study.scores.items()),
    ]
    return "\n".join([*lines, ""])


def _alone(study: Study) -> list[Name]:
    """Return the methods that do not let the encoding be chosen."""
    methods = [method for method, _ in study.common]
    return [name for name in study.common if methods.count(name[0]) == 1]


def _matrix(study: Study, areas: Float64[np.ndarray, "tables methods seeds"]) -> list[str]:
    """Return areas by algorithm and encoding; bold, the best of a row."""
    means = dict(zip(study.common, areas.mean(axis=(0, 2)), strict=True))
    lines = [f"| area | {' | '.join(study.encodings)} |", f"|{'---|' * (1 + len(study.encodings))}"]
    for method in study.readers:
        row = [means[method, encoding] for encoding in study.encodings]
        shown = [f"**{value:.3f}**" if value == min(row) else f"{value:.3f}" for value in row]
        lines.append(f"| {method} | {' | '.join(shown)} |")
    return lines


def _table(
    study: Study,
    names: Sequence[Name],
    ranks: Float64[np.ndarray, " methods"],
    areas: Float64[np.ndarray, "tables methods seeds"],
) -> list[str]:
    """Return a row a method, by rank among all."""
    columns = ["algorithm", "encoding", "average rank", "area [95 %]", *(f"regret at {at}" for at in AT)]
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    for name in sorted(names, key=lambda name: ranks[study.common.index(name)]):
        place = study.common.index(name)
        means = np.mean([study.regrets[table, name] for table in study.tables], axis=0)
        regrets = [f"{value:.3f}" for value in means]
        shown = [*name, f"{ranks[place]:.1f}", _interval(areas[:, place].mean(axis=0)), *regrets]
        lines.append(f"| {' | '.join(shown)} |")
    return lines


def _interval(values: Float64[np.ndarray, " seeds"]) -> str:
    low, high = interval_of_mean(values)
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def _of_encodings(study: Study, areas: Float64[np.ndarray, "tables methods seeds"]) -> list[str]:
    """Return the encodings by their area on each table, averaged over the algorithms that read every one."""
    columns = [[study.common.index((one, encoding)) for one in study.readers] for encoding in study.encodings]
    means = np.stack([areas[:, places].mean(axis=1) for places in columns], axis=1)
    ranks = average_ranks(means.mean(axis=2))
    lines = [
        f"Their area averaged over the {len(study.readers)} algorithms that read one: p = {ranks.p:.1g}, "
        f"average ranks differ at 5 % from {ranks.critical:.1f} on.",
        "",
        "| encoding | average rank | area [95 %] |",
        "|---|---|---|",
    ]
    return [*lines, *_by_rank(study.encodings, ranks.average, means)]


def _by_rank(
    names: Sequence[str], average: Float64[np.ndarray, " k"], areas: Float64[np.ndarray, "tables k seeds"]
) -> list[str]:
    """Return a row each, the best first: name, average rank, and area over all tables with its interval."""
    return [
        f"| {names[place]} | {average[place]:.1f} | {_interval(areas[:, place].mean(axis=0))} |"
        for place in np.argsort(average, kind="stable")
    ]


def _named(name: tuple[str, str]) -> str:
    """Return a method and, where it reads one, its encoding."""
    return name[0] if name[1] == "default" else ", ".join(name)


def _winners(study: Study, areas: Float64[np.ndarray, "tables methods seeds"]) -> list[str]:
    """Return the best method of each table, and where some others stand."""
    means = areas.mean(axis=2)
    beside = [name for name in BESIDE if name in study.common]
    lines = [f"| table | least area | {' | '.join(map(_named, beside))} |", f"|{'---|' * (2 + len(beside))}"]
    for table, row in zip(study.tables, means, strict=True):
        best = study.common[int(np.argmin(row))]
        places = [study.common.index(name) for name in beside]
        others = [f"{row[place]:.3f} ({1 + int((row < row[place]).sum())}.)" for place in places]
        lines.append(f"| {table} | {_named(best)} {row.min():.3f} | {' | '.join(others)} |")
    return [*lines, "", f"In brackets, the place among {len(study.common)}."]


def _dear(study: Study) -> list[str]:
    """Return methods with fewer seeds, and some others on the same seeds."""
    fewer = [name for name in study.names if name not in study.common]
    if not fewer:
        return []
    tables = [table for table in study.tables if all((table, name) in study.areas for name in fewer)]
    seeds = min(len(study.areas[table, name]) for name in fewer for table in tables)
    names = [*fewer, *(name for name in BESIDE_DEAR if name in study.common)]
    areas = study.of(names, seeds, tables)
    ranks = average_ranks(areas.mean(axis=2))
    lines = [
        "## With fewer seeds",
        "",
        f"{seeds} seeds on {', '.join(tables)}, the others on these seeds too. Average ranks differ at 5 % "
        f"from {ranks.critical:.1f} on.",
        "",
        "| algorithm | encoding | average rank | area [95 %] |",
        "|---|---|---|---|",
    ]
    return [*lines, *_by_rank([" | ".join(name) for name in names], ranks.average, areas), ""]


def main() -> None:
    out = sys.argv[1]
    write_text(Path(f"{out}.md"), page(Study.read(Path(f"{out}.csv"))))
    write_text(Path(f"{out}.svg"), plot_search.draw(*plot_search.read(Path(f"{out}-curves.csv"))))


if __name__ == "__main__":
    main()
