"""Run a searcher against something that evaluates architectures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float64

from archenc.errors import DataError, InvalidArgument
from archenc.graph import Architecture
from archenc.progress import bar
from archenc.search.base import Searcher
from archenc.search.domain import spelled
from archenc.store import Journal, write_json
from archenc.typing import whole_number

Evaluate = Callable[[Sequence[Architecture]], Sequence[Any]]
"""Architectures to values, higher is better; NaN where an evaluation failed."""


@final
@dataclass
class History:
    """What was evaluated, in order: every entry cost one evaluation."""

    archs: list[Architecture] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.archs)

    @property
    def best(self) -> tuple[Architecture, float] | None:
        """The architecture of the highest value, and that value; None while nothing succeeded."""
        if not len(self) or np.isnan(self.values).all():
            return None
        row = int(np.nanargmax(self.values))
        return self.archs[row], self.values[row]

    @property
    def best_so_far(self) -> Float64[np.ndarray, " n"]:
        """The highest value among the first 1, 2, ... n evaluations; NaN before the first success."""
        return np.fmax.accumulate(np.asarray(self.values, dtype=np.float64))


def search(
    searcher: Searcher,
    evaluate: Evaluate,
    budget: int,
    *,
    batch: int | None = None,
    out: str | Path | None = None,
    progress: bool = False,
) -> History:
    """Ask, evaluate and tell until `budget` architectures are evaluated or the domain is exhausted.

    batch: architectures asked for at once, by default as many as the algorithm likes, or 1: for evaluation
    in parallel, as many as there are workers. The last one is cut so that exactly `budget` are evaluated.
    What the searcher was told before counts towards the budget.
    out: a folder in which every batch is kept as soon as it is evaluated; given again with an equal searcher,
    the search goes on from there, to the same history. progress: a bar on standard error.
    Raises InvalidArgument; DataError for a folder that holds another search.
    """
    budget = whole_number("budget", budget, least=1)
    size = whole_number("batch", batch or searcher.round or 1, least=1)
    book = None if out is None else _Book(Path(out))
    archs = [] if book is None else book.resume(searcher)
    with bar("evaluations", progress, total=budget, done=searcher.evaluations) as shown:
        while archs or searcher.evaluations < budget:
            if not archs:
                archs = _ask(searcher, min(size, budget - searcher.evaluations), fill=batch is not None)
                if not archs:
                    break
                if book is not None:
                    book.begin(searcher)
            values = list(evaluate(archs))
            if len(values) != len(archs):
                raise InvalidArgument(f"evaluate gave {len(values)} values for {len(archs)} architectures")
            if book is not None:
                book.keep(archs, values)
            searcher.tell(archs, values)
            archs = []
            shown(searcher.evaluations, note=f"best so far {searcher.best_worth:.6g}")
    return History(*map(list, zip(*searcher.told, strict=True))) if searcher.told else History()


def _ask(searcher: Searcher, n: int, *, fill: bool) -> list[Architecture]:
    """Ask for n architectures; fill: again where a round of the algorithm is smaller."""
    found = searcher.ask(n)
    while fill and 0 < len(found) < n:
        more = searcher.ask(n - len(found))
        if not more:
            break
        found += more
    return found


class _Book:
    """What is on the disk: values in a journal, and the state of the searcher as each batch was asked for."""

    def __init__(self, folder: Path) -> None:
        self._journal, self._state = Journal(folder / "evaluations.jsonl"), folder / "state.json"

    def resume(self, searcher: Searcher) -> list[Architecture]:
        """Bring a searcher to where the last run stopped; return what it had asked for and has no value."""
        if not self._state.exists():
            return []
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{self._state}: cannot be read ({error})") from error
        searcher.load_state_dict(state)
        values = [record["value"] for record in self._journal][searcher.evaluations :]
        archs = searcher.pending
        if len(values) != len(archs):
            return archs
        searcher.tell(archs, [tuple(value) if isinstance(value, list) else value for value in values])
        return []

    def begin(self, searcher: Searcher) -> None:
        """Keep the state in which a batch is asked for."""
        write_json(self._state, searcher.state_dict())

    def keep(self, archs: Sequence[Architecture], values: Sequence[Any]) -> None:
        """Keep the values of a batch, all or none."""
        self._journal.extend(
            [
                {"architecture": spelled(arch), "value": _plain(value)}
                for arch, value in zip(archs, values, strict=True)
            ]
        )


def _plain(value: Any) -> Any:
    return [float(part) for part in value] if isinstance(value, Sequence | np.ndarray) else float(value)
